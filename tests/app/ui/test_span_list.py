"""The list on screen: its keys, its columns, what is copied, and a selection shared with others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import time_ns

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHeaderView, QMenu

from rollscope_desktop.query.span_list.sums import Sums
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.span_list.foot import said
from rollscope_desktop.ui.span_list.view import SpanList
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.span_list.model import ListState
from rollscope_desktop.viewmodels.span_list.question import AS_IT_CAME, Sort
from tests.app.support import EPOCH, SECOND, Index, Log, make_index, run_key, simple_run


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = make_index(tmp_path)
    made.grow("a.jsonl", simple_run(1, 40))
    made.grow("b.jsonl", simple_run(2, 5, EPOCH + 60 * SECOND))
    yield made
    made.writer.close()


@pytest.fixture
def view(index: Index, look: Look, qtbot) -> Iterator[SpanList]:
    jobs = Jobs(index.path, Notices())
    run = OpenRun(jobs)
    run.selection.run_changed.connect(run.show)
    made = SpanList(look, run)
    run.selection.span_changed.connect(made.show_span)
    made.resize(1000, 500)
    made.show()
    run.selection.select_run(1)
    qtbot.waitUntil(lambda: run.watch.whole and made.model.state is ListState.FULL)
    yield made
    run.show(None)
    made.hide()
    jobs.close()
    made.deleteLater()


def settle(view: SpanList, qtbot) -> None:
    qtbot.waitUntil(view.is_ready)


def key(view: SpanList, key: Qt.Key, held=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(view.view, key, held)


def shown(view: SpanList) -> list[str]:
    return [column.key for column in view.view.shown_columns()]


def sorting_of(menu: QMenu) -> QMenu:
    inner = menu.actions()[0].menu()
    assert isinstance(inner, QMenu)
    return inner


def test_arrows_walk_and_the_selection_is_shared(view: SpanList, qtbot) -> None:
    selection = view.run.selection
    view.take_focus()
    key(view, Qt.Key.Key_Home)
    assert selection.span == 1 << 31
    key(view, Qt.Key.Key_Down)
    assert selection.span == 1 << 31 | 1
    key(view, Qt.Key.Key_End)
    assert selection.span == 1 << 31 | 39
    view.walk(-2)
    assert (selection.span, view.view.rows_selected()) == (1 << 31 | 37, [(37, 37)])
    view.walk(9)
    assert selection.span == 1 << 31 | 39
    selection.select_span(1 << 31 | 3)  # somebody else did
    assert view.view.rows_selected() == [(3, 3)]
    key(view, Qt.Key.Key_C)
    assert selection.span == 1 << 31 | 3  # letters look for nothing here


def test_a_click_on_a_title_sorts_and_keeps_the_selection(view: SpanList, qtbot) -> None:
    view.run.selection.select_span(1 << 31 | 2)
    header = view.view.horizontalHeader()
    keys = [column.key for column in view.model.columns]

    def click(column: str) -> None:
        x = header.sectionViewportPosition(keys.index(column)) + 10
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, 10))
        settle(view, qtbot)

    click("duration")
    assert view.model.sort == Sort("duration", True)
    assert view.view.currentIndex().row() == view.model.row_of(1 << 31 | 2) >= 0
    assert view.run.selection.span == 1 << 31 | 2
    click("step")
    assert view.model.sort == Sort("step", False)
    click("step")
    assert view.model.sort == Sort("step", True)
    assert view.view.verticalScrollBar().value() == 0
    assert not view.grab().isNull()


def test_rows_are_copied_as_a_table(view: SpanList, qtbot) -> None:
    view.take_focus()
    key(view, Qt.Key.Key_Home)
    for _ in range(2):
        key(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert view.view.rows_selected() == [(0, 2)]
    assert view.run.selection.span == 1 << 31 | 2
    QGuiApplication.clipboard().clear()
    key(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() != "")
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:2] == ["No.", "Step"]
    assert [line.split("\t")[1] for line in lines[1:]] == ["assistant", "chat", "get_weather"]
    key(view, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert view.view.rows_selected() == [(2, 39)]
    key(view, Qt.Key.Key_Home, Qt.KeyboardModifier.ShiftModifier)
    assert view.view.rows_selected() == [(0, 39)]


def test_going_to_a_row(view: SpanList, qtbot) -> None:
    view.take_focus()
    key(view, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    field = view.foot.field
    assert field.isVisible()
    field.setText("3 1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert view.run.selection.span == 1 << 31 | 30
    assert not field.isVisible()
    view.jump()
    field.setText("999,999")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert view.run.selection.span == 1 << 31 | 39
    view.jump()
    field.setText("no number")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert view.run.selection.span == 1 << 31 | 39


def test_a_step_of_another_run_opens_that_run(view: SpanList, qtbot) -> None:
    selection = view.run.selection
    view.all.click()
    settle(view, qtbot)
    assert view.model.sort == Sort("started", True)
    assert view.model.rowCount() == 45
    assert "run" in shown(view)
    view.view.go(view.model.row_of(2 << 31 | 1))
    assert selection.run == 1  # who walks past does not open every run
    key(view, Qt.Key.Key_Return)
    assert (selection.run, selection.span) == (2, 2 << 31 | 1)
    qtbot.waitUntil(lambda: view.run.watch.whole)
    assert view.view.currentIndex().row() == view.model.row_of(2 << 31 | 1)
    view.view.go(view.model.row_of(1 << 31 | 7))
    qtbot.waitUntil(lambda: selection.run == 1)
    assert selection.span == 1 << 31 | 7
    view.one.click()
    settle(view, qtbot)
    assert view.model.rowCount() == 40
    assert view.view.currentIndex().row() == 7


def test_nothing_fits_and_the_way_out(view: SpanList, qtbot) -> None:
    view.run.scope.set_filter("cost>100")
    qtbot.waitUntil(lambda: view.model.state is ListState.NOTHING)
    assert view.state.isVisible()
    assert not view.grab().isNull()
    view.state.button.click()
    qtbot.waitUntil(lambda: view.model.state is ListState.FULL)
    assert view.run.scope.scope.filter == ""
    view.run.scope.set_range((10**12, 10**12 + 5))
    qtbot.waitUntil(lambda: view.model.state is ListState.NOTHING)
    view.state.button.click()
    qtbot.waitUntil(lambda: view.model.state is ListState.FULL)
    assert view.run.scope.scope.range is None
    assert view.model.rowCount() == 40


def test_columns_are_chosen_and_remembered(view: SpanList, look: Look, qtbot) -> None:
    assert "agent" not in shown(view)
    menu = view.view.menu()
    titles = [action.text() for action in menu.actions()]
    assert titles[0] == "Sort By"
    assert "Run" not in titles
    with qtbot.waitSignal(view.layout_changed):
        next(a for a in menu.actions() if a.text() == "Agent").trigger()
    view.view.horizontalHeader().moveSection(0, 3)
    view.view.horizontalHeader().resizeSection(1, 300)
    assert "agent" in shown(view)
    kept, before = view.layout_bytes(), shown(view)
    other = SpanList(look, view.run)
    other.resize(1000, 500)
    other.restore_layout(kept)
    other.show()
    qtbot.waitUntil(lambda: other.view.isVisible())
    qtbot.waitUntil(lambda: shown(other) == before)
    assert other.view.columnWidth(1) == 300
    other.restore_layout(b"nonsense")
    assert shown(other)[:2] == ["number", "step"]
    other.hide()
    other.deleteLater()
    sorting = sorting_of(menu)
    next(a for a in sorting.actions() if a.text() == "Cost").trigger()
    settle(view, qtbot)
    assert view.model.sort == Sort("cost", True)
    sorting = sorting_of(view.view.menu())
    next(a for a in sorting.actions() if a.text() == "Largest First").trigger()
    settle(view, qtbot)
    assert view.model.sort == Sort("cost", False)
    assert view.view.horizontalHeader().sectionResizeMode(0) == QHeaderView.ResizeMode.Interactive


def test_sorting_is_taken_back_by_esc(view: SpanList, qtbot) -> None:
    view.take_focus()
    view.model.sort_by("cost", True)
    key(view, Qt.Key.Key_Escape)
    assert view.model.sort == AS_IT_CAME
    assert view.model.rowCount() == 40


def test_what_the_list_comes_to_stands_below_it(view: SpanList, qtbot) -> None:
    qtbot.waitUntil(lambda: view.foot.sums.whole().startswith("40 steps · 300 tokens · $0.20"))
    assert said(Sums(1, None, None, None, None), timeless=False) == "1 step"
    assert said(Sums(2, 5, 10**9, 10**7, 3), timeless=True) == (
        "2 steps · 5 tokens · $1.00 · saved $0.0100 · 3 events in all"
    )


def test_news_of_a_sorted_list_are_offered(view: SpanList, qtbot) -> None:
    view.model.sort_by("cost", True)
    settle(view, qtbot)
    view.model.news_changed.emit(1_234)
    assert view._fresh.isVisible()
    assert view._fresh.text() == "1,234 new, sort again"
    view._fresh.click()
    settle(view, qtbot)
    assert view.model.rowCount() == 40


def test_who_looks_at_the_end_of_a_live_run_stays_there(index: Index, light: Look, qtbot) -> None:
    log = Log(run_key(9), time_ns())
    text = log.line("run.start", v=1, name="live")
    text += b"".join(log.whole("tool", "t") for _ in range(60))
    [id] = index.grow("live.jsonl", text, touched=time_ns())
    jobs = Jobs(index.path, Notices())
    run = OpenRun(jobs)
    run.selection.run_changed.connect(run.show)
    view = SpanList(light, run)
    view.resize(800, 400)
    view.show()
    run.selection.select_run(id)
    qtbot.waitUntil(lambda: run.watch.whole and view.model.rowCount() == 60)
    assert run.watch.axis.live
    assert view._beat.isActive()
    bar = view.view.verticalScrollBar()
    assert bar.value() == 0

    def grow(count: int) -> None:
        more = b"".join(log.whole("tool", "t") for _ in range(5))
        index.grow("live.jsonl", more, touched=time_ns())
        run.follow()
        qtbot.waitUntil(lambda: view.model.rowCount() == count)

    grow(65)
    assert bar.value() == 0
    view.follow_now()
    grow(70)
    assert bar.value() == bar.maximum() > 0
    run.show(None)
    view.hide()
    assert not view._beat.isActive()
    jobs.close()
    view.deleteLater()
