"""Heights of very many rows, measured or guessed, and where each row begins; pure but for numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 512


class Heights:
    """Four bytes a row. Finding a row and changing one cost about the square root of how many."""

    def __init__(self, count: int = 0, guess: int = 0) -> None:
        self._rows: NDArray[np.int32] = np.full(count, guess, np.int32)
        self._add_up()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def total(self) -> int:
        """How high all rows are together."""
        return self._total

    def grow(self, count: int, guess: int) -> None:
        """Rows came at the end."""
        self._rows = np.concatenate((self._rows, np.full(count, guess, np.int32)))
        self._add_up()

    def follow(self, before: NDArray[np.int32], guess: int) -> None:
        """Rows are others now: each takes the height of the row it was, -1 for a new one."""
        kept = before >= 0
        rows = np.full(len(before), guess, np.int32)
        rows[kept] = self._rows[before[kept]]
        self._rows = rows
        self._add_up()

    def get(self, row: int) -> int:
        """How high a row is."""
        return int(self._rows[row])

    def set(self, row: int, height: int) -> int:
        """Change a row's height; returns by how much."""
        change = height - int(self._rows[row])
        if change:
            self._rows[row] = height
            self._blocks[row // _BLOCK] += change
            self._total += change
        return change

    def top(self, row: int) -> int:
        """Where a row begins."""
        block = row // _BLOCK
        inside = self._rows[block * _BLOCK : row].sum(dtype=np.int64)
        return int(self._blocks[:block].sum() + inside)

    def at(self, y: int) -> int:
        """The row at a height; the first above the top, the last below the end."""
        if not len(self._rows):
            return 0
        ends = np.cumsum(self._blocks)
        block = min(int(ends.searchsorted(y, "right")), len(self._blocks) - 1)
        begin = int(ends[block] - self._blocks[block])
        rows = np.cumsum(self._rows[block * _BLOCK : (block + 1) * _BLOCK], dtype=np.int64)
        inside = min(int(rows.searchsorted(max(y - begin, 0), "right")), len(rows) - 1)
        return block * _BLOCK + inside

    def _add_up(self) -> None:
        starts = np.arange(0, len(self._rows), _BLOCK)
        rows = self._rows.astype(np.int64)
        self._blocks = np.add.reduceat(rows, starts) if len(rows) else np.zeros(0, np.int64)
        self._total = int(self._blocks.sum())
