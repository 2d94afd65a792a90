"""How a span stood at a moment: over, at work, or still to come."""

from __future__ import annotations

from enum import Enum


class Standing(Enum):
    """Where a span is, seen from the playhead."""

    OVER = "over"
    OPEN = "open"
    AHEAD = "ahead"


def standing(start: int | None, end: int | None, at: int | None) -> Standing:
    """How a span from ``start`` to ``end`` stood at ``at``; all relative to the same start.

    ``at`` None is now: nothing is ahead. A span of which only one end is known counts from there,
    and one without any as over. What starts at the very moment has started; what ends, has ended.
    """
    first = end if start is None else start
    if at is not None and first is not None and first > at:
        return Standing.AHEAD
    if start is None:
        return Standing.OVER
    if end is None or (at is not None and end > at):
        return Standing.OPEN
    return Standing.OVER
