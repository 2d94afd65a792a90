"""What a long question says while it is being answered."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in whatever it counts; ``total`` 0 when that is not known."""

    done: int
    total: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """A first answer that may be shown until the whole one is there."""

    value: object


T = TypeVar("T")
Job = Generator[Progress | Partial, None, T]
"""A job yields where it may be stopped, and returns its result."""
