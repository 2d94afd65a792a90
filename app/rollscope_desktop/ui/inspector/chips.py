"""Small labels in as many lines as they need: the signals and feedback of what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from rollscope_desktop.ui import painting, tips
from rollscope_desktop.ui.look import Look

EDGE, HIGH, GAP, PAD, ICON = 12, 20, 6, 6, 12


@dataclass(frozen=True, slots=True)
class Chip:
    """A label with an icon in the colour of a role; ``hint`` is its tooltip, as plain text."""

    said: str
    icon: str
    role: str
    hint: str = ""


class Chips(QWidget):
    """Painted; hidden when there are none."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._brushes = painting.Brushes(look)
        self._chips: tuple[Chip, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self._restyle)
        self.hide()

    def show_chips(self, chips: Sequence[Chip]) -> None:
        """Show these."""
        self._chips = tuple(chips)
        self.setAccessibleName("; ".join(chip.said for chip in chips))
        self.setVisible(bool(chips))
        self._restyle()

    def boxes(self) -> list[QRect]:
        """Where each chip is: side by side, and on the next line when there is no room."""
        room = max(self.width() - 2 * EDGE, 2 * PAD + ICON + 24)
        found, left, top = [], 0, 2
        for chip in self._chips:
            wide = min(2 * PAD + ICON + 4 + self._brushes.table.width(chip.said), room)
            if left and left + wide > room:
                left, top = 0, top + HIGH + GAP
            found.append(QRect(EDGE + left, top, wide, HIGH))
            left += wide + GAP
        return found

    def _restyle(self) -> None:
        boxes = self.boxes()
        self.setFixedHeight(boxes[-1].bottom() + 5 if boxes else 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, theme = self._look, self._look.theme
        with QPainter(self) as painter:
            for chip, box in zip(self._chips, self.boxes(), strict=True):
                painting.pill(painter, box, theme.raised)
                middle = box.center().y() + 1
                colour = getattr(theme, chip.role)
                painting.icon(painter, look, chip.icon, colour, box.x() + PAD, middle, ICON)
                room = box.adjusted(PAD + ICON + 4, 0, -PAD, 0)
                painting.text(painter, room, self._brushes.table, theme.text, chip.said)

    def event(self, event) -> bool:
        if isinstance(event, QHelpEvent):
            at = event.pos()
            pairs = zip(self._chips, self.boxes(), strict=True)
            hint = next((chip.hint for chip, box in pairs if box.contains(at)), "")
            return tips.show(event, tips.plain(hint), self)
        return super().event(event)

    def sizeHint(self) -> QSize:
        return QSize(240, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._restyle()
