"""One answer: whose it is, what it cost, what was said, or that it is waited for."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.ui.fork.parts import label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel, tool
from rollscope_desktop.viewmodels.try_call.attempts import DONE, FAILED, RUNNING, Attempt

LEAST = 216


class Column(QWidget):
    """Shows an attempt; it is filled again when that changes."""

    stop_wanted = Signal(int)
    removed = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.attempt = Attempt(0)
        self.setMinimumWidth(LEAST)
        self.title = QLabel()
        self.title.setFont(look.fonts.strong)
        self.remove = tool(look, "close", "Take this answer away")
        kept = self.remove.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # titles stand in one line
        self.remove.setSizePolicy(kept)
        self.remove.clicked.connect(lambda: self.removed.emit(self.attempt.number))
        self.model = CutLabel()
        self.model.setProperty("role", "muted")
        self.model.setFont(look.fonts.table)
        self.facts = label("", "muted", look.fonts.number)
        self.words = QPlainTextEdit()
        self.words.setReadOnly(True)
        self.words.setTabChangesFocus(True)
        self.words.setFont(look.fonts.ui)
        self.words.document().setDocumentMargin(0)
        self.words.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.waits = QProgressBar()
        self.waits.setTextVisible(False)
        self.waits.setAccessibleName("Waiting for the answer")
        self.stop = QPushButton("Stop")
        self.stop.setAutoDefault(False)
        self.stop.clicked.connect(lambda: self.stop_wanted.emit(self.attempt.number))
        self.said = label("", "error")
        self._late = QTimer(self, singleShot=True, interval=300)
        self._late.timeout.connect(self.waits.show)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.remove)
        below = QHBoxLayout()
        below.addWidget(self.stop)
        below.addStretch(1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 8, 8, 12)
        rows.setSpacing(4)
        rows.addLayout(head)
        for part in (self.model, self.facts, self.waits, self.said):
            rows.addWidget(part)
        rows.addLayout(below)
        rows.addWidget(self.words, 1)
        rows.addStretch(0)
        look.changed.connect(self._tint)

    def show_attempt(self, attempt: Attempt) -> None:
        """Show another attempt, or what became of this one."""
        same = attempt.number == self.attempt.number and attempt.answer == self.attempt.answer
        self.attempt = attempt
        name = attempt.title
        self.setAccessibleName(name)
        self.title.setText(name)
        self.model.say(text.one_line(attempt.model))
        self.facts.setText(attempt.facts)
        self.facts.setVisible(bool(attempt.facts))
        self.remove.setVisible(attempt.number > 0)
        self.remove.setAccessibleName(f"Take away {name}")
        waits = attempt.state == RUNNING
        self.stop.setVisible(waits)
        if waits:
            # A still picture where nothing is to move: the button says that it is waited for.
            self.waits.setRange(0, 1 if self._look.still else 0)
            self._late.start()
        else:
            self._late.stop()
            self.waits.hide()
        self.said.setText(text.visible(attempt.said))
        self.said.setVisible(attempt.state == FAILED)
        self.words.setAccessibleName(f"Answer of {name}")
        self.words.setVisible(attempt.state == DONE)
        if not same:
            lines = attempt.answer.splitlines()
            self.words.setPlainText("\n".join(map(text.visible, lines)))

    def _tint(self) -> None:
        self.remove.setIcon(self._look.icon("close"))
