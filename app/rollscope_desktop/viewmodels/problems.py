"""The problems panel's rows: what could not be read, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from rollscope_desktop.model import text
from rollscope_desktop.query.problems import query_problem_count, query_problems
from rollscope_desktop.services.jobs import Jobs, asking
from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.runs.splices import blocks

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import ProblemRow
    from rollscope_desktop.query.connection import Reader

Index = QModelIndex | QPersistentModelIndex


class Column(NamedTuple):
    """A column of the panel."""

    key: str
    title: str


COLUMNS = (
    Column("severity", ""), Column("reason", "Problem"), Column("file", "File"),
    Column("line", "Line"),
)  # fmt: skip
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ProblemsModel(QAbstractTableModel):
    """Problems, errors first, then newest first. Role.LINE is the ProblemRow itself."""

    counted = Signal(int)
    """How many there are in all, also of those that are not listed."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self._rows: list[ProblemRow] = []
        self.total = 0

    def reload(self) -> None:
        """Read the list anew."""
        self.jobs.start(self, "problems", asking(_read), self._take)

    def problem(self, row: int) -> ProblemRow | None:
        """The problem in a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def _take(self, answer: tuple[list[ProblemRow], int]) -> None:
        rows, total = answer
        self._replace(rows)
        if total != self.total:
            self.total = total
            self.counted.emit(total)

    def _replace(self, rows: list[ProblemRow]) -> None:
        old = {row.id: n for n, row in enumerate(self._rows)}
        new = {row.id for row in rows}
        kept = [row.id for row in rows if row.id in old]
        if kept != [row.id for row in self._rows if row.id in new]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        for first, count in reversed(blocks([row.id not in new for row in self._rows])):
            self.beginRemoveRows(QModelIndex(), first, first + count - 1)
            del self._rows[first : first + count]
            self.endRemoveRows()
        for first, count in blocks([row.id not in old for row in rows]):
            self.beginInsertRows(QModelIndex(), first, first + count - 1)
            self._rows[first:first] = rows[first : first + count]
            self.endInsertRows()
        self._rows = rows
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in _ROLES or not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == Role.LINE:
            return row
        if role == Role.ID:
            return row.id
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if COLUMNS[index.column()].key == "line" else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.end_cut(text.visible(f"{row.path or ''}\n{row.reason}".strip()), 2_000)
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == 0:
            place = f", line {row.line}" if row.line is not None else ""
            return f"{row.severity}: {text.one_line(row.reason)}, {_file(row)}{place}"
        return _shown(row, COLUMNS[index.column()].key)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return COLUMNS[section].title if 0 <= section < len(COLUMNS) else None


_ROLES = frozenset(
    map(
        int,
        (
            Role.LINE, Role.ID, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.TextAlignmentRole,
        ),
    )
)  # fmt: skip


def _shown(row: ProblemRow, column: str) -> str:
    if column == "severity":
        return row.severity
    if column == "reason":
        times = f" {text.TIMES}{row.times:,}" if row.times > 1 else ""
        return text.one_line(row.reason) + times
    if column == "file":
        return _file(row)
    return "" if row.line is None else f"{row.line:,}"


def _file(row: ProblemRow) -> str:
    name = (row.path or "").replace("\\", "/").rsplit("/", 1)[-1]
    return text.one_line(name)


def _read(reader: Reader) -> tuple[list[ProblemRow], int]:
    return query_problems(reader), query_problem_count(reader)
