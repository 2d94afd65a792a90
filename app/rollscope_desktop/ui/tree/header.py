"""The header of the span tree: titles over the figures, and the waterfall's axis over its bars."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from rollscope_desktop.ui import painting
from rollscope_desktop.ui.axis import Axis
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.tree.delegate import PAD, STEP, WATERFALL

TITLES = ("Step", "Duration", "Tokens", "Cost", "")
HEIGHT = 24


class SpanHeader(QHeaderView):
    """Paints its sections itself; ``axis`` and ``at``, the playhead, are kept by the view."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.axis = Axis(0, 1)
        self.at: int | None = None
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(48)

    def _ruler(self, painter: QPainter, box: QRect) -> None:
        theme, axis = self._look.theme, self._brushes.axis
        ticks = self.axis.ticks()
        right = box.right()
        # A log without times says so before the first number, not in a tooltip.
        said = "event" if self.axis.timeless else ""
        for place, (x, label) in enumerate(ticks):
            left = box.x() + x
            painter.fillRect(left, box.bottom() - 6, 1, 6, theme.border)
            words = f"{said} {label}" if said and place == 0 else label
            room = QRect(left + 4, box.y(), right - left - 4, box.height() - 1)
            if axis.width(words) <= room.width():
                painting.text(painter, room, axis, theme.muted, words)
        if self.at is not None:
            x = box.x() + self.axis.x(self.at)
            painter.fillRect(x - 2, box.bottom() - 7, 5, 3, theme.accent)
            painter.fillRect(x, box.bottom() - 4, 1, 5, theme.accent)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        theme = self._look.theme
        painter.fillRect(rect, theme.panel)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.border)
        if section == WATERFALL:
            self._ruler(painter, rect)
            return
        box = rect.adjusted(PAD, 0, -PAD, -1)
        title = "Events" if section == 1 and self.axis.timeless else TITLES[section]
        align = painting.LEFT if section == STEP else painting.RIGHT
        painting.text(painter, box, self._brushes.axis, theme.muted, title, align)
        if section == STEP:
            painter.fillRect(rect.right(), rect.y() + 6, 1, rect.height() - 12, theme.border)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEIGHT)
