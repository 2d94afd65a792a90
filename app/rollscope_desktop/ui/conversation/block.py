"""The cards of one step, below each other, and the lines that say how deep inside they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.conversation.items import Card, Item, Mark, Page, Remark, Rule, Said
from rollscope_desktop.ui.conversation.card import CardFrame, Desk
from rollscope_desktop.ui.conversation.parts import TextButton
from rollscope_desktop.ui.conversation.rule import RemarkCard, RuleCard
from rollscope_desktop.ui.conversation.said import SaidCard
from rollscope_desktop.ui.conversation.tool import ToolCard
from rollscope_desktop.ui.theme import faded
from rollscope_desktop.viewmodels.moment import Standing

GAP = 8
INDENT = 16
_DEEPEST = 12
_MANY, _FIRST, _LAST = 30, 4, 12
DIM = 0.65
"""How much of the ground covers what is ahead of the playhead: 35 % of it shows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a block shows and where: ``key`` names its step, ``took`` says how long that was."""

    key: tuple[Any, ...]
    page: Page
    depth: int = 0
    status: int | None = None
    took: str = ""
    stood: Standing = Standing.OVER


class Block(QWidget):
    """The cards of one step. ``touched`` and ``refolded`` say which of them by its number."""

    touched = Signal(int)
    refolded = Signal()
    resized = Signal()
    read_wanted = Signal()

    def __init__(self, desk: Desk, setting: Setting, parent: QWidget) -> None:
        super().__init__(parent)
        self.desk, self.setting = desk, setting
        self.cards: list[CardFrame] = []
        self._more: TextButton | None = None
        self._more_at = -1
        self._build()
        self._veil = _Veil(desk, self)
        self.become(setting)

    def can_become(self, setting: Setting) -> bool:
        """Whether nothing but how it stands to the playhead is another."""
        return replace(setting, stood=self.setting.stood) == self.setting

    def become(self, setting: Setting) -> None:
        """Show how it stands to the playhead now."""
        self.setting = setting
        self._veil.setVisible(setting.stood is Standing.AHEAD)
        self._veil.raise_()

    def fit(self, width: int) -> int:
        """Lay out for a width; returns the height."""
        left = min(self.setting.depth, _DEEPEST) * INDENT
        y = 0
        for number, card in enumerate(self.cards):
            if number == self._more_at and self._more is not None:
                low = self._more.fit(width)
                self._more.setGeometry(left, y, self._more.maximumWidth(), low)
                y += low + GAP
            aside, beyond = min(card.left, width // 10), min(card.right, width // 10)
            inner = max(width - left - aside - beyond, 160)
            height = card.fit(inner)
            card.setGeometry(left + aside, y, inner, height)
            y += height + GAP
        self.resize(width, y)
        self._veil.resize(width, y)
        return y

    def mark(self, needle: str) -> None:
        """Show where a text was found."""
        for card in self.cards:
            card.mark(needle)

    @property
    def items_key(self) -> tuple[Any, ...]:
        """What says in ``Desk.open`` that every card of a long step is shown."""
        return (*self.setting.key, "items")

    def _build(self) -> None:
        items = list(enumerate(self.setting.page.items))
        key = self.items_key
        left = len(items) - _FIRST - _LAST
        if len(items) > _MANY and key not in self.desk.open:
            items = items[:_FIRST] + items[-_LAST:]
            self._more_at = _FIRST
            said = f"show {text.count(left, 'more message')}"
            self._more = TextButton(self.desk.look, said, "", self, lambda: self._open(key))
        for place, (number, item) in enumerate(items):
            card = self._card((*self.setting.key, number), item)
            card.touched.connect(lambda place=place: self.touched.emit(place))
            card.refolded.connect(self.refolded)
            card.resized.connect(self.resized)
            card.read_wanted.connect(self.read_wanted)
            self.cards.append(card)

    def _open(self, key: tuple[Any, ...]) -> None:
        self.desk.open.add(key)
        self.refolded.emit()

    def _card(self, key: tuple[Any, ...], item: Item) -> CardFrame:
        setting = self.setting
        if isinstance(item, Said):
            return SaidCard(self.desk, key, item, setting.page, setting.took, self)
        if isinstance(item, Card):
            took = setting.took if item.own else ""
            return ToolCard(self.desk, key, item, setting.status, took, self)
        if isinstance(item, Rule):
            return RuleCard(self.desk, key, item, self)
        assert isinstance(item, Remark)
        return RemarkCard(self.desk, key, item, self)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.desk.look.theme
        depth = min(self.setting.depth, _DEEPEST)
        if not depth:
            return
        first = self.setting.page.items[0] if self.setting.page.items else None
        begins = isinstance(first, Rule) and first.mark is Mark.ENTER
        with QPainter(self) as painter:
            for level in range(depth):
                top = 12 if begins and level == depth - 1 else 0
                colour = theme.kind("agent") if level == depth - 1 else theme.border
                painter.fillRect(level * INDENT + 2, top, 2, self.height() - top, colour)


class _Veil(QWidget):
    """Lies over what is ahead of the playhead. Clicks go through it."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), faded(self._desk.look.theme.window, DIM))
