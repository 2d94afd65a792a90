"""The tree panel: a run's name and tools above its steps; opens, closes, selects and follows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QPushButton

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER, RunRow
from rollscope_desktop.ui.commands import by_id
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import Panel
from rollscope_desktop.ui.span_view import SpanView
from rollscope_desktop.viewmodels.spans import SpanTreeModel, State

ROOMY = 480
"""From this width on there is room for a summary beside the run's name."""


class SpanPanel(Panel):
    """Shows a SpanTreeModel."""

    span_selected = Signal(object)
    """The id of the selected span, or None."""

    def __init__(self, look: Look, model: SpanTreeModel) -> None:
        super().__init__(look, "Steps")
        self.model = model
        self.view = SpanView(look)
        self.view.setModel(model)
        self.set_content(self.view)
        self._summary = QLabel()
        self._summary.setFont(look.fonts.table)
        self._summary.setProperty("role", "muted")
        self.tools.addWidget(self._summary)
        self.tools.addSpacing(8)
        self.error = self.add_tool("state-error", f"Next error ({by_id('tree.error').key})")
        self.expand = self.add_tool("expand", "Expand everything")
        self.collapse = self.add_tool("collapse", "Collapse everything")
        self.following = self.add_tool("follow", f"Follow what is new ({by_id('view.follow').key})")
        self.following.setCheckable(True)
        self.following.setChecked(True)
        self._fresh = QPushButton(self.view)
        self._fresh.setProperty("role", "new")
        self._fresh.setFont(look.fonts.table)
        self._fresh.hide()
        self._unseen = 0
        self._restoring: int | None = None
        self._own = False
        self._connect()
        self._show_state()

    def _connect(self) -> None:
        model, view = self.model, self.view
        model.state_changed.connect(self._show_state)
        model.axis_changed.connect(self._show_axis)
        model.lines_replaced.connect(self._restore)
        model.modelReset.connect(self._forget_new)
        model.rowsInserted.connect(self._grew)
        view.toggled.connect(self._toggle)
        view.activated_row.connect(self._toggle)
        view.expanded.connect(self._expand)
        view.collapsed.connect(self._collapse)
        view.parent_wanted.connect(self._go_up)
        view.selectionModel().currentRowChanged.connect(self._select)
        self.error.clicked.connect(self.show_next_error)
        self.expand.clicked.connect(self.expand_all)
        self.collapse.clicked.connect(self.collapse_all)
        self.following.toggled.connect(self._follow)
        self._fresh.clicked.connect(self.follow_now)
        view.verticalScrollBar().valueChanged.connect(self._scrolled)

    def expand_all(self) -> None:
        """Open every step of the run."""
        self._change(self.model.set_all_expanded, True)

    def collapse_all(self) -> None:
        """Close every step of the run."""
        self._change(self.model.set_all_expanded, False)

    def show_next_error(self) -> None:
        """Select the next step that failed, from the top again after the last."""
        self._show_error(back=False, around=-1)

    def show_previous_error(self) -> None:
        """Select the step before that failed, from the end again before the first."""
        self._show_error(back=True, around=self.model.rowCount())

    def _show_error(self, *, back: bool, around: int) -> None:
        span = self.model.next_error(self.view.currentIndex().row(), back)
        if span < 0:
            span = self.model.next_error(around, back)
        if span >= 0:
            self.show_span(span)

    def show_span(self, span: int) -> None:
        """Select a span, whatever hides it."""
        row = self.model.reveal(span)
        if row >= 0:
            index = self.model.index(row, 0)
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def follow_now(self) -> None:
        """Go to what is new, and stay with it."""
        self.following.setChecked(True)
        self._follow(True)

    def selected(self) -> int | None:
        """The id of the selected span."""
        return self.model.span_id(self.view.currentIndex().row())

    def _expand(self, row: int, below: bool) -> None:
        self._change(
            self.model.set_expanded_inside if below else self.model.set_expanded, row, True
        )

    def _collapse(self, row: int, below: bool) -> None:
        self._change(
            self.model.set_expanded_inside if below else self.model.set_expanded, row, False
        )

    def _toggle(self, row: int) -> None:
        self._change(self.model.toggle, row)

    def _change(self, change: Callable[..., None], *what: object) -> None:
        """Rows that the person opens are not news of a live run."""
        self._own = True
        try:
            change(*what)
        finally:
            self._own = False

    def _go_up(self, row: int) -> None:
        parent = self.model.parent_row(row)
        if parent >= 0:
            self.view.setCurrentIndex(self.model.index(parent, 0))

    def _select(self, current: QModelIndex, before: QModelIndex) -> None:
        span = self.model.span_id(current.row()) if current.isValid() else None
        if span is not None:
            self._restoring = span
        self.span_selected.emit(span)

    def _restore(self) -> None:
        """All lines are new: the selection is found again by its id."""
        if self._restoring is not None:
            row = self.model.row_of(self._restoring)
            if row >= 0:
                self.view.setCurrentIndex(self.model.index(row, 0))

    def _show_axis(self) -> None:
        axis = self.model.axis
        self.view.set_extent(
            axis.length, timeless=axis.clock == ORDER, live=axis.live, start=axis.start
        )
        self.following.setVisible(axis.live)
        run = self.model.run_row
        if run is not None:
            self._name(run)

    def _name(self, run: RunRow) -> None:
        name = text.one_line(run.name or run.agent or "Run")
        parts = [text.count(run.spans, "step")]
        if run.clock == ORDER:
            parts.append("no times in the log")
        else:
            parts.append(text.duration(self.model.axis.length))
        if run.errors:
            parts.append(text.count(run.errors, "error"))
        said = " · ".join(parts)
        self._summary.setText(said)
        self.title.say(name, f"<span>{_escaped(name)}<br>{said}</span>")
        self.error.setVisible(run.errors > 0)

    def _show_state(self) -> None:
        model, state = self.model, self.state
        full = model.state is State.FULL
        self._summary.setVisible(full and self.width() >= ROOMY)
        for widget in (self.expand, self.collapse):
            widget.setVisible(full)
        self._show_axis()
        if model.state is State.EMPTY:
            self.title.say("Steps")
            state.say("No run is selected", "Choose one in the list to see its steps.")
        elif model.state is State.LOADING:
            state.load("Reading the steps of the run")
        elif model.state is State.FAILED:
            state.say("The steps could not be read", model.failure, icon="warning", role="error")
        elif not model.rowCount():
            state.say("No steps yet", "The log of this run has no step so far.")
        if not full:
            self.error.hide()
            self.following.hide()
        if full and model.rowCount():
            self.show_content()
            self._restore()
        else:
            self.show_state()

    def _forget_new(self) -> None:
        self._unseen = 0
        self._fresh.hide()

    def _grew(self, parent: QModelIndex, first: int, last: int) -> None:
        if not self.shows_content() and self.model.state is State.FULL:
            self.show_content()
        axis = self.model.axis
        if self._own or not axis.live or last < self.model.rowCount() - 1:
            return
        if self.following.isChecked():
            self.view.scrollToBottom()
            return
        self._unseen += last - first + 1
        self._fresh.setText(f"{self._unseen:,} new")
        self._fresh.adjustSize()
        area = self.view.geometry()
        self._fresh.move((area.width() - self._fresh.width()) // 2, area.height() - 40)
        self._fresh.show()

    def _scrolled(self, value: int) -> None:
        """Whoever scrolls away from the end wants to look at something; back at it, to follow."""
        if self.model.axis.live:
            self.following.setChecked(value >= self.view.verticalScrollBar().maximum())

    def _follow(self, on: bool) -> None:
        if on:
            self._forget_new()
            self.view.scrollToBottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # The name of the run needs the room more; its tooltip has the summary too.
        self._summary.setVisible(self.model.state is State.FULL and self.width() >= ROOMY)


def _escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;")
