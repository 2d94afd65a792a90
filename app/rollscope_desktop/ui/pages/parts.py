"""What pages have in common: a body that scrolls, and a foot with one button beside Close."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QScrollArea, QWidget


def scrolled(page: QWidget, name: str) -> QScrollArea:
    """The page in an area that scrolls up and down, with a name to be told by."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setAccessibleName(name)
    area.setWidget(page)
    return area


def foot(dialog: QDialog, other: QPushButton) -> QHBoxLayout:
    """The row below the page; Enter in a field of the page presses neither button."""
    close = QPushButton("Close")
    close.clicked.connect(dialog.accept)
    row = QHBoxLayout()
    row.setContentsMargins(24, 12, 24, 12)
    row.addWidget(other)
    row.addStretch(1)
    row.addWidget(close)
    for button in (other, close):
        button.setAutoDefault(False)
    return row
