"""A list of runs that changes while it is looked at."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex

from rollscope_desktop.ui.runs.panel import RunPanel
from rollscope_desktop.viewmodels.runs.model import ListState
from tests.app.ui.fakes import Runs, some_runs


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
