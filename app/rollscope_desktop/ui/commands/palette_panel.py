"""The panel of the palette: a field, and below it the lines."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from rollscope_desktop.ui.commands.palette_list import PaletteDelegate, PaletteLines
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import line
from rollscope_desktop.ui.rows_view import RowsView

_MOST_ROWS, _FIELD = 13, 40


class PalettePanel(QWidget):
    """Draws its own frame, as it lies over other panels."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setAccessibleName("Palette")
        self.field = QLineEdit()
        self.field.setProperty("role", "bare")
        self.field.setFixedHeight(_FIELD)
        self.field.setTextMargins(10, 0, 10, 0)
        self.field.setPlaceholderText("A command, a step, a run, or a link")
        self.field.setAccessibleName("Search for a command, a step, a run, or a link")
        self.lines = PaletteLines()
        self.view = RowsView(look)
        self.view.setAccessibleName("What was found")
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._delegate = PaletteDelegate(look)
        self.view.setItemDelegate(self._delegate)
        self.view.setModel(self.lines)
        self.view.horizontalHeader().hide()
        self.view.horizontalHeader().setStretchLastSection(True)
        self.nothing = QLabel("Nothing fits what was typed")
        self.nothing.setProperty("role", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setFixedHeight(_FIELD)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(1, 1, 1, 5)
        rows.setSpacing(0)
        for widget in (self.field, line(), self.nothing):
            rows.addWidget(widget)
        rows.addWidget(self.view, 1)

    def wanted(self) -> int:
        """How tall the panel is with all its lines, or with as many as are shown at once."""
        shown = max(1, min(self.lines.rowCount(), _MOST_ROWS)) * self._row()
        return _FIELD + 7 + (shown if self.lines.rowCount() else _FIELD)

    def lay_out(self) -> None:
        """Take over how many lines there are."""
        self.nothing.setVisible(not self.lines.rowCount())
        self.view.setVisible(bool(self.lines.rowCount()))
        self.view.verticalHeader().setDefaultSectionSize(self._row())

    def _row(self) -> int:
        return self._look.row + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.border, 1))
            painter.setBrush(theme.panel)
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # a click on the frame is none beside it
