"""What the timeline asks to be drawn: bars, and columns where bars would be too thin.

Pure, and of the same cost at any zoom: each row is searched for the edges of the columns, and of
what begins within a column only the last span can reach beyond it: spans of a row do not overlap.
Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK, OPEN
from rollscope_desktop.query.timeline.lanes import FAR, Lanes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.model.viewport import Viewport
    from rollscope_desktop.query.structure import Int8, Int32, Int64

COLUMN: Final = 3
"""Pixels: bars thinner than that are merged into columns of this width."""

PLAIN, UNFIT, AHEAD = 0, 1, 2
"""How strongly something is drawn: as it is, not fitting the filter, or after the playhead."""

_FAR_OUT = 16


@dataclass(frozen=True, slots=True)
class Situation:
    """How the run is looked at beside the viewport. ``zero`` is the absolute start of its axis,
    ``at`` the playhead's moment relative to it (None: now). ``mask`` says by index which spans fit
    the filter, ``fits`` how many of them lie before each position."""

    zero: int
    at: int | None = None
    mask: NDArray[np.bool_] | None = None
    fits: Int32 | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """Spans that are wide enough to be seen alone; all arrays have one length. ``left`` and
    ``right`` are pixels, clipped to just outside of the view."""

    index: Int32
    row: Int32
    left: Int32
    right: Int32
    status: Int8
    shade: Int8

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True, slots=True)
class Columns:
    """Merged spans, one column of COLUMN pixels each. ``busy`` is the share of the column's time
    that a span of the row was at work, ``worst`` the worst status, ``index`` one of the spans,
    ``count`` how many they are."""

    index: Int32
    row: Int32
    left: Int32
    busy: NDArray[np.float32]
    worst: Int8
    shade: Int8
    count: Int32

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is seen of the rows ``low`` to ``high`` (not included)."""

    viewport: Viewport
    low: int
    high: int
    bars: Bars
    columns: Columns


def frame(lanes: Lanes, view: Viewport, low: int, high: int, situation: Situation) -> Frame:
    """What is to be drawn of some rows."""
    low, high = max(low, 0), min(high, lanes.rows)
    edges = np.arange(0, view.width + 2 * COLUMN, COLUMN) - view.offset % COLUMN
    mapping = Mapping(view, situation.zero)
    moments = mapping.moments(edges)
    spots = np.empty((max(high - low, 0), len(edges)), np.int64)
    for row in range(low, high):
        first = int(lanes.first[row])
        spots[row - low] = lanes.begin[first : int(lanes.first[row + 1])].searchsorted(moments)
        spots[row - low] += first
    counts = np.diff(spots, axis=1)
    at, column = np.nonzero(counts)
    last = spots[at, column + 1] - 1
    # What began left of the view may reach into it.
    before = np.flatnonzero(spots[:, 0] > lanes.first[low:high])
    shown = np.concatenate((spots[before, 0] - 1, last))
    rows = np.concatenate((before, at)) + low
    index = lanes.order[shown]
    begin, end = lanes.begin[shown], lanes.ends(index)
    left, right = mapping.pixels(begin), mapping.pixels(_drawn_to(view, situation, begin, end))
    wide = right - left >= COLUMN
    single = wide & (right > -_FAR_OUT)
    bars = _bars(lanes, view, situation, single, index, rows, left, right, begin, end)
    merged = counts[at, column] - wide[len(before) :]
    keep = merged > 0
    alone = np.where(wide, 0, end - begin)[len(before) :][keep]
    columns = _columns(
        lanes, view, situation, at[keep] + low, np.rint(edges[column[keep]]),
        spots[at, column][keep], merged[keep], alone, np.diff(moments)[column[keep]],
    )  # fmt: skip
    return Frame(view, low, high, bars, columns)


def hit(lanes: Lanes, view: Viewport, zero: int, row: int, x: int) -> int | None:
    """The index of the span at a pixel of a row; one that is merged counts with its column."""
    if not 0 <= row < lanes.rows:
        return None
    first, stop = int(lanes.first[row]), int(lanes.first[row + 1])
    after = zero + view.moment(x + 1)
    at = first + int(lanes.begin[first:stop].searchsorted(after)) - 1
    best, nearest = None, COLUMN
    for position in (at, at + 1):
        if not first <= position < stop:
            continue
        index = lanes.order[position : position + 1]
        begin, end = int(lanes.begin[position]) - zero, int(lanes.ends(index)[0])
        left = view.x(begin)
        right = max(view.x(view.length if end >= FAR else end - zero), left + 1)
        away = left - x if x < left else max(x - right + 1, 0)
        if away < nearest:
            best, nearest = int(index[0]), away
    return best


class Mapping:
    """Many moments to pixels and back, as the viewport does it for one."""

    def __init__(self, view: Viewport, zero: int) -> None:
        moments, pixels = view.knots()
        # Relative to the view, as an absolute time does not fit a float.
        self._origin = zero + moments[0]
        self._knots = np.array([moment - moments[0] for moment in moments], np.float64)
        self._pixels = np.array(pixels)

    def pixels(self, moments: Int64) -> Int32:
        """The pixels of absolute moments; outside of the view, of its edge."""
        away = np.clip(moments - self._origin, 0, int(self._knots[-1]))
        found = np.interp(away.astype(np.float64), self._knots, self._pixels)
        return np.floor(found).astype(np.int32)

    def moments(self, pixels: NDArray[np.floating]) -> Int64:
        """The first moments that are drawn at pixels, absolute."""
        away = np.interp(pixels, self._pixels, self._knots)
        return np.ceil(away).astype(np.int64) + self._origin


def _drawn_to(view: Viewport, situation: Situation, begin: Int64, end: Int64) -> Int64:
    """Up to when spans are drawn: what has not ended at the playhead, up to there."""
    last = situation.zero + view.length
    if situation.at is None:
        return np.minimum(end, last)
    now = situation.zero + situation.at
    return np.minimum(end, np.where(begin > now, last, now))


def _bars(
    lanes: Lanes,
    view: Viewport,
    situation: Situation,
    chosen: NDArray[np.bool_],
    index: Int32,
    rows: Int64,
    left: Int32,
    right: Int32,
    begin: Int64,
    end: Int64,
) -> Bars:
    index, rows, begin, end = index[chosen], rows[chosen], begin[chosen], end[chosen]
    left, right = left[chosen], right[chosen]
    status = lanes.outline.structure.status[index]
    shade = _shade(situation, index)
    if situation.at is not None:
        now = situation.zero + situation.at
        ahead = begin > now
        shade[ahead & (shade == PLAIN)] = AHEAD
        # Then it was still at work: how it ended was not known.
        status = np.where(~ahead & (end > now), np.int8(OPEN), status)
    edge = np.int32(view.width + _FAR_OUT)
    left, right = np.clip(left, -_FAR_OUT, edge), np.clip(right, -_FAR_OUT, edge)
    return Bars(
        index, rows.astype(np.int32), left.astype(np.int32),
        np.maximum(right, left + COLUMN).astype(np.int32), status.astype(np.int8), shade,
    )  # fmt: skip


def _columns(
    lanes: Lanes,
    view: Viewport,
    situation: Situation,
    rows: Int64,
    left: NDArray[np.float64],
    first: Int64,
    count: Int64,
    alone: Int64,
    time: Int64,
) -> Columns:
    """``first`` is the first position of each column, ``alone`` how long the last span in it took
    (0 where that is drawn as a bar), ``time`` how much time the column stands for."""
    stop = first + count
    # What the last one took is known; the sum of those before it is read off the samples.
    earlier = stop - (alone > 0)
    work = np.interp(earlier, lanes.sampled, lanes.work)
    work -= np.interp(first, lanes.sampled, lanes.work)
    work = np.where(earlier > first, work, 0) + np.minimum(alone, time)
    busy = np.clip(work / np.maximum(time, 1), 0, 1).astype(np.float32)
    worst = np.full(len(first), OK, np.int8)
    for positions, status in ((lanes.cancelled, CANCELLED), (lanes.errors, ERROR)):
        if len(positions):
            worst[_any(positions, first, stop)] = status
    index = lanes.order[stop - 1] if len(stop) else np.empty(0, np.int32)
    shade = np.full(len(first), PLAIN, np.int8)
    if situation.fits is not None:
        shade[situation.fits[stop] == situation.fits[first]] = UNFIT
    if situation.at is not None:
        ahead = left >= view.x(situation.at)
        shade[ahead & (shade == PLAIN)] = AHEAD
    return Columns(
        index, rows.astype(np.int32), left.astype(np.int32), busy, worst, shade,
        count.astype(np.int32),
    )  # fmt: skip


def _any(positions: Int32, first: Int64, stop: Int64) -> NDArray[np.bool_]:
    low = positions.searchsorted(first.astype(np.int32))
    return low < positions.searchsorted(stop.astype(np.int32))


def _shade(situation: Situation, index: Int32) -> Int8:
    shade = np.full(len(index), PLAIN, np.int8)
    if situation.mask is not None:
        known = index < len(situation.mask)
        fits = np.ones(len(index), bool)
        fits[known] = situation.mask[index[known]]
        shade[~fits] = UNFIT
    return shade


def fits_before(lanes: Lanes, mask: NDArray[np.bool_]) -> Int32:
    """How many spans that fit lie before each position, and in all."""
    known = lanes.order < len(mask)
    fits = np.ones(len(lanes.order), bool)
    fits[known] = mask[lanes.order[known]]
    return np.concatenate(([0], np.cumsum(fits))).astype(np.int32)
