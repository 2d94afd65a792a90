"""The table of outcomes: it fills, a row opens its run, and is compared with the original."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from rollscope_desktop.services.forks import Fork
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.ui.fork.batch import BatchWindow
from rollscope_desktop.viewmodels.fork.outcomes import Outcomes
from rollscope_desktop.viewmodels.lines import Role
from tests.app.support import Index, run_key
from tests.app.ui.checks import complaints
from tests.app.viewmodels.fork.recorded import RUN, put, recorded


@pytest.fixture
def window(look, jobs: Jobs, index: Index, qtbot) -> Any:
    put(index)
    index.grow("2.jsonl", recorded(2))
    forks = [
        Fork("1", "b1", 0, RUN, None, run_key(2), "done", "ok"),
        Fork("2", "b1", 1, RUN, None, "", "failed", sentence="No module shop."),
    ]
    model = Outcomes(jobs, "b1")
    made = BatchWindow(look, model, "shop", None)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    model.take(forks)
    made.show()
    qtbot.waitUntil(lambda: model.index(0, 6).data() != "")
    yield made
    model.close()


def test_a_row_opens_its_run(window: BatchWindow, qtbot) -> None:
    table, model = window.table, window.model
    with qtbot.waitSignal(window.run_wanted) as wanted:
        spot = table.visualRect(model.index(0, 1)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert wanted.args == [run_key(2)]
    assert isinstance(model.index(0, 0).data(Role.ID), int)
    with qtbot.waitSignal(window.compare_wanted) as compared:
        window.compare.click()
    assert compared.args == [RUN, run_key(2)]
    with qtbot.assertNotEmitted(window.run_wanted):
        spot = table.visualRect(model.index(1, 1)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert not window.compare.isEnabled()


def test_it_is_readable(window: BatchWindow, look, tmp_path) -> None:
    window.grab()
    assert complaints(window, look.theme, tmp_path) == []
