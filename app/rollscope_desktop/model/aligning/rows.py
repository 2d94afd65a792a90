"""Puts two trees whose steps have been paired into rows, in the order of display."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollscope_desktop.model.aligning.parts import CONTENT, parts
from rollscope_desktop.model.alignment import Fold, Part, Sign

if TYPE_CHECKING:
    from rollscope_desktop.model.aligning.matching import Matching
    from rollscope_desktop.model.aligning.shape import Shape
    from rollscope_desktop.model.alignment import Side

_FEWEST = 3
"""Rows that are worth folding."""
Places = tuple[int, int]
"""A place in A and one in B, -1 where there is none."""


@dataclass(slots=True)
class Rows:
    """The columns of an ``Alignment``."""

    row_of_a: list[int]
    row_of_b: list[int]
    a_at: list[int] = field(default_factory=list)
    b_at: list[int] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    below: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    folds: tuple[Fold, ...] = ()


def lay_out(a: Side, b: Side, of_a: Shape, of_b: Shape, found: Matching) -> Rows:
    """All rows. A step that is in A alone stands behind the sibling that it followed there."""
    rows = Rows([-1] * len(a), [-1] * len(b))
    waiting = [(pair, 0) for pair in reversed(list(_inside((-1, -1), of_a, of_b, found)))]
    while waiting:
        (at, to), depth = waiting.pop()
        _add(rows, a, at, b, to, depth, found)
        inner = list(_inside((at, to), of_a, of_b, found))
        waiting.extend((pair, depth + 1) for pair in reversed(inner))
    _count(rows)
    rows.folds = tuple(_folds(rows))
    return rows


def _add(rows: Rows, a: Side, at: int, b: Side, to: int, depth: int, found: Matching) -> None:
    number = len(rows.signs)
    what = Part.NONE
    if at < 0:
        sign = Sign.INSERTED
    elif to < 0:
        sign = Sign.REMOVED
    else:
        what = parts(a, at, b, to)
        sign = Sign.CHANGED if what & CONTENT else Sign.EQUAL
        if to in found.moved:
            sign = Sign.MOVED
    if at >= 0:
        rows.row_of_a[at] = number
    if to >= 0:
        rows.row_of_b[to] = number
    rows.a_at.append(at)
    rows.b_at.append(to)
    rows.depth.append(depth)
    rows.signs.append(sign)
    rows.parts.append(what)


def _inside(pair: Places, of_a: Shape, of_b: Shape, found: Matching) -> Iterator[Places]:
    """What stands directly below a row: the children on both sides, merged."""
    at, to = pair
    top = at < 0 and to < 0
    old = of_a.inside(at) if top or at >= 0 else []
    new = of_b.inside(to) if top or to >= 0 else []
    if not old:
        yield from ((found.mate_b[y], y) for y in new)
        return
    here = set(new)
    i = 0
    for y in new:
        x = found.mate_b[y]
        if x >= 0 and y not in found.moved:
            while old[i] != x:
                yield from _left(old[i], found, here)
                i += 1
            i += 1
        elif x < 0:
            # What is gone stands before what came in its place.
            while i < len(old) and (found.mate_a[old[i]] < 0 or _is_elsewhere(old[i], found, here)):
                yield from _left(old[i], found, here)
                i += 1
        yield x, y
    for x in old[i:]:
        yield from _left(x, found, here)


def _is_elsewhere(x: int, found: Matching, here: set[int]) -> bool:
    y = found.mate_a[x]
    return y >= 0 and (y in found.moved or y not in here)


def _left(x: int, found: Matching, here: set[int]) -> Iterator[Places]:
    """A step of A that has no mate; one that has stands where its mate does."""
    if found.mate_a[x] < 0:
        yield x, -1


def _count(rows: Rows) -> None:
    """How many rows each has in its subtree, and how many of them are not equal."""
    count = len(rows.signs)
    rows.size, rows.below = [1] * count, [0] * count
    above: list[int] = []
    for number in range(count):
        while above and rows.depth[above[-1]] >= rows.depth[number]:
            _pass_up(rows, above)
        above.append(number)
    while above:
        _pass_up(rows, above)


def _pass_up(rows: Rows, above: list[int]) -> None:
    number = above.pop()
    if above:
        rows.size[above[-1]] += rows.size[number]
        differs = rows.signs[number] is not Sign.EQUAL
        rows.below[above[-1]] += rows.below[number] + differs


def _folds(rows: Rows) -> Iterator[Fold]:
    first = 0
    for number in range(len(rows.signs) + 1):
        if number < len(rows.signs) and rows.signs[number] is Sign.EQUAL and not rows.below[number]:
            continue
        if number - first >= _FEWEST:
            yield Fold(first, number - first)
        first = number + 1
