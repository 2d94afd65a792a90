"""Which part of a run's axis is in view, and where a moment lies in pixels.

Pure: moments are integers relative to the run's start. Idle gaps are folded: each takes a few
pixels, whatever it lasted. Painter, hit test, ruler and tooltip all use the same viewport.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from math import floor

Gap = tuple[int, int]
"""Two moments, first < last, between which nothing happened."""

MARGIN = 8
"""Pixels left free at both ends, as in the tree's waterfall."""
BREAK = 14
"""Pixels that a folded gap takes, where there is room for all of them."""
LEAST_TIME, LEAST_EVENTS = 1_000, 4
"""The shortest part that can fill the view: nanoseconds, or events in a run without times."""

_BREAKS_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Viewport:
    """``start`` to ``end`` of an axis of ``length`` over ``width`` pixels, gaps folded.

    Always 0 <= start < end <= length, and at least ``least`` of it is not folded, unless the whole
    run is shorter. ``gaps`` are ascending, do not touch, and lie within the axis.
    """

    length: int
    start: int
    end: int
    width: int
    gaps: tuple[Gap, ...] = ()
    least: int = LEAST_TIME
    scale: float = field(init=False, compare=False, repr=False)
    """Pixels a unit of time that is not folded."""
    fold: float = field(init=False, compare=False, repr=False)
    """Pixels a folded gap takes."""
    _before: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        before = [0]
        for first, last in self.gaps:
            before.append(before[-1] + last - first)
        set_ = object.__setattr__
        set_(self, "_before", tuple(before))
        set_(self, "fold", min(BREAK, _BREAKS_SHARE * self.room / max(len(self.gaps), 1)))
        work, folds = self._travelled(self.start, self.end)
        set_(self, "scale", (self.room - folds * self.fold) / max(work, 1))

    @staticmethod
    def whole(
        length: int, width: int, gaps: tuple[Gap, ...] = (), least: int = LEAST_TIME
    ) -> Viewport:
        """All of a run."""
        length = max(length, 1)
        return Viewport(length, 0, length, width, gaps, least)

    @property
    def room(self) -> int:
        """The pixels between the margins."""
        return max(self.width - 2 * MARGIN, 1)

    @property
    def is_whole(self) -> bool:
        """Whether all of the run is in view."""
        return self.start == 0 and self.end == self.length

    @property
    def offset(self) -> float:
        """How many pixels lie left of the view at this scale: a grid of pixels that is counted from
        the start of the run stays with it when the view is panned."""
        return self._distance(0, self.start, self.scale) - MARGIN

    def x(self, moment: int) -> int:
        """The pixel of a moment; far outside of the view it is a pixel far outside."""
        return floor(self._distance(self.start, moment, self.scale)) + MARGIN

    def moment(self, x: int) -> int:
        """The first moment that is drawn at a pixel or to the right of it."""
        return self._reach(self.start, x - MARGIN, self.scale)

    def showing(self, start: int, end: int) -> Viewport:
        """Another part of the same axis, as near to what is asked for as may be."""
        start = min(max(min(start, end), 0), self.length)
        end = min(max(start, end, 0), self.length)
        missing = self.least - self._travelled(start, end)[0]
        if missing > 0:
            end = min(self._later(end, missing // 2 + missing % 2), self.length)
            missing = self.least - self._travelled(start, end)[0]
            start = max(self._earlier(start, max(missing, 0)), 0)
            missing = self.least - self._travelled(start, end)[0]
            end = min(self._later(end, max(missing, 0)), self.length)
        if end <= start:
            start, end = max(end - 1, 0), max(end - 1, 0) + 1
        return Viewport(self.length, start, end, self.width, self.gaps, self.least)

    def zoomed(self, x: int, factor: float) -> Viewport:
        """Closer (factor > 1) or further; what lies under the pixel stays there."""
        x = min(max(x, MARGIN), MARGIN + self.room)
        work, folds = self._travelled(0, self.length)
        furthest = (self.room - folds * self.fold) / max(work, 1)
        scale = min(max(self.scale * factor, furthest), self.room / min(self.least, self.length))
        if scale <= furthest:
            return self.showing(0, self.length)
        held = self.moment(x)
        start = self._reach(held, MARGIN - x, scale)
        end = self._reach(held, MARGIN + self.room - x, scale)
        return self._within(start, end, scale)

    def panned(self, pixels: int) -> Viewport:
        """Moved: a positive number brings what is later into view."""
        start = self._reach(self.start, pixels, self.scale)
        end = self._reach(self.end, pixels, self.scale)
        return self._within(start, end, self.scale)

    def resized(self, width: int) -> Viewport:
        """The same part over another width."""
        return Viewport(self.length, self.start, self.end, width, self.gaps, self.least)

    def knots(self) -> tuple[list[int], list[float]]:
        """Moments and their pixels between which the mapping is a straight line, from left of the
        view to right of it."""
        left, right = self.moment(-MARGIN) - 1, self.moment(self.width + MARGIN)
        first = bisect_right(self.gaps, left, key=_last)
        edges = [left]
        for gap in self.gaps[first:]:
            if gap[0] >= right:
                break
            edges += [moment for moment in gap if left < moment < right]
        edges.append(max(right, left + 1))
        return edges, [self._distance(self.start, at, self.scale) + MARGIN for at in edges]

    def gaps_in_view(self) -> list[tuple[int, int, Gap]]:
        """Folded gaps that are seen: their first and last pixel, and when they were."""
        first = bisect_right(self.gaps, self.start, key=_last)
        found = []
        for gap in self.gaps[first:]:
            if gap[0] >= self.end:
                break
            found.append((self.x(gap[0]), self.x(gap[1]), gap))
        return found

    def _within(self, start: int, end: int, scale: float) -> Viewport:
        if start < 0:
            start, end = 0, self._reach(0, self.room, scale)
        if end > self.length:
            start, end = self._reach(self.length, -self.room, scale), self.length
        return self.showing(start, end)

    def _folded(self, moment: int) -> tuple[int, float]:
        """How much before a moment is not folded, and how many gaps are."""
        at = bisect_right(self.gaps, moment, key=_first)
        if at == 0:
            return moment, 0.0
        first, last = self.gaps[at - 1]
        if moment >= last:
            return moment - self._before[at], float(at)
        return first - self._before[at - 1], at - 1 + (moment - first) / (last - first)

    def _travelled(self, start: int, end: int) -> tuple[int, float]:
        work, folds = self._folded(end)
        work_before, folds_before = self._folded(start)
        return work - work_before, folds - folds_before

    def _distance(self, start: int, end: int, scale: float) -> float:
        work, folds = self._travelled(start, end)
        return work * scale + folds * self.fold

    def _reach(self, start: int, pixels: float, scale: float) -> int:
        """The first moment that is at least ``pixels`` away."""
        far = int(abs(pixels) / scale) + self._before[-1] + 2
        return _search(
            start - far, start + far, lambda at: self._distance(start, at, scale) >= pixels
        )

    def _later(self, moment: int, work: int) -> int:
        """``work`` that is not folded after a moment."""
        goal = self._folded(moment)[0] + work
        return _search(
            moment, moment + work + self._before[-1], lambda at: self._folded(at)[0] >= goal
        )

    def _earlier(self, moment: int, work: int) -> int:
        goal = self._folded(moment)[0] - work
        return _search(
            moment - work - self._before[-1] - 1, moment, lambda at: self._folded(at)[0] >= goal
        )


def _search(low: int, high: int, reached: Callable[[int], bool]) -> int:
    """The least of ``low`` to ``high`` for which it is so; it is so for ``high``."""
    while low < high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _first(gap: Gap) -> int:
    return gap[0]


def _last(gap: Gap) -> int:
    return gap[1]
