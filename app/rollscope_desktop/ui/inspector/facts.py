"""Facts in a grid of two columns: what it is at the left, what it says at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from rollscope_desktop.ui import painting, tips
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.inspector.facts import Fact

PAD, GAP, LINE, LABEL = 12, 16, 20, 104
WIDE = 440
"""From this width on, the facts stand in two columns beside each other."""


class Facts(QWidget):
    """Painted, so that a selection that moves through a hundred rows makes no widget."""

    followed = Signal(str)
    """The link of a fact that was pressed."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._brushes = painting.Brushes(look)
        self._facts: tuple[Fact, ...] = ()
        self._hints: list[tuple[QRect, str]] = []
        self._marked = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show facts; one without a name goes on with the one before."""
        self._facts = tuple(facts)
        self._marked = -1
        self.setAccessibleName("; ".join(f"{fact.name}: {fact.value}" for fact in self._facts))
        self._resize()
        self.update()

    def mark(self, number: int) -> QRect:
        """Point to one of the facts (-1: to none); returns where it is."""
        self._marked = number
        self.update()
        return self._box(number) if number >= 0 else QRect()

    def _box(self, number: int) -> QRect:
        columns = self._columns()
        rows = max(-(-len(self._facts) // columns), 1)
        width = (self.width() - 2 * PAD - (columns - 1) * GAP) // columns
        return QRect(PAD + number // rows * (width + GAP), 4 + number % rows * LINE, width, LINE)

    def _columns(self) -> int:
        return 2 if self.width() >= WIDE else 1

    def _resize(self) -> None:
        rows = -(-len(self._facts) // self._columns())
        self.setFixedHeight(rows * LINE + 12 if rows else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, brushes = self._look.theme, self._brushes
        self._hints = []
        middle = Qt.TextElideMode.ElideMiddle
        with QPainter(self) as painter:
            for number, fact in enumerate(self._facts):
                whole = self._box(number)
                if number == self._marked:
                    painting.pill(painter, whole.adjusted(-4, 0, 4, 0), theme.selection)
                box = QRect(whole.x(), whole.y(), LABEL, LINE)
                painting.text(painter, box, brushes.table, theme.muted, fact.name)
                box = whole.adjusted(LABEL, 0, 0, 0)
                texts = brushes.number if fact.mono else brushes.table
                # Paths and ids are cut in the middle: their end says most.
                said = texts.metrics.elidedText(fact.value, middle, box.width())
                colour = theme.accent if fact.link else theme.text
                painting.text(painter, box, texts, colour, said)
                hint = fact.more or (fact.value if said != fact.value else "")
                if hint:
                    self._hints.append((box, hint))

    def link_at(self, place: QPoint) -> str:
        """The link at a place of the widget, "" if there is none."""
        for number, fact in enumerate(self._facts):
            if fact.link and self._box(number).adjusted(LABEL, 0, 0, 0).contains(place):
                return fact.link
        return ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = bool(self.link_at(event.position().toPoint()))
        hand, arrow = Qt.CursorShape.PointingHandCursor, Qt.CursorShape.ArrowCursor
        self.setCursor(hand if over else arrow)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        link = self.link_at(event.position().toPoint())
        if link and event.button() is Qt.MouseButton.LeftButton:
            self.followed.emit(link)

    def sizeHint(self) -> QSize:
        return QSize(240, self.minimumHeight())

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._resize()

    def event(self, event) -> bool:
        if isinstance(event, QHelpEvent):
            found = next((value for box, value in self._hints if box.contains(event.pos())), "")
            return tips.show(event, tips.plain(found), self)
        return super().event(event)
