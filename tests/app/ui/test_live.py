"""A run that grows: follow it, or look at something and be told what is new."""

from __future__ import annotations

from time import time_ns

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest

from rollscope_desktop.ui.run_panel import RunPanel
from rollscope_desktop.ui.span_panel import SpanPanel
from rollscope_desktop.viewmodels.runs import ListState
from tests.app.ui.fakes import OFFSCREEN, Runs, S, Spans, run_row, some_runs, span, timed_axis

pytestmark = OFFSCREEN


def grow(model, count: int) -> None:
    first = len(model.lines)
    model.beginInsertRows(QModelIndex(), first, first + count - 1)
    model.lines += [span(n, 1, "tool", f"step {n}", n, None) for n in range(first, first + count)]
    model.endInsertRows()


def live_panel(qtbot, light):
    model = Spans([span(0, 0, "agent", "agent", 0, None)], run_row(), timed_axis(live=True))
    panel = SpanPanel(light, model)
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show()
    grow(model, 60)
    return panel, model


def test_what_is_new_is_followed_until_one_scrolls_away(qtbot, light) -> None:
    panel, model = live_panel(qtbot, light)
    bar = panel.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0

    bar.setValue(0)
    grow(model, 5)

    assert bar.value() == 0
    assert not panel.following.isChecked()
    assert panel._fresh.isVisible()
    assert panel._fresh.text() == "5 new"
    QTest.mouseClick(panel._fresh, Qt.MouseButton.LeftButton)
    assert bar.value() == bar.maximum()
    assert panel.following.isChecked()
    assert panel._fresh.isHidden()


def test_what_the_person_opens_is_not_news(qtbot, light) -> None:
    panel, model = live_panel(qtbot, light)
    panel.view.verticalScrollBar().setValue(0)
    model.toggle = lambda row: grow(model, 3)

    panel.view.toggled.emit(len(model.lines) - 1)

    assert panel._fresh.isHidden()


def test_only_what_is_open_pulses_and_only_while_it_is_seen(qtbot, light) -> None:
    panel, _ = live_panel(qtbot, light)
    assert panel.view._beat.isActive()
    panel.view._throb()
    panel.hide()
    assert not panel.view._beat.isActive()


def test_the_axis_of_a_live_run_reaches_to_now(qtbot, light) -> None:
    panel, _ = live_panel(qtbot, light)
    started = time_ns() - 60 * S
    for length, reach in ((20 * S, 60 * S), (90 * S, 90 * S)):
        panel.view.set_extent(length, timeless=False, live=True, start=started)
        assert abs(panel.view._header.axis.extent - reach) < 2 * S
    panel.view.set_extent(S, timeless=False, live=True, start=started - 86_400 * S)
    assert panel.view._header.axis.extent == S


def test_the_chosen_run_stays_chosen_when_its_row_moves(qtbot, light) -> None:
    model = Runs(some_runs(), ListState.FULL)
    panel = RunPanel(light, model)
    qtbot.addWidget(panel)
    panel.show()
    chosen: list[int] = []
    panel.run_selected.connect(chosen.append)
    assert panel.select_run(3)
    row = model.row_of(3)

    model.beginRemoveRows(QModelIndex(), row, row)
    line = model.lines.pop(row)
    model.endRemoveRows()
    model.beginInsertRows(QModelIndex(), 1, 1)
    model.lines.insert(1, line)
    model.endInsertRows()

    assert chosen == [3]
    assert panel.view.currentIndex().row() == 1
