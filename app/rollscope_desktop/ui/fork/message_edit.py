"""One message of a model call in the editor: its role, its text, and its other fields as JSON."""

from __future__ import annotations

from math import ceil
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from rollscope_desktop.ui.fork.json_edit import JsonEdit
from rollscope_desktop.ui.fork.parts import Choices, label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import tool
from rollscope_desktop.viewmodels.fork.chat import (
    ADDED,
    ROLES,
    BadMessage,
    Bubble,
    bubble_of,
    message_of,
)

LEAST, MOST = 2, 12
_CALL = '{"type": "tool_call", "id": "", "name": "", "arguments": {}}'
_CALL = '{"type": "tool_call", "id": "", "name": "", "arguments": {}}'
_NEW_CALL = f'{{\n  "parts": [\n    {_CALL}\n  ]\n}}'


class TextField(QPlainTextEdit):
    """A text that is as high as it needs, within bounds; the page scrolls over it."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.setProperty("role", "field")
        self.setFont(look.fonts.ui)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        lines = 0
        block = self.document().begin()
        while block.isValid() and lines < MOST:
            lines += max(block.layout().lineCount(), 1)
            block = block.next()
        lines = min(max(lines, LEAST), MOST)
        margin = 2 * (self.document().documentMargin() + self.frameWidth()) + 4
        self.setFixedHeight(ceil(lines * self.fontMetrics().lineSpacing() + margin))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.verticalScrollBar()
        if self.hasFocus() and bar.maximum() > 0:
            super().wheelEvent(event)
        else:
            event.ignore()


class MessageEdit(QWidget):
    """``message`` is what it stands for now, and ``problem`` why there is none."""

    changed = Signal()
    moved = Signal(int)
    removed = Signal()

    def __init__(self, look: Look, message: Any = ADDED, *, alone: bool = False) -> None:
        super().__init__()
        self._look = look
        self._bubble = Bubble() if message is ADDED else bubble_of(message)
        self.message: Any = message
        self.problem = ""
        role = self._bubble.role
        titles = {each: each for each in ROLES}
        if role not in titles:
            titles[role] = role or "(no role)"
        self.role = Choices("Role", titles)
        self.role.choose(role)
        self.up = tool(look, "chevron-up", "Move the message up")
        self.down = tool(look, "chevron-down", "Move the message down")
        self.fields = QToolButton()
        self.fields.setText("Tool Calls…")
        self.fields.setToolTip("Tool calls and other fields of the message, as JSON")
        self.fields.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fields.setFont(look.fonts.table)
        self.remove = tool(look, "trash", "Remove the message")
        self.text = TextField(look, "Text of the message")
        self.text.setPlainText(self._bubble.text or "")
        self.others = JsonEdit(look, "Tool calls and other fields", says_problem=False)
        self.others.setFixedHeight(self._others_height())
        self.wrong = label("", "error", look.fonts.table)
        self._lay_out()
        # In their places before they are shown or hidden: else they would be windows for a moment.
        self.text.setVisible(self._bubble.text is not None)
        self.others.hide()
        self.wrong.hide()
        for widget in (self.up, self.down, self.remove):
            widget.setVisible(not alone)
        if self._bubble.others:
            self._show_others(self._bubble.others)
        self.role.activated.connect(self._read)
        self.text.textChanged.connect(self._read)
        self.others.changed.connect(self._read)
        self.up.clicked.connect(lambda: self.moved.emit(-1))
        self.down.clicked.connect(lambda: self.moved.emit(1))
        self.remove.clicked.connect(self.removed)
        self.fields.clicked.connect(lambda: self._show_others(_NEW_CALL))
        look.changed.connect(self._tint)
        self._read(tell=False)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.role)
        head.addStretch(1)
        for widget in (self.fields, self.up, self.down, self.remove):
            head.addWidget(widget)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 8)
        rows.setSpacing(4)
        rows.addLayout(head)
        for part in (self.text, self.others, self.wrong):
            rows.addWidget(part)

    def _show_others(self, said: str) -> None:
        self.others.put_text(said)
        self.others.setFixedHeight(self._others_height())
        self.others.show()
        self.fields.hide()

    def _others_height(self) -> int:
        lines = min(max(self.others.edit.blockCount(), 3), MOST)
        return lines * self.others.edit.fontMetrics().lineSpacing() + 16

    def _read(self, *news: object, tell: bool = True) -> None:
        before = self._bubble
        said = None if before.text is None else self.text.toPlainText()
        if said is not None and said == _as_shown(before.text):
            said = before.text
        others = "" if self.others.isHidden() else self.others.edit.toPlainText()
        if others == _as_shown(before.others):
            others = before.others
        try:
            self.message = message_of(Bubble(self.role.key, said, others, before.origin))
            self.problem = ""
        except BadMessage as error:
            self.problem = str(error)
        self.wrong.setText(self.problem)
        self.wrong.setVisible(bool(self.problem))
        if tell:
            self.changed.emit()

    def _tint(self) -> None:
        for button, icon in (
            (self.up, "chevron-up"), (self.down, "chevron-down"), (self.remove, "trash"),
        ):  # fmt: skip
            button.setIcon(self._look.icon(icon))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, super().minimumSizeHint().height())


def _as_shown(said: str | None) -> str:
    """A text as an editor gives it back: it knows one line end, and no lone surrogates."""
    probe = (said or "").replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n")
    return probe.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
