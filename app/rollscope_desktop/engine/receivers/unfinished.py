"""Runs of our own stream that a connection left unfinished: it is said when nobody goes on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollscope_desktop.ingest.journal import JournalFull

if TYPE_CHECKING:
    from rollscope_desktop.ingest.journal import Journal

GRACE = 3.0
"""Seconds for a program to come back."""

_END = b'{"type":"run.end"'


@dataclass(slots=True, eq=False)
class Line:
    """A connection; ``last`` has the highest number of each run that it sends and has not ended."""

    last: dict[str, int] = field(default_factory=dict)


class Unfinished:
    """Which connection spoke of a run last. Used on the loop's thread."""

    def __init__(self, journal: Journal, grace: float) -> None:
        self._journal = journal
        self._grace = grace
        self._speaks: dict[str, Line] = {}

    def took(self, line: Line, run: str, last: int, lines: bytes) -> None:
        """Lines of the first process of a run have been journaled."""
        if lines.startswith(_END) or b"\n" + _END in lines:
            line.last.pop(run, None)
            self._speaks.pop(run, None)
        else:
            line.last[run] = last
            self._speaks[run] = line

    def closed(self, line: Line) -> None:
        """The connection has ended by itself."""
        if line.last:
            loop = asyncio.get_running_loop()
            loop.call_later(self._grace, self._say, line, time.time_ns())

    def _say(self, line: Line, when: int) -> None:
        gone = {run: last for run, last in line.last.items() if self._speaks.get(run) is line}
        for run in gone:
            del self._speaks[run]
        # Where it cannot be written, that is said elsewhere, and nobody waits for this.
        with contextlib.suppress(JournalFull), self._journal.writing() as runs:
            for run, last in gone.items():
                told = {"proc": 0, "seq": last}
                runs(run).write("event", time=when, name="disconnected", data=told)
