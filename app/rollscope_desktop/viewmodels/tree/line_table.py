"""A table over an array of lines, which changes by insertion and removal where that is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex

if TYPE_CHECKING:
    from rollscope_desktop.query.structure import Int32

Index = QModelIndex | QPersistentModelIndex


class LineTable(QAbstractTableModel):
    """Rows are the lines of an int32 array: the place of a span, or ``~place`` of folded ones, or
    other numbers whose places ``_spots_of`` knows."""

    _columns = 1
    _lines: Int32 | None = None
    _spots: tuple[Int32, Int32] | None = None  # of which lines, and their places

    def spots(self) -> Int32:
        """The place that each line begins at; they only grow."""
        assert self._lines is not None
        if self._spots is None or self._spots[0] is not self._lines:
            self._spots = (self._lines, self._spots_of(self._lines))
        return self._spots[1]

    def row_at(self, place: int) -> int:
        """The row of the line that is a place; -1 when there is none."""
        if self._lines is None:
            return -1
        spots = self.spots()
        # The last that begins there: before it may stand others that are no spans. Of the array's
        # own type: for any other, numpy converts a copy of the whole array.
        row = int(spots.searchsorted(spots.dtype.type(place), "right")) - 1
        return row if row >= 0 and self._lines[row] == place else -1

    def set_lines(self, lines: Int32 | None) -> None:
        """Show other lines, whatever was shown before."""
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def splice(self, row: int, last: int, inside: Int32) -> None:
        """Replace the lines from ``row`` up to ``last`` by others."""
        import numpy as np

        assert self._lines is not None
        before, after = self._lines[:row], self._lines[last:]
        if last > row:
            self.beginRemoveRows(QModelIndex(), row, last - 1)
            self._lines = np.concatenate((before, after))
            self.endRemoveRows()
        if len(inside):
            self.beginInsertRows(QModelIndex(), row, row + len(inside) - 1)
            self._lines = np.concatenate((before, inside, after))
            self.endInsertRows()

    def change_lines(self, new: Int32, old: Int32 | None = None) -> None:
        """Go from the lines as they are (``old``, if they are to be named otherwise) to ``new``."""
        import numpy as np

        from rollscope_desktop.viewmodels.tree.visible import change

        old = self._lines if old is None else old
        assert old is not None
        how = change(old, new)
        if how is None:
            self.set_lines(new)
            return
        lines = self._lines = old
        for row, count in how.removed:
            self.beginRemoveRows(QModelIndex(), row, row + count - 1)
            self._lines = lines = np.delete(lines, slice(row, row + count))
            self.endRemoveRows()
        for row, count in how.inserted:
            self.beginInsertRows(QModelIndex(), row, row + count - 1)
            self._lines = lines = np.insert(lines, row, new[row : row + count])
            self.endInsertRows()
        self.repaint_rows(0, len(lines) - 1)

    def repaint_rows(self, first: int, last: int) -> None:
        """Say that these rows look different now."""
        if 0 <= first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, self._columns - 1))

    def _spots_of(self, lines: Int32) -> Int32:
        import numpy as np

        return np.where(lines < 0, ~lines, lines)

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() or self._lines is None else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else self._columns
