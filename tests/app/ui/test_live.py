"""A list of runs that changes while it is looked at."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex

from rollscope_desktop.ui.runs.panel import RunPanel
from rollscope_desktop.viewmodels.runs.model import ListState
from tests.app.ui.fakes import Runs, run_line, some_runs


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


def test_a_run_that_was_selected_before_the_window_shows_is_scrolled_to(qtbot, light) -> None:
    lines = [run_line(id=number, name=f"r{number}") for number in range(1, 81)]
    model = Runs(lines, ListState.FULL)
    panel = RunPanel(light, model)
    qtbot.addWidget(panel)
    assert panel.select_run(70)

    panel.resize(300, 400)
    panel.show()

    port = panel.view.viewport().rect()
    index = model.index(model.row_of(70), 0)
    qtbot.waitUntil(lambda: port.intersects(panel.view.visualRect(index)))
    panel.view.scrollToTop()
    model.counted.emit()
    assert panel.view.verticalScrollBar().value() == 0, "whoever scrolls away is left alone"


def test_a_run_that_a_link_names_is_selected_when_the_list_has_it(qtbot, light) -> None:
    model = Runs([], ListState.FULL)
    panel = RunPanel(light, model)
    qtbot.addWidget(panel)
    panel.resize(300, 400)
    panel.show()
    assert not panel.select_run(70)

    model.beginInsertRows(QModelIndex(), 0, 79)
    model.lines += [run_line(id=number, name=f"r{number}") for number in range(1, 81)]
    model.endInsertRows()
    model.counted.emit()

    assert panel.selected() == 70
    index = model.index(model.row_of(70), 0)
    port = panel.view.viewport().rect()
    qtbot.waitUntil(lambda: port.intersects(panel.view.visualRect(index)))
