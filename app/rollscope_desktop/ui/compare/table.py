"""The table of a comparison: columns that give way, and the keys of a tree."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView

from rollscope_desktop.ui.compare.delegate import CompareDelegate
from rollscope_desktop.ui.compare.header import CompareHeader
from rollscope_desktop.ui.compare.ribbon import WIDTH
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.viewmodels.compare.lines import COST, DURATION, LEFT, RIBBON, RIGHT, TOKENS
from rollscope_desktop.viewmodels.compare.model import CompareModel

FIGURES = {DURATION: 80, TOKENS: 68, COST: 78}
GIVE_WAY = {COST: 560, TOKENS: 480, DURATION: 400}
"""Columns that hide when the table is narrower than this; the tooltip still has what they say."""
_BARE = Qt.KeyboardModifier.KeypadModifier


class CompareTable(RowsView):
    """Shows a CompareModel. Emits what the person asked for; the view knows what it means."""

    toggled = Signal(int)
    opened = Signal(int, bool)
    parent_wanted = Signal(int)
    copy_wanted = Signal()

    def __init__(self, look: Look, model: CompareModel) -> None:
        super().__init__(look)
        self._model = model
        self.setAccessibleName("Steps of both runs")
        self.cells = CompareDelegate(look, self)
        self.setItemDelegate(self.cells)
        self.heads = CompareHeader(look, self)
        self.setHorizontalHeader(self.heads)
        self.setModel(model)
        self.restyle()

    def rows_in_view(self) -> range:
        """The rows that are seen, if only in part."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        end = last if last >= 0 else self._model.rowCount() - 1
        return range(max(first, 0), end + 1)

    def _fit(self) -> None:
        """Share the width: figures and ribbon have theirs, both runs the rest by halves."""
        if self.model() is None:
            return
        width = self.viewport().width()
        room = width - WIDTH
        for column, wide in FIGURES.items():
            hidden = width < GIVE_WAY[column]
            self.setColumnHidden(column, hidden)
            if not hidden:
                self.setColumnWidth(column, wide)
                room -= wide
        half = max(room // 2, 48)
        self.setColumnWidth(LEFT, half)
        self.setColumnWidth(RIBBON, WIDTH)
        self.setColumnWidth(RIGHT, max(room - half, 48))

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self.heads.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands of the window, and no beginnings of names."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        line = self._model.line(index.row()) if index.isValid() else None
        if event.button() == Qt.MouseButton.LeftButton and line is not None and line.opens:
            box = self.cells.opens_at(line, self.visualRect(index))
            if line.fold or (index.column() in (LEFT, RIGHT) and box.contains(at)):
                self._ring(False)
                if line.fold:
                    self.setFocus(Qt.FocusReason.MouseFocusReason)
                    self.setCurrentIndex(index)
                self.toggled.emit(index.row())
                return
        super().mousePressEvent(event)

    def event(self, event: QEvent) -> bool:
        copy = QKeySequence.StandardKey.Copy
        asks = event.type() == QEvent.Type.ShortcutOverride
        if asks and isinstance(event, QKeyEvent) and event.matches(copy):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, key = self.currentIndex().row(), event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
            return
        if key in (Qt.Key.Key_N, Qt.Key.Key_P):
            event.ignore()  # the view's, wherever inside it the focus is
            return
        if key not in (Qt.Key.Key_Left, Qt.Key.Key_Right) or row < 0:
            super().keyPressEvent(event)
            return
        if event.modifiers() & ~_BARE:
            event.ignore()
            return
        self._ring(True)
        line = self._model.line(row)
        opens = line is not None and line.opens
        is_open = line is not None and line.expanded
        if key == Qt.Key.Key_Right and opens and not is_open:
            self.opened.emit(row, True)
        elif key == Qt.Key.Key_Right:
            self.go(row + 1)
        elif opens and is_open:
            self.opened.emit(row, False)
        else:
            self.parent_wanted.emit(row)
