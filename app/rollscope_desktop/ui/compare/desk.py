"""Places the parts of a comparison: the sentence above, the steps, and beside them what differs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

WIDE = 1_000
"""From this width on what differs stands at the right of the steps, and else below them."""
_SHARE, _LEAST = 0.38, 240


class CompareDesk(QWidget):
    """Turns as its width asks for."""

    def __init__(self, head: QWidget, steps: QWidget, pane: QWidget) -> None:
        super().__init__()
        self.parts = QSplitter(Qt.Orientation.Vertical)
        self.parts.setHandleWidth(1)
        self.parts.setChildrenCollapsible(False)
        self._shared = False
        for part in (steps, pane):
            part.setMinimumSize(200, 120)
            self.parts.addWidget(part)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(head)
        rows.addWidget(self.parts, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        turn = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if self._shared and self.parts.orientation() == turn:
            return
        self._shared = True
        self.parts.setOrientation(turn)
        room = self.width() if wide else self.height()
        pane = max(round(room * _SHARE), _LEAST)
        self.parts.setSizes([max(room - pane, 1), pane])
