"""Keeps what goes wrong in the recorder away from the program that it records."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rollscope.errors import RollscopeError


class _Guard:
    """Says the first error, and is quiet from then on: a program's log is not ours to fill."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, what: str, error: BaseException) -> None:
        """Take note that ``what`` failed. With ROLLSCOPE_INTERNAL_RAISE=1 it is raised instead."""
        if os.environ.get("ROLLSCOPE_INTERNAL_RAISE") == "1":
            raise error
        if "internal" not in self._said:
            self.say(
                "internal",
                f"Rollscope could not {what} ({type(error).__name__}: {error}). Your program is not"
                " affected; further errors of this kind are not logged.",
                error,
            )

    def say(self, topic: str, sentence: str, error: BaseException | None = None) -> None:
        """Log a warning, once a topic."""
        if topic in self._said:
            return
        self._said.add(topic)
        import logging  # late: nothing is said as a rule

        logging.getLogger("rollscope").warning(sentence, exc_info=error)


failed = _Guard()
"""The one guard of the process."""


def tell(on_error: Callable[[RollscopeError], object] | None, error: RollscopeError) -> None:
    """Hand trouble to the user's hook, which may raise anything."""
    if on_error is None:
        return
    try:
        on_error(error)
    except Exception as wrong:  # noqa: BLE001 - it is the user's
        failed.say("on_error", f"The hook on_error failed: {wrong}", wrong)


class guarded:
    """``with guarded("do this"):`` lets no exception out; the sentence says what was tried."""

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        failed(self._what, error)
        return True
