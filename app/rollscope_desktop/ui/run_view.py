"""The table of the run list: two heights of rows, folding by click and key, and the slow pulse."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pulse import PERIOD, strength
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.ui.run_delegate import RunDelegate
from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine

CALM = 1_000
"""Milliseconds between two looks for something that runs."""


class RunView(RowsView):
    """Says what the person asked for; opening and closing is the model's affair."""

    toggled = Signal(int)
    opened = Signal(int, bool)
    parent_wanted = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.setAccessibleName("Runs")
        self._delegate = RunDelegate(look, self)
        self.setItemDelegate(self._delegate)
        self.horizontalHeader().hide()
        self._beat = QTimer(self)
        self._beat.setInterval(PERIOD)
        self._beat.timeout.connect(self._throb)
        self.restyle()

    def restyle(self) -> None:
        """Take over a new theme or another density."""
        self.verticalHeader().setDefaultSectionSize(self.look.tall_row)
        self._set_heights()
        self.viewport().update()

    def line(self, row: int) -> HeadingLine | RunLine | None:
        """The record of a row, or None while it is on its way."""
        model = self.model()
        found = None if model is None else model.index(row, 0).data(Role.LINE)
        return found if isinstance(found, HeadingLine | RunLine) else None

    def _set_heights(self, first: int = 0, last: int | None = None) -> None:
        """Headings are lower than runs. Asks for ids only, so that no row is read for it."""
        model = self.model()
        if model is None:
            return
        rows, low, tall = self.verticalHeader(), self.look.row, self.look.tall_row
        ask = int(Role.ID)
        for row in range(first, model.rowCount() if last is None else last + 1):
            wanted = low if model.data(model.index(row, 0), ask) is None else tall
            if rows.sectionSize(row) != wanted:
                rows.resizeSection(row, wanted)

    def _inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        self._set_heights(first, last)

    def _all_anew(self) -> None:
        self._set_heights()

    def _visible_rows(self) -> range:
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        model = self.model()
        rows = 0 if model is None else model.rowCount()
        return range(max(first, 0), (last if last >= 0 else rows - 1) + 1)

    def _throb(self) -> None:
        self._delegate.pulse = 1.0 if self.look.still else strength()
        running = False
        for row in self._visible_rows():
            line = self.line(row)
            if isinstance(line, RunLine) and line.state == "running":
                box = self.visualRect(self.model().index(row, 0))
                self.viewport().update(self._delegate.glyph_box(box, line))
                running = True
        # Nothing to animate: look again now and then, so that a quiet window costs nothing.
        self._beat.setInterval(PERIOD if running and not self.look.still else CALM)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.rowsInserted.connect(self._inserted)
            model.modelReset.connect(self._all_anew)
            model.layoutChanged.connect(self._all_anew)
        self._set_heights()
        self.setColumnWidth(0, self.viewport().width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setColumnWidth(0, self.viewport().width())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._beat.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._beat.stop()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        line = self.line(index.row()) if index.isValid() else None
        if isinstance(line, HeadingLine):
            self.toggled.emit(index.row())
            return
        if isinstance(line, RunLine) and line.inside:
            arrow = self._delegate.arrow_box(self.visualRect(index), line)
            if arrow.contains(at):
                self.toggled.emit(index.row())
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        line = self.line(row) if row >= 0 else None
        if line is None or event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            super().keyPressEvent(event)
            return
        self._ring(True)
        inside = isinstance(line, HeadingLine) or line.inside > 0
        if event.key() == Qt.Key.Key_Right:
            if inside and not line.expanded:
                self.opened.emit(row, True)
            else:
                self.go(row + 1)
        elif inside and line.expanded:
            self.opened.emit(row, False)
        else:
            self.parent_wanted.emit(row)
