"""The list of steps: one run or all, flat, sorted by any column, with what it comes to below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.query.spans import run_of
from rollscope_desktop.services.jobs import Lane, steps
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import PATIENCE, State, tool
from rollscope_desktop.ui.span_list.foot import SpanListFoot, said
from rollscope_desktop.ui.span_list.table import SpanListView
from rollscope_desktop.ui.view import View
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.span_list.layout import unpack
from rollscope_desktop.viewmodels.span_list.lines import MOST_COPIED, copy_lines
from rollscope_desktop.viewmodels.span_list.model import ListState, SpanListModel
from rollscope_desktop.viewmodels.span_list.question import AS_IT_CAME
from rollscope_desktop.viewmodels.span_list.source import BEAT

ROOMY = 560
"""From this width on the choice of runs is written out."""
_SETTLE = 150
"""Milliseconds that a step of another run is selected before its run is opened: whoever walks past
does not want to open every run on the way."""


class SpanList(View):
    """Shows a SpanListModel."""

    layout_changed = Signal()
    """``layout_bytes`` has changed."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__(look, run, "List")
        self.model = SpanListModel(run, self)
        self.view = SpanListView(look, self.model)
        self.state = State(look)
        self.foot = SpanListFoot(look)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        self._stack = QStackedLayout()
        # In its place before it has widgets: it shows the first at once, as a window of its own.
        rows.addLayout(self._stack, 1)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.state)
        rows.addWidget(self.foot)
        self._line = QProgressBar(self)
        self._line.setRange(0, 0)
        self._line.setTextVisible(False)
        self._line.setAccessibleName("Sorting")
        self._line.hide()
        self._fresh = QPushButton(self)
        self._fresh.setProperty("role", "new")
        self._fresh.setFont(look.fonts.table)
        self._fresh.hide()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._beat = QTimer(self, interval=BEAT)
        self._at_end = False
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE)
        self._missing: int | None = None  # a span that is to be shown when the list is there
        self._restoring = self._selecting = False
        self._make_tools()
        self._connect()
        self._show_state()

    def _make_tools(self) -> None:
        self.one, self.all = (self._choice(title) for title in ("This Run", "All Runs"))
        self.one.setToolTip("List the steps of the run that is open")
        self.all.setToolTip("List the steps of all runs")
        self.one.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self.one)
        group.addButton(self.all)
        self._name_choices()
        self.columns = tool(self.look, "columns", "Columns, and what to sort by")

    def _choice(self, title: str) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setFont(self.look.fonts.table)
        button.setAccessibleName(title)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _name_choices(self) -> None:
        """The choice of runs in full where there is room for it, else in one word; never cut."""
        roomy = self.width() >= ROOMY
        for button in (self.one, self.all):
            title = button.accessibleName()
            button.setText(title if roomy else title.split()[0])
            button.setMinimumWidth(button.sizeHint().width())

    def _connect(self) -> None:
        model, view = self.model, self.view
        view.menu_wanted.connect(self._ask_menu)
        model.state_changed.connect(self._show_state)
        model.busy_changed.connect(self._show_busy)
        model.changed.connect(self._take_list)
        model.settled.connect(self._settled)
        model.news_changed.connect(self._show_news)
        model.sums.changed.connect(self._show_sums)
        model.rowsAboutToBeInserted.connect(self._note_end)
        model.rowsInserted.connect(self._follow)
        model.rowsInserted.connect(self.busy)
        model.dataChanged.connect(self.busy)
        view.selectionModel().currentRowChanged.connect(self._select)
        view.activated_row.connect(self._enter)
        view.copy_wanted.connect(self.copy)
        view.jump_wanted.connect(self.jump)
        view.layout_changed.connect(self.layout_changed)
        self.foot.row_wanted.connect(self._jump_to)
        self.foot.left.connect(self.take_focus)
        self.state.button.clicked.connect(self._help)
        self._patience.timeout.connect(self._line.show)
        self._settle.timeout.connect(self._open_current)
        self._beat.timeout.connect(self._go_on)
        self.run.watch.axis_changed.connect(self._keep_beat)
        self._fresh.clicked.connect(self._sort_again)
        self.all.toggled.connect(self._choose)
        self.columns.clicked.connect(self._show_columns)
        self.look.changed.connect(self._tint)

    # What the window asks for

    def tools(self) -> Sequence[QWidget]:
        return (self.one, self.all, self.columns)

    def take_focus(self) -> None:
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_span(self, span: int | None) -> None:
        if self._selecting or span is None:
            return
        row = self.model.row_of(span)
        self._missing = None if row >= 0 else span
        if row >= 0 and row != self.view.currentIndex().row():
            self._restore(row, scroll=True)

    def walk(self, by: int) -> None:
        row, rows = self.view.currentIndex().row(), self.model.rowCount()
        if rows:
            row = min(max(row + by, 0), rows - 1)
            self.view.go(row)

    def is_ready(self) -> bool:
        return not self.model.busy and self.model.state is not ListState.READING

    def follow_now(self) -> None:
        """Go to what is newest; a run that is listed as it came is followed from there."""
        if self.model.sort == AS_IT_CAME:
            self.view.scrollToBottom()
        elif self.model.news:
            self.model.ask()

    def take_changes(self) -> None:
        """Some runs have changed, which need not be the open one."""
        self.model.take_changes()

    def layout_bytes(self) -> bytes:
        """Which columns are shown, how wide and in which order."""
        return self.view.layout_now.pack()

    def restore_layout(self, data: bytes) -> None:
        """Show the columns as ``layout_bytes`` said."""
        self.view.set_layout_now(unpack(data))

    def jump(self) -> None:
        """Ask for the number of a row, and go there."""
        if self.model.rowCount():
            self.foot.ask_row(self.view.currentIndex().row(), self.model.rowCount())

    def copy(self) -> None:
        """Put the selected rows on the clipboard, as a table of text."""
        ids: list[int] = []
        rows = 0
        for first, last in self.view.rows_selected():
            rows += last - first + 1
            ids += self.model.ids(first, min(last + 1, first + MOST_COPIED - len(ids)))
        if ids:
            columns, setting = self.view.shown_columns(), self.model.setting()
            outline = None if self.model.everything else self.run.watch.outline
            self.run.jobs.start(
                self, "copy", steps(copy_lines, ids, columns, setting, outline),
                lambda table: self._copied(table, len(ids), rows), lane=Lane.ORDERS,
            )  # fmt: skip

    def _ask_menu(self, row: int, where: QPoint) -> None:
        span = self.model.span_id(row)
        if span is not None:
            self._open(span)
            self.menu_wanted.emit(span, where)

    # Selection

    def _select(self, current: QModelIndex, before: QModelIndex) -> None:
        self._settle.stop()
        span = self.model.span_id(current.row()) if current.isValid() else None
        if self._restoring or span is None or not self.isVisible():
            return
        self._missing = None
        if run_of(span) == self.run.selection.run:
            self._open(span)
        else:
            self._settle.start()

    def _open(self, span: int) -> None:
        """Select a step everywhere; if it is of another run, that run first."""
        selection = self.run.selection
        self._selecting = True
        try:
            selection.select_run(run_of(span))
            selection.select_span(span)
        finally:
            self._selecting = False

    def _open_current(self) -> None:
        span = self.model.span_id(self.view.currentIndex().row())
        if span is not None:
            self._open(span)

    def _enter(self, row: int) -> None:
        self._settle.stop()
        self._open_current()

    def _restore(self, row: int, *, scroll: bool) -> None:
        self._restoring = True
        try:
            (self.view.show_row if scroll else self.view.put_current)(row)
        finally:
            self._restoring = False

    def _take_list(self, asked: bool) -> None:
        """Another list is shown: what is selected is found again by its id."""
        if asked:
            self.view.scrollToTop()
        self._find_selected()

    def _settled(self) -> None:
        if self._missing is not None and self._missing == self.run.selection.span:
            self.show_span(self._missing)
        else:
            self._find_selected()
        self.busy.emit()

    def _find_selected(self) -> None:
        span = self.run.selection.span
        if span is not None and not self.view.currentIndex().isValid():
            row = self.model.row_of(span)
            if row >= 0:
                self._restore(row, scroll=False)

    # A run that goes on

    def _note_end(self) -> None:
        bar = self.view.verticalScrollBar()
        self._at_end = bar.value() >= bar.maximum()

    def _follow(self) -> None:
        """Whoever looks at the end of a live run stays there; who scrolled away is left alone."""
        as_it_came = self.model.sort == AS_IT_CAME and not self.model.everything
        if self._at_end and as_it_came and self.run.watch.axis.live:
            self.view.scrollToBottom()

    def _go_on(self) -> None:
        self.model.renew_lines()
        self.view.viewport().update()

    def _keep_beat(self) -> None:
        if self.isVisible() and (self.run.watch.axis.live or self.model.everything):
            self._beat.start()
        else:
            self._beat.stop()

    # What is shown

    def _show_state(self) -> None:
        model, state, scope = self.model, self.state, self.run.scope.scope
        if model.state is ListState.READING:
            state.load("Reading the steps")
        elif model.state is ListState.NOTHING:
            where = "In all runs, no" if model.everything else "No"
            if scope.filter.strip():
                state.say(f"{where} step fits the filter", scope.filter, button="Clear the Filter")
            elif scope.range is not None and not model.everything:
                state.say("No step in this part of the run", button="Show All of It")
            else:
                state.say("No steps yet")
        elif model.state is ListState.FAILED:
            state.say("The steps could not be listed", model.failure, icon="warning",
                      role="error", button="Try Again")  # fmt: skip
        full = model.state is ListState.FULL
        pressed = state.button.hasFocus()
        self._stack.setCurrentWidget(self.view if full else state)
        if full and pressed:
            self.take_focus()
        self._show_sums()

    def _help(self) -> None:
        """The button of the sentence that stands instead of the list."""
        scope = self.run.scope
        if self.model.state is ListState.FAILED:
            self.model.ask()
        elif scope.scope.filter.strip():
            scope.set_filter("")
        else:
            scope.set_range(None)

    def _show_busy(self, busy: bool) -> None:
        if busy:
            self._patience.start()
        else:
            self._patience.stop()
            self._line.hide()
        self._show_sums()

    def _show_sums(self) -> None:
        sums, full = self.model.sums.sums, self.model.state is ListState.FULL
        if sums is None or not full:
            rows = self.model.rowCount()
            words = "" if not full else "Sorting" if self.model.busy else text.count(rows, "step")
            self.foot.say(words)
            return
        timeless = not self.model.everything and self.run.watch.axis.clock == ORDER
        self.foot.say(said(sums, timeless))

    def _show_news(self, news: int) -> None:
        self._fresh.setText(f"{news:,} new, sort again")
        self._fresh.setVisible(news > 0)
        self._place()

    def _sort_again(self) -> None:
        self.model.ask()
        self.take_focus()

    def _choose(self, everything: bool) -> None:
        self.model.set_everything(everything)
        self._keep_beat()
        self.view.arrange()

    def _show_columns(self) -> None:
        menu = self.view.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.columns.mapToGlobal(self.columns.rect().bottomLeft()))

    def _jump_to(self, row: int) -> None:
        self.view.show_row(row)

    def _copied(self, table: str, copied: int, rows: int) -> None:
        QGuiApplication.clipboard().setText(table)
        most = "" if copied == rows else f" of {rows:,}"
        self.foot.tell(f"{copied:,}{most} rows copied" if rows > 1 else "1 row copied")

    def _tint(self) -> None:
        self.columns.setIcon(self.look.icon("columns"))

    def _place(self) -> None:
        top = self.view.horizontalHeader().height()
        self._line.setGeometry(0, top, self.width(), 4)
        self._fresh.adjustSize()
        area = self.view.geometry()
        self._fresh.move((area.width() - self._fresh.width()) // 2, area.height() - 44)

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.set_active(True)
        self._keep_beat()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._settle.stop()
        self._beat.stop()
        self.model.set_active(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_choices()
        self._place()
