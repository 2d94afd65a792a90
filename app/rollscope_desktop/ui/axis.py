"""The axis of the waterfall: where a moment lies in pixels, and which moments are worth a tick.

Pure: integers in, integers out. Moments are nanoseconds since the run's first event, or numbers of
events in a run whose log has no times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log10

MARGIN = 8
"""Pixels left free at both ends, so that the first and last bar do not touch the column's edge."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A run's extent over a column's width."""

    extent: int
    width: int
    timeless: bool = False

    @property
    def room(self) -> int:
        """The pixels between the margins."""
        return max(self.width - 2 * MARGIN, 1)

    def x(self, moment: int) -> int:
        """The pixel of a moment; moments outside the run are clipped to it, in integers."""
        inside = min(max(moment, 0), max(self.extent, 1))
        return MARGIN + inside * self.room // max(self.extent, 1)

    def ticks(self, distance: int = 72) -> list[tuple[int, str]]:
        """(pixel, label) of ticks at round moments, at least ``distance`` pixels apart."""
        if self.extent <= 0:
            return []
        step = step_of(max(ceil(self.extent * distance / self.room), 1), self.timeless)
        write = writer_of(step, self.timeless)
        return [(self.x(at), write(at)) for at in range(0, self.extent + 1, step)]


def step_of(least: int, timeless: bool) -> int:
    """The least distance of round moments that is not below ``least``."""
    if timeless or least <= 10 * _SECOND:
        return _round_up(least)
    return next((step for step in _LONG_STEPS if step >= least), _round_up(least, _DAY))


def writer_of(step: int, timeless: bool) -> Callable[[int], str]:
    """How moments that far apart are written."""
    return _event if timeless else _writer(step)


_SECOND, _MINUTE, _HOUR = 10**9, 60 * 10**9, 3600 * 10**9
_DAY = 24 * _HOUR
_LONG_STEPS = (
    *(n * _SECOND for n in (10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    _DAY,
)


def _round_up(least: int, unit: int = 1) -> int:
    """The least of 1, 2, 5, 10, 20, 50 … units that is not below ``least``."""
    units = -(-least // unit)
    size = 10 ** max(int(log10(units)), 0)
    return next(n * size for n in (1, 2, 5, 10, 20) if n * size >= units) * unit


def _event(number: int) -> str:
    return f"{number:,}"


def _writer(step: int):
    """Labels of one axis share their unit and their digits after the point."""
    if step >= _MINUTE or step in (15 * _SECOND, 30 * _SECOND):
        return _clock
    for unit, size in (("s", 10**9), ("ms", 10**6), ("µs", 10**3), ("ns", 1)):
        # Down to a tenth of a unit: 0.2 s rather than 200 ms.
        if step * 10 >= size:
            digits = 0 if step % size == 0 else 1
            return lambda at, unit=unit, size=size: f"{at / size:.{digits}f} {unit}"
    return str


def _clock(at: int) -> str:
    minutes, seconds = divmod(at // _SECOND, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
