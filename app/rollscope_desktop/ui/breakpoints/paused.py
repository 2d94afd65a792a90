"""What is done with a call that waits at a breakpoint: buttons, and a place to write JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from rollscope_desktop.ui.fork.json_edit import JsonEdit

if TYPE_CHECKING:
    from rollscope_desktop.services.held_calls import Held
    from rollscope_desktop.ui.look import Look

_TITLES = {
    "stop": "Stop", "give": "Give a Result…", "edit": "Edit…", "continue": "Continue",
}  # fmt: skip
_TIPS = {
    "stop": "Do not make the call, and end the run",
    "give": "Do not make the call: write what it gives",
    "edit": "Make the call with other arguments",
    "continue": "Make the call as it is",
}
_SEND = {"give": "Give This Result", "edit": "Call with These"}
_NAMES = {"give": "Result of the call", "edit": "Arguments of the call"}
_LINES = 8


class PausedChoice(QWidget):
    """The buttons are in ``buttons``; below them what is written. It takes no focus by itself."""

    pressed = Signal(str, object)
    """The verdict, and the value that goes with "edit" and "give"."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._held: Held | None = None
        self._writing = ""
        self.buttons = {verdict: QPushButton(title) for verdict, title in _TITLES.items()}
        self.value = JsonEdit(look, _NAMES["edit"])
        self.send, self.back = QPushButton(), QPushButton("Back")
        for verdict, button in self.buttons.items():
            button.setToolTip(_TIPS[verdict])
            button.clicked.connect(lambda _=False, v=verdict: self._press(v))
        for button in self.all():
            strong = button in (self.buttons["continue"], self.send)
            button.setProperty("role", "new" if strong else "answer")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addStretch(1)
        below.addWidget(self.back)
        below.addWidget(self.send)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 4, 0, 0)
        rows.setSpacing(6)
        rows.addWidget(self.value)
        rows.addLayout(below)
        self.value.setFixedHeight(_LINES * self.value.edit.fontMetrics().lineSpacing() + 20)
        self.send.clicked.connect(self._send)
        self.back.clicked.connect(lambda: self._write(""))
        self.value.changed.connect(self._allow)
        self.show_call(None)

    def all(self) -> list[QPushButton]:
        """Every button."""
        return [*self.buttons.values(), self.back, self.send]

    def show_call(self, held: Held | None) -> None:
        """Offer what can be done with a call; the same stays as it is, with what is typed."""
        is_same = held is not None and self._held is not None and held.id == self._held.id
        self._held = held
        if not is_same:
            self._write("")

    def _press(self, verdict: str) -> None:
        if verdict in _SEND:
            self._write(verdict)
        else:
            self.pressed.emit(verdict, None)

    def _write(self, verdict: str) -> None:
        self._writing = verdict
        choices = () if self._held is None or verdict else self._held.choices
        for name, button in self.buttons.items():
            button.setVisible(name in choices)
        self.setVisible(bool(verdict))
        if verdict and self._held is not None:
            self.send.setText(_SEND[verdict])
            self.value.edit.setAccessibleName(_NAMES[verdict])
            self.value.put(_arguments(self._held) if verdict == "edit" else None, plain=False)
            self.value.setFocus()

    def _allow(self) -> None:
        typed = self.value.typed
        fits = self._writing != "edit" or isinstance(typed.value, dict)
        self.send.setEnabled(not typed.problem and fits)

    def _send(self) -> None:
        verdict, typed = self._writing, self.value.typed
        if verdict and not typed.problem:
            self.pressed.emit(verdict, typed.value)


def _arguments(held: Held) -> Any:
    try:
        return orjson.loads(held.arguments)
    except orjson.JSONDecodeError:
        return {}
