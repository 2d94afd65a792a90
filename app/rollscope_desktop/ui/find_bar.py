"""A line to search in what a page shows: next and previous hit, how many, and what was searched."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import tool

WAIT = 150
"""Milliseconds after the last key before it is searched."""


class FindBar(QWidget):
    """Asks for what is typed; whoever searches answers with ``tell``."""

    wanted = Signal(str)
    """The text to look for; empty for none."""
    moved = Signal(int)
    """+1: to the next hit, -1: to the one before."""
    closed = Signal()

    def __init__(self, look: Look, what: str = "Find in this tab") -> None:
        super().__init__()
        self._look = look
        self.setProperty("role", "notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.line = QLineEdit()
        self.line.setPlaceholderText(what)
        self.line.setAccessibleName(what)
        self.line.setClearButtonEnabled(False)
        self.line.setFont(look.fonts.table)
        self.told = QLabel()
        self.told.setFont(look.fonts.table)
        self.told.setProperty("role", "muted")
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self._icons: list[tuple[QToolButton, str]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 4, 3)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.told)
        for icon, hint, slot in (
            ("back", "Previous hit (Shift+Enter)", lambda: self.moved.emit(-1)),
            ("forward", "Next hit (Enter)", lambda: self.moved.emit(1)),
            ("close", "Close the search (Esc)", self.closed.emit),
        ):
            button = tool(look, icon, hint)
            button.clicked.connect(slot)
            row.addWidget(button)
            self._icons.append((button, icon))
        self._soon = QTimer(self, singleShot=True, interval=WAIT)
        self._soon.timeout.connect(self._ask)
        self.line.textChanged.connect(self._soon.start)
        self.line.installEventFilter(self)
        look.changed.connect(self._tint)
        self.hide()

    def begin(self) -> None:
        """Open it, or go to it."""
        self.show()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def say(self, words: str) -> None:
        """Say how the search stands."""
        self.told.setText(words if self.line.text() else "")

    def tell(self, at: int, hits: int, part: str = "") -> None:
        """Say which hit is shown (from 0) of how many; ``part`` is what of it was searched."""
        said = f"{at + 1:,} of {hits:,}" if hits else "No hit"
        self.say(f"{said} {part}".rstrip())

    def _ask(self) -> None:
        self.wanted.emit(self.line.text())

    def _tint(self) -> None:
        for button, icon in self._icons:
            button.setIcon(self._look.icon(icon))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.closed.emit()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self._soon.isActive():
                    self._soon.stop()
                    self._ask()
                else:
                    back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                    self.moved.emit(-1 if back else 1)
                return True
        return super().eventFilter(watched, event)

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self._soon.stop()
