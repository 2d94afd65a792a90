"""The table of what came of the forks of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtTest import QAbstractItemModelTester

from rollscope_desktop.services.forks import Fork
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.viewmodels.fork import outcomes
from rollscope_desktop.viewmodels.fork.outcomes import COLUMNS, Outcomes, cells
from rollscope_desktop.viewmodels.fork.possible import Possible
from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.selection import Selection
from tests.app.support import Index, run_key
from tests.app.viewmodels.fork.recorded import RUN, put, recorded


def fork(number: int, state: str = "running", run: int | None = None, **more: Any) -> Fork:
    key = "" if run is None else run_key(run)
    return Fork(str(number), "b1", number, RUN, None, key, state, **more)


@pytest.fixture
def model(jobs: Jobs, monkeypatch) -> Iterator[Outcomes]:
    monkeypatch.setattr(outcomes, "AGAIN", 1)
    made = Outcomes(jobs, "b1")
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    made.close()


def shown(model: Outcomes, row: int) -> list[str]:
    return [model.index(row, column).data() for column in range(len(COLUMNS))]


def test_rows_fill_while_forks_go_on(model: Outcomes, index: Index, qtbot) -> None:
    put(index)
    model.take([fork(0), fork(1, "starting"), Fork("x", "other batch")])
    assert [shown(model, row)[:2] for row in (0, 1)] == [["1", "Running"], ["2", "Starting"]]
    model.take([fork(0, run=2), fork(1, "failed", sentence="It cannot be imported.")])
    [id] = index.grow("2.jsonl", recorded(2))
    qtbot.waitUntil(lambda: model.index(0, 0).data(Role.ID) == id)
    assert shown(model, 0)[3:5] == ["0.50", "$0.0200"]
    assert shown(model, 1) == ["2", "Failed", "It cannot be imported.", "", "", "", ""]
    assert model.original == RUN


def test_what_changed_is_measured_at_the_end(model: Outcomes, index: Index, qtbot) -> None:
    put(index)
    index.grow("2.jsonl", recorded(2).replace(b"It is warm.", b"It is cold."))
    model.take([fork(0, "done", run=2, status="ok")])
    qtbot.waitUntil(lambda: shown(model, 0)[6] not in ("", "0%"))
    assert shown(model, 0)[1] == "Ended"


def test_what_the_engine_has_forgotten_still_stands(model: Outcomes, index: Index) -> None:
    model.take([fork(0, "cancelled")])
    model.take([])
    assert shown(model, 0)[:2] == ["1", "Stopped"]
    assert cells(model.rows[0])[2:] == ("", "", "", "", "")


def test_a_step_is_looked_at_when_a_menu_asks(jobs: Jobs, index: Index, qtbot) -> None:
    run, steps = put(index)
    selection = Selection()
    possible = Possible(jobs, selection)
    possible.ask()  # nothing is selected
    selection.select(run, steps["block"])
    assert not jobs.is_busy(possible, "plan")
    possible.ask()
    qtbot.waitUntil(lambda: "with block" in possible.why)
    with qtbot.waitSignal(possible.changed):
        selection.select(run, steps["answer"])
    assert possible.why == ""
    possible.ask()
    qtbot.waitUntil(lambda: not jobs.is_busy(possible, "plan"))
    assert possible.why == ""
