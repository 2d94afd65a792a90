"""A filter as it is understood: conditions, and how they are joined. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from rollscope_desktop.query.filter.fields import Field
from rollscope_desktop.query.filter.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of numbers; None is open. ``above`` and ``below`` leave the bound itself out."""

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False

    def holds(self, number: float) -> bool:
        """Whether a number is in the range."""
        if self.low is not None and (number < self.low or (self.above and number == self.low)):
            return False
        return self.high is None or not (number > self.high or (self.below and number == self.high))


@dataclass(frozen=True, slots=True)
class Check:
    """One value of a condition: a pattern, a range, or both where a log may hold either."""

    pattern: Pattern | None = None
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and what it is asked for; any of the checks is enough.

    ``name`` is what stands after the dot, as in ``signal.score``; "" for fields without one.
    """

    field: Field
    checks: tuple[Check, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A bare word or a quoted text, looked for in names."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Not:
    """What does not fit a part."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """What fits every part."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What fits at least one part."""

    parts: tuple[Node, ...]


Node = Condition | Text | Not | All | Either


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood; ``text`` is what was written."""

    text: str
    root: Node | None

    @property
    def is_empty(self) -> bool:
        """Whether everything fits."""
        return self.root is None
