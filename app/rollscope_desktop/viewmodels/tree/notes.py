"""Where the notes of a run stand in its tree: below their span, among its children by time.

Knows no Qt. Imports numpy, so it is itself imported late. A note's *spot* is the place of the span
that it stands before, or where the subtree of its own span ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rollscope_desktop.query.marks import Mark
from rollscope_desktop.query.spans import RUN_SHIFT
from rollscope_desktop.query.structure import NONE, Int64
from rollscope_desktop.viewmodels.tree.visible import NOTE

if TYPE_CHECKING:
    from rollscope_desktop.query.marks import Ticks
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int32

MOST = 10_000
"""Notes of a run that become rows: its first ones. Messages do not count, they are no rows."""

_LAST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class NoteRows:
    """Notes by the order in which they stand; ``owner`` is the place of their span, or -1.

    ``number`` is the number of the line. ``by_number`` sorts by it.
    """

    number: Int32
    spot: Int32
    owner: Int32
    depth: Int32
    time: Int64
    type: Int32
    by_number: Int64

    def __len__(self) -> int:
        return len(self.number)

    def at(self, numbers: Int32) -> Int64:
        """Where the notes of these lines are in the arrays."""
        found = np.searchsorted(self.number, numbers, sorter=self.by_number)
        return self.by_number[np.minimum(found, len(self) - 1)]

    def of(self, owner: int) -> int:
        """How many notes a span has, by its place."""
        return int(np.count_nonzero(self.owner == owner)) if len(self) else 0


def note_rows(outline: Outline, ticks: Ticks | None, zero: int) -> NoteRows | None:
    """The first ``MOST`` notes as rows; ``zero`` is the start of the run's axis. None: no notes."""
    if ticks is None:
        return None
    chosen = np.flatnonzero((ticks.type != Mark.MESSAGE) & (ticks.index < len(outline)))
    if not len(chosen):
        return None
    if len(chosen) > MOST:
        chosen = np.sort(chosen[np.argsort(ticks.id[chosen], kind="stable")[:MOST]])
    span = ticks.index[chosen]
    time = ticks.time[chosen]
    inside = span >= 0
    owner = np.full(len(chosen), -1, np.int32)
    owner[inside] = outline.place[span[inside]]
    depth = np.zeros(len(chosen), np.int32)
    depth[inside] = outline.depth[owner[inside]] + 1
    spot = _spots(outline, span, owner, time + zero)
    # At one spot those of inner spans end first; they were there before what comes next outside.
    order = np.lexsort((ticks.id[chosen], time, -depth, spot))
    number = (NOTE + (ticks.id[chosen] & ((1 << RUN_SHIFT) - 1))).astype(np.int32)[order]
    return NoteRows(
        number, spot[order], owner[order], depth[order], time[order],
        ticks.type[chosen][order].astype(np.int32), np.argsort(number, kind="stable"),
    )  # fmt: skip


def _spots(outline: Outline, span: Int64, owner: Int32, time: Int64) -> Int32:
    """Before the first child that began later; a search in all groups of siblings at once."""
    made = outline
    ends = np.cumsum(made.children, dtype=np.int64)
    inside = span >= 0
    low, last = np.zeros(len(span), np.int64), np.full(len(span), made.tops, np.int64)
    last[inside] += ends[span[inside]]
    low[inside] = last[inside] - made.children[span[inside]]
    high = last.copy()
    start, end = made.structure.start, made.structure.end
    while True:
        wide = np.flatnonzero(low < high)
        if not len(wide):
            break
        middle = (low[wide] + high[wide]) >> 1
        at = made.siblings[middle]
        begun = np.where(start[at] == NONE, end[at], start[at])
        begun[begun == NONE] = _LAST
        later = begun > time[wide]
        high[wide[later]] = middle[later]
        low[wide[~later]] = middle[~later] + 1
    after = np.full(len(span), len(made), np.int32)
    after[inside] = owner[inside] + made.size[owner[inside]]
    found = low < last
    after[found] = made.place[made.siblings[low[found]]]
    return after
