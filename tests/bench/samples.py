"""What was measured, round by round, and the figures that are made of it; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

SLOWER = 1.5
"""Absolute targets hold for the machine they were set on. Where the reference of the same round is
more than this much slower than there, the target is scaled by it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One measurement of a round, and the rows that need it."""

    name: str
    rows: frozenset[str]
    run: Callable[[], dict[str, Any]]


@dataclass(slots=True)
class Samples:
    """For each step what it said, a round each; None where it failed or was skipped."""

    said: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, step: str, said: dict[str, Any] | None) -> None:
        """Keep what a step said in this round."""
        self.said.setdefault(step, []).append(said)

    def of(self, step: str, name: str) -> list[float]:
        """One figure of a step, from the rounds that have it."""
        return [s[name] for s in self.said.get(step, []) if s is not None and name in s]

    def middle(self, step: str, name: str = "seconds") -> float | None:
        """Its median."""
        found = self.of(step, name)
        return median(found) if found else None

    def best(self, step: str, name: str) -> float | None:
        """Its smallest."""
        return min(self.of(step, name), default=None)

    def most(self, step: str, name: str) -> float | None:
        """Its largest."""
        return max(self.of(step, name), default=None)

    def ratio(self, above: str, below: str, name: str = "seconds", other: str = "") -> float | None:
        """The median over the rounds of one step's figure by another's of the same round."""
        pairs = zip(self.said.get(above, []), self.said.get(below, []), strict=False)
        other = other or name
        found = [a[name] / b[other] for a, b in pairs if a and b and name in a and b.get(other)]
        return median(found) if found else None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. ``good``: whether the target is met, None where nothing was measured."""

    row: str
    what: str
    target: str
    measured: str
    reference: str = ""
    ratio: str = ""
    good: bool | None = None


def at_most(value: float | None, limit: float) -> bool | None:
    """Whether a target is met; None when there is no value."""
    return None if value is None else value <= limit


def scaled(limit: float, reference: float | None, there: float) -> float:
    """An absolute target on this machine; ``there``: the reference where the target was set."""
    if reference is None or reference <= there * SLOWER:
        return limit
    return limit * reference / there


def seconds(value: float | None) -> str:
    """``1.23 s``, ``45.6 ms``; a dash when there is none."""
    if value is None:
        return "–"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def millis(value: float | None) -> str:
    """Milliseconds with three digits that count."""
    return "–" if value is None else f"{value:.3g} ms"


def times(value: float | None) -> str:
    """``0.75×``."""
    return "–" if value is None else f"{value:.2f}×"


def megabytes(value: float | None) -> str:
    """``123 MB``."""
    return "–" if value is None else f"{value:.0f} MB"
