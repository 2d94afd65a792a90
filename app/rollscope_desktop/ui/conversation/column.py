"""A readable column of very many rows of different heights, with widgets only for those in view.

The row at the top of the screen is what stays where it is: whatever becomes higher or lower above
it, what the person reads does not move.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame

from rollscope_desktop.model import text
from rollscope_desktop.ui.conversation.block import GAP, Block, Setting
from rollscope_desktop.ui.conversation.blocks import Blocks
from rollscope_desktop.ui.conversation.rule import paint_rule, paint_waiting
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.painting import Brushes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rollscope_desktop.ui.conversation.card import CardFrame, Desk

WIDEST = 820
MARGIN = 24
GUESS = 76
HIDDEN = 28
_AROUND = 300
"""Pixels below the screen that are laid out with it."""
_AT_ONCE = 6


class Column(QAbstractScrollArea):
    """Lays out rows; who makes it says what they are: ``setting_of`` gives what a row shows, None
    while that is being read, or how many steps are hidden there."""

    wanted = Signal(object)
    """Rows in view, and then those near it, of which nothing is known."""
    touched = Signal(int, int)
    """The person clicked on a card: its row, and its number there."""
    read_wanted = Signal(int)
    scrolled = Signal()
    """The person scrolled."""

    def __init__(
        self, look: Look, desk: Desk, setting_of: Callable[[int], Setting | int | None]
    ) -> None:
        super().__init__()
        from rollscope_desktop.ui.conversation.heights import Heights

        self._look, self._desk, self._setting_of = look, desk, setting_of
        self._brushes: Brushes = desk.brushes
        self._heights = Heights()
        self._blocks = Blocks(desk, self.viewport())
        self._blocks.touched.connect(self.touched)
        self._blocks.refolded.connect(self._refold)
        self._blocks.resized.connect(self.soon)
        self._blocks.read_wanted.connect(self.read_wanted)
        self._anchor, self._top = 0, MARGIN  # a row, and where on the screen it begins
        self._value = self._made = 0
        self._current: tuple[int, int] | None = None
        self.first, self.last = 0, -1
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(True)
        self.verticalScrollBar().setSingleStep(40)
        self.verticalScrollBar().valueChanged.connect(self._scroll)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.lay_out)
        self._shift = 0

    @property
    def room(self) -> int:
        """How wide the column is."""
        return max(min(self.viewport().width() - 2 * MARGIN, WIDEST), 200)

    def __len__(self) -> int:
        return len(self._heights)

    def replace(self, count: int, before: NDArray[np.int32] | None) -> None:
        """All rows are others; ``before`` says which row each was, if anything stays."""
        from rollscope_desktop.ui.conversation.heights import Heights

        anchor, current = self._anchor, self._current
        self._current = None
        if before is None or len(before) != count:
            self._heights = Heights(count, GUESS)
            self._anchor, self._top = 0, MARGIN
            kept: dict[int, int] = {}
        else:
            self._heights.follow(before, GUESS)
            kept = {int(old): row for row, old in enumerate(before.tolist()) if old >= 0}
            while anchor > 0 and anchor not in kept:
                anchor -= 1
            self._anchor = kept.get(anchor, 0)
            if current is not None and current[0] in kept:
                self._current = (kept[current[0]], current[1])
        self._blocks.move(kept)
        self.refresh()

    def grow(self, count: int) -> None:
        """Rows came at the end; there are so many now."""
        self._heights.grow(count - len(self._heights), GUESS)
        self.soon()

    def soon(self) -> None:
        """Lay out before the next picture is drawn."""
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def refresh(self, rows: Container[int] | None = None) -> None:
        """Rows show something else now, or all of them may: those that do are made anew."""
        for row, block in self._blocks:
            if rows is not None and row not in rows:
                continue
            setting = self._setting_of(row) if row < len(self) else 0
            if setting is None:
                continue  # it is being read again: what is known stays
            if isinstance(setting, int):
                self._blocks.drop(row)
            elif block.can_become(setting):
                block.become(setting)
            else:
                self._remake(row, setting)
        self.soon()

    def remake(self) -> None:
        """Every card is made anew: the theme is another, or a fold."""
        for row, block in self._blocks:
            self._remake(row, block.setting)
        self.soon()

    def mark(self, needle: str) -> None:
        """Show where a text was found."""
        for _, block in self._blocks:
            block.mark(needle)

    def block(self, row: int) -> Block | None:
        """The cards of a row, if it is in view."""
        return self._blocks.get(row)

    def current(self) -> tuple[int, int] | None:
        """Row and number of the card that is selected."""
        return self._current

    def current_card(self) -> CardFrame | None:
        """The card that is selected, if it is in view."""
        if self._current is None:
            return None
        block = self._blocks.get(self._current[0])
        number = self._current[1]
        if block is None or not block.cards or number >= len(block.cards):
            return None
        return block.cards[number]

    def set_current(self, row: int, number: int, *, show: bool = True) -> None:
        """Select a card; -1 is the last of its row."""
        self._mark_current(False)
        self._current = (row, number)
        if show:
            self.show_row(row)
        if number < 0 and (block := self._blocks.get(row)) is not None and block.cards:
            self._current = (row, len(block.cards) - 1)
        self._mark_current(True)
        card = self.current_card()
        self.setAccessibleDescription("" if card is None else card.accessibleName())
        if show:
            self._show_card()

    def show_row(self, row: int) -> None:
        """Bring a row into view, if it is not there as a whole."""
        if not len(self) or not 0 <= row < len(self):
            return
        block = self._blocks.get(row)
        if self.first <= row <= self.last and block is not None:
            self._bring(block.y(), self._heights.get(row))
            return
        near = row == self.first - 1
        self._anchor, self._top = row, MARGIN if near else self.viewport().height() // 5
        self.lay_out()

    def _bring(self, top: int, height: int) -> None:
        """Scroll as little as shows what is at a place on the screen, its beginning first."""
        over = top + height + MARGIN - self.viewport().height()
        if top < MARGIN:
            self._top += MARGIN - top
        elif over > 0:
            self._top -= min(over, top - MARGIN)
        else:
            return
        self.lay_out()

    def scroll_by(self, pixels: int) -> None:
        """Scroll, as the wheel does."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + pixels)

    def to_end(self) -> None:
        """Go to the newest row."""
        if len(self):
            self._anchor = len(self) - 1
            self._top = self.viewport().height() - MARGIN - self._measure(self._anchor)
            self.lay_out()

    def at_end(self) -> bool:
        """Whether the last row is in view."""
        bar = self.verticalScrollBar()
        return self.last >= len(self) - 1 and bar.value() >= bar.maximum() - 8

    def lay_out(self) -> None:
        """Place the rows in view, from the one that stays where it is."""
        self._later.stop()
        if not len(self) or self.viewport().width() < 10:
            self._blocks.show_only(0, -1)
            self.verticalScrollBar().setRange(0, 0)
            self.viewport().update()
            return
        self._anchor = min(self._anchor, len(self) - 1)
        for _ in range(3):
            bottom = self._place()
            high = self.viewport().height()
            if bottom >= high or (self._anchor == 0 and self._top >= MARGIN):
                break
            self._top += high - bottom  # past the end there is nothing
        self._finish()
        if self._made >= _AT_ONCE:
            self.soon()  # those just below the screen come after those on it are drawn
        self._hold_what_is_read()

    def _place(self) -> int:
        """Measure rows around the anchor; returns where the last row ends on the screen."""
        row, top, count = self._anchor, self._top, len(self)
        while top > 0 and row > 0:
            row -= 1
            top -= self._measure(row)
        while row < count - 1 and top + self._measure(row) <= 0:
            top += self._heights.get(row)
            row += 1
        if row == 0 and top > MARGIN:
            top = MARGIN
        self._anchor, self._top = row, top
        self.first = row
        high = self.viewport().height()
        y = top
        self._made = 0
        while row < count and y < high + (_AROUND if self._made < _AT_ONCE else 0):
            y += self._measure(row)
            row += 1
        self.last = row - 1
        return y + MARGIN if row == count else high

    def _measure(self, row: int) -> int:
        """A row's height, with its cards made if what it shows is known."""
        block = self._blocks.get(row)
        if block is None:
            setting = self._setting_of(row)
            if setting is None:
                return self._heights.get(row)
            if isinstance(setting, int):
                self._heights.set(row, HIDDEN)
                return HIDDEN
            self._blocks.make(row, setting)
            self._made += 1
        height = self._blocks.fit(row, self.room)
        if height is not None:
            self._heights.set(row, height)
        return self._heights.get(row)

    def _remake(self, row: int, setting: Setting) -> None:
        self._blocks.make(row, setting)
        self._mark_current(True)

    def _refold(self, row: int) -> None:
        block = self._blocks.get(row)
        if block is not None:
            self._hold(row)
            focused = QApplication.focusWidget()
            if focused is not None and block.isAncestorOf(focused):
                self.setFocus()  # the button that had it is gone
            self._remake(row, block.setting)
            self.lay_out()

    def _hold(self, row: int) -> None:
        """What the person folds stays under the pointer: its head is what does not move."""
        block = self._blocks.get(row)
        if self.first <= row <= self.last and block is not None:
            self._anchor, self._top = row, block.y()

    def _hold_what_is_read(self) -> None:
        """From now on the first card that begins in view stays: those above may not be known."""
        y = self._top
        for row in range(self._anchor, self.last + 1):
            if y >= 0 and self._blocks.get(row) is not None:
                if y < self.viewport().height():
                    self._anchor, self._top = row, y
                return
            y += self._heights.get(row)

    def _finish(self) -> None:
        left = max((self.viewport().width() - self.room) // 2, 0)
        y = self._top
        unknown = []
        for row in range(self.first, self.last + 1):
            block = self._blocks.get(row)
            if block is not None:
                block.move(left, y)
                block.setVisible(True)
            elif not isinstance(self._setting_of(row), int):
                unknown.append(row)
            y += self._heights.get(row)
        self._blocks.show_only(self.first, self.last)
        bar, high = self.verticalScrollBar(), self.viewport().height()
        was = bar.blockSignals(True)
        bar.setRange(0, max(self._heights.total + 2 * MARGIN - high, 0))
        bar.setPageStep(high)
        bar.setValue(self._heights.top(self._anchor) + MARGIN - self._top)
        bar.blockSignals(was)
        self._value = bar.value()
        self.viewport().update()
        ahead = range(self.last + 1, min(self.last + 13, len(self)))
        behind = range(self.first - 1, max(self.first - 7, -1), -1)
        near = range(self.first, self.last + 1)
        self.wanted.emit([*unknown, *near, *ahead, *behind])

    def _scroll(self, value: int) -> None:
        change, self._value = value - self._value, value
        if abs(change) > 3 * self.viewport().height():
            self._anchor = self._heights.at(value - MARGIN)
            self._top = self._heights.top(self._anchor) + MARGIN - value
        else:
            self._top -= change
        self.lay_out()
        self.scrolled.emit()

    def _mark_current(self, on: bool) -> None:
        card = self.current_card()
        if card is not None:
            card.set_selected(on, on and self.hasFocus())

    def _show_card(self) -> None:
        """Bring the selected card into view."""
        card = self.current_card()
        if card is not None:
            top = card.mapTo(self.viewport(), card.rect().topLeft()).y()
            self._bring(top, card.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.lay_out()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.soon()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._later.stop()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._mark_current(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._mark_current(True)

    def focusNextPrevChild(self, next: bool) -> bool:
        moved = super().focusNextPrevChild(next)
        focused = QApplication.focusWidget()
        viewport = self.viewport()
        if moved and focused is not None and viewport.isAncestorOf(focused):
            self._bring(focused.mapTo(viewport, focused.rect().topLeft()).y(), focused.height())
        return moved

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        viewport = self.viewport()
        with QPainter(viewport) as painter:
            painter.fillRect(viewport.rect(), theme.window)
            if not len(self):
                return
            left = max((viewport.width() - self.room) // 2, 0)
            y = self._top
            for row in range(self.first, min(self.last + 1, len(self))):
                height = self._heights.get(row)
                if self._blocks.get(row) is None:
                    box = QRect(left, y, self.room, height - GAP)
                    hidden = self._setting_of(row)
                    if isinstance(hidden, int):
                        said = f"{text.count(hidden, 'item')} hidden by the filter"
                        paint_rule(painter, self._look, self._brushes, box, said, theme.muted)
                    else:
                        paint_waiting(painter, box, theme)
                y += height
