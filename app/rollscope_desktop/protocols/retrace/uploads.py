"""What the SDK sends by HTTP: whole traces, how traces ended, marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rollscope_desktop.protocols.retrace import traces
from rollscope_desktop.protocols.retrace.ids import run_of, source_of
from rollscope_desktop.protocols.retrace.memory import Memory
from rollscope_desktop.protocols.retrace.said import Data
from rollscope_desktop.protocols.retrace.spans import Spans
from rollscope_desktop.protocols.run import Runs

_AT_ONCE = 256
"""Steps of a trace that are written at a time."""

Part = Callable[[Runs], None]
"""Writes a part of what was sent."""


class NotATrace(ValueError):
    """What was sent cannot be a trace; the text is a sentence that says why."""


def post_trace(memory: Memory, body: Any, now: int, *, old: bool = False) -> Iterator[Part]:
    """The parts of a whole trace, which may be known already: from a connection that was lost on
    the way, or because it was sent before. Raises NotATrace, at the first part.

    One that is still said to be running is sent by a program that ends.
    """
    if not isinstance(body, dict) or not isinstance(body.get("id"), str) or not body["id"]:
        raise NotATrace("A trace is an object with an id.")
    trace = {name: value for name, value in body.items() if name != "spans"}
    of, sent = run_of(body["id"]), body.get("spans")
    spans = [
        span
        for span in (sent if isinstance(sent, list) else [])
        if isinstance(span, dict) and isinstance(span.get("id"), str) and span["id"]
    ]

    def begin(runs: Runs) -> None:
        traces.begin(runs(of), trace, now, source_of("begin", trace))

    def tell(some: list[Data]) -> Part:
        def write(runs: Runs) -> None:
            into = Spans(runs(of), memory, now, old=old)
            for span in some:
                into.whole(span)

        return write

    def end(runs: Runs) -> None:
        if trace.get("status") == "running":
            traces.break_off(runs(of), memory, now)
        else:
            traces.end(runs(of), memory, trace, now, source_of("end", trace))

    yield begin
    for at in range(0, len(spans), _AT_ONCE):
        yield tell(spans[at : at + _AT_ONCE])
    yield end


def patch_trace(runs: Runs, memory: Memory, trace: str, body: Any, now: int) -> None:
    """How a trace ended, also before anything else was heard of it. Raises NotATrace."""
    if not isinstance(body, dict):
        raise NotATrace("What is to be changed in a trace is an object.")
    run, data = runs(run_of(trace)), {**body, "id": trace}
    traces.begin(run, data, now)
    if "status" in data or "ended_at" in data:
        traces.end(run, memory, data, now, source_of("patch", data))


def mark_golden(runs: Runs, trace: str, body: Any, now: int) -> None:
    """Keep that a trace is one to compare others with, or is no more. Raises NotATrace."""
    is_golden = body.get("golden", True) if isinstance(body, dict) else None
    if not isinstance(is_golden, bool):
        raise NotATrace("golden is true or false.")
    traces.judge(runs(run_of(trace)), trace, is_golden, now)
