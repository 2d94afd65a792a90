"""The table of the span tree: columns that give way, keys of a tree, and following a live run.

What opening a row means is the model's affair; the view only says which row.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QAbstractItemModel, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.ui.axis import Axis
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pulse import PERIOD, strength
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.ui.tree.delegate import (
    COST,
    DURATION,
    STEP,
    TOKENS,
    WATERFALL,
    SpanDelegate,
)
from rollscope_desktop.ui.tree.header import SpanHeader
from rollscope_desktop.viewmodels.lines import Role, SpanLine

FIGURES = {DURATION: 80, TOKENS: 68, COST: 76}
GIVE_WAY = {COST: 620, TOKENS: 520}
"""Columns that hide when the view is narrower than this; the tooltip still has what they say."""

_STEP_SHARE = 0.58  # of what figures leave: what happened is read, the waterfall is glanced at


class SpanView(RowsView):
    """Emits what the person asked for; selection is the selection model's."""

    toggled = Signal(int)
    expanded = Signal(int, bool)  # row, with everything below it
    collapsed = Signal(int, bool)
    parent_wanted = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.setAccessibleName("Steps of the run")
        self._delegate = SpanDelegate(look, self)
        self.setItemDelegate(self._delegate)
        self._header = SpanHeader(look, self)
        self.setHorizontalHeader(self._header)
        self._extent, self._timeless, self._live, self._interrupted = 0, False, False, False
        self._own_step = 0  # the width a person chose for the first column
        self._fitting = False
        self._beat = QTimer(self)
        self._beat.setInterval(PERIOD)
        self._beat.timeout.connect(self._throb)
        self._header.sectionResized.connect(self._remember_width)
        self.restyle()

    def set_extent(
        self, extent: int, *, timeless: bool, live: bool, interrupted: bool = False
    ) -> None:
        """The run's length, on which the axis stands; what is open in a run that was interrupted
        was cut off."""
        self._extent, self._timeless, self._live = extent, timeless, live
        self._interrupted = interrupted
        self._frame_anew()
        self._keep_beat()

    def set_playhead(self, at: int | None) -> None:
        """The moment that is looked at; None is now."""
        before = self._delegate.frame.at
        if before == at:
            return
        self._delegate.frame = replace(self._delegate.frame, at=at)
        self._header.at = at
        self._header.viewport().update()
        if before is None or at is None:
            self.viewport().update()
            return
        # While it plays, most rows only have the line of the playhead moved through their bars.
        left, port = self.columnViewportPosition(WATERFALL), self.viewport()
        port.update(left, 0, port.width() - left, port.height())
        for row in self.rows_in_view():
            line = self.model().index(row, 0).data(Role.LINE)
            if line is not None and self._delegate.reads_otherwise(line, before):
                self.repaint_row(row)

    def rows_in_view(self) -> range:
        """The rows that are seen, if only in part."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        end = last if last >= 0 else self.model().rowCount() - 1
        return range(max(first, 0), end + 1)

    def line(self, row: int) -> SpanLine | None:
        """The record of a span's row; None of another, and while it is on its way."""
        model = self.model()
        found = None if model is None else model.index(row, 0).data(Role.LINE)
        return found if isinstance(found, SpanLine) else None

    def _frame_anew(self) -> None:
        axis = Axis(self._extent, self.columnWidth(WATERFALL), self._timeless)
        frame = replace(
            self._delegate.frame, axis=axis, live=self._live, interrupted=self._interrupted
        )
        if frame != self._delegate.frame:
            self._delegate.frame = frame
            self._header.axis = axis
            self._header.viewport().update()
            self.viewport().update()

    def _fit(self) -> None:
        """Share the width: figures have theirs, the step and the waterfall the rest."""
        if self.model() is None or self._header.count() <= WATERFALL:
            return
        self._fitting = True
        width = self.viewport().width()
        room = width
        for column, wide in FIGURES.items():
            hidden = width < GIVE_WAY.get(column, 0)
            self.setColumnHidden(column, hidden)
            if not hidden:
                self.setColumnWidth(column, wide)
                room -= wide
        step = self._own_step or max(int(room * _STEP_SHARE), 200)
        step = max(min(step, room - 72), 120)
        self.setColumnWidth(STEP, step)
        self.setColumnWidth(WATERFALL, max(room - step, 48))
        self._fitting = False
        self._frame_anew()

    def _remember_width(self, section: int, before: int, after: int) -> None:
        if not self._fitting and section == STEP:
            self._own_step = after
            self._fit()

    def _throb(self) -> None:
        pulse = 1.0 if self.look.still else strength()
        self._delegate.frame = replace(self._delegate.frame, pulse=pulse)
        for row in self.rows_in_view():
            line = self.line(row)
            if line is not None and line.status == OPEN:
                self.repaint_row(row)

    def _keep_beat(self) -> None:
        wanted = self._live and self.isVisible()
        if wanted and not self._beat.isActive():
            self._beat.start()
        elif not wanted:
            self._beat.stop()

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        for column in range(self._header.count()):
            fixed = QHeaderView.ResizeMode.Fixed
            free = QHeaderView.ResizeMode.Interactive
            self._header.setSectionResizeMode(column, free if column == STEP else fixed)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._keep_beat()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._beat.stop()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        index = self.indexAt(at)
        line = self.line(index.row()) if index.isValid() else None
        left = event.button() == Qt.MouseButton.LeftButton
        if left and index.column() == STEP and line is not None and (line.children or line.fold):
            box = self._delegate.arrow_box(line, self.visualRect(index))
            if box.contains(at):
                below = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                if below:
                    (self.collapsed if line.expanded else self.expanded).emit(index.row(), True)
                else:
                    self.toggled.emit(index.row())
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, key = self.currentIndex().row(), event.key()
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        below = plain == Qt.KeyboardModifier.ShiftModifier
        turns = key in (Qt.Key.Key_Left, Qt.Key.Key_Right)
        if not turns or row < 0:
            super().keyPressEvent(event)
            return
        if plain and not below:
            event.ignore()
            return
        self._ring(True)
        line = self.line(row)
        opens = line is not None and line.children > 0
        is_open = line is not None and line.expanded
        if key == Qt.Key.Key_Right and opens and (below or not is_open):
            self.expanded.emit(row, below)
        elif key == Qt.Key.Key_Right:
            self.go(row + 1)
        elif opens and (is_open or below):
            self.collapsed.emit(row, below)
        else:
            self.parent_wanted.emit(row)
