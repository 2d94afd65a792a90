"""Runs that tests write through a sink, line by line, and what must then be found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import count

from rollscope.sinks import Sink
from rollscope.wire import Encoder, run_id

PATIENCE = 20.0


def wait_for(condition: Callable[[], object], what: str = "") -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain {what}"
        time.sleep(0.005)


class Feed:
    """A run that is written through a sink."""

    def __init__(self, sink: Sink, run: str | None = None, proc: int | None = 0) -> None:
        run = run or run_id()
        self.log = sink.open(run, proc)
        self.encoder = Encoder(run, self.log.proc)
        self.kept: list[int] = []
        """Numbers of the events that were kept."""
        self.lost = 0
        self._numbers = count()

    @property
    def place(self) -> tuple[str, int]:
        """What names it in the journal."""
        return self.encoder.run, self.log.proc

    def write(self, text: str = "", times: int = 1) -> None:
        """Write events."""
        for _ in range(times):
            line = self.encoder.line("event", name=f"e{next(self._numbers)}", data={"text": text})
            if self.log.write(line):
                self.kept.append(json.loads(line)["seq"])
            else:
                self.lost += 1

    def end(self) -> None:
        """The run is over."""
        self.log.close()
