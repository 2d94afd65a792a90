"""Rows of a conversation in whole-array operations: which are shown, and which were there before.

Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rollscope_desktop.query.conversation.steps import Steps, What
from rollscope_desktop.query.structure import NONE

if TYPE_CHECKING:
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.viewmodels.conversation.chapter import Chapter

Int32 = NDArray[np.int32]


def visible_rows(steps: Steps, mask: NDArray[np.bool_]) -> Int32 | None:
    """The places of steps that fit a mask of spans; a negative number counts those between.

    Noted messages have no span that could fit or not, and stay; so do spans newer than the mask.
    """
    # What has no span has the index -1: it is the last of these, and fits.
    more = np.ones(max(len(steps.structure) - len(mask), 0) + 1, np.bool_)
    fit = np.concatenate((mask, more))[steps.ref]
    fit[np.flatnonzero(steps.what == What.NOTE)] = True
    if fit.all():
        return None
    places = np.arange(len(steps), dtype=np.int32)
    edge = np.flatnonzero(np.diff(np.concatenate(([True], fit, [True])).astype(np.int8)))
    first, last = edge[::2], edge[1::2]
    row = np.where(fit, places, 0).astype(np.int32)
    row[first] = (first - last).astype(np.int32)
    keep = fit.copy()
    keep[first] = True
    return row[keep]


def row_of(rows: Int32, place: int) -> int:
    """The row of a place, or of the rule that it is hidden behind."""
    ends = np.cumsum(np.where(rows < 0, -rows, 1))
    return min(int(ends.searchsorted(place, "right")), len(rows) - 1)


def place_of(steps: Steps, span: int, outline: Outline | None) -> int:
    """The place of a span's step; of a span without one, the next inside or after it. Else -1."""
    index = steps.structure.index_of(span)
    if index is None:
        return -1
    own = (steps.ref == index) & (steps.what != What.NOTE)
    at = np.flatnonzero(own & np.isin(steps.what, (What.CALL, What.TOOL)))
    if not len(at):
        at = np.flatnonzero(own)
    if len(at):
        return int(at[0])
    if outline is None or index >= len(outline):
        return 0
    spans = np.flatnonzero((steps.ref >= 0) & (steps.what != What.NOTE))
    if not len(spans):
        return 0
    where = outline.place[np.minimum(steps.ref[spans], len(outline) - 1)]
    later = np.flatnonzero(where >= outline.place[index])
    return int(spans[later[0]]) if len(later) else int(spans[-1])


def place_at(steps: Steps, moment: int) -> int:
    """The place of the step that began last, as of an absolute moment."""
    spans = steps.what != What.NOTE
    begun = np.where(steps.ref >= 0, steps.structure.start[steps.ref], NONE)
    begun[~spans | (begun > moment) | (steps.what == What.LEAVE)] = NONE
    return int(begun.argmax()) if len(begun) else 0


_MOST_MAPPED = 200_000


def follow_on(
    before: Sequence[Chapter], known: Sequence[int], now: Sequence[Chapter], starts: Sequence[int]
) -> int | Int32 | None:
    """How rows go on: the first new one if all others stay, else for each the row it was or -1.

    None when nothing stays, or when finding that out would take too long.
    """
    if not before or not now:
        return None
    if _grew(before, now):
        return known[-1]
    if max(known[-1], starts[-1]) > _MOST_MAPPED:
        return None
    places = {}
    for number, chapter in enumerate(before):
        for row, code in enumerate(_codes(chapter).tolist()):
            if code >= 0:
                places[chapter.run, code] = known[number] + row
    found = [
        places.get((chapter.run, code), -1) if code >= 0 else -1
        for chapter in now
        for code in _codes(chapter).tolist()
    ]
    return np.array(found, np.int32)


def _grew(before: Sequence[Chapter], now: Sequence[Chapter]) -> bool:
    """Whether the same runs are shown, and only the last has more rows than it had."""
    if [c.run for c in before] != [c.run for c in now]:
        return False
    for one, other in zip(before[:-1], now[:-1], strict=True):
        if one.steps is not other.steps or one.rows is not None or other.rows is not None:
            return False
    old, new = before[-1], now[-1]
    if old.rows is not None or new.rows is not None or len(new) < len(old):
        return False
    count = len(old)
    return bool(
        (old.steps.what == new.steps.what[:count]).all()
        and (old.steps.ref == new.steps.ref[:count]).all()
    )


def _codes(chapter: Chapter) -> NDArray[np.int64]:
    codes = chapter.steps.codes()
    if chapter.rows is None:
        return codes
    return np.where(chapter.rows < 0, -1, codes[np.maximum(chapter.rows, 0)])
