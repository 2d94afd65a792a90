"""From span to span on the timeline, and when a span is drawn; pure.

Imports numpy only when asked something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollscope_desktop.query.structure import Structure
    from rollscope_desktop.query.timeline.lanes import Lanes


def extent(
    lanes: Lanes, index: int, zero: int, length: int, at: int | None
) -> tuple[int, int] | None:
    """When a span is drawn to begin and end, relative to ``zero``: what has not ended up to now,
    or up to the playhead. None for a span without a time."""
    import numpy as np

    if lanes.row_of(index) is None:
        return None
    one = np.array([index])
    begin, end = int(lanes.begins(one)[0]) - zero, int(lanes.ends(one)[0]) - zero
    if at is not None and begin <= at:
        return begin, min(end, at)
    return begin, min(end, max(length, begin))


def plain_extent(
    structure: Structure, index: int, zero: int, length: int
) -> tuple[int, int] | None:
    """The same as far as the log says it, while there are no lanes."""
    from rollscope_desktop.query.structure import NONE

    start, end = int(structure.start[index]), int(structure.end[index])
    if start == NONE and end == NONE:
        return None
    start = end if start == NONE else start
    return start - zero, max(start, zero + length if end == NONE else end) - zero


def beside(lanes: Lanes, index: int | None, where: str) -> int | None:
    """The index of the span that is "before" or "after" one in its row, "up" around it, or
    "down" inside it; the "first" or "last" of its row. Without one, the first of all."""
    if not len(lanes.order):
        return None
    position = None if index is None else lanes.position_of(index)
    if index is None or position is None:
        return int(lanes.order[0])
    outline = lanes.outline
    if where == "up":
        parent = int(outline.parent[index])
        return None if parent < 0 else parent
    if where == "down":
        place = int(outline.place[index]) + 1
        return int(outline.order[place]) if outline.children[index] else None
    row = lanes.row_of(index)
    assert row is not None
    low, high = int(lanes.first[row]), int(lanes.first[row + 1]) - 1
    to = {"before": position - 1, "after": position + 1, "first": low, "last": high}[where]
    return int(lanes.order[to]) if low <= to <= high else None


def further(lanes: Lanes, index: int | None, by: int) -> int | None:
    """The index of the span ``by`` places further on in the tree's order."""
    if not len(lanes.outline):
        return None
    outline = lanes.outline
    place = -1 if index is None else int(outline.place[index])
    return int(outline.order[min(max(place + by, 0), len(outline) - 1)])
