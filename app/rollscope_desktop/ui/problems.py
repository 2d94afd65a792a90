"""The problems panel: what could not be read, a row each, with its file and line."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QRect, QSize, Signal
from PySide6.QtGui import QGuiApplication, QHelpEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ProblemRow
from rollscope_desktop.ui import painting, tips
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import Panel
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.problems import ProblemsModel

PAD = 12
_SIGNS = {
    "note": ("note", "muted"),
    "warning": ("warning", "warn"),
    "error": ("state-error", "error"),
}


def file_of(row: ProblemRow) -> str:
    """The name of the file, without the folders above it."""
    return "" if row.path is None else text.one_line(row.path.replace("\\", "/").rsplit("/", 1)[-1])


def place_of(row: ProblemRow) -> str:
    """The file's name and the line."""
    return f"{file_of(row)}:{row.line:,}" if row.line is not None else file_of(row)


def words_of(row: ProblemRow) -> str:
    """What is wrong, and how often."""
    said = text.one_line(row.reason)
    return f"{said}  {text.TIMES}{row.times:,}" if row.times > 1 else said


class ProblemDelegate(QStyledItemDelegate):
    """Paints a problem over the whole width of its row, whatever columns the model has."""

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.hovered = -1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        look, theme, box = self._look, self._look.theme, option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = index.row() == self.hovered
        painting.row_ground(painter, look, box, selected=selected, hovered=hovered, first=True)
        row = index.data(Role.LINE)
        if not isinstance(row, ProblemRow):
            return
        sign, role = _SIGNS.get(row.severity, _SIGNS["warning"])
        painting.icon(
            painter, look, sign, getattr(theme, role), box.x() + PAD, box.center().y() + 1
        )
        left, right = box.x() + PAD + 24, box.right() - PAD
        place = min(max((right - left) // 3, 120), 240)
        table, number = self._brushes.table, self._brushes.number
        where = QRect(left, box.y(), place, box.height())
        said = text.middle_cut(place_of(row), max(place // max(number.width("0"), 1), 8))
        painting.text(painter, where, number, theme.muted, said)
        rest = QRect(left + place + PAD, box.y(), right - left - place - PAD, box.height())
        painting.text(painter, rest, table, theme.text, words_of(row))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, self._look.row)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        row = index.data(Role.LINE)
        if not isinstance(row, ProblemRow):
            return False
        said = f"{row.path or ''}\n{row.reason}".strip()
        return tips.show(event, tips.plain(said), view, option.rect)


class _Table(RowsView):
    """One column, whatever the model has."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.setAccessibleName("Problems")
        self.horizontalHeader().hide()
        self.setItemDelegate(ProblemDelegate(look, self))
        self.restyle()

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        for column in range(1, self.horizontalHeader().count()):
            self.setColumnHidden(column, True)
        self.setColumnWidth(0, self.viewport().width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setColumnWidth(0, self.viewport().width())


class ProblemsPanel(Panel):
    """Header, table, and a button that closes it."""

    closed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look, "Problems")
        self.table = _Table(look)
        self.set_content(self.table)
        self.state.say("No problems", "Everything that was opened could be read.", icon="state-ok")
        self.log = self.add_tool("log", "Open in the log (Enter)")
        self.log.clicked.connect(self.open_log)
        self.table.activated_row.connect(self.open_log)
        self.copy = self.add_tool("copy", "Copy the problem")
        self.copy.clicked.connect(self.copy_problem)
        self.add_tool("close", "Close the problems").clicked.connect(self.closed)

    def set_model(self, model: QAbstractItemModel) -> None:
        """What to show."""
        self.table.setModel(model)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._count)
        self._count()

    def copy_problem(self) -> None:
        """Copy the chosen problem, with its whole path."""
        row = self.table.currentIndex().data(Role.LINE)
        if isinstance(row, ProblemRow):
            place = row.path or ""
            said = f"{place}:{row.line}" if row.line is not None else place
            QGuiApplication.clipboard().setText(f"{said}: {row.reason}".lstrip(": "))

    def open_log(self) -> None:
        """Show the line of the chosen problem where it is in its log."""
        row, model = self.table.currentIndex().data(Role.LINE), self.table.model()
        if isinstance(row, ProblemRow) and isinstance(model, ProblemsModel):
            from rollscope_desktop.ui.inspector.log_window import LogWindow  # late: few ask for it

            window = LogWindow(self.look, model.jobs, self.window())
            window.place.show_problem(row.id)
            window.show()

    def _count(self) -> None:
        rows = self.table.model().rowCount()
        self.title.say(f"Problems  {rows:,}" if rows else "Problems")
        for button in (self.copy, self.log):
            button.setEnabled(rows > 0)
        if rows:
            self.show_content()
        else:
            self.show_state()
