"""Lets a process that was started inside a run stand in that run from the start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rollscope.context import enter, here
from rollscope.follow import travel

if TYPE_CHECKING:
    from rollscope.client import Rollscope
    from rollscope.tracing import Trace

_arrived: Trace | None = None


def arrive() -> None:
    """Stand where the environment says that this process was started, if it says so."""
    global _arrived
    from rollscope import traceparent

    ticket = traceparent.read(os.environ)
    if ticket is None or here() is not None:
        return
    place = travel.come(ticket)
    _arrived = place.trace
    enter(place)


def adopt(client: Rollscope) -> None:
    """The program has set up its client after it arrived: the run goes on with that one.

    What is already written stays where it is, and the rest goes there as well, but through the
    client's own hooks and within its limits.
    """
    trace = _arrived
    if trace is None or trace.recorder is None or trace.client is client:
        return
    if not client.enabled:
        trace.recorder = None
        return
    trace.client.live.discard(trace)
    client.live.add(trace)
    trace.client = client
    trace.meter = client.meter()
    recorder = trace.recorder
    if recorder.proc is None:  # nothing is written yet
        trace.recorder = client.recorder(trace.id, None)
    else:
        recorder.adopt(client.recorder(trace.id, None))
    place = here()
    if place is not None and place.trace is trace and place.span is not None:
        place.span.recorder = trace.recorder
