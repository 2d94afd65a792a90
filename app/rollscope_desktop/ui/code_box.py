"""A few lines to be copied: as high as they need, wrapped anywhere, selectable."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextOption, QWheelEvent
from PySide6.QtWidgets import QFrame, QTextEdit

from rollscope_desktop.ui.look import Look

_ROUND = 8


class CodeBox(QTextEdit):
    """Read-only; the keyboard passes over it, because who shows it has a button that copies."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setProperty("role", "code")
        self.setReadOnly(True)
        self.setFont(look.fonts.mono)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(_ROUND)

    def say(self, lines: str) -> None:
        """Show these lines."""
        self.setPlainText(lines.rstrip("\n"))
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(ceil(self.document().size().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # all of it is seen: the page scrolls
