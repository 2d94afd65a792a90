"""The tree of a run: how it is painted, walked, opened and followed, on a real index."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from rollscope_desktop.ui.span_words import tooltip
from rollscope_desktop.ui.tree.view import Tree
from rollscope_desktop.ui.views import Views
from rollscope_desktop.viewmodels.lines import NoteLine, SpanLine
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import EPOCH, Index, Log, run_key, simple_run
from tests.app.ui.opened import filled, middle, open_run, rich_run, tree_of

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def views(light, run: OpenRun, index: Index, qtbot) -> Views:
    """The rich run, opened and all of its rows read."""
    open_run(run, index, rich_run(), qtbot)
    made = middle(light, run, qtbot)
    filled(tree_of(made), qtbot)
    return made


@pytest.fixture
def tree(views: Views) -> Tree:
    return tree_of(views)


def inks(widget: QWidget) -> int:
    """How many colours there are: few when it is blank, many when something is drawn."""
    image = widget.grab().toImage()
    return len(
        {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(image.height())}
    )


def names(tree: Tree) -> list[str]:
    model = tree.model
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def span_at(tree: Tree, row: int) -> SpanLine:
    """The line of a span, once it is there."""
    line = tree.model.line(row)
    assert isinstance(line, SpanLine)
    return line


def row_of(tree: Tree, name: str) -> int:
    return names(tree).index(name)


# What is seen


@pytest.mark.parametrize("width", [320, 700, 1200])
@pytest.mark.parametrize("live", [False, True])
def test_it_fills_its_width(qtbot, look, run, index, width: int, live: bool) -> None:
    touched = time_ns() if live else EPOCH
    [id] = index.grow("a.jsonl", rich_run(ended=not live), touched)
    run.selection.select_run(id)
    run.show(id)
    views = middle(look, run, qtbot, width, 700)
    qtbot.waitUntil(lambda: run.watch.whole)
    tree = filled(tree_of(views), qtbot)

    assert views.shows_content()
    assert inks(views) > 60
    used = sum(tree.view.columnWidth(c) for c in range(5) if not tree.view.isColumnHidden(c))
    assert used == tree.view.viewport().width()
    assert tree.following.isVisible() is live


def test_a_log_without_times_says_so(qtbot, look, run, index) -> None:
    log = Log(run_key(1))
    data = log.whole("agent", "a", inside=lambda span: log.whole("tool", "t", span))
    [id] = index.grow("a.jsonl", data)
    with index.writer.transaction():
        index.writer.runs._db.execute("UPDATE runs SET clock = 1, started = 0, last = 9")
    run.selection.select_run(id)
    run.show(id)
    views = middle(look, run, qtbot)
    qtbot.waitUntil(lambda: run.watch.whole)

    assert tree_of(views).view._header.axis.timeless
    assert "no times" in views._summary.text()


def test_other_states(qtbot, look, run, index, jobs: Jobs) -> None:
    views = middle(look, run, qtbot)

    def said(words: str) -> None:
        assert not views.shows_content()
        assert words in views.state._title.text()
        assert inks(views) > 3

    said("No run is selected")
    [empty] = index.grow("a.jsonl", Log(run_key(1)).line("run.start", v=1, name="empty"))
    run.show(empty)
    said("")
    qtbot.waitUntil(lambda: run.watch.whole)
    said("No steps yet")
    run.show(99)
    qtbot.waitUntil(lambda: bool(run.watch.failure))
    said("could not be read")
    assert "no longer in the index" in views.state._text.text()
    run.show(None)
    said("No run is selected")


def test_what_is_cut_has_a_tooltip(qtbot, light, run, index) -> None:
    open_run(run, index, rich_run(), qtbot)
    tree = filled(tree_of(middle(light, run, qtbot, 460)), qtbot)
    view = tree.view
    for row, name in enumerate(names(tree)):
        at = view.visualRect(tree.model.index(row, 0)).center()
        if not view.viewport().rect().contains(at):
            break
        help_ = QHelpEvent(QHelpEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at))
        QApplication.sendEvent(view.viewport(), help_)
        assert name.split(" ×")[0].split(" = ")[0] in QToolTip.text()
    assert row > 5
    QToolTip.hideText()


def test_a_tree_that_is_made_late_has_what_came_before(qtbot, light, run, index) -> None:
    open_run(run, index, rich_run(), qtbot)

    tree = Tree(light, run)
    qtbot.addWidget(tree)

    assert tree.model.rowCount() > 10


# Keys and clicks


def press(tree: Tree, key: Qt.Key, with_=Qt.KeyboardModifier.NoModifier) -> int:
    QTest.keyClick(tree.view, key, with_)
    return tree.view.currentIndex().row()


def test_walking(tree: Tree, qtbot) -> None:
    assert press(tree, Key.Key_Home) == 0
    assert names(tree)[0] == "warmed up"  # a note of the run, which cannot be opened
    assert press(tree, Key.Key_Right) == 1
    assert press(tree, Key.Key_Right) == 2  # open already: on to the first inside
    assert press(tree, Key.Key_Left) == 1  # nothing to close: up to what it is in
    rows = tree.model.rowCount()
    press(tree, Key.Key_Left)
    assert tree.model.rowCount() < rows
    press(tree, Key.Key_Right, SHIFT)
    assert tree.model.rowCount() > rows
    assert "leaf" in names(filled(tree, qtbot))
    press(tree, Key.Key_Left, SHIFT)
    press(tree, Key.Key_Right)
    assert "leaf" not in names(tree)
    assert press(tree, Key.Key_End) == tree.model.rowCount() - 1
    tree.show_next_error()
    assert span_at(tree, tree.view.currentIndex().row()).status == 2


def arrow(tree: Tree, row: int) -> Any:
    cell = tree.view.visualRect(tree.model.index(row, 0))
    return tree.view._delegate.arrow_box(span_at(tree, row), cell).center()


def test_the_arrow_can_be_clicked(tree: Tree, qtbot) -> None:
    row, port = row_of(tree, "summarizer"), tree.view.viewport()
    rows = tree.model.rowCount()

    QTest.mouseClick(port, Qt.MouseButton.LeftButton, pos=arrow(tree, row))
    closed = tree.model.rowCount()
    QTest.mouseClick(port, Qt.MouseButton.LeftButton, SHIFT, arrow(tree, row))

    assert closed < rows < tree.model.rowCount()
    assert "leaf" in names(filled(tree, qtbot))


def test_walking_on_while_another_run_is_opened(tree: Tree, run, index, qtbot) -> None:
    [other] = index.grow("b.jsonl", simple_run(7))
    run.selection.select_run(other)
    run.show(other)
    qtbot.waitUntil(lambda: run.watch.whole)

    assert names(filled(tree, qtbot))[0] == "assistant"
    assert press(tree, Key.Key_Down) >= 0
    assert run.selection.span is not None


# Notes, filter, playhead, commands


def sift(tree: Tree, *wanted: str) -> None:
    """Show only steps of these names, as the filter bar would have it."""
    run = tree.run
    outline = run.watch.outline
    assert outline is not None
    mask = np.zeros(len(outline), bool)
    for row in range(tree.model.rowCount()):
        span = tree.model.span_id(row)
        line = tree.model.line(row)
        if span is not None and isinstance(line, SpanLine) and line.name in wanted:
            mask[outline.structure.index_of(span)] = True
    run.scope.set_filter(" or ".join(wanted) or "nothing")
    run.matches.mask = mask
    run.matches.changed.emit()


def test_notes_are_rows_in_the_order_of_time(tree: Tree, qtbot) -> None:
    qtbot.waitUntil(lambda: len(names(tree)) > 8 and "…" not in names(tree))
    around = names(tree)[3:9]
    assert around == [
        "gather", "get_weather", "confidence = 0.8", "get_weather", "search_notes",
        "helpful = yes, mostly",
    ]  # fmt: skip
    note = tree.model.line(5)
    assert isinstance(note, NoteLine)
    assert (note.type, note.value, note.depth) == ("signal", 0.8, 2)
    said = tree.model.index(5, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "signal, confidence = 0.8, level 3, at 8.00 ms"
    assert tree.notes.isVisible()

    tree.notes.click()

    assert "confidence = 0.8" not in names(tree)
    assert "warmed up" not in names(tree)
    tree.notes.click()
    assert names(tree)[3:9] == around


def test_a_note_selects_its_span_and_stays_chosen(tree: Tree, run) -> None:
    tree.view.setCurrentIndex(tree.model.index(5, 0))

    assert run.selection.span == tree.model.span_id(3)  # gather
    assert tree.view.currentIndex().row() == 5
    assert run.marks.chosen == tree.model.note_id(5)
    tree.show_span(run.selection.span)
    assert tree.view.currentIndex().row() == 5
    assert press(tree, Key.Key_Left) == 3  # out of the note, to its step
    assert run.marks.chosen is None
    tree.view.setCurrentIndex(tree.model.index(0, 0))
    assert run.selection.span is None  # a note of the run


def test_a_filter_shows_what_fits_and_what_is_around_it(tree: Tree, run) -> None:
    before = names(tree)
    search = row_of(tree, "search_notes")
    tree.view.setCurrentIndex(tree.model.index(search, 0))
    chosen = run.selection.span

    sift(tree, "search_notes", "summarizer")

    assert names(tree) == ["research-agent", "gather", "search_notes", "summarizer"]
    assert [span_at(tree, row).fits for row in range(4)] == [False, False, True, True]
    assert tree.view.currentIndex().row() == 2
    sift(tree, "summarizer")
    assert names(tree) == ["research-agent", "summarizer"]
    assert run.selection.span == chosen  # still selected, though it is not there
    assert not tree.view.currentIndex().isValid()
    tree.walk(1)
    assert tree.view.currentIndex().row() == 1
    run.selection.select_span(chosen)
    press(tree, Key.Key_Left)
    run.matches.mask = None
    run.scope.set_filter("")
    run.matches.changed.emit()
    assert names(tree) == before


def test_nothing_fits(tree: Tree, run, qtbot) -> None:
    sift(tree)

    assert tree.nothing.isVisible()
    assert tree.nothing._title.text() == "No step fits"
    run.scope.set_range((0, 5))
    with qtbot.waitSignal(run.scope.range_changed):
        tree.nothing.button.click()
    assert run.scope.scope.filter == ""
    run.matches.mask = None
    run.matches.changed.emit()
    assert tree.view.isVisible()


def test_the_selection_is_not_lost_when_rows_come_and_go(tree: Tree, run) -> None:
    leaf = row_of(tree, "search_notes")
    tree.view.setCurrentIndex(tree.model.index(leaf, 0))
    chosen = run.selection.span

    tree.notes.click()
    assert run.selection.span == chosen
    assert tree.model.span_id(tree.view.currentIndex().row()) == chosen
    tree.view.collapsed.emit(row_of(tree, "gather"), False)
    assert span_at(tree, tree.view.currentIndex().row()).name == "gather"
    assert run.selection.span == tree.selected()


def test_the_playhead_hides_what_was_not_known(tree: Tree, run) -> None:
    agent, gather = row_of(tree, "research-agent"), row_of(tree, "gather")
    late = row_of(tree, "summarizer")
    before = inks(tree.view)

    run.playhead.set(7_500_000)

    line, ahead = span_at(tree, gather), span_at(tree, late)
    note = tree.model.line(row_of(tree, "helpful = yes, mostly"))
    assert isinstance(note, NoteLine)
    assert (line.status, line.end, line.fragment) == (0, None, "")
    assert span_at(tree, agent).status == 0
    frame = tree.view._delegate.frame
    assert (frame.at, frame.now) == (7_500_000, 7_500_000)
    assert tree.view._delegate._is_ahead(ahead)
    assert tree.view._delegate._is_ahead(note)
    assert not tree.view._delegate._is_ahead(line)
    tip = tooltip(ahead, False, frame.at)
    assert "Not started at this moment" in tip
    assert "Still running at this moment" in tooltip(line, False, frame.at)
    assert before > 0 < inks(tree.view)
    run.playhead.set(None)
    assert span_at(tree, gather).status == 1


def test_while_it_plays_no_row_that_changes_is_left_as_it_was(tree: Tree, run) -> None:
    view, painted = tree.view, []
    watched = view.repaint_row
    view.repaint_row = lambda row: (painted.append(row), watched(row))  # type: ignore

    def rows() -> list[object]:
        lines = [tree.model.line(row) for row in view.rows_in_view()]
        return [line and (line, view._delegate._is_ahead(line)) for line in lines]

    run.playhead.set(0)
    before, most = rows(), 0
    for moment in range(500_000, 58_000_000, 500_000):
        painted.clear()
        run.playhead.set(moment)
        now = rows()
        changed = {n for n, (old, new) in enumerate(zip(before, now, strict=True)) if old != new}
        assert changed <= set(painted)
        before, most = now, max(most, len(painted))
    assert 0 < most < tree.model.rowCount()


def test_an_error_that_is_to_come_is_no_sign_yet(tree: Tree, run) -> None:
    gather = row_of(tree, "gather")
    tree.view.collapsed.emit(gather, False)
    assert span_at(tree, gather).worst == 2

    run.playhead.set(7_500_000)
    assert span_at(tree, gather).worst != 2
    run.playhead.set(13_000_000)
    assert span_at(tree, gather).worst == 2


@pytest.mark.parametrize(("level", "deepest"), [(1, 0), (2, 1), (3, 2), (4, 3)])
def test_levels(tree: Tree, qtbot, level: int, deepest: int) -> None:
    tree.expand_to(level)
    filled(tree, qtbot)

    lines = [line for row in range(tree.model.rowCount()) if (line := tree.model.line(row))]
    assert max(line.depth for line in lines) == deepest


def test_walking_by_steps_passes_notes(tree: Tree, run) -> None:
    tree.view.setCurrentIndex(tree.model.index(4, 0))
    tree.walk(1)
    assert tree.view.currentIndex().row() == 6
    tree.walk(-2)
    assert tree.view.currentIndex().row() == 3
    tree.walk(-99)
    assert tree.view.currentIndex().row() == 1
    tree.show_previous_error()
    first = run.selection.span
    tree.show_next_error()
    assert run.selection.span != first


def test_other_keys_are_left_to_the_window(tree: Tree) -> None:
    tree.view.setCurrentIndex(tree.model.index(1, 0))
    rows = tree.model.rowCount()
    assert press(tree, Key.Key_Left, Qt.KeyboardModifier.AltModifier) == 1
    assert tree.model.rowCount() == rows
