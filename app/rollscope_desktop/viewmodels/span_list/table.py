"""A table of steps: its rows are the ids of an order, and columns come and go at its end.

Says by which rows it changed wherever that is known, so that views keep their place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal

from rollscope_desktop.query.span_list.orders import STEP
from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.span_list.columns import COLUMNS, Column, ListLine, described
from rollscope_desktop.viewmodels.span_list.source import Lines

if TYPE_CHECKING:
    from rollscope_desktop.query.span_list.ranking import Order
    from rollscope_desktop.viewmodels.open_run import OpenRun
    from rollscope_desktop.viewmodels.span_list.lines import Setting
    from rollscope_desktop.viewmodels.tree.line_table import Index


class OrderTable(QAbstractTableModel):
    """What a delegate needs is in Role.LINE (None: on its way). ``changed`` says that the list is
    another one, and whether the person asked for it."""

    changed = Signal(bool)

    columns: tuple[Column, ...] = COLUMNS
    _order: Order | None = None

    def __init__(self, run: OpenRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines = Lines(run, self)
        self._lines.arrived.connect(self._repaint)

    def span_id(self, row: int) -> int | None:
        """The id of the span in a row."""
        order = self._order
        return None if order is None or not 0 <= row < len(order) else order.id_at(row)

    def row_of(self, span: int) -> int:
        """The row of a span by its id; -1 when it is not in the list."""
        return -1 if self._order is None else self._order.row_of(span)

    def ids(self, first: int, last: int) -> list[int]:
        """The ids of the spans from one row up to another."""
        return [] if self._order is None else self._order.ids(first, last)

    def line(self, row: int) -> ListLine | None:
        """The record of a row; None while it is on its way."""
        id = self.span_id(row)
        return None if id is None else self._lines.line(row, id)

    def _repaint(self, first: int, last: int) -> None:
        self.repaint_rows(max(first, 0), self.rowCount() - 1 if last < 0 else last)

    def renew_lines(self) -> None:
        """Have what is painted next say how long open steps take by now."""
        self._lines.renew()

    def look_different(self, _why: object = None) -> None:
        """Something that many lines show has changed."""
        self._lines.look_different()

    def set_order(self, order: Order | None, *, asked: bool) -> None:
        """Show another order, whatever was shown before."""
        if order is None and self._order is None:
            return
        self.beginResetModel()
        self._order = order
        self._lines.forget_rows()
        self.endResetModel()
        self.changed.emit(asked)

    def append(self, order: Order) -> None:
        """Show an order that begins with the one that is shown."""
        first = self.rowCount()
        if len(order) > first:
            self.beginInsertRows(QModelIndex(), first, len(order) - 1)
            self._order = order
            self.endInsertRows()
        else:
            self._order = order

    def change_to(self, new: Order) -> None:
        """Show an order in which others have come between or gone; at once if it is much else."""
        import numpy as np

        from rollscope_desktop.viewmodels.tree.visible import change

        assert self._order is not None
        numbers, target = self._order.all_ids(), new.all_ids()
        how = change(numbers, target)
        if how is None:
            self.set_order(new, asked=False)
            return
        whole = replace(self._order, run=0, numbers=numbers)
        self._lines.forget_rows()
        for row, count in how.removed:
            self.beginRemoveRows(QModelIndex(), row, row + count - 1)
            numbers = np.delete(numbers, slice(row, row + count))
            self._order = replace(whole, numbers=numbers)
            self.endRemoveRows()
        for row, count in how.inserted:
            self.beginInsertRows(QModelIndex(), row, row + count - 1)
            numbers = np.insert(numbers, row, target[row : row + count])
            self._order = replace(whole, numbers=numbers)
            self.endInsertRows()
        self._order = new

    def set_more_columns(self, more: tuple[Column, ...]) -> bool:
        """Columns beyond those that are always there; whether they are others than before."""
        columns = (*COLUMNS, *more)
        if [column.key for column in columns] == [column.key for column in self.columns]:
            return False
        first, parent = len(COLUMNS), QModelIndex()
        if len(self.columns) > first:
            self.beginRemoveColumns(parent, first, len(self.columns) - 1)
            self.columns = COLUMNS
            self.endRemoveColumns()
        if more:
            self.beginInsertColumns(parent, first, len(columns) - 1)
            self.columns = columns
            self.endInsertColumns()
        return True

    def repaint_rows(self, first: int, last: int) -> None:
        """Say that these rows look different now."""
        if 0 <= first <= last < self.rowCount():
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    @property
    def everything(self) -> bool:
        """Whether the spans are of all runs, and not of the open one."""
        return self._lines.everything

    def setting(self) -> Setting | None:
        """What all lines share; None for lines of several runs."""
        return None if self.everything else self._lines.setting()

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() or self._order is None else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        return column.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Role.LINE:
            return self.line(index.row())
        if role not in _ROLES or not index.isValid():
            return None
        if role == Role.ID:
            return self.span_id(index.row())
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column.words else _RIGHT
        line = self.line(index.row())
        if line is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole and column.key == STEP else None
        if role == Qt.ItemDataRole.DisplayRole:
            return column.said(line)
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.full(line) or None
        return described(line, column, self.columns)


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ROLES = frozenset(
    map(
        int,
        (
            Role.ID, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.TextAlignmentRole,
        ),
    )
)  # fmt: skip
