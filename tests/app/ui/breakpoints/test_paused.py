"""A call at a breakpoint in the bar: what is offered, written and said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from rollscope_desktop.ui import held_bar
from rollscope_desktop.ui.held_bar import HeldBar
from tests.app.services.held import held
from tests.app.ui.checks import complaints

CHOICES = ("continue", "edit", "give", "stop")


@pytest.fixture
def bar(qtbot, look, monkeypatch) -> Iterator[Any]:
    monkeypatch.setattr(held_bar, "SEEN", 0.0)
    window = QWidget()
    rows = QVBoxLayout(window)
    made: Any = HeldBar(look)
    rows.addWidget(made)
    rows.addStretch(1)
    qtbot.addWidget(window)
    window.resize(900, 400)
    window.show()
    made.said = []
    made.answered.connect(lambda *word: made.said.append(word))
    yield made
    window.close()


def paused(**more: Any) -> Any:
    usual: dict[str, Any] = {"choices": CHOICES, "arguments": '{"amount":12}'}
    return held("c", reason="Breakpoint before the tool pay.", **{**usual, **more})


def offered(bar: Any) -> list[str]:
    return [name for name, button in bar.choice.buttons.items() if button.isVisible()]


def test_what_is_offered(bar: Any) -> None:
    bar.show_calls([paused()])
    assert bar._question.whole() == "shop waits before the tool pay"
    assert bar._about.whole().startswith("Breakpoint before the tool pay. Since ")
    assert offered(bar) == ["stop", "give", "edit", "continue"]
    assert not bar.allow.isVisible()
    assert not bar.rules.isVisible()
    bar.show_calls([paused(choices=("continue", "stop"))])
    bar.show_calls([held("other")])
    assert offered(bar) == []
    assert bar.allow.isVisible()
    bar.show_calls([])
    assert bar.isHidden()


def test_continue_and_stop(bar: Any) -> None:
    bar.show_calls([paused()])
    bar.choice.buttons["continue"].click()
    bar.choice.buttons["stop"].click()
    assert bar.said == [("c", "continue", None), ("c", "stop", None)]


def test_arguments_are_edited(bar: Any) -> None:
    bar.show_calls([paused()])
    bar.choice.buttons["edit"].click()
    assert offered(bar) == []
    assert '"amount": 12' in bar.choice.value.edit.toPlainText()
    bar.choice.value.edit.setPlainText("{")
    assert not bar.choice.send.isEnabled()
    bar.choice.value.edit.setPlainText("[1]")
    assert not bar.choice.send.isEnabled()  # arguments have names
    bar.choice.value.edit.setPlainText('{"amount": 5}')
    bar.show_calls([paused(), held("d")])  # what is typed stays
    bar.choice.send.click()
    assert bar.said == [("c", "edit", {"amount": 5})]


def test_a_result_is_given(bar: Any) -> None:
    bar.show_calls([paused()])
    bar.choice.buttons["give"].click()
    bar.choice.back.click()
    assert offered(bar) == ["stop", "give", "edit", "continue"]
    bar.choice.buttons["give"].click()
    bar.choice.value.edit.setPlainText('"declined"')
    bar.choice.send.click()
    assert bar.said == [("c", "give", "declined")]


def test_another_call_closes_what_is_written(bar: Any) -> None:
    bar.show_calls([paused()])
    bar.choice.buttons["give"].click()
    bar.show_calls([held("d", choices=("continue",), arguments="")])
    assert offered(bar) == ["continue"]
    assert bar.choice.isHidden()


def test_a_press_too_soon_does_not_count(bar: Any, monkeypatch) -> None:
    monkeypatch.setattr(held_bar, "SEEN", 60.0)
    bar.show_calls([paused()])
    bar.choice.buttons["continue"].click()
    assert bar.said == []


@pytest.mark.parametrize("verdict", ["", "edit"])
def test_it_can_be_read_and_reached(bar: Any, look, tmp_path: Path, verdict: str) -> None:
    bar.show_calls([paused()])
    if verdict:
        bar.choice.buttons[verdict].click()
    QApplication.processEvents()
    assert complaints(bar.window(), look.theme, tmp_path) == []
