"""The bar of forks: what is under way, what asks, what has failed and what has ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from rollscope_desktop.services.forks import Fork, Question
from rollscope_desktop.ui.fork import question
from rollscope_desktop.ui.fork.bar import ForkBar
from rollscope_desktop.viewmodels.fork.going import batches
from tests.app.ui.checks import complaints
from tests.app.viewmodels.fork.recorded import RUN

NEW = "ab" * 16
PAY = Question(7, "tool", "pay", None, {"amount": 5}, None, "It is declared to write.")
OTHER = Question(8, "divergence", "plan", None, {"q": "Oslo"}, {"q": "Paris"}, "Not as recorded.")


def fork(id: str = "f1", state: str = "running", **more: Any) -> Fork:
    return Fork(**{"id": id, "batch": "b1", "of": RUN, "run": NEW, "state": state, **more})


@pytest.fixture
def heard() -> list[Any]:
    return []


@pytest.fixture
def bar(look, qtbot, heard: list[Any], at_once) -> Iterator[ForkBar]:
    window = QWidget()
    qtbot.addWidget(window)
    rows = QVBoxLayout(window)
    rows.setContentsMargins(0, 0, 0, 0)
    made = ForkBar(look)
    field = QLineEdit()
    field.setAccessibleName("A field")
    rows.addWidget(made)
    rows.addWidget(field)
    rows.addStretch(1)
    window.resize(1000, 400)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    field.setFocus()
    for name in ("answered", "stopped", "put_away", "run_wanted", "compare_wanted",
                 "table_wanted"):  # fmt: skip
        getattr(made, name).connect(lambda *said, name=name: heard.append((name, *said)))
    yield made
    window.close()


def show(bar: ForkBar, *forks: Fork) -> None:
    bar.show_batches(batches(forks), "shop")
    QApplication.processEvents()


def shown(bar: ForkBar) -> set[str]:
    """The names of the buttons that are seen."""
    own = ("details", "table", "show_run", "compare", "stop", "away")
    asked = {name for name, button in bar.question.buttons.items() if button.isVisible()}
    return asked | {name for name in own if getattr(bar, name).isVisible()}


def test_one_that_runs(bar: ForkBar, heard: list[Any]) -> None:
    assert not bar.isVisible()
    show(bar, fork(played=12, live=2))
    assert bar.headline.whole() == "Fork of shop is running"
    assert bar.said.whole() == "12 played · 2 live"
    assert shown(bar) == {"show_run", "stop"}
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    bar.stop.click()
    bar.show_run.click()
    assert heard == [("stopped", bar.batch), ("run_wanted", NEW)]
    show(bar)
    assert not bar.isVisible()


def test_one_that_has_ended(bar: ForkBar, heard: list[Any]) -> None:
    show(bar, fork(state="done", status="ok"))
    assert shown(bar) == {"show_run", "compare", "away"}
    bar.compare.click()
    bar.away.click()
    assert heard == [("compare_wanted", RUN, NEW), ("put_away", bar.batch)]


def test_one_that_failed_has_its_last_lines_folded(bar: ForkBar) -> None:
    show(bar, fork(state="failed", run="", sentence="No module shop.", details="Trace\x1b[31m"))
    assert bar.said.whole() == "No module shop. 0 played · 0 live"
    assert shown(bar) == {"details", "away"}
    assert not bar.lines.isVisible()
    bar.details.click()
    assert bar.lines.isVisible()
    assert "\x1b" not in bar.lines.toPlainText()
    show(bar, fork("f2", batch="b2"))
    assert not bar.lines.isVisible()


def test_several_are_told_together(bar: ForkBar, heard: list[Any]) -> None:
    show(bar, fork("1", "done"), fork("2", number=1), fork("3", batch="b2", state="done"))
    assert bar.headline.whole() == "2 forks of shop: 1 done, 1 running"
    assert bar.stop.text() == "Stop All"
    assert bar.more.text() == "1 more"
    bar.table.click()
    assert heard == [("table_wanted", bar.batch)]


def test_a_call_is_allowed(bar: ForkBar, heard: list[Any]) -> None:
    asks = fork(state="asking", question=PAY)
    show(bar, asks)
    assert bar.question.title.whole() == "The fork wants to call the tool pay"
    assert bar.question.reason.text() == "It is declared to write."
    assert '"amount": 5' in bar.question.value.edit.toPlainText()
    assert bar.question.value.edit.isReadOnly()
    assert shown(bar) == {"show_run", "stop", "give", "edit", "allow"}
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    bar.take_focus()
    assert bar.question.buttons["allow"].hasFocus()
    QTest.keyClick(bar.question.buttons["allow"], Qt.Key.Key_Space)
    assert heard == [("answered", asks, "allow", None)]


def test_its_arguments_are_edited(bar: ForkBar, heard: list[Any]) -> None:
    asks = fork(state="asking", question=PAY)
    show(bar, asks)
    bar.question.buttons["edit"].click()
    edit = bar.question.value.edit
    assert edit.hasFocus()
    edit.setPlainText("{")
    assert not bar.question.send.isEnabled()
    edit.setPlainText('{"amount": 1}')
    show(bar, fork(state="asking", question=PAY, played=13))  # what is typed stays
    assert edit.toPlainText() == '{"amount": 1}'
    bar.question.send.click()
    assert [said[2:] for said in heard] == [("edit", {"amount": 1})]


def test_a_result_is_given_instead(bar: ForkBar, heard: list[Any]) -> None:
    show(bar, fork(state="asking", question=PAY))
    bar.question.buttons["give"].click()
    bar.question.back.click()
    assert '"amount": 5' in bar.question.value.edit.toPlainText()
    bar.question.buttons["give"].click()
    bar.question.value.edit.setPlainText('"paid"')
    bar.question.send.click()
    assert [said[2:] for said in heard] == [("give", "paid")]


def test_a_divergence_is_shown_as_a_difference(bar: ForkBar, heard: list[Any]) -> None:
    show(bar, fork(state="asking", question=OTHER))
    assert bar.question.title.whole() == "The fork parts from the record at plan"
    assert '−   q: "Paris"' in bar.question.diff.toPlainText()
    assert '+   q: "Oslo"' in bar.question.diff.toPlainText()
    assert shown(bar) == {"show_run", "stop", "live", "serve"}
    for verdict in ("live", "serve", "stop"):
        bar.question.buttons[verdict].click()
    assert [said[2] for said in heard] == ["live", "serve", "stop"]


def test_of_several_it_is_said_which_one_asks(bar: ForkBar, heard: list[Any]) -> None:
    both = [fork(str(n), "asking", question=PAY, number=n) for n in range(2)]
    show(bar, *both)
    assert bar.question.title.whole() == "Fork 1 wants to call the tool pay"
    bar.question.buttons["edit"].click()
    show(bar, fork("0"), both[1])  # the same question, of another: what was typed is not for it
    assert bar.question.title.whole() == "Fork 2 wants to call the tool pay"
    bar.question.buttons["allow"].click()
    assert heard == [("answered", both[1], "allow", None)]


def test_a_question_that_has_just_come_is_not_answered(
    bar: ForkBar, heard: list[Any], monkeypatch
) -> None:
    monkeypatch.setattr(question, "SEEN", 60.0)
    show(bar, fork(state="asking", question=PAY))
    bar.question.buttons["allow"].click()
    assert heard == []


@pytest.mark.parametrize("forks", [
    [fork(played=12, live=2)],
    [fork(state="asking", question=PAY)],
    [fork(state="asking", question=OTHER), fork("2", number=1)],
    [fork(state="failed", sentence="A long sentence. " * 20, details="Trace")],
    [fork(state="done", status="ok"), fork("2", batch="b2")],
])  # fmt: skip
@pytest.mark.parametrize("width", [1000, 784])
def test_it_is_readable(bar: ForkBar, look, tmp_path, forks: list[Fork], width: int) -> None:
    bar.window().resize(width, 400)
    show(bar, *forks)
    assert complaints(bar, look.theme, tmp_path) == []
