"""A time that a run may take; while somebody is asked a question, the clock stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from time import monotonic


class Deadline:
    """Calls ``reached`` on a thread of its own when ``seconds`` have passed, unless stopped."""

    def __init__(self, seconds: float, reached: Callable[[], None]) -> None:
        self._left = seconds
        self._since = monotonic()
        self._pauses = 0
        self._over = False
        self._changed = Condition()
        self._reached = reached

    def start(self) -> None:
        """The clock runs from here."""
        self._since = monotonic()
        Thread(target=self._watch, name="rollscope deadline", daemon=True).start()

    def stop(self) -> None:
        """It will not be reached any more."""
        with self._changed:
            self._over = True
            self._changed.notify()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The clock stands inside; any thread may be."""
        with self._changed:
            if self._pauses == 0:
                self._left -= monotonic() - self._since
            self._pauses += 1
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._pauses -= 1
                self._since = monotonic() if self._pauses == 0 else self._since
                self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._over:
                if self._pauses:
                    self._changed.wait()
                    continue
                left = self._left - (monotonic() - self._since)
                if left <= 0:
                    break
                self._changed.wait(left)
            else:
                return
        self._reached()
