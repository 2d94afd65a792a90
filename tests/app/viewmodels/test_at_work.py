"""Runs that are at work: their time goes on while nothing is heard. And those that were cut off."""

from __future__ import annotations

from dataclasses import replace
from socket import gethostname
from time import time_ns
from typing import TYPE_CHECKING

import pytest

from rollscope_desktop.viewmodels.inspector.model import Inspector, PartState, Tab
from rollscope_desktop.viewmodels.lines import RunLine
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.runs.model import RunListModel
from rollscope_desktop.viewmodels.runs.words import marks, tip
from tests.app.support import SECOND, Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


@pytest.fixture
def begun(index: Index) -> int:
    """A run of this machine that began a minute ago, is at a tool, and says nothing."""
    log = Log(run_key(1), time_ns() - 60 * SECOND)
    process = {"pid": 4711, "host": gethostname()}
    start = log.line("run.start", v=1, name="waits", process=process)
    step = log.line("span.start", span=log.span_id(), kind="tool", name="hang")
    [run] = index.grow("a.jsonl", start + step)
    return run


def cut_off(index: Index, run: int) -> None:
    with index.writer.transaction():
        index.writer.runs.set_gone([run])


def listed(jobs: Jobs, run: int, qtbot) -> tuple[RunListModel, RunLine]:
    model = RunListModel(jobs)
    model.reload()
    qtbot.waitUntil(lambda: model.row_of(run) >= 0 and model.line(model.row_of(run)) is not None)
    line = model.line(model.row_of(run))
    assert isinstance(line, RunLine)
    return model, line


def test_the_row_of_a_run_counts_on(begun: int, jobs: Jobs, qtbot) -> None:
    model, line = listed(jobs, begun, qtbot)
    assert line.state == "running"
    assert "At work for 1 m 0" in tip(line)
    assert model._tick.isActive()
    with qtbot.waitSignal(model.dataChanged):
        model._pass_time()


def test_the_row_of_a_run_that_was_cut_off(begun: int, index: Index, jobs: Jobs, qtbot) -> None:
    cut_off(index, begun)
    model, line = listed(jobs, begun, qtbot)
    assert line.state == "interrupted"
    assert marks(line) == ["interrupted"]
    assert "Last heard of after 1.00 ms" in tip(line)
    assert not model._tick.isActive(), "nothing is at work"


def test_a_run_whose_connection_was_closed(index: Index, jobs: Jobs, qtbot) -> None:
    log = Log(run_key(2), time_ns() - 60 * SECOND)
    start = log.line("run.start", v=1, name="away", process={"pid": 1, "host": "elsewhere"})
    step = log.line("span.start", span=log.span_id(), kind="tool", name="hang")
    [run] = index.grow(
        "b.jsonl", start + step + log.line("event", name="disconnected"), touched=time_ns()
    )
    model, line = listed(jobs, run, qtbot)
    assert line.state == "interrupted", "although it was heard of a moment ago"
    assert "Interrupted: its program has left" in tip(line)
    assert "Last heard of after 2.00 ms" in tip(line)
    assert not model._tick.isActive()

    made, inspector = opened(jobs, run, run << 31, qtbot)
    axis = made.watch.axis
    assert (axis.interrupted, axis.live, axis.counting) == (True, False, False)
    assert axis.length == 2_000_000
    said = facts(inspector, qtbot)
    assert said["Status"] == "interrupted"
    assert "So far" not in said
    made.show(None)


def facts(inspector: Inspector, qtbot) -> dict[str, str]:
    qtbot.waitUntil(lambda: inspector.part(Tab.SUMMARY).state is PartState.FULL)
    return {fact.name: fact.value for fact in inspector.part(Tab.SUMMARY).value.facts}


def opened(jobs: Jobs, run: int, span: int | None, qtbot) -> tuple[OpenRun, Inspector]:
    made, inspector = OpenRun(jobs), Inspector(jobs)
    inspector.attend(made)
    made.show(run)
    qtbot.waitUntil(lambda: made.watch.whole)
    inspector.show_subject(run, span)
    return made, inspector


@pytest.mark.parametrize("step", [False, True])
def test_what_is_inspected_counts_on(step: bool, begun: int, jobs: Jobs, qtbot) -> None:
    made, inspector = opened(jobs, begun, begun << 31 if step else None, qtbot)
    axis = made.watch.axis
    assert axis.counting
    assert axis.length > 59 * SECOND
    said = facts(inspector, qtbot)
    assert said["Status"] == "running"
    assert said["So far"].startswith("1 m 0")
    made.watch.axis = replace(axis, length=90 * SECOND)
    made.watch.ticked.emit()
    assert facts(inspector, qtbot)["So far"] == "1 m 30 s"

    made.playhead.set(2_000_000)
    assert facts(inspector, qtbot)["Status"] == "not ended"
    made.show(None)


@pytest.mark.parametrize("step", [False, True])
def test_what_was_cut_off_is_called_so(
    step: bool, begun: int, index: Index, jobs: Jobs, qtbot
) -> None:
    cut_off(index, begun)
    made, inspector = opened(jobs, begun, begun << 31 if step else None, qtbot)
    assert made.watch.axis.interrupted
    assert not made.watch.axis.counting
    said = facts(inspector, qtbot)
    assert said["Status"] == "interrupted"
    assert "So far" not in said
    assert inspector.title is not None
    assert inspector.title.interrupted
    made.playhead.set(500_000)
    assert facts(inspector, qtbot)["Status"] != "interrupted", "at that moment nobody knew"
    made.show(None)
