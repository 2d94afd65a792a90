"""The view of two runs beside each other: what it shows, its keys, and the selection it shares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView, QToolTip

from rollscope_desktop.ui.axis import Axis
from rollscope_desktop.ui.compare.delegate import tip
from rollscope_desktop.ui.compare.view import Compare
from rollscope_desktop.ui.tree.delegate import Frame, SpanDelegate
from rollscope_desktop.ui.views import Choice, Views
from rollscope_desktop.viewmodels.compare.lines import DURATION, LEFT, RIBBON, RIGHT
from rollscope_desktop.viewmodels.compare.source import State
from rollscope_desktop.viewmodels.lines import SpanLine
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.compared import travel_run
from tests.app.ui.checks import complaints

if TYPE_CHECKING:
    from tests.app.support import Index

Key = Qt.Key
ONE = (Choice("compare", "Compare", "compare", Compare),)


@pytest.fixture
def views(look, run: OpenRun, index: Index, qtbot) -> Views:
    """A run that is open, and the view, with nothing to compare."""
    [id] = index.grow("a.jsonl", travel_run(1))
    run.selection.select_run(id)
    run.show(id)
    qtbot.waitUntil(lambda: run.watch.whole)
    made = Views(look, run, ONE)
    qtbot.addWidget(made)
    made.resize(760, 640)
    made.show()
    made.open("compare")
    return made


@pytest.fixture
def view(views: Views) -> Compare:
    return compare_of(views)


def compare_of(views: Views) -> Compare:
    view = views.get("compare")
    assert isinstance(view, Compare)
    return view


def compare(view: Compare, index: Index, qtbot, **other) -> tuple[int, int]:
    """Compare the open run with a fork of it."""
    left = view.run.watch.run
    assert left is not None
    [right] = index.grow("b.jsonl", travel_run(2, fork_of=1, **other))
    view.compare(left, right)
    qtbot.waitUntil(lambda: view.model.runs.state is State.FULL)
    qtbot.waitUntil(view.is_ready)
    return left, right


def current(view: Compare) -> int:
    return view.table.currentIndex().row()


def name(view: Compare, row: int) -> str:
    line = view.model.line(row)
    assert line is not None
    return f"{line.fold} equal" if line.fold else str((line.right or line.left).name)  # type: ignore[union-attr]


def filled(view: Compare, qtbot) -> None:
    def there() -> bool:
        lines = [view.model.line(row) for row in range(view.model.rowCount())]
        steps = [s for line in lines if line for s in (line.left, line.right) if s]
        return all(step.fragment for step in steps)

    qtbot.waitUntil(there)


# What is seen


def test_it_says_how_to_choose(view: Compare) -> None:
    assert not view.shows_pair()
    assert view.state._title.text() == "Choose two runs to compare"
    assert "Compare Runs" in view.state._text.text()
    assert view.state.button.isHidden()
    view.offer("Compare with Original")
    assert view.state.button.text() == "Compare with Original"
    taken = []
    view.offer_taken.connect(lambda: taken.append(True))
    view.state.button.click()
    assert taken


def test_it_opens_where_the_runs_first_part(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot, other="Rome", extra=2)
    assert view.shows_pair()
    assert view.head.sentence.whole() == "Step 7, get_weather: other tool arguments."
    assert current(view) == 2
    left, right = view.model.spans_at(2)
    assert view.run.selection.span == left
    qtbot.waitUntil(lambda: view.model.pair.asked == (left, right))
    assert view.head.counts.text() == "+ 2   ~ 1"
    heads = view.table.heads
    assert [head.name for head in heads.heads] == ["travel agent", "travel agent, edited"]
    assert [head.is_fork for head in heads.heads] == [False, True]
    assert "Δ Duration +" in heads.accessibleDescription()
    assert view.pane.title.whole().startswith("get_weather: other input, other output")


def test_equal_runs_say_so(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot)
    assert view.head.sentence.whole().startswith("Nothing differs")
    assert view.head.first.isHidden()
    assert name(view, 0) == "17 equal"
    view.go(1)
    assert current(view) == 0


@pytest.mark.parametrize("width", [420, 760, 1300])
def test_it_can_be_read_at_every_width(
    views: Views, view: Compare, index: Index, qtbot, tmp_path: Path, width: int
) -> None:
    compare(view, index, qtbot, other="Rome", extra=1, played=5)
    views.resize(width, 640)
    view.model.set_all_expanded(True)
    filled(view, qtbot)
    qtbot.waitUntil(view.is_ready)
    QApplication.processEvents()
    assert complaints(view, view.look.theme, tmp_path) == []
    used = sum(view.table.columnWidth(c) for c in range(6) if not view.table.isColumnHidden(c))
    assert used == view.table.viewport().width()
    wide = width >= 1_000
    assert (view.desk.parts.orientation() == Qt.Orientation.Horizontal) is wide


def test_failures_are_sentences(view: Compare, index: Index, qtbot) -> None:
    left = view.run.watch.run
    assert left is not None
    view.compare(left, 99)
    assert not view.shows_pair()
    qtbot.waitUntil(lambda: view.model.runs.state is State.FAILED)
    assert view.state._title.text() == "The runs could not be compared"
    assert view.state.button.text() == "Try Again"
    view.state.button.click()
    assert view.state.button.isHidden()
    qtbot.waitUntil(lambda: view.model.runs.state is State.FAILED)


def test_a_log_that_is_gone(view: Compare, index: Index, qtbot) -> None:
    left = view.run.watch.run
    assert left is not None
    [right] = index.grow("b.jsonl", travel_run(2, fork_of=1, other="Rome"))
    (index.folder / "b.jsonl").unlink()
    view.compare(left, right)
    qtbot.waitUntil(lambda: view.model.runs.state is State.FULL)
    assert "could not be read" in view.head.note.whole()
    assert not view.head.note.isHidden()


def test_another_run_is_opened(view: Compare, index: Index, qtbot) -> None:
    left, right = compare(view, index, qtbot, other="Rome")
    [third] = index.grow("c.jsonl", travel_run(3))
    for run, shown in ((third, False), (right, True), (left, True)):
        view.run.selection.select_run(run)
        view.run.show(run)
        qtbot.waitUntil(lambda: view.run.watch.whole)
        assert view.shows_pair() is shown
    assert view.model.rowCount()


def test_tooltips(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot, other="Rome", extra=1)
    filled(view, qtbot)
    fold, changed, new = (view.model.line(row) for row in (1, 2, 4))
    assert fold is not None
    assert changed is not None
    assert new is not None
    assert "5 equal steps" in tip(fold, LEFT, False)
    assert "tomorrow" in tip(changed, RIGHT, False)
    assert "today" in tip(changed, LEFT, False)
    said = tip(changed, RIBBON, False)
    assert "Step 7: changed" in said
    assert "other input" in said
    assert "Δ Duration +900 ms" in said
    assert "Duration" not in tip(changed, RIBBON, True)
    assert "new" in tip(new, DURATION, False)
    at = view.table.visualRect(view.model.index(2, LEFT)).center()
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, view.table.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.table.viewport(), event)
    assert "get_weather" in QToolTip.text()
    QToolTip.hideText()
    assert "travel agent" in view.table.heads._tip(LEFT)
    assert "B took than A" in view.table.heads._tip(DURATION)


# Keys and the mouse


def test_from_difference_to_difference_by_keys(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot, other="Rome", extra=1)
    view.take_focus()
    QTest.keyClick(view.table, Key.Key_N)
    assert name(view, current(view)) == "search_notes"
    QTest.keyClick(view.table, Key.Key_P)
    assert name(view, current(view)) == "get_weather"
    QTest.keyClick(view.table, Key.Key_P)
    assert current(view) == 2
    QTest.keyClick(view.pane.text, Key.Key_N)
    assert name(view, current(view)) == "search_notes"
    view.table.setCurrentIndex(view.model.index(3, LEFT))
    QTest.keyClick(view.table, Key.Key_N)
    assert name(view, current(view)) == "search_notes"
    view.table.setCurrentIndex(view.model.index(0, LEFT))
    view.next.click()
    assert current(view) == 2
    view.head.first.click()
    assert current(view) == 2


def test_a_fold_opens_by_key_and_by_mouse(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot, other="Rome")
    rows = view.model.rowCount()
    view.table.setCurrentIndex(view.model.index(1, LEFT))
    assert view.pane.state._text.text() == "These steps are equal."
    QTest.keyClick(view.table, Key.Key_Return)
    assert view.model.rowCount() == rows + 5
    QTest.keyClick(view.table, Key.Key_Left)
    assert view.model.rowCount() == rows
    QTest.keyClick(view.table, Key.Key_Right)
    assert view.model.rowCount() == rows + 5
    QTest.keyClick(view.table, Key.Key_Right)
    assert current(view) == 2
    assert view.pane.state._title.text() == "" or view.model.pair.is_reading
    qtbot.waitUntil(lambda: not view.model.pair.is_reading)
    assert view.pane.state._title.text() == "Nothing differs"
    QTest.keyClick(view.table, Key.Key_Left)
    assert current(view) == 1
    QTest.keyClick(view.table, Key.Key_Left)
    assert view.model.rowCount() == rows
    where = view.table.visualRect(view.model.index(1, RIGHT)).center()
    QTest.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert view.model.rowCount() == rows + 5
    QTest.keyClick(view.table, Key.Key_Left)
    QTest.keyClick(view.table, Key.Key_Left)
    assert current(view) == 0
    arrow = view.table.cells.opens_at(view.model.line(0), _cell(view, 0, LEFT))  # type: ignore[arg-type]
    QTest.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=arrow.center())
    assert view.model.rowCount() == 1
    QTest.keyClick(view.table, Key.Key_End)
    QTest.keyClick(view.table, Key.Key_Home)
    view.walk(1)
    assert current(view) == 0


def _cell(view: Compare, row: int, column: int) -> QRect:
    return view.table.visualRect(view.model.index(row, column))


def test_what_differs_is_copied(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot, other="Rome")
    qtbot.waitUntil(lambda: view.model.pair.pair is not None)
    QTest.keyClick(view.table, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert '+   day: "tomorrow"' in QGuiApplication.clipboard().text()
    QGuiApplication.clipboard().setText("")
    view.pane.copy.click()
    assert "Output:" in QGuiApplication.clipboard().text()


def test_the_part_that_differs_is_shown(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot, other="Rome", extra=1)
    qtbot.waitUntil(lambda: view.model.pair.pair is not None)
    pane = view.pane
    assert pane.tabs.tabText(0) == "Input ≠"
    assert "tomorrow" in pane.text.toPlainText()
    pane.tabs.setCurrentIndex(1)
    assert "34 °C" in pane.text.toPlainText()
    assert pane.count.text() == "− 1   + 1"
    view.table.setCurrentIndex(view.model.index(0, LEFT))
    qtbot.waitUntil(lambda: view.model.pair.pair is not None)
    assert pane.state._title.text() == "Nothing differs"
    view.go(1)
    view.go(1)
    qtbot.waitUntil(lambda: view.model.pair.pair is not None)
    assert pane.title.whole() == "search_notes: only in B"
    assert '+ "note 0"' in pane.text.toPlainText() or "+" in pane.text.toPlainText()


# Selection


def test_selection_is_shared(view: Compare, index: Index, qtbot) -> None:
    _left, right = compare(view, index, qtbot, other="Rome", extra=1)
    made = view.model.alignment
    assert made is not None
    selection = view.run.selection
    hidden = int(made.a.id[3])
    selection.select_span(hidden)
    view.show_span(hidden)
    assert hidden in view.model.spans_at(current(view))
    view.go(1)
    view.go(1)
    kept = selection.span
    assert view.model.spans_at(current(view))[0] is None  # only in the other run
    view.show_span(kept)
    assert view.model.spans_at(current(view))[0] is None

    selection.select_run(right)
    view.run.show(right)
    qtbot.waitUntil(lambda: view.run.watch.whole)
    view.table.setCurrentIndex(view.model.index(0, LEFT))
    assert selection.span == int(made.b.id[0])


def test_a_menu_is_about_the_step_below_it(view: Compare, index: Index, qtbot) -> None:
    compare(view, index, qtbot, other="Rome", extra=1)
    wanted = []
    view.menu_wanted.connect(lambda span, where: wanted.append(span))
    left, right = view.model.spans_at(2)
    last = view.model.rowCount() - 1
    for row, column in ((2, LEFT), (2, RIGHT), (last, LEFT), (1, LEFT)):
        where = view.table.viewport().mapToGlobal(_cell(view, row, column).center())
        view.table.menu_wanted.emit(row, where)
    assert wanted == [left, right, view.model.spans_at(last)[1]]
    assert view.span_under(QPoint(2, 2)) is None


def test_swapped_the_same_steps_stay_selected(view: Compare, index: Index, qtbot) -> None:
    left, right = compare(view, index, qtbot, other="Rome", extra=1)
    view.go(1)
    kept = set(view.model.spans_at(current(view)))
    view.swap()
    assert view.runs() == (right, left)
    qtbot.waitUntil(lambda: view.model.runs.state is State.FULL)
    assert set(view.model.spans_at(current(view))) == kept
    assert view.head.counts.text() == "− 1   ~ 1"


# Live


def test_it_follows_a_live_run(view: Compare, index: Index, qtbot) -> None:
    left = view.run.watch.run
    assert left is not None
    lines = travel_run(2, fork_of=1, other="Rome", extra=2).splitlines(keepends=True)
    [right] = index.grow("b.jsonl", b"".join(lines[:22]))
    view.compare(left, right)
    qtbot.waitUntil(lambda: view.model.runs.state is State.FULL)
    view.go(1)
    kept = view.model.spans_at(current(view))
    before = view.model.comparison
    index.grow("b.jsonl", b"".join(lines[22:]))
    view.model.runs.take_changes([right])
    qtbot.waitUntil(lambda: view.model.comparison is not before)
    assert view.shows_pair()
    now = view.model.spans_at(current(view))
    assert now[0] == kept[0]  # it was missing, and now there is a step beside it
    assert now[1] is not None
    assert view.model.pair.asked == now


def test_who_chose_nothing_is_led_on_to_where_they_part(view: Compare, index: Index, qtbot) -> None:
    left = view.run.watch.run
    assert left is not None
    lines = travel_run(2, fork_of=1, other="Rome", extra=2).splitlines(keepends=True)
    [right] = index.grow("b.jsonl", b"".join(lines[:6]))
    view.compare(left, right)
    qtbot.waitUntil(lambda: view.model.runs.state is State.FULL)
    early = view.head.sentence.whole()
    selected = view.run.selection.span
    before = view.model.comparison
    index.grow("b.jsonl", b"".join(lines[6:]))
    view.model.runs.take_changes([right])
    qtbot.waitUntil(lambda: view.model.comparison is not before)
    assert view.head.sentence.whole() == "Step 7, get_weather: other tool arguments." != early
    assert view.model.number(current(view)) == view.model.first_difference()
    assert view.run.selection.span == selected


def test_it_waits_while_it_is_hidden(views: Views, view: Compare, index: Index, qtbot) -> None:
    _, right = compare(view, index, qtbot, other="Rome")
    views.hide()
    view.model.runs.take_changes([right])
    assert not view.model.runs._again.isActive()
    before = view.model.comparison
    views.show()
    qtbot.waitUntil(lambda: view.model.comparison is not before)


# What a fork did with its steps


def test_played_back_and_edited_steps_look_other(light) -> None:
    holder = QTableView()
    delegate = SpanDelegate(light, holder)
    delegate.frame = Frame(Axis(100, 300))
    drawn = []
    for how in (None, "live", "played", "reused", "edited"):
        picture = QImage(360, 26, QImage.Format.Format_RGB32)
        picture.fill(light.theme.panel)
        line = SpanLine(
            1, 1, "llm", "chat", 1, 0, 0, 0, False, 1, 0, 10, 60, None, None, None, None, None,
            None, how, 0, 1, "",
        )  # fmt: skip
        with QPainter(picture) as painter:
            delegate._dot(painter, line, QRectF(8, 9, 8, 8))
            delegate._waterfall(painter, QRect(40, 0, 300, 26), line)
        drawn.append(bytes(picture.constBits()))
    plain, live, played, reused, edited = drawn
    assert plain == live
    assert played == reused
    assert len({plain, played, edited}) == 3
