"""What is remembered of traces and spans beside their logs: no more than a bounded number of them.

Frames do not always say where they belong, and repeat what was told. Nothing here is needed to
read a log right: what is forgotten, as after a restart, is told again at worst.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rollscope_desktop.protocols.retrace.session import Session

SPANS = 1 << 14
TRACES = 1 << 13


@dataclass(slots=True)
class SpanMemory:
    """``captured``: the SDK has seen the call by itself. ``told`` is the hash of the output that
    was told. ``asked``: when a tool call that a model asked for was told to have ended, in ns;
    whether it has, nobody knows yet. ``error`` was told before the end. ``call``: it is no step,
    but the result of this one.
    """

    run: str
    captured: bool = False
    told: str = ""
    asked: int | None = None
    error: dict[str, Any] | None = None
    call: str | None = None


@dataclass(slots=True)
class TraceMemory:
    """``owner`` is the number of the connection that told of it last; ``end`` is the hash of how it
    was told to have ended; ``lossy``: it was told that something of it is lost."""

    owner: int = 0
    end: str = ""
    lossy: bool = False


class Memory:
    """One for all connections: a program comes back on another one. By our own ids.

    ``left`` has the connections that were closed a moment ago, by their numbers.
    """

    def __init__(self) -> None:
        self._spans: OrderedDict[str, SpanMemory] = OrderedDict()
        self._traces: OrderedDict[str, TraceMemory] = OrderedDict()
        self._connections = 0
        self.left: dict[int, Session] = {}

    def connection(self) -> int:
        """The number of a new connection."""
        self._connections += 1
        return self._connections

    def run_of(self, span: str) -> str | None:
        """The run that a span belongs to: an older SDK does not say so where it ends."""
        known = self._spans.get(span)
        return None if known is None else known.run

    def known(self, span: str) -> SpanMemory | None:
        """What is remembered of a span, if anything is."""
        return self._spans.get(span)

    def span(self, span: str, run: str) -> SpanMemory:
        """What is remembered of a span of a run."""
        found = self._spans.get(span)
        if found is None or found.run != run:
            found = self._spans[span] = SpanMemory(run)
            if len(self._spans) > SPANS:
                self._spans.popitem(last=False)
        self._spans.move_to_end(span)
        return found

    def trace(self, run: str) -> TraceMemory:
        """What is remembered of a trace."""
        found = self._traces.get(run)
        if found is None:
            found = self._traces[run] = TraceMemory()
            if len(self._traces) > TRACES:
                self._traces.popitem(last=False)
        self._traces.move_to_end(run)
        return found
