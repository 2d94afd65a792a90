"""The two trees as integers: equal numbers stand for equal steps, and for equal subtrees."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollscope_desktop.model.alignment import Side


class Numbers:
    """Gives equal things the same number; one for both sides, so no hash can collide."""

    def __init__(self) -> None:
        self._of: dict[Hashable, int] = {}

    def of(self, things: Iterable[Hashable]) -> list[int]:
        """A number for each of the things."""
        of = self._of
        return [of.setdefault(thing, len(of)) for thing in things]

    def one(self, thing: Hashable) -> int:
        """The number of one thing."""
        return self._of.setdefault(thing, len(self._of))


@dataclass(frozen=True, slots=True)
class Shape:
    """One side by place. ``size`` counts the steps of a subtree, ``tops`` are the top-level places.

    ``own`` is the number of a step with everything that counts, ``whole`` that of its subtree;
    ``asked``, ``answered``, ``named`` and ``labelled`` are those of less and less of it.
    """

    children: list[list[int]]
    tops: list[int]
    size: list[int]
    own: list[int]
    whole: list[int]
    asked: list[int]
    answered: list[int]
    named: list[int]
    labelled: list[int]

    def inside(self, place: int) -> list[int]:
        """The children of a place, or for -1 the top-level steps."""
        return self.tops if place < 0 else self.children[place]


_LABELS = frozenset({"llm", "agent", "task", "workflow", "embedding", "reranker"})
"""Kinds whose name tells less than the kind: a model's, or a label with a number."""


def shape(side: Side, numbers: Numbers) -> Shape:
    """The tree of one side; both sides share ``numbers``."""
    count = len(side)
    children: list[list[int]] = [[] for _ in range(count)]
    tops: list[int] = []
    for place, parent in enumerate(side.parent):
        (tops if parent < 0 else children[parent]).append(place)
    own = numbers.of(
        zip(side.kind, side.name, side.model, side.status, side.input, side.settings, side.output,
            strict=True)
    )  # fmt: skip
    whole, size = own.copy(), [1] * count
    for place in range(count - 1, -1, -1):
        if inner := children[place]:
            whole[place] = numbers.one((own[place], *[whole[child] for child in inner]))
            size[place] += sum(size[child] for child in inner)
    return Shape(
        children, tops, size, own, whole,
        numbers.of(("asked", *x) for x in zip(side.kind, side.name, side.input, strict=True)),
        numbers.of(("answered", *x) for x in zip(side.kind, side.name, side.output, strict=True)),
        numbers.of(zip(side.kind, side.name, strict=True)),
        numbers.of(
            (kind, None if kind in _LABELS else name)
            for kind, name in zip(side.kind, side.name, strict=True)
        ),
    )  # fmt: skip
