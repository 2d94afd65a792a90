"""A card of a conversation: a rounded ground with parts below each other, selected as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.conversation.items import Words
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.conversation.folded import FoldedText
from rollscope_desktop.ui.conversation.parts import Line, TextButton
from rollscope_desktop.ui.conversation.pictures import Thumbnails
from rollscope_desktop.ui.conversation.text_box import Tone
from rollscope_desktop.ui.look import Look

RADIUS = 6
PAD = 10


@dataclass(slots=True)
class Desk:
    """What the cards of one conversation share. ``open`` holds which folds differ from usual."""

    look: Look
    brushes: painting.Brushes
    thumbnails: Thumbnails
    open: set[tuple[Any, ...]] = field(default_factory=set)
    needle: str = ""


class CardFrame(QWidget):
    """Parts of a card below each other; subclasses fill it. Its height follows from its width."""

    touched = Signal()
    refolded = Signal()
    """A part was folded or unfolded: the card is made anew."""
    resized = Signal()
    """A part needs another height than it did."""
    read_wanted = Signal()
    """The record is to be read however long it is."""

    left = right = 0
    """How far the card stays away from the edges of the column."""

    def __init__(self, desk: Desk, key: tuple[Any, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.desk, self.key = desk, key
        self.look = desk.look
        self._parts: list[tuple[Any, int]] = []
        self._texts: list[FoldedText] = []
        self._selected = self._focused = False

    def add(self, part: Any, gap: int = 4) -> None:
        """A part below those before."""
        self._parts.append((part, gap))

    def is_open(self, part: str, usually: bool = False) -> bool:
        """Whether a part is folded open."""
        return usually != ((*self.key, part) in self.desk.open)

    def toggle(self, part: str) -> None:
        """Fold a part, or unfold it."""
        self.desk.open ^= {(*self.key, part)}
        self.refolded.emit()

    def toggle_main(self) -> None:
        """What Enter does: fold the first long text, or unfold it."""
        for number, each in enumerate(self._texts):
            if each.box.is_cut or self.is_open(f"text {number}"):
                self.toggle(f"text {number}")
                return

    def add_words(self, words: Words, tone: Tone) -> None:
        """A text of the log, with the button that shows all of it."""
        part = f"text {len(self._texts)}"
        made = FoldedText(
            self.look, words, tone, self.is_open(part), self, lambda: self.toggle(part)
        )
        made.box.mark(self.desk.needle)
        made.box.touched.connect(self.touched)
        self._texts.append(made)
        self.add(made)

    def add_line(self, said: str, role: str = "muted") -> None:
        """A sentence."""
        self.add(Line(self.look, text.visible(said), role, self))

    def add_button(self, said: str, icon: str, pressed: Callable[[], None]) -> None:
        """A button that looks like a link."""
        self.add(TextButton(self.look, said, icon, self, pressed), 2)

    def fit(self, width: int) -> int:
        """Lay out for a width; returns the height."""
        inner = width - 2 * PAD
        y = PAD - 4
        for number, (part, gap) in enumerate(self._parts):
            height = part.fit(inner)
            y += gap if number else 0
            wide = min(inner, part.maximumWidth())
            part.setGeometry(PAD, y, wide, height)
            y += height
        return y + PAD - 2

    def mark(self, needle: str) -> None:
        """Show where a text was found."""
        for each in self._texts:
            each.box.mark(needle)

    def reveal(self, needle: str) -> None:
        """Unfold what hides a text that was found."""
        folds = {f"text {n}" for n, each in enumerate(self._texts) if each.hides(needle)}
        self.open_parts(folds | self.hidden_parts(needle))

    def hidden_parts(self, needle: str) -> set[str]:
        """Parts that are folded and have a text, beside those of twelve lines."""
        return set()

    def open_parts(self, parts: set[str]) -> None:
        """Unfold some parts."""
        closed = {part for part in parts if not self.is_open(part)}
        if closed:
            self.desk.open |= {(*self.key, part) for part in closed}
            self.refolded.emit()

    def set_selected(self, selected: bool, focused: bool) -> None:
        """Whether the card is the one that is selected, and whether keys go to it."""
        if (selected, focused) != (self._selected, self._focused):
            self._selected, self._focused = selected, focused
            self.update()

    def markdown(self) -> str:
        """The card's text for the clipboard."""
        return ""

    def ground(self) -> QColor:
        """What lies behind the parts."""
        return self.look.theme.panel

    def edge(self) -> QColor | None:
        """The colour of the line around the card; None for none."""
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.touched.emit()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.look.theme
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = self.edge()
            if self._selected:
                edge = theme.accent if self._focused else None
            wide = 1.5 if self._focused else 1
            painter.setPen(QPen(edge, wide) if edge is not None else Qt.PenStyle.NoPen)
            painter.setBrush(theme.selection if self._selected else self.ground())
            painter.drawRoundedRect(box, RADIUS, RADIUS)
            if self._selected:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.accent)
                painter.drawRoundedRect(QRectF(0, 4, 2, self.height() - 8), 1, 1)


def card_of(part: QWidget | None) -> CardFrame | None:
    """The card that a widget is, or is a part of."""
    while part is not None and not isinstance(part, CardFrame):
        part = part.parentWidget()
    return part
