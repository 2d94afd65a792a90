"""What a fork asks before it goes on: a call to be allowed, or where it leaves the record."""

from __future__ import annotations

from time import monotonic
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.difference import difference
from rollscope_desktop.services.forks import Question
from rollscope_desktop.ui.fork.json_edit import JsonEdit
from rollscope_desktop.ui.fork.parts import label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.pages.difference import DiffText
from rollscope_desktop.ui.panel import CutLabel
from rollscope_desktop.viewmodels.fork import going

SEEN = 0.5
"""Seconds that a question must have been on screen before it can be answered."""
LEAST, MOST = 3, 8
"""Lines of what is asked that are seen."""
_BUTTONS = {
    "tool": (("stop", "Stop"), ("give", "Give a Result…"), ("edit", "Edit…"), ("allow", "Allow")),
    "divergence": (("stop", "Stop"), ("live", "Go Live"), ("serve", "Serve It Anyway")),
}
_TIPS = {
    "serve": "Answer with what was recorded, although the call is another",
    "live": "Make the call, and go on live from here",
    "stop": "Stop the fork; what it has recorded stays",
}
_LATER = {"edit": "Call with These", "give": "Give This Result"}


class QuestionPanel(QWidget):
    """Never takes the focus by itself. Typing a value opens only by a button of its own."""

    answered = Signal(str, object)
    """The verdict, and the value that goes with "edit" and "give"."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._question: Question | None = None
        self._number: int | None = None
        self._shown = 0.0
        self._writing = ""
        self.title = CutLabel()
        self.title.setFont(look.fonts.strong)
        self.reason = label("", "muted", look.fonts.table)
        self.value = JsonEdit(look, "Arguments of the call")
        self.diff = DiffText(look)
        self.diff.setProperty("role", "field")
        self.buttons: dict[str, QPushButton] = {}
        self.send, self.back = QPushButton(), QPushButton("Back")
        self._lay_out()
        self.send.clicked.connect(self._send)
        self.back.clicked.connect(lambda: self._write(""))
        self.value.changed.connect(self._allow)
        self.hide()

    def show_question(self, asked: Question | None, number: int | None = None) -> None:
        """Show what is asked, and by which of several forks; the same question stays as it is,
        with what is typed there."""
        before, self._question = (self._question, self._number), asked
        self._number = number
        self.setVisible(asked is not None)
        if asked is None or before == (asked, number):
            return
        self._shown = monotonic()
        self.title.say(going.question(asked, number))
        self.reason.setText(text.visible(text.end_cut(asked.reason, 400)))
        self.reason.setVisible(bool(asked.reason))
        if asked.kind == "divergence":
            found = difference(asked.expected, asked.input)
            self.diff.show_lines(found.lines)
        self._write("")

    def take_focus(self) -> None:
        """Let keys go to the first button."""
        kind = "tool" if self._question is None else self._question.kind
        names = _BUTTONS.get(kind, _BUTTONS["tool"])
        self.buttons[names[-1][0]].setFocus()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.title, 1)
        for names in _BUTTONS.values():
            for verdict, title in names:
                if verdict not in self.buttons:
                    button = self.buttons[verdict] = QPushButton(title)
                    button.setToolTip(_TIPS.get(verdict, ""))
                    button.clicked.connect(lambda _=False, v=verdict: self._press(v))
                    row.addWidget(button)
        for button in (self.back, self.send):
            row.addWidget(button)
        for button in (*self.buttons.values(), self.back, self.send):
            strong = button in (self.buttons["allow"], self.buttons["serve"], self.send)
            button.setProperty("role", "new" if strong else "answer")
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._space = QWidget()
        self._body = QStackedLayout(self._space)
        self._body.addWidget(self.value)
        self._body.addWidget(self.diff)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addLayout(row)
        rows.addWidget(self.reason)
        rows.addWidget(self._space)

    def _press(self, verdict: str) -> None:
        if monotonic() - self._shown < SEEN:
            return
        if verdict in _LATER:
            self._write(verdict)
        else:
            self.answered.emit(verdict, None)

    def _write(self, verdict: str) -> None:
        """Have arguments or a result typed, or show the question again."""
        asked = self._question
        if asked is None:
            return
        self._writing = verdict
        offered = [name for name, _ in _BUTTONS.get(asked.kind, _BUTTONS["tool"])]
        for name, button in self.buttons.items():
            button.setVisible(not verdict and name in offered)
        for button in (self.send, self.back):
            button.setVisible(bool(verdict))
        self.send.setText(_LATER.get(verdict, ""))
        self.value.set_read_only(not verdict)
        self.value.put(None if verdict == "give" else asked.input, plain=False)
        self.value.edit.setAccessibleName(
            "Result of the call" if verdict == "give" else "Arguments of the call"
        )
        self._body.setCurrentWidget(
            self.diff if asked.kind == "divergence" and not verdict else self.value
        )
        shown = self.diff if self._body.currentWidget() is self.diff else self.value.edit
        lines = min(max(shown.blockCount(), LEAST), MOST) + bool(verdict)
        self._space.setFixedHeight(lines * shown.fontMetrics().lineSpacing() + 20)
        if verdict:
            self.value.setFocus()

    def _allow(self) -> None:
        self.send.setEnabled(not self.value.typed.problem)

    def _send(self) -> None:
        typed: Any = self.value.typed
        if self._writing and not typed.problem:
            self.answered.emit(self._writing, typed.value)
