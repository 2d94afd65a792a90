"""Where recorded lines go: what every sink offers."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """The lines of one run, of one process."""

    proc: int

    def write(self, lines: bytes) -> bool:
        """Keep whole lines, newlines included. On return they survive the death of the process.

        False when they cannot be kept; then none of them is. It raises nothing.
        """

    def close(self) -> None:
        """The run has ended in this process. A line may still be written: a late judgement."""

    def forget(self) -> None:
        """Called in a child that was forked: what is open is the parent's."""


class Sink(Protocol):
    """Makes a log for every run."""

    def open(self, run: str, proc: int | None) -> Log:
        """A new log. Without ``proc`` a number is taken that no other process of the run has.

        Raises OSError.
        """

    def flush(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds until all has arrived; whether it has."""

    def after_fork(self) -> None:
        """Called in a child that was forked: what the parent has open is the parent's."""


class _Nowhere:
    """Keeps nothing."""

    proc = 0

    def write(self, lines: bytes) -> bool:
        """As if it were kept."""
        return True

    def close(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """Nothing is open."""


class NullSink:
    """Keeps nothing: for runs that are only watched, so that they do not go beyond a ceiling."""

    def open(self, run: str, proc: int | None) -> Log:
        """A log that keeps nothing."""
        return _Nowhere()

    def flush(self, timeout: float) -> bool:
        """Nothing waits."""
        return True

    def after_fork(self) -> None:
        """Nothing is shared."""
