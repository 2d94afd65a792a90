"""Facts in a grid of two columns: what it is at the left, what it says at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from rollscope_desktop.ui import painting
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.facts import Fact

PAD, GAP, LINE, LABEL = 12, 16, 20, 104
WIDE = 440
"""From this width on, the facts stand in two columns beside each other."""


class Facts(QWidget):
    """Painted, so that a selection that moves through a hundred rows makes no widget."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._brushes = painting.Brushes(look)
        self._facts: tuple[Fact, ...] = ()
        self._hints: list[tuple[QRect, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show facts; one without a name goes on with the one before."""
        self._facts = tuple(facts)
        self.setAccessibleName("; ".join(f"{fact.name}: {fact.value}" for fact in self._facts))
        self._resize()
        self.update()

    def _columns(self) -> int:
        return 2 if self.width() >= WIDE else 1

    def _resize(self) -> None:
        rows = -(-len(self._facts) // self._columns())
        self.setFixedHeight(rows * LINE + 12 if rows else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, brushes = self._look.theme, self._brushes
        columns = self._columns()
        rows = -(-len(self._facts) // columns)
        width = (self.width() - 2 * PAD - (columns - 1) * GAP) // columns
        self._hints = []
        middle = Qt.TextElideMode.ElideMiddle
        with QPainter(self) as painter:
            for number, fact in enumerate(self._facts):
                left = PAD + number // rows * (width + GAP)
                top = 4 + number % rows * LINE
                box = QRect(left, top, LABEL, LINE)
                painting.text(painter, box, brushes.table, theme.muted, fact.name)
                box = QRect(left + LABEL, top, width - LABEL, LINE)
                texts = brushes.number if fact.mono else brushes.table
                # Paths and ids are cut in the middle: their end says most.
                said = texts.metrics.elidedText(fact.value, middle, box.width())
                painting.text(painter, box, texts, theme.text, said)
                hint = fact.more or (fact.value if said != fact.value else "")
                if hint:
                    self._hints.append((box, hint))

    def sizeHint(self) -> QSize:
        return QSize(240, self.minimumHeight())

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._resize()

    def event(self, event) -> bool:
        if isinstance(event, QHelpEvent):
            found = next((value for box, value in self._hints if box.contains(event.pos())), "")
            plain = found.replace("&", "&amp;").replace("<", "&lt;")
            QToolTip.showText(event.globalPos(), f"<span>{plain}</span>" if found else "", self)
            return True
        return super().event(event)
