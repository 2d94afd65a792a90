"""For tests of programs that record: everything repeats exactly, and nothing is written to disk.

``with rollscope.testing.recording() as log:`` is what most tests need; docs/testing.md shows more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import RLock
from typing import Any, Unpack

from rollscope import wire
from rollscope.client import Rollscope, default
from rollscope.config import Options
from rollscope.context import enter, here
from rollscope.outline import outline

__all__ = ["CountingIds", "MemorySink", "TickingClock", "recording"]


class CountingIds:
    """Names the first run 1, the second 2, and the spans of all of them the same way."""

    def __init__(self) -> None:
        self._runs = count(1)
        self._spans = count(1)

    def run(self) -> str:
        """32 hex digits."""
        return f"{next(self._runs):032x}"

    def span(self) -> str:
        """16 hex digits."""
        return f"{next(self._spans):016x}"


class TickingClock:
    """A clock that goes on by ``step`` nanoseconds each time that it is read.

    It begins ``start`` nanoseconds after 1970-01-01 UTC, by default on 2025-01-01.
    """

    def __init__(self, start: int = 1_735_689_600_000_000_000, step: int = 1_000_000) -> None:
        self._now = start
        self._step = step
        self._lock = RLock()

    def __call__(self) -> int:
        """What time it is, in nanoseconds."""
        with self._lock:
            now = self._now
            self._now += self._step
            return now

    def wait(self, seconds: float) -> None:
        """Let time pass, at once."""
        with self._lock:
            self._now += round(seconds * 1e9)


class MemorySink:
    """Keeps what is recorded in memory; a sink for ``rollscope.Rollscope(sink=…)``."""

    def __init__(self) -> None:
        self._logs: list[_MemoryLog] = []
        self._lock = RLock()

    def open(self, run: str, proc: int | None) -> _MemoryLog:
        """A new log; without ``proc`` it takes the first number from 1 that is free."""
        with self._lock:
            taken = {log.proc for log in self._logs if log.run == run}
            if proc is None:
                proc = next(n for n in count(1) if n not in taken)
            log = _MemoryLog(run, proc)
            self._logs.append(log)
            return log

    def flush(self, timeout: float) -> bool:
        """Nothing waits."""
        return True

    def after_fork(self) -> None:
        """In a child that was forked: what it records stays there, and is lost with it."""
        self._lock = RLock()

    @property
    def runs(self) -> list[str]:
        """The ids of the runs, in the order in which they began."""
        return list(dict.fromkeys(log.run for log in self._logs))

    def lines(self, run: str | None = None) -> bytes:
        """What would be in the files of a run, or of all: docs/run-log.md says what it means."""
        runs = self.runs if run is None else [run]
        logs = [log for run in runs for log in self._logs if log.run == run]
        return b"".join(b"".join(log.written) for log in logs)

    def events(self, run: str | None = None) -> list[dict[str, Any]]:
        """The events of a run, or of all, one run after the other, as docs/run-log.md has them.

        Content that is written once is put where it belongs; there are no events ``blob``.
        """
        found = [wire.decode(line) for line in self.lines(run).split(b"\n") if line]
        blobs = {(e["run"], s[0]): s[1] for e in found if (s := wire.shared(e)) is not None}
        events = []
        for event in found:
            if event["type"] != "blob":
                own = event["run"]
                events.append(wire.expand(event, lambda name, own=own: blobs[own, name]))  # type: ignore[misc]
        return events

    def text(self, run: str | None = None, *, width: int = 100) -> str:
        """The steps of a run, or of all, as indented lines: made to be compared in tests.

        ::

            run weather
              agent answer "How warm is Paris?" -> "21 °C"
                tool get_weather {"city": "Paris"} -> {"celsius": 21}

        Values longer than ``width`` characters are cut. A step without an output shows its status
        instead; ids, times and attributes are left out. Of steps that run side by side, those of
        the task that was made first come first.
        """
        runs = self.runs if run is None else [run]
        return "".join(outline(self.events(run), width) for run in runs)


class _MemoryLog:
    """The lines of one run, of one process."""

    def __init__(self, run: str, proc: int) -> None:
        self.run = run
        self.proc = proc
        self.written: list[bytes] = []

    def write(self, lines: bytes) -> bool:
        """Keep the lines."""
        self.written.append(lines)
        return True

    def close(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """Nothing is open."""


@contextmanager
def recording(**settings: Unpack[Options]) -> Iterator[MemorySink]:
    """Record what the block does in memory: ids count, time ticks, no environment is read.

    Inside, the global client is one with these ``settings`` (those of ``rollscope.init``), and the
    block is outside every run. Both are what they were when it is left. Raises ConfigError.
    """
    log = MemorySink()
    client = Rollscope(sink=log, ids=CountingIds(), clock=TickingClock(), environ={}, **settings)
    place = here()
    before = default.put(client)
    enter(None)
    try:
        yield log
    finally:
        enter(place)
        default.put(before)
