"""The tree of one run in pre-order, computed from its structure with whole-array operations.

A span whose parent is not in the run is a top-level step, and so is each of several spans that are
each other's ancestors. Siblings stand in the order of their start (or end, if that is all that is
known), then as they came: the same order as ``model.tree`` has. 28 bytes a span. Imports
numpy, so it is itself imported late.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK, OPEN
from rollscope_desktop.query.progress import Partial, Progress
from rollscope_desktop.query.spans import query_spans
from rollscope_desktop.query.structure import (
    NONE,
    Growth,
    Int32,
    Structure,
    query_growth,
    query_structure,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

_FIRST = 2_000
_FIRST_ROWS = 80
_LEVEL_COSTS = 6
"""How many spans are walked in the time that one level takes as a whole array."""
_LAST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Retries:
    """Runs of siblings with one name in which each failed but, perhaps, the last.

    Places in pre-order of the first and the last of each run, and how many there are in it.
    """

    first: Int32
    last: Int32
    count: Int32


@dataclass(frozen=True, slots=True)
class Outline:
    """A run's tree. An *index* counts spans as they came, a *place* counts them in pre-order.

    ``order`` gives the index at a place, ``place`` the place of an index. By index: ``parent`` (an
    index, or -1) and ``children`` (how many). By place: ``depth`` and ``size`` (of the subtree, the
    span itself included). ``siblings`` holds all indexes ordered by parent, then as siblings stand.
    ``errors``, ``cancelled`` and ``open`` list the places of such spans.
    """

    structure: Structure
    order: Int32
    place: Int32
    parent: Int32
    children: Int32
    depth: Int32
    size: Int32
    siblings: Int32
    errors: Int32
    cancelled: Int32
    open: Int32
    retries: Retries
    tops: int

    def __len__(self) -> int:
        return len(self.order)

    def worst(self, place: int) -> int:
        """The worst status in the subtree at a place: error, cancelled, open, else ok."""
        end = place + int(self.size[place])
        for places, status in (
            (self.errors, ERROR),
            (self.cancelled, CANCELLED),
            (self.open, OPEN),
        ):
            low, high = places.searchsorted(np.array((place, end), places.dtype))
            if low < high:
                return status
        return OK


@dataclass(frozen=True, slots=True)
class Opening:
    """An outline, and the rows of its first lines so that they can be painted at once."""

    outline: Outline
    rows: list[SpanRow]
    whole: bool


@dataclass(frozen=True, slots=True)
class Following:
    """The outline of a run that went on, and rows of spans that are new or have changed."""

    outline: Outline
    growth: Growth
    rows: list[SpanRow]


def query_outline(reader: Reader, run: int) -> Generator[Progress | Partial, None, Opening]:
    """The whole outline of a run; an outline of its first spans comes at once as a Partial."""
    head = yield from query_structure(reader, run, _FIRST)
    first = outline(head)
    rows = query_spans(reader, first_lines(first))
    if len(head) < _FIRST:
        return Opening(first, rows, whole=True)
    yield Partial(Opening(first, rows, whole=False))
    del first, head
    structure = yield from query_structure(reader, run)
    full = outline(structure)
    return Opening(full, query_spans(reader, first_lines(full)), whole=True)


def query_following(
    reader: Reader, known: Structure
) -> Generator[Progress | Partial, None, Following | None]:
    """The outline of a run that may have gone on since; None if it has not."""
    growth = yield from query_growth(reader, known)
    fresh = len(growth.structure) - growth.added_from
    if not fresh and not len(growth.changed):
        return None
    yield Progress(0, 0)
    made = outline(growth.structure)
    indexes = [
        *growth.changed[-_FIRST_ROWS:].tolist(),
        *range(max(growth.added_from, len(growth.structure) - _FIRST_ROWS), len(growth.structure)),
    ]
    rows = query_spans(reader, [growth.structure.id_of(index) for index in indexes])
    return Following(made, growth, rows)


def first_lines(made: Outline) -> list[int]:
    """Ids of the spans that a tree shows first when it opens."""
    shown = np.flatnonzero(made.depth[: 50 * _FIRST_ROWS] <= 2)[:_FIRST_ROWS]
    return [made.structure.id_of(int(index)) for index in made.order[shown]]


def outline(structure: Structure) -> Outline:
    """The tree of a structure."""
    parent = _parents(structure)
    depth = _depths(parent)
    siblings = _siblings(structure, parent)
    top = int(depth.max()) + 1 if len(depth) else 0
    if top * _LEVEL_COSTS > len(structure):
        size, place = _walk(parent, siblings)
    else:
        size, place = _levels(parent, depth, siblings, top)
    order = np.empty_like(place)
    order[place] = np.arange(len(place), dtype=np.int32)
    counts = np.bincount(parent + 1, minlength=len(parent) + 1).astype(np.int32)
    status = structure.status[order]
    return Outline(
        structure, order, place, parent, counts[1:], depth[order], size[order], siblings,
        _where(status == ERROR), _where(status == CANCELLED), _where(status == OPEN),
        _retries(structure, parent, siblings, place), int(counts[0]),
    )  # fmt: skip


def _where(mask: NDArray[np.bool_]) -> Int32:
    return np.flatnonzero(mask).astype(np.int32)


def _parents(structure: Structure) -> Int32:
    """The index of each span's parent, -1 for top-level steps; without cycles."""
    count = len(structure)
    parent = np.full(count, -1, np.int32)
    if not count:
        return parent
    wanted = structure.parent_key
    # Spans of one parent tend to come one after another: each stretch is looked up once.
    turn = np.flatnonzero(np.concatenate(([True], wanted[1:] != wanted[:-1])))
    stretch = wanted[turn]
    by_key = np.argsort(structure.key, kind="stable").astype(np.int32)
    at = np.searchsorted(structure.key, stretch, sorter=by_key)
    at[at == count] = 0
    found = by_key[at]
    found[structure.key[found] != stretch] = -1
    parent = np.repeat(found, np.diff(turn, append=count))
    own = np.arange(count, dtype=np.int32)
    parent[parent == own] = -1
    if (parent >= own).any():
        _cut_cycles(parent)
    return parent


def _cut_cycles(parent: Int32) -> None:
    """Make every span of a cycle a top-level step."""
    far = parent
    for _ in range(max(1, len(parent).bit_length())):
        far = np.where(far < 0, -1, far[far])
        if (far < 0).all():
            return
    # After that many doublings only spans on a cycle are still reached, and all of them are.
    parent[np.unique(far[far >= 0])] = -1


def _depths(parent: Int32) -> Int32:
    """How many ancestors each span has, by doubling: as many rounds as the depth has bits."""
    depth = (parent >= 0).astype(np.int32)
    far = parent
    while (far >= 0).any():
        depth += np.where(far < 0, 0, depth[far])
        far = np.where(far < 0, -1, far[far])
    return depth


def _siblings(structure: Structure, parent: Int32) -> Int32:
    """All indexes, those of one parent together, in the order in which siblings stand."""
    start = np.where(structure.start == NONE, structure.end, structure.start)
    start[start == NONE] = _LAST
    if len(start) and (start[1:] < start[:-1]).any():
        by_start = np.argsort(start, kind="stable")
        return by_start[np.argsort(parent[by_start], kind="stable")].astype(np.int32)
    return np.argsort(parent, kind="stable").astype(np.int32)


def _levels(parent: Int32, depth: Int32, siblings: Int32, levels: int) -> tuple[Int32, Int32]:
    """Sizes of subtrees and places in pre-order, one whole level at a time."""
    count = len(parent)
    size = np.ones(count, np.int32)
    by_depth = siblings[np.argsort(depth[siblings].astype(np.uint16), kind="stable")]
    bounds = np.searchsorted(depth[by_depth], np.arange(levels + 1)).tolist()
    for level in range(levels - 1, 0, -1):
        here = by_depth[bounds[level] : bounds[level + 1]]
        np.add.at(size, parent[here], size[here])
    # Before a span stand its parent and the subtrees of its earlier siblings.
    sizes = size[siblings]
    before = np.cumsum(sizes, dtype=np.int64) - sizes
    group = parent[siblings]
    turn = np.concatenate(([True], group[1:] != group[:-1])) if count else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(turn, np.arange(count), 0))
    place = np.empty(count, np.int32)
    place[siblings] = (before - before[first]).astype(np.int32)
    for level in range(1, levels):
        here = by_depth[bounds[level] : bounds[level + 1]]
        place[here] += place[parent[here]] + 1
    return size, place


def _walk(parent: Int32, siblings: Int32) -> tuple[Int32, Int32]:
    """The same for trees of very many levels, one span at a time."""
    count = len(parent)
    up = parent.tolist()
    inner: list[list[int]] = [[] for _ in range(count)]
    tops: list[int] = []
    for index in siblings.tolist():
        (inner[up[index]] if up[index] >= 0 else tops).append(index)
    order: list[int] = []
    waiting = tops[::-1]
    while waiting:
        index = waiting.pop()
        order.append(index)
        waiting.extend(reversed(inner[index]))
    size = [1] * count
    for index in reversed(order):
        if up[index] >= 0:
            size[up[index]] += size[index]
    place = np.empty(count, np.int32)
    place[order] = np.arange(count, dtype=np.int32)
    return np.array(size, np.int32), place


def _retries(structure: Structure, parent: Int32, siblings: Int32, place: Int32) -> Retries:
    label = structure.label[siblings]
    again = (
        (structure.status[siblings[:-1]] == ERROR)
        & (label[:-1] == label[1:])
        & (label[:-1] != 0)
        & (parent[siblings[:-1]] == parent[siblings[1:]])
    )
    edge = np.diff(np.concatenate(([0], again.astype(np.int8), [0])))
    first, last = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    at = place[siblings[first]]
    by_place = np.argsort(at)
    return Retries(
        at[by_place], place[siblings[last]][by_place], (last - first + 1)[by_place].astype(np.int32)
    )
