"""What arrives over a connection of the SDK, frame by frame."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from rollscope_desktop.protocols.retrace import traces
from rollscope_desktop.protocols.retrace.ids import run_of, source_of, span_of
from rollscope_desktop.protocols.retrace.memory import Memory
from rollscope_desktop.protocols.retrace.said import Data, table, text
from rollscope_desktop.protocols.retrace.spans import Spans
from rollscope_desktop.protocols.run import Run, Runs

_UNPLACED = 16
"""Ends of steps that are kept until it is known where they belong."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: the run it was about, and the name that this has, if it says so;
    why it was not taken, as a sentence, "" if it was."""

    run: str | None = None
    name: str | None = None
    complaint: str = ""


class Session:
    """One connection. ``old``: the SDK is one that does not ask for acknowledgements.

    ``unplaced`` has ends of steps that wait. Who takes frames again that could not be journaled
    puts it back as it was before them.
    """

    def __init__(self, memory: Memory, *, old: bool = False) -> None:
        self._memory = memory
        self._old = old
        self._number = memory.connection()
        self._open: set[str] = set()
        self.unplaced: OrderedDict[str, Data] = OrderedDict()

    def take(self, runs: Runs, frame: Any, now: int) -> Taken:
        """Write what a frame says. ``now`` is in ns, for what says no time. Never raises because of
        what a frame holds."""
        kind, data = table(frame).get("type"), table(table(frame).get("data"))
        if kind == "pong":
            return Taken()
        if kind not in ("trace_started", "trace_ended", "span_started", "span_ended"):
            return Taken(complaint=f"There is no frame of the type {kind!r:.60}.")
        if not isinstance(data.get("id"), str) or not data["id"]:
            return Taken(complaint=f"The {kind} has no id.")
        is_trace = kind.startswith("trace")
        of = self._run_of(data, is_trace)
        if of is None:
            return self._keep(data, kind)
        run = runs(of)
        self._take_up(of)
        self._tell(run, kind, data, now)
        for span in [span for span in self.unplaced if run.step(span).started]:
            self._spans(run, now).ended(self.unplaced.pop(span))
        if run.ended:
            self._open.discard(of)
        else:
            self._open.add(of)
        return Taken(of, text(data.get("name")) if is_trace else None)

    def unfinished(self) -> list[str]:
        """The runs that this connection told of last, and that had not ended when it did."""
        return [run for run in self._open if self._memory.trace(run).owner == self._number]

    def leave(self) -> None:
        """The connection is closed. The program may come back on another one."""
        if self._open:
            self._memory.left[self._number] = self

    def break_off(self, runs: Runs, when: int) -> None:
        """It has been closed for a while: runs that the program has not taken up broke off, when
        it was closed."""
        self._memory.left.pop(self._number, None)
        for id in self.unfinished():
            run = runs(id)
            if run.start and not run.ended:  # of what could not be journaled there is no log
                traces.break_off(run, self._memory, when)

    def _take_up(self, of: str) -> None:
        """This connection tells of a run. If one that is closed did, its program has come back,
        with all its runs."""
        trace = self._memory.trace(of)
        before = self._memory.left.pop(trace.owner, None)
        trace.owner = self._number
        for run in [] if before is None else before.unfinished():
            self._memory.trace(run).owner = self._number
            self._open.add(run)

    def _tell(self, run: Run, kind: str, data: Data, now: int) -> None:
        match kind:
            case "trace_started":
                traces.begin(run, data, now, source_of(kind, data))
                return
            case "trace_ended":
                traces.ensure(run, data["id"], data, now)
                traces.end(run, self._memory, data, now, source_of(kind, data))
                return
        if isinstance(data.get("trace_id"), str):
            traces.ensure(run, data["trace_id"], {}, now)
        if kind == "span_started":
            self._spans(run, now).started(data)
        else:
            self._spans(run, now).ended(data)

    def _spans(self, run: Run, now: int) -> Spans:
        return Spans(run, self._memory, now, old=self._old)

    def _run_of(self, data: Data, is_trace: bool) -> str | None:
        trace = data["id"] if is_trace else data.get("trace_id")
        if isinstance(trace, str) and trace:
            return run_of(trace)
        return self._memory.run_of(span_of(data["id"]))

    def _keep(self, data: Data, kind: str) -> Taken:
        """An end that does not say where it belongs, as older SDKs send, waits for its trace: the
        engine may have been started again since the step began."""
        if kind != "span_ended" or not self._old:
            return Taken(complaint=f"The {kind} has no trace_id.")
        self.unplaced[span_of(data["id"])] = data
        if len(self.unplaced) > _UNPLACED:
            self.unplaced.popitem(last=False)
        return Taken()
