"""The bar of held calls: one at a time, decided on purpose, and never in the way of the keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from rollscope_desktop.ui import held_bar
from rollscope_desktop.ui.held_bar import HeldBar
from tests.app.services.held import RUN, held
from tests.app.ui.checks import complaints


@pytest.fixture
def field(qapp) -> QLineEdit:
    """What somebody is typing into."""
    made = QLineEdit()
    made.setAccessibleName("Something else")
    return made


@pytest.fixture
def bar(qtbot, look, field: QLineEdit, monkeypatch) -> Iterator[HeldBar]:
    """A bar above the field, which has the focus."""
    monkeypatch.setattr(held_bar, "SEEN", 0.0)
    window = QWidget()
    rows = QVBoxLayout(window)
    made = HeldBar(look)
    rows.addWidget(made)
    rows.addWidget(field)
    qtbot.addWidget(window)
    window.resize(800, 200)
    window.show()
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is field)
    yield made
    window.close()


def heard(bar: HeldBar) -> list[tuple[str, bool]]:
    said: list[tuple[str, bool]] = []
    bar.decided.connect(lambda id, allow: said.append((id, allow)))
    return said


def test_it_is_there_while_a_call_waits(bar: HeldBar) -> None:
    assert bar.isHidden()
    bar.show_calls([held("a"), held("b"), held("c")])
    assert bar.isVisible()
    assert bar._question.whole() == "shop wants to call the tool pay"
    assert bar._about.whole().endswith("Ask Anna.")
    assert bar._more.text() == "2 more wait"
    bar.show_calls([held("a", arguments='{"to": "x"}')])
    assert bar._arguments.whole() == '{"to": "x"}'
    assert bar._more.isHidden()
    bar.show_calls([])
    assert bar.isHidden()


def test_the_call_on_screen_stays_while_it_waits(bar: HeldBar) -> None:
    bar.show_calls([held("b")])
    bar.show_calls([held("a"), held("b", waiting=False)])
    assert bar.held == held("b", waiting=False)
    bar.show_calls([held("a"), held("c")])
    assert bar.held == held("a")


def test_it_is_decided_with_the_mouse(bar: HeldBar) -> None:
    said = heard(bar)
    bar.show_calls([held("a")])
    bar.allow.click()
    bar.show_calls([held("b")])
    bar.deny.click()
    assert said == [("a", True), ("b", False)]


def test_it_never_takes_the_focus(bar: HeldBar, field: QLineEdit) -> None:
    said = heard(bar)
    bar.show_calls([held("a")])
    QTest.keyClicks(field, "pay ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "pay "
    QTest.mouseClick(bar.allow, Qt.MouseButton.LeftButton)
    bar.show_calls([held("b")])
    assert QApplication.focusWidget() is field
    assert said == [("a", True)]


def test_it_is_decided_with_the_keyboard(bar: HeldBar, field: QLineEdit) -> None:
    said = heard(bar)
    bar.take_focus()
    assert QApplication.focusWidget() is field  # there is nothing to decide
    bar.show_calls([held("a"), held("b")])
    bar.take_focus()
    assert QApplication.focusWidget() is bar.allow
    QTest.keyClick(bar.allow, Qt.Key.Key_Space)
    bar.show_calls([held("b")])
    assert QApplication.focusWidget() is bar.allow
    QTest.keyClick(bar.allow, Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is bar.deny
    QTest.keyClick(bar.deny, Qt.Key.Key_Space)
    bar.show_calls([])
    assert said == [("a", True), ("b", False)]
    assert QApplication.focusWidget() is field


def test_a_press_that_was_meant_for_another_call_does_not_count(bar: HeldBar, monkeypatch) -> None:
    now = 100.0
    monkeypatch.setattr(held_bar, "SEEN", 0.5)
    monkeypatch.setattr(held_bar, "monotonic", lambda: now)
    said = heard(bar)
    bar.show_calls([held("a"), held("b")])
    now += 1
    bar.show_calls([held("b")])
    bar.allow.click()
    assert said == []
    now += 0.4
    bar.show_calls([held("b", waiting=False)])
    bar.allow.click()
    assert said == []
    now += 0.2
    bar.allow.click()
    assert said == [("b", True)]


def test_it_leads_to_the_run_and_to_the_rules(bar: HeldBar, qtbot) -> None:
    bar.show_calls([held("a")])
    with qtbot.waitSignal(bar.run_wanted) as run:
        bar.run.click()
    with qtbot.waitSignal(bar.rules_wanted) as rules:
        bar.rules.click()
    assert (run.args, rules.args) == ([RUN], ["shop"])


def test_it_is_readable_and_reachable(bar: HeldBar, tmp_path, look) -> None:
    long = held(
        "a", project="a project with a name that goes on " * 3, name="tool_" * 40,
        arguments='{"text": "' + "x" * 500 + '"}', reason="Ask somebody. " * 30, waiting=False,
    )  # fmt: skip
    for calls in ([held("a")], [long, held("b")]):
        for width in (1400, 784):
            bar.window().resize(width, 200)
            bar.show_calls(calls)
            QApplication.processEvents()
            assert complaints(bar.window(), look.theme, tmp_path) == []
        bar.show_calls([])
