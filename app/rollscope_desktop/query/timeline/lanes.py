"""The lanes of a run's timeline: in which row each span lies, so that no two of a row overlap.

Every span inherits its parent's track. One that runs while an earlier sibling of its track still
does, or anything inside that sibling, opens a track of its own below, or takes one that has become
free there. A track's rows are the depths of what is in it: a sub-agent that runs beside others
stands with all that is inside it as one block. What branches off deeper stands nearer. A span
without an end lasts as long as what it is part of. Whole-array operations; loops only over spans
that branch off. About 14 bytes a span are kept. Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

import numpy as np

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OPEN
from rollscope_desktop.query.outline import Outline
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.structure import NONE, Int32, Int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAR: Final = 1 << 62
"""Stands for the end of what has not ended. Later than any moment of a log."""
SAMPLE: Final = 16
"""Work is summed up for every so many spans of a row; between them it is taken as even."""

_LEVEL_COSTS = 6


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where the spans of an outline lie. A *position* counts the spans that have a time, row by
    row, in each by time. Times are absolute.

    By position: ``order`` (the span's index), ``begin``. ``first`` has for each row the position of
    its first span, and one more. ``work`` sums up durations before the positions ``sampled``:
    every SAMPLEth one, and the first of each row.
    ``errors``, ``cancelled`` and ``open`` list positions. ``breaks`` are places of pre-order from
    which on a span's row is its depth plus ``shift``. ``loose`` are the indexes of spans without an
    end, ascending, and ``loose_end`` what counts as their ends.
    """

    outline: Outline
    order: Int32
    begin: Int64
    first: Int64
    sampled: Int32
    work: Int64
    errors: Int32
    cancelled: Int32
    open: Int32
    breaks: Int32
    shift: Int32
    loose: Int32
    loose_end: Int64

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.first) - 1

    def row_of(self, index: int) -> int | None:
        """The row of a span; None when the log says no time of it."""
        structure = self.outline.structure
        if structure.start[index] == NONE and structure.end[index] == NONE:
            return None
        return int(self.rows_of(np.array([index]))[0])

    def rows_of(self, indexes: NDArray[np.integer]) -> Int32:
        """The rows of spans that have a time."""
        places = self.outline.place[indexes]
        at = self.breaks.searchsorted(places, "right") - 1
        rows: Int32 = self.outline.depth[places] + self.shift[at]
        return rows

    def position_of(self, index: int) -> int | None:
        """The position of a span."""
        row = self.row_of(index)
        if row is None:
            return None
        low, high = int(self.first[row]), int(self.first[row + 1])
        begin = self.begins(np.array([index]))[0]
        here = self.begin[low:high]
        low, high = (
            low + int(here.searchsorted(begin, "left")),
            low + int(here.searchsorted(begin, "right")),
        )
        found = np.flatnonzero(self.order[low:high] == index)
        return low + int(found[0]) if len(found) else None

    def begins(self, indexes: NDArray[np.integer]) -> Int64:
        """When spans began; for those of which only the end is known, that."""
        structure = self.outline.structure
        start = structure.start[indexes]
        begin: Int64 = np.where(start == NONE, structure.end[indexes], start)
        return begin

    def ends(self, indexes: NDArray[np.integer]) -> Int64:
        """When spans ended, FAR for what is still at work."""
        end = self.outline.structure.end[indexes]
        open_ = end == NONE
        if open_.any():
            at = self.loose.searchsorted(indexes[open_].astype(np.int32))
            end[open_] = self.loose_end[at]
        ends: Int64 = np.maximum(end, self.begins(indexes))
        return ends


@dataclass(frozen=True, slots=True)
class Times:
    """By index: when each span begins and ends, as it is drawn; FAR and NONE where nothing is
    known. ``loose`` are those that the log gives no end."""

    begin: Int64
    end: Int64
    loose: Int32


def times(outline: Outline) -> Times:
    """When each span began and ended, as it is drawn."""
    structure = outline.structure
    begin = np.where(structure.start == NONE, structure.end, structure.start)
    missing = begin == NONE
    without_end = structure.end == NONE
    end = np.maximum(structure.end, begin)
    loose = np.flatnonzero(without_end).astype(np.int32)
    if len(loose):
        # The nearest ancestor that has ended; the topmost one where none has.
        up = np.where(
            without_end & (outline.parent >= 0),
            outline.parent,
            np.arange(len(begin), dtype=np.int32),
        )
        while True:
            further = up[up]
            if (further == up).all():
                break
            up = further
        top = up[loose]
        end[loose] = np.where(without_end[top], FAR, np.maximum(end[top], begin[loose]))
    if missing.any():
        begin[missing] = FAR
        end[missing] = NONE
    return Times(begin, end, loose)


def lanes_of(outline: Outline) -> Job[Lanes]:
    """The lanes of an outline."""
    known = times(outline)
    yield Progress(1, 4, "Arranging the steps")
    begin, end = known.begin[outline.order], known.end[outline.order]
    del known  # quickly made again, and 16 bytes a span
    _hull(outline, begin, end)
    yield Progress(2, 4, "Arranging the steps")
    branches = _branches(outline, begin, end)
    yield Progress(3, 4, "Arranging the steps")
    breaks, shift, row = _rows(outline, branches, begin, end)
    del begin, end
    yield Progress(4, 4, "Arranging the steps")
    return _lanes(outline, times(outline), breaks, shift, row)


def _hull(outline: Outline, begin: Int64, end: Int64) -> None:
    """Widen what lies at each place until it covers what is inside it."""
    parent, depth = outline.parent[outline.order], outline.depth
    up = np.where(parent < 0, np.int32(-1), outline.place[parent])
    has = up >= 0
    if not ((begin[has] < begin[up[has]]) | (end[has] > end[up[has]])).any():
        return
    levels = int(depth.max()) + 1
    if levels * _LEVEL_COSTS > len(up):
        first, last, above = begin.tolist(), end.tolist(), up.tolist()
        for place in range(len(above) - 1, -1, -1):
            parent = above[place]
            if parent >= 0:
                first[parent] = min(first[parent], first[place])
                last[parent] = max(last[parent], last[place])
        begin[:], end[:] = first, last
        return
    by_depth = np.argsort(depth.astype(np.uint16), kind="stable")
    bounds = np.searchsorted(depth[by_depth], np.arange(levels + 1)).tolist()
    for level in range(levels - 1, 0, -1):
        here = by_depth[bounds[level] : bounds[level + 1]]
        np.minimum.at(begin, up[here], begin[here])
        np.maximum.at(end, up[here], end[here])


def _branches(outline: Outline, begin: Int64, end: Int64) -> Int32:
    """Places of the spans that leave their parent's track, ascending."""
    place = outline.place[outline.siblings]
    first, last = begin[place], end[place]
    nowhere = last == NONE
    last[nowhere] = FAR  # nothing in it has a time: it is in nobody's way
    group = outline.parent[outline.siblings]
    same = group[1:] == group[:-1]
    crossing = (np.flatnonzero(same & (first[1:] < last[:-1])) + 1).astype(np.int64)
    if not len(crossing):
        return np.empty(0, np.int32)
    ends = np.append(np.flatnonzero(~same) + 1, len(group))
    group_ends = ends[np.searchsorted(ends, crossing, "right")].tolist()
    spots = crossing.tolist()
    starts, stops = first.data, last.data
    left: list[int] = []
    at = 0
    while at < len(spots):
        spot, stop = spots[at], group_ends[at]
        busy = stops[spot - 1]
        while spot < stop and starts[spot] < busy:
            left.append(spot)
            spot += 1
        # From the first one that fits again, nothing crosses until the next spot.
        while at < len(spots) and spots[at] <= spot:
            at += 1
    return np.sort(place[left])


@dataclass(slots=True)
class _Pool:
    """The tracks that branch off one track: which are taken until when, and which are free."""

    busy: list[tuple[int, int]]
    free: list[int]


def _rows(
    outline: Outline, branches: Int32, begin: Int64, end: Int64
) -> tuple[Int32, Int32, Int32]:
    """Breaks and shifts of the rows, and the row at each place."""
    breaks, owner, outer = _regions(
        branches.tolist(), outline.size[branches].tolist(), len(outline)
    )
    depth = outline.depth
    tracks, parents, levels = _tracks(
        begin[branches].tolist(), end[branches].tolist(), depth[branches].tolist(), outer
    )
    # Of each branch, with the spans that stayed in the first track at -1, the last.
    root = np.append(depth[branches], np.int32(0))
    track = np.append(np.array(tracks, np.int32), np.int32(0))
    places = np.array(breaks, np.int32)
    owners = np.array(owner, np.int32)
    height = np.zeros(len(parents), np.int32)
    if len(depth):
        inside = np.maximum.reduceat(depth, places) - root[owners] + 1
        np.maximum.at(height, track[owners], inside)
    top = np.array(_stacked(height.tolist(), parents, levels), np.int32)
    shift = top[track[owners]] - root[owners]
    row = depth + np.repeat(shift, np.diff(np.append(places, len(depth))))
    return places, shift.astype(np.int32), row.astype(np.int32)


def _regions(
    places: list[int], sizes: list[int], count: int
) -> tuple[list[int], list[int], list[int]]:
    """Where in pre-order another branch takes over, and which (-1: none), and around each branch
    the one that it is in."""
    breaks, owner = [0], [-1]
    outer: list[int] = []
    around: list[tuple[int, int]] = []

    def turn(place: int, branch: int) -> None:
        if breaks[-1] == place:
            owner[-1] = branch
        else:
            breaks.append(place)
            owner.append(branch)

    for branch, (place, size) in enumerate(zip(places, sizes, strict=True)):
        while around and around[-1][0] <= place:
            stop, _ = around.pop()
            turn(stop, around[-1][1] if around else -1)
        outer.append(around[-1][1] if around else -1)
        turn(place, branch)
        around.append((place + size, branch))
    while around:
        stop, _ = around.pop()
        if stop < count:
            turn(stop, around[-1][1] if around else -1)
    return breaks, owner, outer


def _tracks(
    begin: list[int], end: list[int], depth: list[int], outer: list[int]
) -> tuple[list[int], list[int], list[int]]:
    """The track of each branch; of each track the one that it branches off, and at which depth.
    The first track is 0."""
    track = [0] * len(begin)
    parents, levels = [-1], [0]
    pools: dict[tuple[int, int], _Pool] = {}
    # What is around a branch begins no later and stands before it: its track is known by then.
    for branch in sorted(range(len(begin)), key=begin.__getitem__):
        home = track[outer[branch]] if outer[branch] >= 0 else 0
        key = (home, depth[branch])
        pool = pools.get(key)
        if pool is None:
            pool = pools[key] = _Pool([], [])
        while pool.busy and pool.busy[0][0] <= begin[branch]:
            heappush(pool.free, heappop(pool.busy)[1])
        if pool.free:
            mine = heappop(pool.free)
        else:
            mine = len(parents)
            parents.append(home)
            levels.append(depth[branch])
        track[branch] = mine
        heappush(pool.busy, (end[branch], mine))
    return track, parents, levels


def _stacked(height: list[int], parents: list[int], levels: list[int]) -> list[int]:
    """The first row of each track: below the track it branches off, and below those that branch
    off that one deeper, or came before."""
    inner: list[list[int]] = [[] for _ in parents]
    for track, parent in enumerate(parents):
        if parent >= 0:
            inner[parent].append(track)
    top = [0] * len(parents)
    row = 0
    waiting = [0]
    while waiting:
        track = waiting.pop()
        top[track] = row
        row += height[track]
        # The last one is the next: the deepest, and of these the first that came.
        waiting.extend(sorted(inner[track], key=lambda one: (levels[one], -one)))
    return top


def _lanes(outline: Outline, known: Times, breaks: Int32, shift: Int32, row: Int32) -> Lanes:
    index = outline.order
    begin = known.begin[index]
    timed = np.flatnonzero(begin != FAR)
    if len(timed) < len(index):
        index, begin, row = index[timed], begin[timed], row[timed]
    short = len(row) == 0 or int(row.max()) < 1 << 16
    by_row = np.argsort(row.astype(np.uint16) if short else row, kind="stable")
    rows, begin, order = row[by_row], begin[by_row], index[by_row]
    end = known.end[order]
    if ((end[:-1] > begin[1:]) & (rows[1:] == rows[:-1])).any():
        # Tracks that were used again: in pre-order they are not in the order of time.
        again = np.lexsort((end, begin, rows))
        rows, begin, order, end = rows[again], begin[again], order[again], end[again]
    count = int(rows[-1]) + 1 if len(rows) else 0
    latest = int(end[end < FAR].max(initial=0)) if len(end) else 0
    took = np.minimum(end, max(latest, int(begin.max(initial=0)))) - begin
    status = outline.structure.status[order]
    loose_end = known.end[known.loose]
    first = np.searchsorted(rows, np.arange(count + 1))
    sampled = np.union1d(np.arange(0, len(order) + 1, SAMPLE), first)
    total = np.cumsum(took, out=took)
    work = np.where(sampled > 0, total[sampled - 1] if len(total) else 0, 0)
    return Lanes(
        outline,
        order.astype(np.int32),
        begin,
        first.astype(np.int64),
        sampled.astype(np.int32),
        work.astype(np.int64),
        _where(status == ERROR),
        _where(status == CANCELLED),
        _where(status == OPEN),
        breaks,
        shift,
        known.loose,
        loose_end,
    )


def _where(mask: NDArray[np.bool_]) -> Int32:
    return np.flatnonzero(mask).astype(np.int32)
