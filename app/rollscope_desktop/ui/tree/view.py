"""The tree of the open run: its steps as lines that open and close, follow and are selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QPushButton, QStackedLayout, QToolButton, QWidget

from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.ui.commands.table import by_id
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import State, tool
from rollscope_desktop.ui.tree.table import SpanView
from rollscope_desktop.ui.view import View
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.tree.model import SpanTreeModel


class Tree(View):
    """Shows a SpanTreeModel."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__(look, run, "Tree")
        self.model = SpanTreeModel(run, self)
        self.view = SpanView(look)
        self.view.setModel(self.model)
        self.nothing = State(look)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.nothing)
        self._icons: list[tuple[QToolButton, str]] = []
        self.error = self._tool("next-error", f"Next error ({by_id('tree.error').key})")
        self.notes = self._tool("note-event", "Show notes: signals, feedback and events")
        self.expand = self._tool("expand", "Expand everything")
        self.collapse = self._tool("collapse", "Collapse everything")
        self.following = self._tool("follow", f"Follow what is new ({by_id('view.follow').key})")
        for switch in (self.notes, self.following):
            switch.setCheckable(True)
            switch.setChecked(True)
        self._fresh = QPushButton(self.view)
        self._fresh.setProperty("role", "new")
        self._fresh.setFont(look.fonts.table)
        self._fresh.hide()
        self._unseen = 0
        self._settling = False  # rows come and go: what becomes the current row is not chosen
        self._own = False  # the person opens or closes something
        self._moving = False  # the view scrolls by itself
        self._connect()
        self._show_axis()
        self._count()
        self.view.set_playhead(run.playhead.at)

    def tools(self) -> Sequence[QWidget]:
        return [button for button, _ in self._icons]

    def take_focus(self) -> None:
        shown = self.view if self._pages.currentWidget() is self.view else self.nothing.button
        shown.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def is_ready(self) -> bool:
        model, run = self.model, self.run
        return (
            run.watch.whole
            and run.marks.ticks is not None
            and all(model.line(row) for row in self.view.rows_in_view())
        )

    def _connect(self) -> None:
        model, view, run = self.model, self.view, self.run
        run.watch.axis_changed.connect(self._show_axis)
        run.watch.ticked.connect(self._show_axis)
        run.watch.state_changed.connect(self._show_axis)
        run.matches.changed.connect(self._count)
        run.marks.changed.connect(self._count)
        run.playhead.moved.connect(view.set_playhead)
        model.changing.connect(self._begin_settling)
        model.changed.connect(self._settle)
        model.sifted.connect(self._show_current)
        model.modelReset.connect(self._forget_new)
        model.modelReset.connect(self._count)
        model.grew.connect(self._grew)
        model.dataChanged.connect(self.busy)
        view.toggled.connect(self._toggle)
        view.activated_row.connect(self._toggle)
        view.expanded.connect(self._expand)
        view.collapsed.connect(self._collapse)
        view.parent_wanted.connect(self._go_up)
        view.menu_wanted.connect(self._ask_menu)
        view.selectionModel().currentRowChanged.connect(self._select)
        self.error.clicked.connect(self.show_next_error)
        self.notes.toggled.connect(self._show_notes)
        self.expand.clicked.connect(self.expand_all)
        self.collapse.clicked.connect(self.collapse_all)
        self.following.toggled.connect(self._follow)
        self._fresh.clicked.connect(self.follow_now)
        self.nothing.button.clicked.connect(self.clear_filter)
        view.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.look.changed.connect(self._tint)

    # Commands

    def expand_all(self) -> None:
        """Open every step of the run."""
        self._change(self.model.set_all_expanded, True)

    def collapse_all(self) -> None:
        """Close every step of the run."""
        self._change(self.model.set_all_expanded, False)

    def expand_to(self, level: int) -> None:
        """Open what is needed to see so many levels, and close the rest."""
        self._change(self.model.set_levels, level)

    def show_next_error(self) -> None:
        """Select the next step that failed, from the top again after the last."""
        self._show_error(back=False)

    def show_previous_error(self) -> None:
        """Select the step before that failed, from the end again before the first."""
        self._show_error(back=True)

    def clear_filter(self) -> None:
        """Show everything again."""
        self.run.scope.set_filter("")
        self.run.scope.set_range(None)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def follow_now(self) -> None:
        """Go to what is new, and stay with it."""
        self.following.setChecked(True)
        self._follow(True)

    def walk(self, by: int) -> None:
        row = self.view.currentIndex().row()
        span = self.run.selection.span
        if row < 0 and span is not None:
            row = self.model.row_near(span)
            row -= 1 if by > 0 and row >= 0 and self.model.row_of(span) >= 0 else 0
        found = self.model.walk(row, by)
        if found >= 0:
            self.view.setCurrentIndex(self.model.index(found, 0))

    def _show_error(self, *, back: bool) -> None:
        span = self.model.error_beside(self.run.selection.span, back)
        if span is not None:
            self.run.selection.select_span(span)
            self.show_span(span)

    # Selection

    def show_span(self, span: int | None) -> None:
        current = self.view.currentIndex()
        if current.isValid() and self.model.span_id(current.row()) == span:
            return  # also when it is a note of that span
        row = -1 if span is None else self.model.reveal(span)
        self._make_current(row)
        if row >= 0:
            index = self.model.index(row, 0)
            self.view.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def selected(self) -> int | None:
        """The id of the selected span."""
        return self.model.span_id(self.view.currentIndex().row())

    def _ask_menu(self, row: int, where: QPoint) -> None:
        span = self.model.span_id(row)
        if span is not None:
            self.menu_wanted.emit(span, where)

    def _select(self, current: QModelIndex, before: QModelIndex) -> None:
        if self._settling or not current.isValid() or not self.isVisible():
            return
        self.run.selection.select_span(self.model.span_id(current.row()))
        self.run.marks.choose(self.model.note_id(current.row()))

    def _make_current(self, row: int) -> None:
        """Move the selection without choosing anything, and without scrolling."""
        settling, self._settling = self._settling, True
        self.view.setAutoScroll(False)
        index = self.model.index(row, 0) if row >= 0 else QModelIndex()
        self.view.setCurrentIndex(index)
        self.view.setAutoScroll(True)
        self._settling = settling

    def _begin_settling(self) -> None:
        self._settling = True
        self.view.setAutoScroll(False)

    def _settle(self) -> None:
        """Rows are others now: take up the selected span where it is."""
        span, model = self.run.selection.span, self.model
        current = self.view.currentIndex().row()
        if span is not None and (current < 0 or model.span_id(current) != span):
            row = model.row_of(span)
            hidden = row < 0 and self._own
            self._make_current(model.row_near(span) if hidden else row)
            if hidden:
                # Who closes a step around the selected one goes on with that.
                self.run.selection.select_span(self.selected())
        self._settling = False
        self.view.setAutoScroll(True)
        self._count()

    def _show_current(self) -> None:
        current = self.view.currentIndex()
        if current.isValid():
            self._moving = True
            self.view.scrollTo(current, QAbstractItemView.ScrollHint.PositionAtCenter)
            self._moving = False

    # Opening and closing

    def _expand(self, row: int, below: bool) -> None:
        change = self.model.set_expanded_inside if below else self.model.set_expanded
        self._change(change, row, True)

    def _collapse(self, row: int, below: bool) -> None:
        change = self.model.set_expanded_inside if below else self.model.set_expanded
        self._change(change, row, False)

    def _toggle(self, row: int) -> None:
        self._change(self.model.toggle, row)

    def _change(self, change: Callable[..., None], *what: object) -> None:
        self._own = True
        try:
            change(*what)
        finally:
            self._own = False

    def _go_up(self, row: int) -> None:
        parent = self.model.parent_row(row)
        if parent >= 0:
            self.view.setCurrentIndex(self.model.index(parent, 0))

    def _show_notes(self, shown: bool) -> None:
        self.model.set_notes_shown(shown)

    # What is there

    def _tool(self, icon: str, hint: str) -> QToolButton:
        button = tool(self.look, icon, hint)
        self._icons.append((button, icon))
        return button

    def _show_axis(self) -> None:
        axis = self.model.axis
        self.view.set_extent(
            axis.length,
            timeless=axis.clock == ORDER,
            live=axis.live,
            interrupted=axis.interrupted,
        )
        row = self.run.watch.row
        self._offer(self.following, axis.live)
        self._offer(self.error, row is not None and row.errors > 0)

    def _offer(self, button: QToolButton, fit: bool) -> None:
        button.setProperty("unfit", not fit)
        button.setVisible(fit and self.isVisible())

    def _count(self) -> None:
        """Say so when nothing fits."""
        self._offer(self.notes, self.model.has_notes())
        empty = self.run.matches.mask is not None and not self.model.rowCount()
        if not empty:
            self._pages.setCurrentWidget(self.view)
            return
        scope = self.run.scope.scope
        parts = [
            "the filter" if scope.filter else "",
            "the selected range" if scope.range is not None else "",
        ]
        told = " and ".join(part for part in parts if part) or "the filter"
        self.nothing.say(
            "No step fits", f"None of the steps of this run fits {told}.", icon="filter",
            button=f"Clear {told[0].upper()}{told[1:]}" if not scope.filter else "Clear the Filter",
        )  # fmt: skip
        self._pages.setCurrentWidget(self.nothing)

    # Following

    def _grew(self, rows: int) -> None:
        if not self.model.axis.live:
            return
        if self.following.isChecked():
            self._go_to_newest()
            return
        self._unseen += rows
        if self._unseen:
            self._fresh.setText(f"{self._unseen:,} new")
            self._fresh.adjustSize()
            self._place_new()
            self._fresh.show()

    def _go_to_newest(self) -> None:
        """The end, and the newest step where that is not the last row."""
        row = self.model.newest_row()
        self._moving = True
        if row < 0 or row >= self.model.rowCount() - 2:
            self.view.scrollToBottom()
        else:
            self.view.scrollTo(self.model.index(row, 0))
        self._moving = False

    def _scrolled(self, value: int) -> None:
        """Whoever scrolls away from the end wants to look at something; back at it, to follow."""
        if self.model.axis.live and not self._moving and not self._settling:
            self.following.setChecked(value >= self.view.verticalScrollBar().maximum())

    def _follow(self, on: bool) -> None:
        if on:
            self._forget_new()
            self._go_to_newest()

    def _forget_new(self) -> None:
        self._unseen = 0
        self._fresh.hide()

    def _place_new(self) -> None:
        area = self.view.geometry()
        self._fresh.move((area.width() - self._fresh.width()) // 2, area.height() - 40)

    def _tint(self) -> None:
        for button, icon in self._icons:
            button.setIcon(self.look.icon(icon))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.set_awake(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.model.set_awake(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_new()
