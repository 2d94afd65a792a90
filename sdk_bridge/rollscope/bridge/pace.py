"""Tells how far a re-run is, often enough for a person and not more often."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Timer
from time import monotonic

from rollscope.replay.plan import Progress

LEAST = 0.1
"""Seconds between two messages."""


class Pace:
    """Passes the newest progress on to ``tell``. Any thread may say it."""

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self._tell = tell
        self._lock = Lock()
        self._last = -LEAST
        self._waiting: Timer | None = None
        self.newest = Progress()

    def __call__(self, progress: Progress) -> None:
        """It is as far as this."""
        with self._lock:
            self.newest = progress
            if self._waiting is not None:
                return
            left = self._last + LEAST - monotonic()
            if left > 0:
                self._waiting = Timer(left, self._later)
                self._waiting.daemon = True
                self._waiting.start()
                return
            self._last = monotonic()
        self._tell(progress)

    def stop(self) -> None:
        """What is still to be told is told by the end of the run."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.cancel()

    def _later(self) -> None:
        with self._lock:
            self._waiting = None
            self._last = monotonic()
            progress = self.newest
        self._tell(progress)
