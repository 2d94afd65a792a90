"""The run list's model: rows on demand, folding, and changes without a reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt

from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine
from rollscope_desktop.viewmodels.runs.model import ListState, RunListModel
from tests.app.support import EPOCH, SECOND, Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index

TEXT = Qt.ItemDataRole.DisplayRole


@pytest.fixture
def model(jobs: Jobs, qtmodeltester) -> RunListModel:
    made = RunListModel(jobs)
    qtmodeltester.check(made)
    return made


def load(model: RunListModel, qtbot) -> None:
    model.reload()
    settle(model, qtbot)


def settle(model: RunListModel, qtbot) -> None:
    qtbot.waitUntil(
        lambda: not model._again.isActive() and not model._jobs.is_busy(model, "list")
    )  # fmt: skip


def texts(model: RunListModel, qtbot) -> list[str]:
    qtbot.waitUntil(lambda: all(model.line(row) for row in range(model.rowCount())))
    return [str(model.index(row, 0).data(TEXT)) for row in range(model.rowCount())]


def chain(number: int, reward: float) -> bytes:
    log = Log(run_key(number), EPOCH + number)
    group = {"id": "g", "index": 0, "chain": number}
    return log.line("run.start", v=1, name="prompt", group=group) + log.line(
        "run.end", status="ok", reward=reward
    )


def drop(index: Index, *names: str) -> None:
    """Take these logs out of the index."""
    with index.writer.transaction():
        for name in names:
            index.writer.drop_rows(index.files[name].id)


def test_empty_full_and_empty_again(model: RunListModel, index: Index, qtbot) -> None:
    assert model.state is ListState.LOADING
    load(model, qtbot)
    assert (model.state, model.rowCount(), model.total) == (ListState.EMPTY, 0, 0)
    ids = [*index.grow("1.jsonl", simple_run(1)), *index.grow("2.jsonl", simple_run(2))]
    model.take_changes(ids)
    settle(model, qtbot)
    assert (model.state, model.total) == (ListState.FULL, 2)
    assert texts(model, qtbot)[1:] == ["run 2", "run 1"]
    drop(index, "1.jsonl", "2.jsonl")
    model.reload()
    settle(model, qtbot)
    assert (model.state, model.rowCount()) == (ListState.EMPTY, 0)


def test_lines_are_headings_and_runs(model: RunListModel, index: Index, qtbot) -> None:
    [run] = index.grow("1.jsonl", simple_run(1))
    load(model, qtbot)
    texts(model, qtbot)
    heading, line = model.line(0), model.line(1)
    assert isinstance(heading, HeadingLine)
    assert (heading.count, heading.expanded) == (1, True)
    assert isinstance(line, RunLine)
    assert (line.state, line.run.spans, line.reward_share) == ("ok", 3, 1.0)
    assert model.run_id(0) is None
    assert model.index(1, 0).data(Role.ID) == run
    assert model.first_run() == run
    assert model.row_of_id(run) == line.run
    said = model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.startswith("run run 1, ok, started ")
    assert "3 steps" in model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    said = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.endswith(", 1 run, reward 0.10, $0.0100, 15 tokens, expanded")
    assert model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None


def test_folding_and_revealing(model: RunListModel, index: Index, qtbot) -> None:
    ids = [index.grow(f"{n}.jsonl", chain(n, n / 4))[0] for n in range(4)]
    load(model, qtbot)
    assert texts(model, qtbot)[1:] == ["prompt #0"]
    assert model.row_of(ids[2]) == -1
    assert model.can_toggle(1)
    model.toggle(1)
    assert model.rowCount() == 6
    lines = [model.line(row) for row in range(2, 6)]
    assert [line.run.chain for line in lines if isinstance(line, RunLine)] == [0, 1, 2, 3]
    assert [line.reward_share for line in lines if isinstance(line, RunLine)][0::3] == [0.0, 1.0]
    assert [model.parent_row(row) for row in range(6)] == [-1, 0, 1, 1, 1, 1]
    model.toggle(0)
    assert model.rowCount() == 1
    assert model.reveal(ids[2]) == 4
    assert model.reveal(999) == -1
    model.toggle(99)


def test_selection_survives_what_comes_and_goes(model: RunListModel, index: Index, qtbot) -> None:
    ids = [
        index.grow(f"{n}.jsonl", simple_run(n, start=EPOCH + n * SECOND))[0] for n in range(1, 5)
    ]
    load(model, qtbot)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    held = QPersistentModelIndex(model.index(model.row_of(ids[1]), 0))
    ids += index.grow("9.jsonl", simple_run(9, start=EPOCH + 9 * SECOND))
    model.take_changes([ids[-1]])
    settle(model, qtbot)
    assert held.row() == model.row_of(ids[1]) == 4
    drop(index, "4.jsonl")
    model.reload()
    settle(model, qtbot)
    assert held.row() == model.row_of(ids[1]) == 3
    model.set_order("name")
    settle(model, qtbot)
    assert texts(model, qtbot) == ["run 1", "run 2", "run 3", "run 9"]
    assert held.row() == model.row_of(ids[1]) == 1
    model.set_order("reward")
    settle(model, qtbot)
    assert texts(model, qtbot) == ["run 9", "run 3", "run 2", "run 1"]
    assert held.row() == 2
    assert resets == []


def test_a_run_that_goes_on_changes_its_row(model: RunListModel, index: Index, qtbot) -> None:
    log = Log(run_key(1))
    index.grow("1.jsonl", log.line("run.start", v=1, name="a"))
    [run] = index.grow("1.jsonl", log.whole())
    load(model, qtbot)
    row = model.row_of(run)
    texts(model, qtbot)
    index.grow("1.jsonl", log.whole() + log.line("run.end", status="error"))
    with qtbot.waitSignal(model.dataChanged):
        model.take_changes([run])
    settle(model, qtbot)
    line = model.line(row)
    assert isinstance(line, RunLine)
    assert (line.run.spans, line.state) == (2, "error")


def test_rows_far_down_are_read_when_they_are_looked_at(
    model: RunListModel, index: Index, qtbot
) -> None:
    data = b"".join(simple_run(n, spans=1, start=EPOCH + n * SECOND) for n in range(300))
    index.grow("many.jsonl", data)
    load(model, qtbot)
    last = model.rowCount() - 1
    assert last == 300
    assert model.line(last) is None
    assert model.index(last, 0).data(TEXT) == "…"
    qtbot.waitUntil(lambda: model.line(last) is not None)


def test_a_live_run_stands_on_top(
    model: RunListModel, index: Index, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = EPOCH + 100 * SECOND
    monkeypatch.setattr("rollscope_desktop.viewmodels.runs.load.time_ns", lambda: now)
    log = Log(run_key(1))
    index.grow("1.jsonl", log.line("run.start", v=1, name="live"), touched=now)
    index.grow("2.jsonl", simple_run(2, start=EPOCH + 50 * SECOND))
    load(model, qtbot)
    assert texts(model, qtbot)[:2] == ["Live", "live"]
    line = model.line(1)
    assert isinstance(line, RunLine)
    assert line.state == "running"
    assert model._quiet.isActive()
    index.grow("1.jsonl", log.line("run.end", status="ok"))
    model.take_changes([1])
    settle(model, qtbot)
    assert texts(model, qtbot)[1:] == ["run 2", "live"]
    assert not model._quiet.isActive()


def test_an_index_that_does_not_exist_yet_is_still_loading(jobs: Jobs, index: Index, qtbot) -> None:
    index.path.rename(index.path.with_suffix(".hidden"))
    model = RunListModel(jobs)
    load(model, qtbot)
    assert model.state is ListState.LOADING
    index.path.with_suffix(".hidden").rename(index.path)
    model.take_changes([])
    settle(model, qtbot)
    assert model.state.value == "empty"
