"""Connections: what is refused, and programs that leave and come back."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.protocols.retrace.memory import SPANS, TRACES, Memory
from rollscope_desktop.protocols.retrace.session import Session
from tests.app.protocols.retrace.arriving import OTHER, RUN, Arriving, ended, over, span, trace


def gone(arriving: Arriving, session: Session) -> list[str]:
    """The names of runs that broke off, once its program has been away for a while."""
    session.break_off(arriving.runs, arriving.now)
    return [
        arriving.runs(line["run"]).start["name"]
        for line in arriving.said("event")
        if line["name"] == "disconnected"
    ]


def other(kind: str = "trace_started") -> tuple[str, dict[str, Any]]:
    return kind, {**(trace() if kind == "trace_started" else over()), "id": OTHER, "name": "other"}


def test_what_was_taken_says_which_run_it_is_about(arriving: Arriving) -> None:
    taken = arriving.frame("trace_started", trace())
    assert (taken.run, taken.name) == (RUN, "weather")
    taken = arriving.frame("span_started", span("action", 1, name="step"))
    assert (taken.run, taken.name) == (RUN, None)
    assert arriving.session.take(arriving.runs, {"type": "pong"}, 1).complaint == ""


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (None, "There is no frame of the type None."),
        ([], "There is no frame of the type None."),
        ({"type": "x" * 900}, "There is no frame of the type 'xxx"),
        ({"type": ["trace_started"]}, "There is no frame of the type"),
        ({"type": "trace_started"}, "The trace_started has no id."),
        ({"type": "span_ended", "data": {"id": ""}}, "The span_ended has no id."),
        ({"type": "span_started", "data": {"id": "s"}}, "The span_started has no trace_id."),
        ({"type": "span_ended", "data": {"id": "s"}}, "The span_ended has no trace_id."),
    ],
)
def test_what_cannot_be_taken_gets_a_sentence(
    arriving: Arriving, frame: Any, sentence: str
) -> None:
    taken = arriving.session.take(arriving.runs, frame, 1)
    assert taken.complaint.startswith(sentence)
    assert len(taken.complaint) < 120
    assert arriving.lines() == []


def test_runs_that_had_not_ended_broke_off(arriving: Arriving) -> None:
    arriving.frames(("trace_started", trace()), other(), other("trace_ended"))
    arriving.session.leave()
    assert gone(arriving, arriving.session) == ["weather"]


def test_a_program_that_comes_back_takes_all_its_runs_up(arriving: Arriving) -> None:
    arriving.frames(("trace_started", trace()), other())
    before = arriving.session
    before.leave()
    after = arriving.connect()
    arriving.frame("span_started", span("action", 1))
    assert gone(arriving, before) == []
    after.leave()
    assert sorted(gone(arriving, after)) == ["other", "weather"]


def test_another_program_does_not(arriving: Arriving) -> None:
    arriving.frame("trace_started", trace())
    before = arriving.session
    before.leave()
    arriving.connect()
    arriving.frames(other())
    assert gone(arriving, before) == ["weather"]


def test_a_run_that_ends_by_http_did_not_break_off(arriving: Arriving) -> None:
    arriving.frame("trace_started", trace())
    arriving.session.leave()
    arriving.patch(over())
    assert gone(arriving, arriving.session) == []


def test_memory_is_bounded() -> None:
    memory = Memory()
    for n in range(SPANS + 10):
        memory.span(f"{n}", "run")
    for n in range(TRACES + 10):
        memory.trace(f"{n}").owner = 5
    assert memory.run_of("9") is None
    assert memory.run_of("10") == "run"
    assert (memory.trace("10").owner, memory.trace("9").owner) == (5, 0)


def test_ends_that_belong_nowhere_are_kept_within_bounds() -> None:
    arriving = Arriving(old=True)
    for n in range(100):
        arriving.frame("span_ended", {**ended(2, f"step {n}"), "trace_id": None})
    arriving.frame("trace_started", trace())
    for n in range(100):
        arriving.frame("span_started", span("action", 1, f"step {n}"))
    kept = [line["span"] for line in arriving.said("span.end")]
    begun = [line["span"] for line in arriving.said("span.start")]
    assert kept == begun[-16:]
