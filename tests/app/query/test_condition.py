"""Whether a run is at work, was interrupted, or nobody knows; and what its recorder lost."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from socket import gethostname
from time import time_ns
from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.query import telling
from rollscope_desktop.query.condition import Condition, query_conditions
from rollscope_desktop.query.problems import query_lost
from rollscope_desktop.query.run_details import query_details
from rollscope_desktop.query.runs import query_run
from tests.app.support import SECOND, Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def condition(
    index: Index, reader: Reader, process: dict[str, Any] | None, end: bytes = b""
) -> Any:
    """How a run stands that began a minute ago and is at a tool."""
    log = Log(run_key(1), time_ns() - 60 * SECOND)
    begun = log.line("run.start", v=1, name="a", process=process)
    step = log.line("span.start", span=log.span_id(), kind="tool", name="hang", input={"n": 1})
    [run] = index.grow("a.jsonl", begun + step + end)
    row = query_run(reader, run)
    assert row is not None
    return query_conditions(reader, [row])[run], row


def test_a_process_that_runs_is_at_work_until_now(index: Index, reader: Reader) -> None:
    found, row = condition(index, reader, {"pid": os.getpid(), "host": gethostname()})
    assert found.word == found.said == "running"
    assert 59 * SECOND < found.taken < 90 * SECOND
    assert list(telling.tree(reader, row))[-1] == "tool hang …  (n=1)"


def test_a_process_that_is_gone_was_interrupted(index: Index, reader: Reader) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    found, row = condition(index, reader, {"pid": gone.pid, "host": gethostname()})
    assert found == Condition("interrupted", 1_000_000, "")
    lines = list(telling.tree(reader, row))
    assert lines[1].startswith("interrupted · 1.00 ms")
    assert lines[-1] == "tool hang ✗ interrupted  (n=1)"


def test_of_another_machine_nothing_is_claimed(index: Index, reader: Reader) -> None:
    found, row = condition(index, reader, {"pid": os.getpid(), "host": "elsewhere"})
    assert (found.word, found.said, found.taken) == ("open", "not ended", 1_000_000)
    gone = query_conditions(reader, [replace(row, gone=1)])
    assert gone[row.id].word == "interrupted"


GONE = {"pid": 4711, "host": "elsewhere"}


@pytest.mark.parametrize("process", [None, GONE])
def test_a_connection_that_was_closed_interrupts(
    process: dict[str, Any] | None, index: Index, reader: Reader
) -> None:
    log = Log(run_key(1))
    whole = (
        log.line("run.start", v=1, name="a", process=process)
        + log.line("span.start", span=log.span_id(), kind="tool", name="hang")
        + log.line("event", name="disconnected")
    )
    found, row = stands(index, reader, "a.jsonl", whole)
    assert found == Condition("interrupted", 2_000_000, "")
    lines = list(telling.tree(reader, row))
    assert lines[1].startswith("interrupted · 2.00 ms")
    assert "tool hang ✗ interrupted" in lines

    # It comes back, and goes again; a copy of what was said before changes nothing.
    assert (
        stands(index, reader, "a.jsonl", log.line("message", role="user", content="x"))[0].word
        == "open"
    )
    assert stands(index, reader, "b.jsonl", whole)[0].word == "open"
    again = log.line("event", name="disconnected")
    assert stands(index, reader, "a.jsonl", again)[0].word == "interrupted"
    assert stands(index, reader, "b.jsonl", whole)[0].word == "interrupted"
    assert stands(index, reader, "a.jsonl", log.line("run.end", status="ok"))[0].word == "ok"


def stands(index: Index, reader: Reader, file: str, lines: bytes) -> tuple[Condition, RunRow]:
    """How the run stands after these lines."""
    [run] = index.grow(file, lines)
    row = query_run(reader, run)
    assert row is not None
    return query_conditions(reader, [row])[run], row


def test_of_several_processes_the_one_that_started_the_run_decides(
    index: Index, reader: Reader
) -> None:
    first, child, socket = (Log(run_key(1), proc=proc) for proc in (0, 70_000, 90_000))

    def word(file: str, line: bytes) -> str:
        return stands(index, reader, file, line)[0].word

    assert word("1", child.line("event", name="disconnected")) == "interrupted", "nobody else yet"
    assert word("0", first.line("run.start", v=1, name="a")) == "open", "a child has left"
    assert word("0", first.line("event", name="disconnected")) == "interrupted"
    assert word("1", child.line("event", name="more")) == "interrupted"
    assert word("0", first.line("event", name="more")) == "open"

    # Who receives the lines of the first process says of it, under a number of its own, that it
    # has left; and may say so before what came last is read.
    late = first.line("event", name="more")
    named = {"proc": 0, "seq": 3}
    assert word("2", socket.line("event", name="disconnected", data=named)) == "interrupted"
    assert word("0", late) == "interrupted"
    assert word("0", first.line("event", name="more")) == "open", "it is back"


def test_lost_events_are_told(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    [run] = index.grow(
        "a.jsonl",
        log.line("run.start", v=1, name="a")
        + log.line("event", name="dropped", data={"events": 5_071, "reason": "disk full"})
        + log.line("event", name="dropped", data={"events": 2})
        + log.line("run.end", status="error", error={"type": "OSError", "message": "it broke"}),
    )
    other = Log(run_key(2))
    [other_run] = index.grow("b.jsonl", other.line("run.start", v=1, name="b"))
    assert query_lost(reader, [run, other_run]) == {run: "5,073 events lost"}
    assert [d.lost for d in query_details(reader, [run])] == ["5,073 events lost"]
    row = query_run(reader, run)
    assert row is not None
    heading = list(telling.tree(reader, row))[:4]
    assert any(line.startswith("Error: ") and "it broke" in line for line in heading)
    assert "Warning: 5,073 events lost. The recorder had to drop them." in heading


def test_how_many_were_lost_need_not_be_known(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    [run] = index.grow(
        "a.jsonl", log.line("run.start", v=1, name="a") + log.line("event", name="dropped")
    )
    assert query_lost(reader, [run]) == {run: "Events lost"}
