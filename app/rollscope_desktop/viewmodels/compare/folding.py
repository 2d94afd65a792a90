"""Which rows of a comparison are lines: equal runs of steps fold, and any step can be closed.

Knows no Qt. Imports numpy, so it is itself imported late. A *line* is the number of a row, or the
complement (``~row``) for the line that stands above the equal rows of a fold, open or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rollscope_desktop.model.alignment import Alignment, Fold, Sign

if TYPE_CHECKING:
    from rollscope_desktop.query.structure import Int32

_WHOLE = (Sign.INSERTED, Sign.REMOVED)


class Folding:
    """What is open in a comparison; ``follow`` takes it over to a later one of the same runs.

    Folds are closed at first, steps are open. What a person chose is kept by ids of spans.
    """

    def __init__(self, alignment: Alignment) -> None:
        self.alignment = alignment
        self._open: set[int] = set()
        self._closed: set[int] = set()
        self._take(alignment)

    def _take(self, alignment: Alignment) -> None:
        self.alignment = alignment
        self.folds = {fold.first: fold for fold in alignment.folds}
        self._firsts = np.array([fold.first for fold in alignment.folds], np.int32)
        self.differences = np.array(_blocks(alignment), np.int32)
        """The rows that differ; of steps that are on one side only with all that is inside, the
        outermost."""

    def renamed(self, lines: Int32, alignment: Alignment) -> Int32:
        """The same lines by the rows of a comparison that is to come; what is not in it, or comes
        to lie in one row, by numbers beyond its end."""
        there = places(alignment)
        seen: set[int] = set()
        out = lines.copy()
        for at, line in enumerate(lines.tolist()):
            row = there.get(self.span_of(line if line >= 0 else ~line))
            row = None if row is None else row if line >= 0 else ~row
            if row is None or row in seen:
                row = len(alignment) + at
            seen.add(row)
            out[at] = row
        return out

    def follow(self, alignment: Alignment) -> None:
        """Go on with a comparison in which the runs have grown."""
        opened = [self.span_of(row) for row in self._open]
        closed = [self.span_of(row) for row in self._closed]
        self._take(alignment)
        there = places(alignment)
        rows = {row for span in opened if (row := there.get(span)) is not None}
        self._open = {first for row in rows if (first := self.fold_around(row)) is not None}
        self._closed = {row for span in closed if (row := there.get(span)) is not None}

    def span_of(self, row: int) -> int:
        """The id of the span that names a row: of the left run, or else of the right one."""
        made = self.alignment
        left = made.a_at[row]
        return int(made.a.id[left] if left >= 0 else made.b.id[made.b_at[row]])

    def lines(self) -> Int32:
        """All lines, from the top."""
        made = self.alignment
        shown = np.ones(len(made), np.bool_)
        for row in self._closed:
            shown[row + 1 : row + int(made.size[row])] = False
        heads = np.zeros(len(made), np.bool_)
        for fold in made.folds:
            heads[fold.first] = shown[fold.first]
            if fold.first not in self._open:
                shown[fold.first : fold.first + fold.count] = False
        rows = np.arange(len(made), dtype=np.int32)
        # The head of a fold stands before the first of its rows.
        both = np.stack((~rows, rows), axis=1)
        return both[np.stack((heads, shown), axis=1)]

    def is_open(self, line: int) -> bool:
        """Whether what is below a line shows."""
        return ~line in self._open if line < 0 else line not in self._closed

    def can_open(self, line: int) -> bool:
        """Whether there is something below a line."""
        return line < 0 or self.alignment.size[line] > 1

    def set_open(self, line: int, opened: bool) -> None:
        """Open or close a line."""
        if line < 0:
            (self._open.add if opened else self._open.discard)(~line)
        elif self.can_open(line):
            (self._closed.discard if opened else self._closed.add)(line)

    def set_all_open(self, opened: bool) -> None:
        """Open every fold and every step; or close the folds, so that differences are seen."""
        self._closed.clear()
        self._open = set(self.folds) if opened else set()

    def reveal(self, row: int) -> bool:
        """Open whatever hides a row; whether something had to be."""
        before = (len(self._open), len(self._closed))
        first = self.fold_around(row)
        if first is not None:
            self._open.add(first)
        size = self.alignment.size
        self._closed -= {at for at in self._closed if at < row < at + size[at]}
        return before != (len(self._open), len(self._closed))

    def fold_around(self, row: int) -> int | None:
        """The first row of the fold that a row is in."""
        at = int(self._firsts.searchsorted(np.int32(row), "right")) - 1
        if at < 0:
            return None
        fold = self.folds[int(self._firsts[at])]
        return fold.first if row < fold.first + fold.count else None

    def parent(self, line: int) -> int | None:
        """The line that a line is inside of."""
        if line < 0:
            return self._above(~line)
        first = self.fold_around(line)
        above = self._above(line)
        return ~first if first is not None and (above is None or above < first) else above

    def _above(self, row: int) -> int | None:
        depth = self.alignment.depth
        wanted = depth[row] - 1
        if wanted < 0:
            return None
        return next((at for at in range(row - 1, -1, -1) if depth[at] == wanted), None)

    def beside(self, row: int, by: int) -> int | None:
        """The row of the next difference after a row, or of the one before; None at the end."""
        found = self.differences
        if by > 0:
            at = int(found.searchsorted(np.int32(row), "right"))
        else:
            at = int(found.searchsorted(np.int32(row))) - 1
        return int(found[at]) if 0 <= at < len(found) else None

    def fold(self, line: int) -> Fold:
        """The fold of a line that stands for one."""
        return self.folds[~line]


def places(alignment: Alignment) -> dict[int, int]:
    """The row of each span by its id, of either run."""
    found: dict[int, int] = {}
    sides: Iterable[tuple[Sequence[int], Sequence[int]]] = (
        (alignment.b.id, alignment.row_of_b),
        (alignment.a.id, alignment.row_of_a),
    )
    for ids, rows in sides:
        found.update(zip(map(int, ids), map(int, rows), strict=True))
    return found


def _blocks(alignment: Alignment) -> list[int]:
    found: list[int] = []
    until, whole = 0, Sign.EQUAL
    for row, sign in enumerate(alignment.signs):
        if sign is Sign.EQUAL or (row < until and sign is whole):
            continue
        found.append(row)
        if sign in _WHOLE:
            until, whole = row + int(alignment.size[row]), sign
    return found
