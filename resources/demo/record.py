"""Writes a run log with ``rollscope.wire``: a line for whatever happens, when it happens."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollscope import wire

if TYPE_CHECKING:
    from random import Random

here: ContextVar[Step | None] = ContextVar("here", default=None)
"""The step that is under way in this task."""

branch: ContextVar[int | None] = ContextVar("branch", default=None)
"""The number of this task among all that ran side by side."""


class Step:
    """A step that is under way: what it gives is set while it runs and written at its end."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.given: dict[str, Any] = {}

    def give(self, **fields: Any) -> None:
        """Set fields of the line that ends the step: output, usage, first_token."""
        self.given.update(fields)


class Log:
    """Writes the events of one run."""

    def __init__(
        self, run: str, write: Callable[[bytes], object], random: Random, clock: Callable[[], int]
    ) -> None:
        self.clock = clock
        self._encoder = wire.Encoder(run, clock=clock)
        self._write = write
        self._random = random

    def add(self, type: str, **fields: Any) -> None:
        """Write one event of the run."""
        self._write(self._encoder.line(type, **fields))

    def note(self, type: str, **fields: Any) -> None:
        """Write a message, event, signal or feedback about the step that is under way, if any."""
        step = here.get()
        self.add(type, span=step.id if step else None, **fields)

    def messages(self, messages: list[Any]) -> list[Any]:
        """A history for an event: each message is written once and referred to from then on."""
        return self._encoder.messages(messages)

    def share(self, value: Any) -> Any:
        """A value for an event: written once and referred to from then on."""
        return self._encoder.share(value)

    @contextlib.contextmanager
    def step(self, kind: str, name: str, **fields: Any) -> Iterator[Step]:
        """A step inside the one that is under way; it ends as the block ends, errors included."""
        above = here.get()
        step = Step(f"{self._random.getrandbits(64):016x}")
        place = {"parent": above.id if above else None, "branch": branch.get()}
        self.add("span.start", span=step.id, **place, kind=kind, name=name, **fields)
        inside = here.set(step)
        try:
            yield step
        except asyncio.CancelledError:
            self.add("span.end", span=step.id, status="cancelled", **step.given)
            raise
        except Exception as error:
            self.add("span.end", span=step.id, status="error", **step.given, error=described(error))
            raise
        else:
            self.add("span.end", span=step.id, status="ok", **step.given)
        finally:
            here.reset(inside)


def described(error: Exception) -> dict[str, str]:
    """An error as the log holds it."""
    stack = ["Traceback (most recent call last):"]
    for frame in traceback.extract_tb(error.__traceback__):
        where = f'  File "{Path(frame.filename).name}", line {frame.lineno}, in {frame.name}'
        stack += [where, f"    {frame.line}"]
    said = f"{type(error).__name__}: {error}"
    return {"type": type(error).__name__, "message": str(error), "stack": "\n".join([*stack, said])}
