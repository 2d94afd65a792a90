"""A table of painted rows: hover by row, a focus ring for keys, nothing of a table's frame."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.painting import focus_ring


class RowsView(QTableView):
    """Base of the run list, the span tree and the problems. Never resizes rows to contents."""

    activated_row = Signal(int)
    menu_wanted = Signal(int, QPoint)
    """A row, or -1, and where on the screen."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = look
        self._ringed = False
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(1)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        look.changed.connect(self.restyle)

    def restyle(self) -> None:
        """Take over a new theme or another density."""
        self.verticalHeader().setDefaultSectionSize(self.look.row)
        self.viewport().update()

    def repaint_row(self, row: int) -> None:
        """Paint one row again."""
        if row >= 0:
            top, tall = self.rowViewportPosition(row), self.rowHeight(row)
            self.viewport().update(0, top, self.viewport().width(), tall)

    def go(self, row: int) -> None:
        """Make a row the current one."""
        self._ring(True)
        if 0 <= row < self.model().rowCount():
            self.setCurrentIndex(self.model().index(row, 0))

    def _hover(self, row: int) -> None:
        delegate = self.itemDelegate()
        before = getattr(delegate, "hovered", -1)
        if row != before:
            delegate.hovered = row  # type: ignore[attr-defined]
            self.repaint_row(before)
            self.repaint_row(row)

    def _ring(self, shown: bool) -> None:
        if self._ringed != shown:
            self._ringed = shown
            self.repaint_row(self.currentIndex().row())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        row = self.currentIndex().row()
        if self._ringed and row >= 0 and self.hasFocus():
            box = QRect(
                0, self.rowViewportPosition(row), self.viewport().width(), self.rowHeight(row)
            )
            with QPainter(self.viewport()) as painter:
                focus_ring(painter, self.look, box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._ring(False)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.activated_row.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._ring(True)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.activated_row.emit(self.currentIndex().row())
        elif event.key() == Qt.Key.Key_Home:
            self.go(0)
        elif event.key() == Qt.Key.Key_End:
            self.go(self.model().rowCount() - 1)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        row = self.rowAt(event.pos().y())
        where = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            row = self.currentIndex().row()
            box = self.visualRect(self.currentIndex())
            where = self.viewport().mapToGlobal(box.center() if row >= 0 else QPoint(24, 24))
        self.menu_wanted.emit(row, where)

    def focusInEvent(self, event: QFocusEvent) -> None:
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason,
                Qt.FocusReason.ShortcutFocusReason)  # fmt: skip
        self._ring(event.reason() in keys)
        super().focusInEvent(event)
        model = self.model()
        if not self.currentIndex().isValid() and model is not None and model.rowCount():
            self.setCurrentIndex(model.index(0, 0, QModelIndex()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)
