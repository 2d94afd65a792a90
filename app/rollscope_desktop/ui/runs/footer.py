"""Below the run list: what the selected runs come to, and the undoing of what was thrown away."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.services.trash import Thrown
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import tool
from rollscope_desktop.viewmodels.runs.sums import Sums
from rollscope_desktop.viewmodels.runs.words import summed

UNDO_FOR = 10_000
"""Milliseconds that undoing is offered."""


class RunFooter(QWidget):
    """Two strips, each of which is there only when it has something to say."""

    copy_wanted = Signal()
    throw_wanted = Signal()
    undo_wanted = Signal(object)
    """The Thrown to undo."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._thrown: Thrown | None = None
        self.sums = _Strip()
        self.sums.setAccessibleName("Selected runs")
        self.copy = tool(look, "copy", "Copy the selected runs as JSON")
        self.throw = tool(look, "trash", "Move the selected runs to the trash")
        self.sums.add(self.copy)
        self.sums.add(self.throw)
        self.copy.clicked.connect(self.copy_wanted)
        self.throw.clicked.connect(self.throw_wanted)
        self.thrown = _Strip()
        self.undo = QPushButton("Undo")
        self.undo.setAccessibleName("Undo: move the runs back out of the trash")
        self.thrown.add(self.undo)
        self.undo.clicked.connect(self.take_back)
        self._over = QTimer(self, singleShot=True, interval=UNDO_FOR)
        self._over.timeout.connect(self._end)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.thrown)
        rows.addWidget(self.sums)
        look.changed.connect(self._retint)

    def show_sums(self, sums: Sums | None, can_throw: bool = False) -> None:
        """What several runs come to; None when there are not several."""
        if sums is not None:
            self.sums.say(summed(sums))
        self.throw.setVisible(can_throw)
        self.sums.setVisible(sums is not None)

    def offer_undo(self, thrown: Thrown) -> None:
        """Offer for a while to undo what was thrown away."""
        self._thrown = thrown
        verb = "was" if len(thrown.runs) == 1 else "were"
        self.thrown.say(f"{text.count(len(thrown.runs), 'run')} {verb} moved to the trash.")
        self.thrown.show()
        self._over.start()

    def take_back(self) -> None:
        """Undo what was thrown away last, while that is offered."""
        thrown, self._thrown = self._thrown, None
        self._hide_offer()
        if thrown is not None:
            self.undo_wanted.emit(thrown)

    def _end(self) -> None:
        if self.undo.hasFocus() or self.thrown.underMouse():
            self._over.start()  # somebody is about to press it
            return
        self._thrown = None
        self._hide_offer()

    def _hide_offer(self) -> None:
        self._over.stop()
        self.thrown.hide()

    def _retint(self) -> None:
        self.copy.setIcon(self._look.icon("copy"))
        self.throw.setIcon(self._look.icon("trash"))


class _Strip(QWidget):
    """A few words that wrap, and buttons at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 8, 4)
        self._row.setSpacing(4)
        self._said = QLabel()
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)
        self._said.setMinimumWidth(60)
        self._row.addWidget(self._said, 1)
        self.hide()

    def say(self, words: str) -> None:
        """Show these words."""
        self._said.setText(words)

    def said(self) -> str:
        """The words that are shown."""
        return self._said.text()

    def add(self, button: QWidget) -> None:
        """Put a button at the right."""
        self._row.addWidget(button)
