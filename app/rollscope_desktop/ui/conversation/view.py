"""The conversation of the open run: what was said and done, one card below the other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.query.conversation.items import Page
from rollscope_desktop.ui.conversation.block import Setting
from rollscope_desktop.ui.conversation.card import Desk, card_of
from rollscope_desktop.ui.conversation.column import Column
from rollscope_desktop.ui.conversation.keys import Keys
from rollscope_desktop.ui.conversation.pictures import Thumbnails
from rollscope_desktop.ui.find_bar import FindBar
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.painting import Brushes
from rollscope_desktop.ui.panel import State as StatePanel
from rollscope_desktop.ui.panel import tool
from rollscope_desktop.ui.view import View
from rollscope_desktop.viewmodels.conversation.model import ConversationModel, Part
from rollscope_desktop.viewmodels.conversation.moment import as_of, standing_of
from rollscope_desktop.viewmodels.conversation.search import Search
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.run_watch import State

_NEVER = -(1 << 62)


class Conversation(View):
    """Shows a ConversationModel."""

    def __init__(self, look: Look, run: OpenRun) -> None:
        super().__init__(look, run, "Conversation")
        self.model = ConversationModel(run, self)
        self.desk = Desk(look, Brushes(look), Thumbnails(run.jobs, self))
        self.column = Column(look, self.desk, self._setting)
        self.column.setAccessibleName("Conversation")
        self.keys = Keys(self.column, self.model, self._select)
        self.search = Search(self.model, self)
        self.finder = FindBar(look, "Find in this conversation")
        self.state = StatePanel(look)
        content = QWidget()
        rows = QVBoxLayout(content)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.finder)
        rows.addWidget(self.column, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.state)
        self._stack.addWidget(content)
        self.whole = QToolButton()
        self.whole.setText("Whole session")
        self.whole.setCheckable(True)
        self.whole.setFont(look.fonts.table)
        self.whole.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.whole.setProperty("unfit", True)
        self.following = tool(look, "follow", "Follow what is new (Ctrl+L)")
        self.following.setCheckable(True)
        self.following.setChecked(True)
        self._fresh = QPushButton(self.column)
        self._fresh.setProperty("role", "new")
        self._fresh.setFont(look.fonts.table)
        self._fresh.hide()
        self._unseen = 0
        self._wish: int | None = None
        self._riding = True
        self._own = False
        self._connect()
        self._show_axis()
        self._show_state()

    def _connect(self) -> None:
        model, column, run = self.model, self.column, self.run
        model.replaced.connect(self._replace)
        model.grown.connect(self._grow)
        model.arrived.connect(self._arrive)
        model.state_changed.connect(self._show_state)
        column.wanted.connect(model.want)
        column.touched.connect(self._touch)
        column.read_wanted.connect(self._read_big)
        column.scrolled.connect(self._scrolled)
        run.watch.axis_changed.connect(self._show_axis)
        run.watch.state_changed.connect(self._show_axis)
        run.playhead.moved.connect(self._move_playhead)
        run.playhead.playing_changed.connect(self._ride)
        self.search.hit.connect(self._show_hit)
        self.search.needle_changed.connect(self._mark)
        self.finder.wanted.connect(self.search.look_for)
        self.finder.moved.connect(self.search.next)
        self.finder.closed.connect(self._end_search)
        self.search.changed.connect(self._tell_search)
        self.whole.toggled.connect(self._choose_part)
        self.following.toggled.connect(self._follow)
        self._fresh.clicked.connect(self.follow_now)
        self.desk.thumbnails.arrived.connect(self.busy)
        self.look.changed.connect(self._tint)

    def tools(self) -> Sequence[QWidget]:
        return [self.whole, self.following]

    def span_under(self, at: QPoint) -> int | None:
        card = card_of(self.childAt(at))
        if card is None:
            return None
        card.touched.emit()  # a card of a step selects that step
        return self.run.selection.span

    def take_focus(self) -> None:
        self.column.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_span(self, span: int | None) -> None:
        if self._own:
            return
        self._wish = span
        self._grant()

    def walk(self, by: int) -> None:
        self.keys.walk(by)

    def find(self) -> None:
        self.finder.begin()
        self.search.look_for(self.finder.line.text())

    def _end_search(self) -> None:
        self.finder.hide()
        self.search.look_for("")
        self.column.setFocus()

    def _tell_search(self) -> None:
        search = self.search
        found = (
            f"{search.place:,} of {search.count:,}" if search.place else f"{search.count:,} found"
        )
        if not search.count:
            found = "Nothing found" if search.is_done() else "Nothing found so far"
        if not search.is_done() or search.searched < search.total:
            found += f" · {search.searched:,} of {search.total:,} steps searched"
        self.finder.say(found)

    def is_ready(self) -> bool:
        return not self.model.pages.is_busy() and self.model.state is not State.LOADING

    def follow_now(self) -> None:
        """Go to what is newest, and stay with it."""
        self.following.setChecked(True)
        self._follow(True)

    def _setting(self, row: int) -> Setting | int | None:
        """What a row shows: its cards, how many steps are hidden, or None until it is read."""
        chapter, place = self.model.chapter(row)
        if place < 0:
            return -place
        page = self.model.page(row)
        if page is None:
            return None
        steps = chapter.steps
        index = steps.index_of(place)
        current = self.model.is_current(row)
        axis = self.run.watch.axis
        at = self.run.playhead.at if current else None
        zero = axis.start if current else 0
        stood = standing_of(steps, place, at, zero)
        shown: Page = as_of(page, stood, at is not None, current and axis.live)
        took = ""
        status = None
        if index >= 0:
            status = int(steps.structure.status[index])
            start, end = int(steps.structure.start[index]), int(steps.structure.end[index])
            timed = start > _NEVER and end > _NEVER and steps.run.clock != ORDER
            if timed and stood is not Standing.OPEN:
                took = text.duration(max(end - start, 0))
        key = (chapter.run, steps.code_of(place))
        return Setting(key, shown, int(steps.depth[place]), status, took, stood)

    def _replace(self, before: object) -> None:
        self.column.replace(len(self.model), before)  # type: ignore[arg-type]
        self._forget_new()
        if before is None:
            self.desk.open.clear()
            if self.model.run.watch.axis.live and self.following.isChecked():
                self.column.to_end()
        self._grant()

    def _grow(self, first: int) -> None:
        end = self.following.isChecked() and self.run.watch.axis.live
        self.column.grow(len(self.model))
        if end:
            self.column.to_end()
        elif self.run.watch.axis.live:
            self._unseen += len(self.model) - first
            self._offer_new()
        self._grant()

    def _arrive(self, rows: object) -> None:
        at_end = self.following.isChecked() and self.run.watch.axis.live
        self.column.refresh(rows)  # type: ignore[arg-type]
        if at_end:
            self.column.to_end()
        self._grant()
        self.busy.emit()

    def _grant(self) -> None:
        """Show the span that is to be shown, as soon as there is a row of it."""
        span = self._wish
        if span is None or not len(self.model):
            return
        row = self.model.row_of(span)
        if row < 0:
            return
        known = self.column.current()
        if known is not None and self.model.span_of(known[0]) == span and known[0] == row:
            self._wish = None
            return
        self.column.set_current(row, -1)
        self.following.setChecked(self.following.isChecked() and self.column.at_end())
        if self.model.page(row) is not None:
            self._wish = None

    def _touch(self, row: int, number: int) -> None:
        focused = QApplication.focusWidget()
        if focused is None or not self.column.isAncestorOf(focused):
            self.column.setFocus(Qt.FocusReason.MouseFocusReason)
        self._select(row, number, False)

    def _select(self, row: int, number: int, show: bool = True) -> None:
        """Select a card, and with it its span everywhere."""
        self._wish = None
        self.column.set_current(row, number, show=show)
        self.following.setChecked(self.following.isChecked() and self.column.at_end())
        chapter, place = self.model.chapter(row)
        selection = self.run.selection
        self._own = True
        try:
            if chapter.run != self.run.watch.run:
                selection.select_run(chapter.run)
            if place >= 0 and not chapter.steps.is_note(place):
                selection.select_span(self.model.span_of(row))
        finally:
            self._own = False

    def _read_big(self, row: int) -> None:
        chapter, place = self.model.chapter(row)
        span = self.model.span_of(row)
        if place >= 0 and span is not None:
            self.model.pages.read_big(span)
            self.model.pages.forget(chapter.steps, place)
            self.model.want([row])

    def _move_playhead(self, at: object) -> None:
        if not self.isVisible():
            return
        self.column.refresh()
        playing = self.run.playhead.playing
        if isinstance(at, int) and (self._riding or not playing):
            row = self.model.row_at_moment(at)
            if row >= 0:
                self.column.show_row(row)

    def _ride(self, playing: bool) -> None:
        """Who starts to play wants to see it, until they scroll away."""
        self._riding = True

    def _show_hit(self, row: int, number: int) -> None:
        block = self.column.block(row)
        if block is None:
            self.column.show_row(row)
            block = self.column.block(row)
        if block is not None and number >= len(block.cards):
            self.desk.open.add(block.items_key)
            self.column.remake()
        self._select(row, number)
        card = self.column.current_card()
        if card is not None:
            card.reveal(self.search.needle.casefold())

    def _mark(self, needle: str) -> None:
        self.desk.needle = needle
        self.column.mark(needle)

    def _choose_part(self, on: bool) -> None:
        self.model.set_part(Part.SESSION if on else Part.RUN)
        self._wish = self.run.selection.span

    def _show_state(self) -> None:
        model, state = self.model, self.state
        if model.state is State.FULL:
            self._stack.setCurrentIndex(1)
        else:
            self._stack.setCurrentIndex(0)
            if model.state is State.LOADING:
                state.load("Reading the conversation")
            elif model.state is State.FAILED:
                state.say("The conversation could not be read", model.failure, icon="warning",
                          role="error")  # fmt: skip
            else:
                state.say("Nothing was said", "The log of this run has no message, no model call "
                          "and no tool.")  # fmt: skip
        several = model.runs_in_session > 1
        self._offer(self.whole, several)
        said = f"Show all {model.runs_in_session:,} runs of the session as one conversation"
        if model.left_out:
            said += f"; the {model.left_out:,} farthest from this one are left out"
        self.whole.setToolTip(said)
        self.whole.setAccessibleName(said)
        if self.whole.isChecked() != (model.part is Part.SESSION):
            self.whole.setChecked(model.part is Part.SESSION)
        self.busy.emit()

    def _show_axis(self) -> None:
        self._offer(self.following, self.run.watch.axis.live)
        self.column.refresh()

    def _offer(self, button: QToolButton, fit: bool) -> None:
        button.setProperty("unfit", not fit)
        button.setVisible(fit and self.isVisible())

    def _scrolled(self) -> None:
        """Whoever scrolls away from the end wants to read something; back at it, to follow."""
        self._wish = None
        self._riding = False
        if self.run.watch.axis.live:
            self.following.setChecked(self.column.at_end())

    def _follow(self, on: bool) -> None:
        if on:
            self._forget_new()
            self.column.to_end()

    def _forget_new(self) -> None:
        self._unseen = 0
        self._fresh.hide()

    def _offer_new(self) -> None:
        self._fresh.setText(f"{self._unseen:,} new")
        self._fresh.adjustSize()
        area = self.column.geometry()
        self._fresh.move((area.width() - self._fresh.width()) // 2, area.height() - 40)
        self._fresh.setVisible(self._unseen > 0)

    def _tint(self) -> None:
        self.following.setIcon(self.look.icon("follow"))
        self.column.remake()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._offer_new()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.set_active(True)
        self.search.set_active(True)
        self.column.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.model.set_active(False)
        self.search.set_active(False)
