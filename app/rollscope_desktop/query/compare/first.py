"""Finds where two runs first part while they are still being read."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from rollscope_desktop.model.aligning.align import align
from rollscope_desktop.model.aligning.parts import AFTER, BEFORE, parts
from rollscope_desktop.model.alignment import UNKNOWN, Divergence, Side
from rollscope_desktop.model.assemble import ENDED

if TYPE_CHECKING:
    from rollscope_desktop.query.compare.contents import Contents

AHEAD, BEHIND = 300, 30
"""Steps after and before the first that differs that say what became of it: new, missing, again."""


class Front:
    """How far two runs are known to be the same, step by step, as they are read."""

    def __init__(self, a: Contents, b: Contents) -> None:
        self._a, self._b = a, b
        self._at = 0
        self._open: list[int] = []

    def differs_at(self) -> int | None:
        """The place at which something that has been read differs; None when nothing does yet.

        What came out of a step counts at the place behind the last one inside of it.
        """
        a, b = self._a, self._b
        most = min(a.done, b.done)
        for place in range(self._at, most):
            if self._ended_otherwise(place) or a.steps.parent[place] != b.steps.parent[place]:
                return place
            if parts(a.side, place, b.side, place) & BEFORE:
                return place
            self._open.append(place)
        self._at = max(self._at, most)
        if most < min(len(a.steps), len(b.steps)):
            return None
        return most if len(a.steps) != len(b.steps) or self._ended_otherwise(most) else None

    def _ended_otherwise(self, place: int) -> bool:
        """Whether something that ends before ``place`` came out in another way."""
        a, b = self._a, self._b
        while self._open and self._open[-1] + a.steps.size[self._open[-1]] <= place:
            ended = self._open.pop()
            if parts(a.side, ended, b.side, ended) & AFTER:
                return True
        return False


def explain(a: Contents, b: Contents, place: int) -> Divergence | None:
    """What happened at a place, as far as the steps near it tell; its row is not known yet."""
    for one in (a, b):
        one.read(place + AHEAD)
    (near_a, at_a), (near_b, at_b) = (_near(one, place) for one in (a, b))
    found = align(near_a, near_b).first
    if found is None:
        return None
    return replace(
        found, row=-1, step=(at_a if found.in_a else at_b)[found.step - 1] + 1,
        a=None if found.a is None else at_a[found.a], b=None if found.b is None else at_b[found.b],
    )  # fmt: skip


def _near(contents: Contents, place: int) -> tuple[Side, list[int]]:
    """The steps around a place with all that they are part of, and where each stands in the run.

    How those came out that go on behind the last of them is left open.
    """
    parent, count = contents.steps.parent, len(contents.steps)
    first, last = max(0, min(place, count) - BEHIND), min(place + AHEAD, count)
    above: list[int] = []
    while (up := parent[above[-1] if above else first] if first < count else -1) >= 0:
        above.append(up)
    kept = [*reversed(above), *range(first, last)]
    new = {old: at for at, old in enumerate(kept)}
    held = {each.name: [getattr(contents.side, each.name)[at] for at in kept]
            for each in fields(Side) if each.name != "goes_on"}  # fmt: skip
    held["parent"] = [new[up] if up >= 0 else -1 for up in held["parent"]]
    open_end = parent[last] if last < count else -1
    while open_end >= 0:
        held["output"][new[open_end]], held["status"][new[open_end]] = UNKNOWN, ENDED
        open_end = parent[open_end]
    return Side(**held, goes_on=contents.side.goes_on and last == count), kept
