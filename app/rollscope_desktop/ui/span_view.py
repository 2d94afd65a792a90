"""The table of the span tree: columns that give way, keys of a tree, and following a live run.

What opening a row means is the model's affair; the view only says which row.
"""

from __future__ import annotations

from time import time_ns

from PySide6.QtCore import QAbstractItemModel, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.ui.axis import Axis
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pulse import PERIOD, strength
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.ui.span_delegate import (
    COST,
    DURATION,
    STEP,
    TOKENS,
    WATERFALL,
    Frame,
    SpanDelegate,
)
from rollscope_desktop.ui.span_header import SpanHeader
from rollscope_desktop.viewmodels.lines import Role, SpanLine

FIGURES = {DURATION: 80, TOKENS: 68, COST: 76}
GIVE_WAY = {COST: 620, TOKENS: 520}
"""Columns that hide when the view is narrower than this; the tooltip still has what they say."""

TICK = 500_000_000
LONG_AGO = 900 * 1_000_000_000


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
        self._extent, self._timeless, self._live, self._start = 0, False, False, 0
        self._own_step = 0  # the width a person chose for the first column
        self._fitting = False
        self._beat = QTimer(self)
        self._beat.setInterval(PERIOD)
        self._beat.timeout.connect(self._throb)
        self._header.sectionResized.connect(self._remember_width)
        self.restyle()

    def set_extent(self, extent: int, *, timeless: bool, live: bool, start: int = 0) -> None:
        """The run's length, on which the axis stands; ``start`` is when it began (ns)."""
        self._extent, self._timeless, self._live = extent, timeless, live
        self._start = start
        self._frame_anew()
        self._keep_beat()

    def line(self, row: int) -> SpanLine | None:
        """The record of a row, or None while it is on its way."""
        model = self.model()
        found = None if model is None else model.index(row, 0).data(Role.LINE)
        return found if isinstance(found, SpanLine) else None

    def _frame_anew(self) -> None:
        axis = Axis(self._reach(), self.columnWidth(WATERFALL), self._timeless)
        frame = Frame(axis, self._live, self._delegate.frame.pulse)
        if frame != self._delegate.frame:
            self._delegate.frame = frame
            self._header.axis = axis
            self._header.viewport().update()
            self.viewport().update()

    def _reach(self) -> int:
        """How far the axis goes: while a run is live, to now, in steps that do not flicker.

        A log that is live but tells of long ago (it was copied here) ends where it ends.
        """
        if not self._live or self._timeless:
            return self._extent
        ahead = time_ns() - self._start - self._extent
        return self._extent + (ahead // TICK * TICK if 0 < ahead < LONG_AGO else 0)

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
        step = self._own_step or max(int(room * 0.5), 200)
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
        self._frame_anew()
        frame = self._delegate.frame
        pulse = 1.0 if self.look.still else strength()
        self._delegate.frame = Frame(frame.axis, frame.live, pulse)
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        rows = self.model().rowCount()
        for row in range(max(first, 0), (last if last >= 0 else rows - 1) + 1):
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
        if index.column() == STEP and line is not None and (line.children or line.fold):
            box = self._delegate.arrow_box(line, self.visualRect(index))
            if box.contains(at):
                below = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
                if below:
                    (self.collapsed if line.expanded else self.expanded).emit(index.row(), True)
                else:
                    self.toggled.emit(index.row())
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        line = self.line(row) if row >= 0 else None
        below = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and line is not None:
            self._ring(True)
            if key == Qt.Key.Key_Right and line.children and (below or not line.expanded):
                self.expanded.emit(row, below)
            elif key == Qt.Key.Key_Right:
                self.go(row + 1)
            elif line.expanded and line.children:
                self.collapsed.emit(row, below)
            else:
                self.parent_wanted.emit(row)
        else:
            super().keyPressEvent(event)
