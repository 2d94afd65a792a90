"""Traces: told over a connection, by HTTP, or both, in whatever order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.protocols.retrace.uploads import NotATrace
from tests.app.protocols.retrace.arriving import (
    OTHER,
    RUN,
    SPAN,
    TRACE,
    Arriving,
    SeenRun,
    at,
    ended,
    ns,
    over,
    span,
    trace,
)


def seen(arriving: Arriving, folder: Path, name: str = RUN) -> SeenRun:
    with arriving.seen(folder) as viewer:
        return viewer.run(name)


def whole(**more: Any) -> dict[str, Any]:
    """A trace as it is sent by HTTP."""
    steps = [
        span("llm_call", 1, ended=2, name="mine", model="m", output="a", cost=0.5),
        span("tool_call", 3, OTHER, ended=4, name="t", error="OSError: gone"),
    ]
    return {**trace(), **over(), "output": "done", "total_tokens": 7, "spans": steps, **more}


def test_what_is_known_when_a_trace_begins(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frame(
        "trace_started",
        trace(
            input={"q": 1}, session_id="s", project_id="p", metadata={"environment": "e", "k": [1]}
        ),
    )
    run = seen(arriving, tmp_path)
    assert (run.row.key, run.row.name, run.status, run.row.started) == (
        RUN, "weather", "open", ns(0),
    )  # fmt: skip
    assert (run.row.session, run.row.project, run.row.environment) == ("s", "p", "e")
    assert run.attributes["meta"] == {"environment": "e", "k": [1], "source_id": TRACE}
    assert run.input == {"q": 1}


def test_a_session_may_be_a_number_and_a_trace_without_a_name(arriving: Arriving) -> None:
    arriving.frame("trace_started", {**trace(session_id=42), "name": None})
    [start] = arriving.said("run.start")
    assert (start["session"], start["name"]) == ("42", "trace")


@pytest.mark.parametrize(
    ("said", "status", "error"),
    [
        ({"status": "completed"}, "ok", None),
        ({"status": "failed"}, "error", None),
        ({"status": "failed", "error": "a.B: x: y"}, "error", {"type": "a.B", "message": "x: y"}),
        ({"status": "failed", "error": "KeyError"}, "error", {"type": "KeyError", "message": ""}),
        ({"status": "failed", "error": "It broke"}, "error", {"message": "It broke"}),
        ({"status": "failed", "error": "Stopped"}, "error", {"message": "Stopped"}),
        ({"status": "failed", "error": {"a": 1}}, "error", {"message": '{"a":1}'}),
        ({"error": "ValueError: x", "status": None}, "error",
         {"type": "ValueError", "message": "x"}),
        ({"status": None}, "ok", None),
    ],
)  # fmt: skip
def test_how_a_trace_ends(
    arriving: Arriving, said: dict[str, Any], status: str, error: dict[str, str] | None
) -> None:
    arriving.frames(("trace_started", trace()), ("trace_ended", over(**said)))
    [end] = arriving.said("run.end")
    assert (end["status"], end.get("error"), end["time"]) == (status, error, ns(9))


def test_totals_are_kept(arriving: Arriving) -> None:
    totals = {"total_tokens": 7, "total_cost": 0.5, "total_duration_ms": 12, "span_count": 3}
    arriving.frames(("trace_started", trace()), ("trace_ended", over(**totals)))
    assert arriving.said("run.end")[0]["metrics"] == totals


def test_a_trace_that_was_cut_short_and_lost_something(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(
        ("trace_started", trace(metadata={"k": 1})),
        ("trace_ended", over(lossy=True, terminated_early=True)),
    )
    arriving.patch({"status": "completed", "ended_at": at(9), "lossy": True})
    run = seen(arriving, tmp_path)
    assert run.row.finish == "terminated_early"
    assert {"lossy": True, "terminated_early": True, "k": 1}.items() <= run.attributes[
        "meta"
    ].items()
    assert [note[:2] for note in run.notes] == [("event", "dropped")]


def test_the_end_before_everything_else(arriving: Arriving, tmp_path: Path) -> None:
    arriving.patch(
        {
            "status": "completed", "output": "done", "ended_at": at(9), "total_tokens": 1,
            "total_duration_ms": 8000,
        }
    )  # fmt: skip
    run = seen(arriving, tmp_path / "a")
    assert (run.row.name, run.status, run.output, run.row.started) == ("trace", "ok", "done", ns(1))

    arriving.frames(
        ("trace_started", trace(input="in", session_id="s")),
        ("span_started", span("tool_call", 2, name="t")),
        ("span_ended", ended(3, output=1)),
        ("trace_ended", over(output="done")),
    )
    run = seen(arriving, tmp_path / "b")
    assert (run.row.name, run.status, run.input, run.output) == ("weather", "ok", "in", "done")
    assert (run.row.session, run.row.ended, len(run.steps)) == ("s", ns(9), 1)
    assert len(arriving.said("run.end")) == 1  # nothing was new in the second


def test_the_end_twice_does_not_take_an_output_back(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frames(("trace_started", trace()), ("trace_ended", over(output="done")))
    arriving.patch({"status": "completed", "output": None, "ended_at": at(9)})
    assert seen(arriving, tmp_path / "a").output == "done"
    arriving.restart()
    arriving.patch({"status": "completed", "ended_at": at(9.5)})
    assert seen(arriving, tmp_path / "b").output == "done"


def test_a_change_that_is_no_end(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frame("trace_started", trace())
    arriving.patch({"session_id": "late"})
    run = seen(arriving, tmp_path)
    assert (run.row.name, run.row.session, run.status) == ("weather", "late", "open")


def test_a_whole_trace(arriving: Arriving, tmp_path: Path) -> None:
    arriving.post(whole(input="in"))
    run = seen(arriving, tmp_path)
    assert (run.row.name, run.status, run.input, run.output) == ("weather", "ok", "in", "done")
    call, tool = run.steps
    assert (call.kind, call.status, call.cost, call.begun, call.ended) == (
        "llm", "ok", 0.5, ns(1), ns(2),
    )  # fmt: skip
    assert call.output == {"message": {"role": "assistant", "content": "a"}}
    assert (tool.status, tool.error) == ("error", {"type": "OSError", "message": "gone"})


def test_a_whole_trace_twice(arriving: Arriving) -> None:
    arriving.post(whole())
    before = arriving.lines()
    arriving.post(whole())
    arriving.restart()
    arriving.post(whole())
    assert arriving.lines() == before


def test_a_whole_trace_of_which_a_part_is_known(arriving: Arriving, tmp_path: Path) -> None:
    body = whole(metadata={"k": 1})
    arriving.frames(
        ("trace_started", trace(input="in", session_id="s")), ("span_started", body["spans"][0])
    )
    arriving.post(body)
    run = seen(arriving, tmp_path)
    assert (run.input, run.row.session, run.status) == ("in", "s", "ok")
    assert [(step.kind, step.status) for step in run.steps] == [("llm", "ok"), ("tool", "error")]
    assert (run.row.cost, run.steps[0].output["message"]["content"]) == (500_000_000, "a")


def test_a_trace_that_its_program_gave_up(arriving: Arriving, tmp_path: Path) -> None:
    open_step = span("tool_call", 1, OTHER)
    arriving.post(whole(status="running", ended_at=None, spans=[open_step]))
    run = seen(arriving, tmp_path)
    assert (run.status, run.steps[0].status) == ("open", "open")
    assert [note[:2] for note in run.notes] == [("event", "disconnected")]


@pytest.mark.parametrize("body", [None, 5, [], {}, {"id": ""}, {"id": 7}])
def test_what_is_no_trace(arriving: Arriving, body: Any) -> None:
    with pytest.raises(NotATrace, match="an object with an id"):
        arriving.post(body)


def test_steps_of_a_trace_that_are_none(arriving: Arriving) -> None:
    arriving.post(whole(spans=[None, 5, {}, {"id": 7}, span("action", 1)]))
    assert len(arriving.said("span.start")) == 1
    arriving.post({**whole(), "id": "other", "spans": 5})
    assert len(arriving.said("run.end")) == 2


def test_forks(arriving: Arriving) -> None:
    of = {"_fork_of": TRACE, "_fork_point": SPAN, "_fork_id": "f"}
    arriving.frames(
        ("trace_started", {**trace(metadata=of), "id": "one"}),
        ("trace_started", {**trace(metadata={"_replay_of": TRACE}), "id": "two"}),
    )
    forks = [line["fork"] for line in arriving.said("run.start")]
    at_span = SPAN.replace("-", "")[:16]
    assert forks == [
        {"of": RUN, "mode": "resume", "at": at_span}, {"of": RUN, "mode": "replay"},
    ]  # fmt: skip


def test_marks_may_change(arriving: Arriving, tmp_path: Path) -> None:
    for golden in ({"golden": True}, {"golden": False}, {}):
        arriving.golden(golden)
    assert [note[2] for note in seen(arriving, tmp_path).notes] == [True, False, True]


@pytest.mark.parametrize("body", [None, 5, {"golden": "yes"}])
def test_what_is_no_mark(arriving: Arriving, body: Any) -> None:
    with pytest.raises(NotATrace, match="golden"):
        arriving.golden(body)


def test_a_step_of_a_trace_whose_beginning_was_lost(arriving: Arriving, tmp_path: Path) -> None:
    arriving.frame("span_started", span("tool_call", 1, name="t"))
    run = seen(arriving, tmp_path / "a")
    assert (run.row.name, run.attributes["meta"]) == ("trace", {"source_id": TRACE})
    arriving.frame("trace_started", trace())
    assert seen(arriving, tmp_path / "b").row.name == "weather"


@pytest.mark.parametrize(
    "time", ["", "soon", 5, None, "9999-12-31T23:59:59Z", "0001-01-01", "x" * 99]
)
def test_times_that_are_none(arriving: Arriving, time: Any) -> None:
    arriving.frame("trace_started", {**trace(), "started_at": time})
    assert arriving.said("run.start")[0]["time"] == arriving.now
