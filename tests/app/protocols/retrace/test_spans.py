"""Steps: told at once or bit by bit, twice, in any order, by an older SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app.protocols.retrace.arriving import (
    OTHER,
    RUN,
    SPAN,
    Arriving,
    SeenStep,
    at,
    ended,
    ns,
    over,
    span,
    trace,
)

ASKED: dict[str, Any] = {"name": "search", "metadata": {"tool_call_id": "call_1"}}


def step(arriving: Arriving, folder: Path, number: int = 0) -> SeenStep:
    with arriving.seen(folder) as seen:
        return seen.run().steps[number]


def test_a_step_that_is_told_as_it_goes(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(
        ("trace_started", trace()), ("span_started", span("tool_call", 1, name="t", input=[1]))
    )
    running = step(arriving, tmp_path / "a")
    assert (running.status, running.input, running.output) == ("open", [1], None)

    arriving.frame("span_ended", ended(2, output="done", duration_ms=1000))
    done = step(arriving, tmp_path / "b")
    assert (done.status, done.output, done.begun, done.ended) == ("ok", "done", ns(1), ns(2))
    assert done.attributes["duration_ms"] == 1000


def test_what_a_model_call_holds_is_there_before_its_end(
    arriving: Arriving, tmp_path: Path
) -> None:
    call = span(
        "llm_call", 1, ended=2, name="openai.chat.completions.create", model="gpt-4o",
        input={"messages": [{"role": "user", "content": "hi"}]}, output="hello",
        input_tokens=3, output_tokens=4, cost=0.5, duration_ms=1000,
    )  # fmt: skip
    arriving.frames(("trace_started", trace()), ("span_started", call))
    seen = step(arriving, tmp_path)
    assert (seen.status, seen.tokens, seen.cost) == ("open", (3, 4), 0.5)
    assert seen.output == {"message": {"role": "assistant", "content": "hello"}}


def test_an_output_is_not_taken_back(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("action", 1, ended=2, output="known")),
        ("span_ended", ended(2, output="known")),
        ("span_started", span("action", 1, ended=2, error="Enforcement block: no")),
        ("span_ended", ended(3, error="Enforcement block: no")),
    )
    seen = step(arriving, tmp_path)
    assert (seen.output, seen.ended) == ("known", ns(2))
    assert seen.error == {"message": "Enforcement block: no"}


def test_the_same_output_is_written_once(arriving: Arriving) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("action", 1, ended=2, output="x" * 500)),
        ("span_ended", ended(2, output="x" * 500)),
    )
    assert sum("x" * 500 in str(line) for line in arriving.lines()) == 1


def test_an_end_before_its_start(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_ended", ended(2, output="done")),
        ("span_started", span("tool_call", 1, name="t", input="in")),
    )
    seen = step(arriving, tmp_path)
    assert (seen.name, seen.status, seen.input, seen.output) == ("t", "ok", "in", "done")


def test_parents_that_are_unknown_or_the_step_itself(arriving: Arriving) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("action", 1, parent_id="never seen")),
        ("span_started", span("action", 1, OTHER, parent_id=OTHER)),
    )
    first, second = arriving.said("span.start")
    assert len(first["parent"]) == 16
    assert "parent" not in second


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("llm_call", "llm"), ("tool_call", "tool"), ("reasoning", "task"), ("action", "task"),
        ("error", "span"), ("fork_point", "span"), ("something new", "span"),
    ],
)  # fmt: skip
def test_kinds(arriving: Arriving, type: str, kind: str) -> None:
    arriving.frames(("trace_started", trace()), ("span_started", span(type, 1)))
    [start] = arriving.said("span.start")
    assert start["kind"] == kind
    assert start["attrs"] == {"source_id": SPAN, "span_type": type} | (
        {"name": "step"} if start["name"] != "step" else {}
    )


def test_a_task_that_costs_something_counts(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("reasoning", 1, input_tokens=3, output_tokens=4, cost=0.25)),
    )
    with arriving.seen(tmp_path) as seen:
        run = seen.run()
    assert (run.row.tokens_in, run.row.tokens_out, run.row.cost) == (3, 4, 250_000_000)


def test_a_step_that_is_an_error(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("error", 1, output="it broke")),
        ("span_ended", ended(2, output="it broke")),
    )
    seen = step(arriving, tmp_path)
    assert (seen.status, seen.error) == ("error", {"message": "it broke"})


def test_a_call_that_nobody_ran_has_ended_when_it_was_told_to(
    arriving: Arriving, tmp_path: Path
) -> None:
    asked = span("tool_call", 1, ended=1.5, **ASKED)
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", asked),
        ("span_ended", ended(1.5, duration_ms=0)),
    )
    assert step(arriving, tmp_path / "a").status == "open"
    arriving.frame("trace_ended", over())
    seen = step(arriving, tmp_path / "b")
    assert (seen.status, seen.ended, seen.output) == ("ok", ns(1.5), None)


def test_a_call_that_the_program_took_up_takes_as_long_as_it_took(
    arriving: Arriving, tmp_path: Path
) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("tool_call", 1, ended=1, **ASKED)),
        ("span_ended", ended(1, duration_ms=0)),
        ("span_ended", ended(4, output={"found": 2}, duration_ms=2900)),
        ("trace_ended", over()),
    )
    seen = step(arriving, tmp_path)
    assert (seen.begun, seen.ended, seen.output) == (ns(1), ns(4), {"found": 2})
    assert seen.attributes["duration_ms"] == 2900
    assert len(arriving.said("span.end")) == 1


def test_a_call_that_was_open_when_its_program_left(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("tool_call", 1, ended=1.5, **ASKED)),
        ("span_ended", ended(1.5)),
    )
    arriving.session.leave()
    arriving.session.break_off(arriving.runs, arriving.now)
    assert step(arriving, tmp_path).ended == ns(1.5)


def test_a_call_that_failed_is_not_waited_for(arriving: Arriving) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("tool_call", 1, ended=1, error="TypeError: no", **ASKED)),
        ("span_ended", ended(1, error="TypeError: no")),
    )
    [end] = arriving.said("span.end")
    assert end["error"] == {"type": "TypeError", "message": "no"}


def test_agents(arriving: Arriving) -> None:
    one = span("action", 1, agent_id="a", agent_role="Planner", parent_agent_id="boss")
    two = span("action", 1, OTHER, agent_id="a", agent_role=None)
    arriving.frames(("trace_started", trace()), ("span_started", one), ("span_started", two))
    assert [line["agent"] for line in arriving.said("span.start")] == [
        {"id": "a", "role": "Planner", "parent": "boss"}, {"id": "a"},
    ]  # fmt: skip


def test_an_older_sdk_says_when_a_call_was_over(tmp_path: Path) -> None:
    arriving = Arriving(old=True)
    call = span("llm_call", 2, ended=2.000001, model="m", output="x", duration_ms=1500)
    arriving.frames(("trace_started", trace()), ("span_started", call))
    seen = step(arriving, tmp_path)
    assert seen.begun == ns(0.500001)
    assert seen.attributes["started_at"] == at(2)


def test_an_older_sdk_does_not_say_where_a_step_ended(tmp_path: Path) -> None:
    arriving = Arriving(old=True)
    end = {"id": SPAN, "ended_at": at(2), "output": "done", "output_tokens": None, "cost": None}
    arriving.frames(("trace_started", trace()), ("span_started", span("action", 1)))
    arriving.connect()
    arriving.frame("span_ended", end)
    seen = step(arriving, tmp_path)
    assert (seen.status, seen.output, seen.ended) == ("ok", "done", ns(2))


def test_an_end_whose_start_was_before_a_restart(tmp_path: Path) -> None:
    arriving = Arriving(old=True)
    arriving.frames(("trace_started", trace()), ("span_started", span("action", 1)))
    arriving.restart()
    arriving.frame("span_ended", {"id": SPAN, "ended_at": at(2), "output": "done"})
    assert arriving.said("span.end") == []
    arriving.frame("trace_ended", over())
    seen = step(arriving, tmp_path)
    assert (seen.status, seen.output, seen.ended) == ("ok", "done", ns(2))


def test_ids_that_are_no_uuids(arriving: Arriving) -> None:
    begun = {**span("action", 1, "my step"), "trace_id": "my trace"}
    arriving.frames(
        ("trace_started", {**trace(), "id": "my trace"}),
        ("span_started", begun),
        ("span_started", {**begun, "id": "second", "parent_id": "my step"}),
    )
    start, first, second = arriving.lines()
    assert start["meta"] == {"source_id": "my trace"}
    assert first["attrs"]["source_id"] == "my step"
    assert second["parent"] == first["span"]
    assert start["run"] == first["run"] != RUN


def test_a_message_of_which_a_part_was_written_is_written_whole(tmp_path: Path) -> None:
    whole, torn = Arriving(), Arriving()
    call = span("llm_call", 1, ended=2, name="mine", output="a", cost=0.5, input_tokens=1)
    for arriving in (whole, torn):
        arriving.frames(("trace_started", trace()), ("span_started", call))
    run = torn.runs(RUN)
    assert len(run.waiting) == 3
    run.waiting.pop()
    torn.restart()
    torn.frames(("trace_started", trace()), ("span_started", call))
    assert step(torn, tmp_path / "torn").output == step(whole, tmp_path / "whole").output
    assert step(torn, tmp_path / "again").cost == 0.5
