"""Thin lines with a few words: where a run, an agent or a fold begins, and what is hidden."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.conversation.items import Mark, Remark, Rule
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.conversation.card import RADIUS, CardFrame, Desk
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.theme import Theme

LOW = 24
_ICONS = {
    Mark.FOLD: "collapse",
    Mark.CHANGE: "collapse",
    Mark.RETRY: "refresh",
    Mark.END: "state-ended",
}


class RuleCard(CardFrame):
    """A rule over the whole column; one that dropped messages opens to name them."""

    def __init__(self, desk: Desk, key: tuple[Any, ...], rule: Rule, parent: QWidget) -> None:
        super().__init__(desk, key, parent)
        self.rule = rule
        opened = self.is_open("whole") if rule.dropped else None
        self.add(_Line(self.look, desk.brushes, rule, opened, self))
        if opened:
            for said in rule.dropped:
                self.add_line(f"− {text.visible(said)}")
        self.setAccessibleName(rule.text)

    def toggle_main(self) -> None:
        if self.rule.dropped:
            self.toggle("whole")

    def ground(self) -> QColor:
        return self.look.theme.window

    def markdown(self) -> str:
        return "\n".join([f"--- {self.rule.text} ---", *(f"- {d}" for d in self.rule.dropped)])


class RemarkCard(CardFrame):
    """A sentence about what could not be shown."""

    def __init__(self, desk: Desk, key: tuple[Any, ...], remark: Remark, parent: QWidget) -> None:
        super().__init__(desk, key, parent)
        self._remark = remark
        self.add_line(remark.text)
        self.setAccessibleName(remark.text)

    def edge(self) -> QColor | None:
        return self.look.theme.border

    def markdown(self) -> str:
        return self._remark.text


class _Line(QWidget):
    """The line itself, its words in the middle of it."""

    def __init__(
        self, look: Look, brushes: painting.Brushes, rule: Rule, opened: bool | None, card: RuleCard
    ) -> None:
        super().__init__(card)
        self._look, self._brushes, self._rule, self._opened = look, brushes, rule, opened
        self._card = card

    def fit(self, width: int) -> int:
        """One line."""
        return LOW

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._card.toggle_main()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, rule = self._look.theme, self._rule
        colour = theme.error if rule.error else theme.muted
        with QPainter(self) as painter:
            paint_rule(painter, self._look, self._brushes, self.rect(), rule.text, colour,
                       _ICONS.get(rule.mark, ""), strong=rule.mark is Mark.RUN,
                       opened=self._opened)  # fmt: skip


def paint_rule(
    painter: QPainter, look: Look, brushes: painting.Brushes, box: QRect, said: str,
    colour: QColor, icon: str = "", *, strong: bool = False, opened: bool | None = None,
) -> None:  # fmt: skip
    """A thin line with words in its middle."""
    theme = look.theme
    texts = brushes.strong if strong else brushes.table
    extra = (20 if icon else 0) + (20 if opened is not None else 0)
    room = min(texts.width(said), max(box.width() - 80 - extra, 40))
    middle = box.center().y()
    x = box.left() + (box.width() - room - extra) // 2
    painter.fillRect(box.left(), middle, max(x - box.left() - 8, 0), 1, theme.border)
    right = x + room + extra + 8
    painter.fillRect(right, middle, max(box.right() - right, 0), 1, theme.border)
    if icon:
        painting.icon(painter, look, icon, colour, x, middle)
        x += 20
    painting.text(painter, QRect(x, box.top(), room, box.height()), texts, colour, said)
    if opened is not None:
        name = "chevron-down" if opened else "chevron-right"
        painting.icon(painter, look, name, colour, x + room + 4, middle)


def paint_waiting(painter: QPainter, box: QRect, theme: Theme) -> None:
    """In place of a card that is being read."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.panel)
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for number, share in enumerate((0.2, 0.7)):
        width = round(box.width() * share)
        painter.fillRect(box.x() + 12, box.y() + 12 + number * 20, width, 8, theme.raised)
