"""What the pages of the fork dialog and its bar have in common: labels, and choices by key."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLabel

from rollscope_desktop.model import text


def label(said: str = "", role: str = "", font: QFont | None = None) -> QLabel:
    """Plain text that wraps; nothing of a log in it is obeyed."""
    made = QLabel(text.visible(said))
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(True)
    if role:
        made.setProperty("role", role)
    if font is not None:
        made.setFont(font)
    return made


class Choices(QComboBox):
    """One of several, by key. The wheel scrolls the page, unless the list is open."""

    def __init__(self, name: str, titles: Mapping[str, str]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for key, title in titles.items():
            self.addItem(title, key)

    @property
    def key(self) -> str:
        """What is chosen."""
        return str(self.currentData())

    def choose(self, key: str) -> None:
        """Show another choice; nobody is told."""
        self.blockSignals(True)
        self.setCurrentIndex(max(self.findData(key), 0))
        self.blockSignals(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
