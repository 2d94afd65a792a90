"""The table of the run list: its heights and columns, folding, selecting, and the slow pulse."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pulse import PERIOD, strength
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.ui.runs.delegate import RunDelegate
from rollscope_desktop.ui.runs.header import RunHeader
from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine
from rollscope_desktop.viewmodels.runs.columns import Column

if TYPE_CHECKING:
    from rollscope_desktop.viewmodels.runs.table import RunTable

CALM = 1_000
"""Milliseconds between two looks for something that runs."""
_ONLY = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


class RunView(RowsView):
    """Says what the person asked for; opening and closing is the model's affair."""

    toggled = Signal(int)
    opened = Signal(int, bool)
    parent_wanted = Signal(int)
    copy_wanted = Signal()
    throw_wanted = Signal()
    undo_wanted = Signal()
    order_wanted = Signal(str)
    shown = Signal()
    """The list is on screen now."""

    def __init__(self, look: Look) -> None:
        self._columns: tuple[Column, ...] = ()
        self._order = ""
        self._runs: RunTable | None = None
        super().__init__(look)
        self.setAccessibleName("Runs")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._delegate = RunDelegate(look, self)
        self.setItemDelegate(self._delegate)
        self._titles = RunHeader(look, self)
        self._titles.order_wanted.connect(self.order_wanted)
        self.setHorizontalHeader(self._titles)
        self._titles.hide()
        self._beat = QTimer(self)
        self._beat.setInterval(PERIOD)
        self._beat.timeout.connect(self._throb)
        self.restyle()

    def restyle(self) -> None:
        """Take over a new theme or another density."""
        self._fit()
        self._set_all_heights()
        self.viewport().update()

    def show_columns(self, columns: tuple[Column, ...], order: str) -> None:
        """Show these figures of each run; the list is in this order."""
        self._columns, self._order = columns, order
        self._fit()

    def line(self, row: int) -> HeadingLine | RunLine | None:
        """The record of a row, or None while it is on its way."""
        model = self.model()
        found = None if model is None else model.index(row, 0).data(Role.LINE)
        return found if isinstance(found, HeadingLine | RunLine) else None

    def make_current(self, row: int) -> None:
        """Select one row and no other, whatever keys are held."""
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), _ONLY)

    def is_table(self) -> bool:
        """Whether runs take one line, with columns."""
        return self._delegate.form.table

    # Heights and widths

    def _fit(self) -> None:
        """Choose the form for the width there is."""
        was = self._delegate.form.table
        form = self._delegate.fit(self._columns, self.viewport().width())
        self.setColumnWidth(0, self.viewport().width())
        self._titles.show_form(form, self._order)
        if form.table != was:
            self._set_all_heights()
        self.viewport().update()

    def _tall(self) -> int:
        return self.look.row if self._delegate.form.table else self.look.tall_row

    def _set_all_heights(self) -> None:
        """Headings are lower than runs on two lines. All at once: rows that stood at other places
        have other heights."""
        rows = self.verticalHeader()
        tall = self._tall()
        if rows.defaultSectionSize() != tall:
            rows.setDefaultSectionSize(tall)
        if self._runs is None:
            return
        wanted = dict.fromkeys(self._runs.headings(), self.look.row)
        for row in range(self._runs.rowCount()):
            height = wanted.get(row, tall)
            if rows.sectionSize(row) != height:
                rows.resizeSection(row, height)

    def _inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        if self._runs is None or self._delegate.form.table:
            return
        for row in range(first, last + 1):
            if self._runs.run_id(row) is None:
                self.verticalHeader().resizeSection(row, self.look.row)

    # The pulse

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

    # Qt

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self._runs = cast("RunTable | None", model)
        if model is not None:
            model.rowsInserted.connect(self._inserted)
            model.modelReset.connect(self._set_all_heights)
            model.layoutChanged.connect(self._set_all_heights)
        self._set_all_heights()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._beat.start()
        self.shown.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._beat.stop()

    def focusInEvent(self, event: QFocusEvent) -> None:
        model = self.model()
        if not self.currentIndex().isValid() and model is not None and model.rowCount():
            # Keys start somewhere, but a run is not opened because Tab came by.
            nothing = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(model.index(0, 0), nothing)
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        line = self.line(index.row()) if index.isValid() else None
        left = event.button() == Qt.MouseButton.LeftButton
        if isinstance(line, HeadingLine):
            if left:
                self.toggled.emit(index.row())
            return
        if left and isinstance(line, RunLine) and line.inside:
            arrow = self._delegate.arrow_box(self.visualRect(index), line)
            if arrow.contains(at):
                self.toggled.emit(index.row())
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        key = event.key()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo_wanted.emit()
        elif key == Qt.Key.Key_Delete or event.matches(QKeySequence.StandardKey.Delete):
            self.throw_wanted.emit()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and shift and row >= 0:
            self._select_to(0 if key == Qt.Key.Key_Home else self.model().rowCount() - 1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and (line := self.line(row)) is not None:
            self._fold(row, line, key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def _select_to(self, row: int) -> None:
        """Select everything from the current row to another."""
        target = self.model().index(row, 0)
        selection = self.selectionModel()
        selection.select(QItemSelection(self.currentIndex(), target), _ONLY)
        selection.setCurrentIndex(target, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _fold(self, row: int, line: HeadingLine | RunLine, open: bool) -> None:
        """What the arrow keys do: open or close, or go in or out."""
        self._ring(True)
        inside = isinstance(line, HeadingLine) or line.inside > 0
        if open and inside and not line.expanded:
            self.opened.emit(row, True)
        elif open:
            self.go(row + 1)
        elif inside and line.expanded:
            self.opened.emit(row, False)
        else:
            self.parent_wanted.emit(row)
