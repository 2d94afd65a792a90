"""The messages of a model call in the editor: change, add, remove and move them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.fork.json_edit import JsonEdit
from rollscope_desktop.ui.fork.message_edit import MessageEdit
from rollscope_desktop.ui.fork.parts import label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.fork.chat import ADDED, BadMessage, join_request, split_request

AT_ONCE = 12
"""Messages, the last ones, that have an editor at first; a call repeats all that was said."""


class ChatEdit(QScrollArea):
    """``value`` is the request or the answer as it stands there; with a ``problem`` it is old."""

    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._before: Any = {}
        self._hidden: list[Any] = []
        self.edits: list[MessageEdit] = []
        self.value: Any = None
        self.problem = ""
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Messages")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setProperty("role", "panel")
        self._rows = QVBoxLayout(page)
        self._rows.setContentsMargins(0, 0, 8, 0)
        self._rows.setSpacing(4)
        self.earlier = QPushButton()
        self.earlier.setAutoDefault(False)
        self.earlier.clicked.connect(self._show_earlier)
        self._messages = QVBoxLayout()
        self._messages.setSpacing(4)
        self.add = QPushButton("Add Message")
        self.add.setAutoDefault(False)
        self.add.clicked.connect(self._add)
        self._rest_title = label("", "muted", look.fonts.table)
        self.rest = JsonEdit(look, "Other fields", says_problem=False)
        self.rest.setFixedHeight(9 * self.rest.edit.fontMetrics().lineSpacing())
        self.wrong = label("", "error", look.fonts.table)
        left = Qt.AlignmentFlag.AlignLeft
        self._rows.addWidget(self.earlier, 0, left)
        self._rows.addLayout(self._messages)
        self._rows.addWidget(self.add, 0, left)
        self._rows.addSpacing(8)
        for part in (self._rest_title, self.rest, self.wrong):
            self._rows.addWidget(part)
        self._rows.addStretch(1)
        self.setWidget(page)
        self.rest.changed.connect(self._read)

    def put(self, before: Any) -> bool:
        """Edit a request or an answer; whether it has messages that can be edited."""
        found = split_request(before)
        if found is None:
            return False
        for edit in self.edits:
            self._messages.removeWidget(edit)
            edit.deleteLater()
        self.edits = []
        self._before = before
        self._hidden = found.messages[:-AT_ONCE]
        self._several = found.several
        for message in found.messages[-AT_ONCE:]:
            self._insert(len(self.edits), message)
        self.add.setVisible(found.several)
        self._rest_title.setText(
            "Model, tools, settings and other fields" if found.several else "Other fields"
        )
        self.rest.blockSignals(True)
        self.rest.put(found.rest, plain=False)
        self.rest.blockSignals(False)
        self._say_earlier()
        self._read()
        return True

    def take_focus(self) -> None:
        """Let keys go to the last message, and show it once all have their places."""
        last = self.edits[-1]
        last.text.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, last, lambda: self.ensureWidgetVisible(last, 0, 0))

    def _insert(self, at: int, message: Any) -> MessageEdit:
        edit = MessageEdit(self._look, message, alone=not self._several)
        edit.changed.connect(self._read)
        edit.moved.connect(lambda by, edit=edit: self._move(edit, by))
        edit.removed.connect(lambda edit=edit: self._remove(edit))
        self.edits.insert(at, edit)
        self._messages.insertWidget(at, edit)
        return edit

    def _show_earlier(self) -> None:
        shown, self._hidden = self._hidden[-AT_ONCE:], self._hidden[:-AT_ONCE]
        for at, message in enumerate(shown):
            self._insert(at, message)
        self._say_earlier()
        self._mark_ends()

    def _add(self) -> None:
        edit = self._insert(len(self.edits), ADDED)
        edit.text.setFocus(Qt.FocusReason.OtherFocusReason)
        self._read()

    def _remove(self, edit: MessageEdit) -> None:
        self.edits.remove(edit)
        self._messages.removeWidget(edit)
        edit.hide()
        edit.deleteLater()
        self._read()

    def _move(self, edit: MessageEdit, by: int) -> None:
        at = self.edits.index(edit)
        there = at + by
        if 0 <= there < len(self.edits):
            self.edits.insert(there, self.edits.pop(at))
            self._messages.removeWidget(edit)
            self._messages.insertWidget(there, edit)
            self._read()

    def _say_earlier(self) -> None:
        more = len(self._hidden)
        step = min(more, AT_ONCE)
        of = f" of {more:,}" if more > step else ""
        self.earlier.setText(f"Show {text.count(step, 'earlier message')}{of}")
        self.earlier.setVisible(more > 0)

    def _mark_ends(self) -> None:
        for at, edit in enumerate(self.edits):
            edit.up.setEnabled(at > 0)
            edit.down.setEnabled(at < len(self.edits) - 1)

    def _read(self) -> None:
        self._mark_ends()
        self.problem = ""
        for at, edit in enumerate(self.edits, len(self._hidden) + 1):
            if edit.problem:
                self.problem = f"Message {at}: {edit.problem}" if self._several else edit.problem
                break
        own = ""
        try:
            messages = self._hidden + [edit.message for edit in self.edits]
            if not messages:
                raise BadMessage("There is no message.")
            self.value = join_request(self._before, messages, self.rest.typed)
        except BadMessage as error:
            own = str(error)
        self.problem = self.problem or own
        self.wrong.setText(own)
        self.wrong.setVisible(bool(own))
        self.changed.emit()
