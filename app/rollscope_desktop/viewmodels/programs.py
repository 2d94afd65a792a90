"""The programs that send to this application, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from rollscope_desktop.model import text

if TYPE_CHECKING:
    from rollscope_desktop.services.ingest import Program

Index = QModelIndex | QPersistentModelIndex

PROTOCOLS = {"stream": "rollscope", "retrace": "retrace-sdk", "otlp": "OpenTelemetry"}
"""What protocols are called; another stands under its own name."""

_SECOND = 1_000_000_000


class Column(NamedTuple):
    """A column of the list."""

    key: str
    title: str
    right: bool = False


COLUMNS = (
    Column("name", "Program"), Column("protocol", "Protocol"), Column("since", "Since", True),
    Column("runs", "Runs", True), Column("events", "Events", True),
)  # fmt: skip
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ProgramsModel(QAbstractTableModel):
    """Rows keep their place while their numbers change."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Program, ...] = ()

    def show_programs(self, programs: tuple[Program, ...]) -> None:
        """Show who sends now."""
        if [row.id for row in programs] == [row.id for row in self._rows]:
            self._rows = programs
            if programs:
                last = self.index(len(programs) - 1, len(COLUMNS) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._rows = programs
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _shown(row, column.key)
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.end_cut(text.visible(_about(row)), 1_000)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.right else None
        if role == Qt.ItemDataRole.AccessibleTextRole and not index.column():
            return ", ".join(_about(row).splitlines())
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[section].right:
            return _RIGHT
        return COLUMNS[section].title if role == Qt.ItemDataRole.DisplayRole else None


def _shown(row: Program, column: str) -> str:
    match column:
        case "name":
            return text.one_line(row.name, 200) or "A program"
        case "protocol":
            return text.one_line(PROTOCOLS.get(row.protocol, row.protocol))
        case "since":
            return text.time_of_day(round(row.since * _SECOND))
        case "runs":
            return f"{row.runs:,}"
        case _:
            return text.short_count(row.events)


def _about(row: Program) -> str:
    process = "" if row.pid is None else f"process {row.pid}"
    said = [
        _shown(row, "name"),
        f"{_shown(row, 'protocol')}{f', {process}' if process else ''}",
        f"since {text.timestamp(round(row.since * _SECOND))}",
        f"last heard of {text.timestamp(round(row.last * _SECOND))}",
        f"{text.count(row.events, 'event')} of {text.count(row.runs, 'run')}",
    ]
    return "\n".join(said)
