"""Ceilings of a run: what it has used so far, and whether one more call may be made."""

from __future__ import annotations

from hashlib import blake2b
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from rollscope.errors import EnforcementError

if TYPE_CHECKING:
    from rollscope.config import Settings


class Ceilings(NamedTuple):
    """What a run may use at most; None where there is no limit."""

    steps: int | None = None
    tokens: int | None = None
    usd: float | None = None
    repeats: int | None = None

    @classmethod
    def of(cls, settings: Settings) -> Ceilings | None:
        """The ceilings that were set, or None if there are none."""
        made = cls(
            settings.max_steps_per_run,
            settings.max_tokens_per_run,
            settings.max_usd_per_run,
            settings.max_repeats,
        )
        return None if made == cls() else made


class Meter:
    """Counts what one run uses: model calls and tool calls are its steps."""

    def __init__(self, ceilings: Ceilings) -> None:
        self._ceilings = ceilings
        # Entered again where a finaliser ends an answer while this thread counts.
        self._lock = RLock()
        self._steps = 0
        self._tokens = 0
        self._usd = 0.0
        self._last: bytes | None = None
        self._repeats = 0

    def check(self, kind: str, name: str, arguments: bytes | None = None) -> None:
        """Count a call that is about to be made. Raises EnforcementError if it may not be.

        ``arguments`` are those of a tool, as JSON; without them, nothing is known to repeat.
        """
        limits = self._ceilings
        with self._lock:
            if limits.steps is not None and self._steps >= limits.steps:
                self._block(f"the run has made {self._steps} steps, and may make {limits.steps}")
            if limits.tokens is not None and self._tokens >= limits.tokens:
                self._block(f"the run has used {self._tokens:,} tokens of {limits.tokens:,}")
            if limits.usd is not None and self._usd >= limits.usd:
                self._block(f"the run has cost {self._usd:.4g} USD of {limits.usd:.4g}")
            if limits.repeats is not None and kind == "tool" and arguments is not None:
                self._count_repeats(limits.repeats, name, arguments)
            self._steps += 1

    def spend(self, tokens: int, usd: float) -> None:
        """Count what a call has used."""
        with self._lock:
            self._tokens += tokens
            self._usd += usd

    def after_fork(self) -> None:
        """In a child that was forked: another thread of the parent may have held the lock."""
        self._lock = RLock()

    def _count_repeats(self, most: int, name: str, arguments: bytes) -> None:
        key = blake2b(name.encode("utf-8", "replace") + b"\0" + arguments, digest_size=16).digest()
        repeats = self._repeats + 1 if key == self._last else 1
        if repeats > most:
            self._block(f"{name} was called {most} times in a row with the same arguments")
        self._last, self._repeats = key, repeats

    @staticmethod
    def _block(why: str) -> Any:
        raise EnforcementError("block", f"A ceiling was reached: {why}.")
