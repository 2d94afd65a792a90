"""Where on the scrubber's strip everything lies: moments as pixels, columns, ticks. No painting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK

if TYPE_CHECKING:
    from rollscope_desktop.query.density import Density
    from rollscope_desktop.query.structure import Int64

MARGIN = 8
"""Pixels left free at both ends, for the playhead's handle."""
PITCH, COLUMN = 3, 2
"""Pixels from one column to the next, and how wide each is."""
LEAST = 2
"""Pixels that even one event is high."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A run's length over the width of the strip."""

    length: int
    width: int

    @property
    def room(self) -> int:
        """The pixels between the margins."""
        return max(self.width - 2 * MARGIN, 1)

    def x(self, moment: int) -> int:
        """The pixel of a moment; one outside the run is clipped to it, in integers."""
        inside = min(max(moment, 0), max(self.length, 1))
        return MARGIN + inside * (self.room - 1) // max(self.length, 1)

    def moment(self, x: int) -> int:
        """The moment nearest to a pixel; the last pixel is the end of the run."""
        inside = min(max(x - MARGIN, 0), self.room - 1)
        steps = max(self.room - 1, 1)
        return (2 * inside * max(self.length, 1) + steps) // (2 * steps)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the density: from pixel ``x`` on, ``height`` pixels; ``status`` is the worst."""

    x: int
    height: int
    status: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn for one run at one width. ``errors``, ``messages``, ``forks``: their pixels."""

    columns: tuple[Column, ...] = ()
    errors: tuple[int, ...] = ()
    messages: tuple[int, ...] = ()
    forks: tuple[int, ...] = ()


def plan(made: Density, messages: Int64 | None, scale: Scale, high: int) -> Plan:
    """The columns, at most ``high`` pixels high, and the ticks above them. Many events are shown by
    the logarithm of their number, or a few would not be seen beside them."""
    import numpy as np

    places = _pixels(np.arange(len(made), dtype=np.int64) * made.width, scale)
    spots = (places - MARGIN) // PITCH
    events = np.bincount(spots, weights=made.events)
    ranks = np.select([made.worst == ERROR, made.worst == CANCELLED], [2, 1], 0)
    worst = np.zeros(len(events), np.int64)
    np.maximum.at(worst, spots, ranks)
    full = np.flatnonzero(events)
    most = float(events.max(initial=1))
    heights = LEAST + np.round((high - LEAST) * np.log1p(events[full]) / np.log1p(most))
    columns = (
        Column(MARGIN + spot * PITCH, height, (OK, CANCELLED, ERROR)[rank])
        for spot, height, rank in zip(
            full.tolist(), heights.astype(int).tolist(), worst[full].tolist(), strict=True
        )
    )
    return Plan(
        tuple(columns),
        _distinct(places[made.failed > 0]),
        () if messages is None else _distinct(_pixels(messages, scale)),
        _distinct(_pixels(made.forks, scale)),
    )


def _pixels(moments: Int64, scale: Scale) -> Int64:
    # A run of years is longer in nanoseconds than a million pixels leave room for in 64 bits.
    import numpy as np

    length = max(scale.length, 1)
    inside = np.clip(moments, 0, length)
    if length < 1 << 40:
        return MARGIN + inside * (scale.room - 1) // length
    return MARGIN + (inside >> 20) * (scale.room - 1) // (length >> 20)


def _distinct(pixels: Int64) -> tuple[int, ...]:
    """Each pixel once, and none right beside another: they would run into one."""
    import numpy as np

    found: list[int] = []
    for x in np.flatnonzero(np.bincount(pixels)).tolist():
        if not found or x - found[-1] > 1:
            found.append(x)
    return tuple(found)
