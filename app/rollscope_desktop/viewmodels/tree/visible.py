"""Which spans of an outline are lines of the tree: what is open, what is folded, what repeats.

Knows no Qt. Imports numpy, so it is itself imported late. A *line* is the place of a span in
pre-order, or the complement (``~place``) for a line that stands for that span and all its further
siblings, or from ``NOTE`` on the number of a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from rollscope_desktop.viewmodels.tree.opened import Opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int32, Int64

OPEN_DEPTH = 2
"""Spans above this depth are open at first."""
FOLD_AT = 1_000
ERRORS_SHOWN = 50
NOTE: Final = 1 << 30
"""Lines from this number on are notes: this, and the note's id without its run."""


@dataclass(slots=True)
class _Fold:
    """The children of ``parent`` (an index, -1 for the run) from the place ``first`` on."""

    parent: int
    first: int
    end: int
    hidden: int


class Folding(Opened):
    """What is open in the tree of one run; survives the growth of its outline."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self._open = outline.depth[outline.place] < OPEN_DEPTH
        self._limits: dict[int, int] = {}
        self._open_retries: set[int] = set()
        self._place_folds()

    def follow(self, outline: Outline) -> None:
        """Go on with an outline of the same run that has grown."""
        known = len(self._open)
        fresh = outline.depth[outline.place[known:]] < OPEN_DEPTH
        self._open = np.concatenate((self._open, fresh))
        self.outline = outline
        self._place_folds()

    def lines(self, low: int = 0, high: int | None = None) -> Int32:
        """The lines among the places from ``low`` to ``high``, seen by themselves."""
        made = self.outline
        high = len(made) if high is None else high
        if high <= low:
            return np.empty(0, np.int32)
        count = high - low
        sizes = made.size[low:high]
        closed = np.flatnonzero((sizes > 1) & ~self._open[made.order[low:high]])
        step = np.zeros(count + 1, np.int32)
        step[closed + 1] = 1
        step -= np.bincount(closed + sizes[closed], minlength=count + 1).astype(np.int32)
        first, last = self._closed_retries(low, high)
        np.add.at(step, first - low, 1)
        np.add.at(step, last - low, -1)
        folds = [fold for fold in self._folds.values() if low <= fold.first < high]
        for fold in folds:
            step[fold.first + 1 - low] += 1
            step[fold.end - low] -= 1
        hidden = np.cumsum(step[:-1], dtype=np.int32)
        out = (np.flatnonzero(hidden == 0) + low).astype(np.int32)
        marks = [fold.first for fold in folds if hidden[fold.first - low] == 0]
        if marks:
            rows = np.searchsorted(out, marks)
            out[rows] = ~out[rows]
        return out

    def hidden_by(self, line: int) -> int:
        """For a line of folded siblings: how many they are."""
        fold = self._folds.get(~line)
        return 0 if fold is None else fold.hidden

    def show_more(self, line: int) -> tuple[int, int]:
        """Unfold the next siblings; the places that are to be looked at again."""
        fold = self._folds[~line]
        self._limits[fold.parent] = self._limits.get(fold.parent, FOLD_AT) + FOLD_AT
        span = (fold.first, fold.end)
        self._place_folds()
        return span

    def repeats(self, place: int) -> int:
        """How many attempts the line of this span stands for; 1 unless earlier ones are hidden."""
        at = self._retry_that(place)
        return 1 if at is None or self._is_open_retry(at) else int(self.outline.retries.count[at])

    def set_repeats(self, place: int, open: bool) -> tuple[int, int] | None:
        """Show or hide the earlier attempts of a span; the places to look at again, if any."""
        at = self._retry_that(place)
        if at is None or self._is_open_retry(at) == open:
            return None
        retries = self.outline.retries
        first = int(retries.first[at])
        key = int(self.outline.order[first])
        (self._open_retries.add if open else self._open_retries.discard)(key)
        self._place_folds()
        return first, int(retries.last[at])

    def reveal(self, place: int) -> None:
        """Open whatever hides a span."""
        made = self.outline
        at = int(made.order[place])
        while True:
            spot = int(made.place[at])
            retry = self._retry_around(spot)
            if retry is not None:
                self._open_retries.add(int(made.order[made.retries.first[retry]]))
            parent = int(made.parent[at])
            fold = next((f for f in self._folds.values() if f.parent == parent), None)
            if fold is not None and spot >= fold.first:
                nth = int(np.flatnonzero(self._children(parent) == at)[0])
                self._limits[parent] = (nth // FOLD_AT + 1) * FOLD_AT
            if parent < 0:
                break
            self._open[parent] = True
            at = parent
        self._place_folds()

    def open_errors(self) -> None:
        """Open the ancestors of the first errors."""
        made = self.outline
        for place in made.errors[:ERRORS_SHOWN].tolist():
            at = int(made.parent[made.order[place]])
            while at >= 0 and not (self._open[at] and made.depth[made.place[at]] >= OPEN_DEPTH):
                self._open[at] = True
                at = int(made.parent[at])

    def _children(self, parent: int) -> Int32:
        made = self.outline
        if parent < 0:
            return made.siblings[: made.tops]
        first = made.tops + int(made.children[:parent].sum(dtype=np.int64))
        return made.siblings[first : first + int(made.children[parent])]

    def _place_folds(self) -> None:
        made = self.outline
        self._folds: dict[int, _Fold] = {}
        big = np.flatnonzero(made.children > FOLD_AT).tolist()
        if made.tops > FOLD_AT:
            big.append(-1)
        for parent in big:
            limit = self._limits.get(parent, FOLD_AT)
            count = made.tops if parent < 0 else int(made.children[parent])
            if count <= limit:
                continue
            first = int(made.place[self._children(parent)[limit]])
            top = -1 if parent < 0 else int(made.place[parent])
            end = len(made) if parent < 0 else top + int(made.size[top])
            self._folds[first] = _Fold(parent, first, end, count - limit)

    def _closed_retries(self, low: int, high: int) -> tuple[Int32, Int32]:
        retries = self.outline.retries
        at = slice(*np.searchsorted(retries.first, (low, high)).tolist())
        first, last = retries.first[at], retries.last[at]
        keep = last < high
        for place in self._open_retries:
            keep &= first != self.outline.place[place]
        for fold in self._folds.values():
            # Attempts on both sides of a fold: its line must stay to be seen.
            across = (first < fold.first) & (last >= fold.first)
            if across.any():
                parents = self.outline.parent[self.outline.order[first]]
                keep &= ~(across & (parents == fold.parent))
        return first[keep], last[keep]

    def _retry_that(self, place: int) -> int | None:
        """The run of retries that ends with this span."""
        retries = self.outline.retries
        if not len(retries.first):
            return None
        found = self._ends()
        return found.get(place)

    def _ends(self) -> dict[int, int]:
        retries = self.outline.retries
        if getattr(self, "_ends_of", None) is not retries:
            self._ends_of = retries
            self._ends_at = {int(place): n for n, place in enumerate(retries.last)}
        return self._ends_at

    def _retry_around(self, place: int) -> int | None:
        """The run of retries whose earlier attempts include this very span."""
        retries = self.outline.retries
        made = self.outline
        parent = made.parent[made.order[place]]
        low = int(np.searchsorted(retries.first, place, side="right"))
        for at in range(low - 1, -1, -1):
            first = int(retries.first[at])
            if made.parent[made.order[first]] == parent:
                return at if first <= place < int(retries.last[at]) else None
            if parent >= 0 and first < made.place[parent]:
                return None
        return None

    def _is_open_retry(self, at: int) -> bool:
        return int(self.outline.order[self.outline.retries.first[at]]) in self._open_retries


@dataclass(frozen=True, slots=True)
class Change:
    """How a list of lines becomes another: blocks to remove from the old one, last first, then
    blocks to insert, first first, each as (row, count) at the time it is its turn."""

    removed: list[tuple[int, int]]
    inserted: list[tuple[int, int]]


def change(old: Int32 | Int64, new: Int32 | Int64, most: int = 64) -> Change | None:
    """How ``old`` becomes ``new``; None if lines changed their order, or in too many places."""
    kept_old = _among(old, new)
    kept_new = _among(new, old)
    if not np.array_equal(old[kept_old], new[kept_new]):
        return None
    removed, inserted = _blocks(~kept_old), _blocks(~kept_new)
    if len(removed) + len(inserted) > most:
        return None
    return Change(removed[::-1], inserted)


def _among(these: Int32 | Int64, those: Int32 | Int64) -> NDArray[np.bool_]:
    """Which of these lines are among those; a table for each sort of line, as numbers of one sort
    lie close together, and ``np.isin`` would sort them all."""
    if these.dtype != np.int32 or those.dtype != np.int32:
        return np.isin(these, those)  # numbers of another table
    found = np.zeros(len(these), np.bool_)
    sorts = ((0, NOTE, 0), (NOTE, 1 << 31, NOTE), (-(1 << 31), 0, None))
    for low, high, base in sorts:
        mine = np.flatnonzero((these >= low) & (these < high))
        theirs = those[(those >= low) & (those < high)]
        if not len(mine) or not len(theirs):
            continue
        at, of = these[mine], theirs
        at, of = (~at, ~of) if base is None else (at - base, of - base)
        table = np.zeros(int(of.max()) + 1, np.bool_)
        table[of] = True
        known = at < len(table)
        found[mine[known]] = table[at[known]]
    return found


def _blocks(mask: np.ndarray) -> list[tuple[int, int]]:
    edge = np.diff(np.concatenate(([0], mask.astype(np.int8), [0])))
    first, last = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    return [(int(a), int(b - a)) for a, b in zip(first, last, strict=True)]
