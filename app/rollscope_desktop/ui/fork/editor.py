"""The two sides of the fork dialog: what was recorded on the left, and its editor on the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPlainTextEdit,
    QSplitter,
    QStackedLayout,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.ui.fork.chat_edit import ChatEdit
from rollscope_desktop.ui.fork.json_edit import JsonColours, JsonEdit
from rollscope_desktop.ui.fork.parts import Choices, label
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import State
from rollscope_desktop.viewmodels.fork.chat import transcript
from rollscope_desktop.viewmodels.fork.model import ForkModel
from rollscope_desktop.viewmodels.fork.typed import LONGEST, pretty

HEAD = 32
_SCOPES = {"call": "This call only", "later": "This and every later call"}
_TITLES = {"input": "Input", "output": "Output"}


class Editor(QSplitter):
    """Puts what is typed into the model."""

    focus_wanted = Signal()

    def __init__(self, look: Look, model: ForkModel) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._look, self._model = look, model
        self._parts: list[str] = []
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.before = QPlainTextEdit()
        self.before.setReadOnly(True)
        self.before.setProperty("role", "field")
        self.before.setFont(look.fonts.mono)
        self.before.setAccessibleName("As it was recorded")
        self.before.setTabChangesFocus(True)
        self._colours = JsonColours(look, self.before)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Input or output")
        self.as_json = QCheckBox("As JSON")
        self.as_json.setToolTip("Write the text with quotes, or another value in its place")
        self.scope = Choices("What the edit is for", _SCOPES)
        self.json = JsonEdit(look, "Edited value")
        self.chat = ChatEdit(look)
        self.state = State(look)
        right = QWidget()
        self._editors = QStackedLayout()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.tabs)
        head.addStretch(1)
        head.addWidget(self.as_json)
        head.addWidget(self.scope)
        rows = _column(right)
        rows.addLayout(_tall(head))
        rows.addLayout(self._editors, 1)
        for editor in (self.json, self.chat, self.state):
            self._editors.addWidget(editor)
        left = QWidget()
        lines = _column(left, first=True)
        title = QHBoxLayout()
        title.addWidget(label("As it was recorded", "muted", look.fonts.table))
        lines.addLayout(_tall(title))
        lines.addWidget(self.before, 1)
        self.addWidget(left)
        self.addWidget(right)
        for number, share in enumerate((2, 3)):
            self.setStretchFactor(number, share)
        self.setSizes([440, 680])
        self.tabs.currentChanged.connect(self._choose_part)
        self.as_json.clicked.connect(self._change_form)
        self.scope.activated.connect(lambda _: model.set_choice("scope", self.scope.key))
        self.json.changed.connect(self._take_json)
        self.chat.changed.connect(self._take_chat)

    def show_subject(self) -> None:
        """Show the step that the model has read."""
        subject = self._model.subject
        assert subject is not None
        self._parts = list(subject.parts)
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        for part in self._parts:
            self.tabs.addTab(_TITLES[part])
        self.tabs.setCurrentIndex(self._parts.index(self._model.part))
        self.tabs.blockSignals(False)
        self._show_part()

    @property
    def says_problem(self) -> bool:
        """Whether what is wrong is told below the editor itself."""
        return self._editors.currentWidget() is self.json

    def take_focus(self) -> None:
        """Let keys go to the editor that is shown."""
        if self._editors.currentWidget() is self.json:
            self.json.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.chat.edits:
            self.chat.take_focus()

    def _choose_part(self, number: int) -> None:
        if 0 <= number < len(self._parts):
            self._model.show_part(self._parts[number])
            self._show_part()

    def _show_part(self) -> None:
        model = self._model
        assert model.subject is not None
        trouble = model.subject.parts[model.part].trouble
        original, value = model.original, model.draft.value
        is_text = isinstance(original, str)
        self.scope.setVisible(model.has_scope)
        self.scope.choose(model.scope)
        self.as_json.setVisible(is_text and not trouble)
        self._colours.on = not is_text and not self._is_chat()
        self.before.setPlainText("" if trouble else _readable(original, model))
        wrap = QPlainTextEdit.LineWrapMode
        self.before.setLineWrapMode(wrap.WidgetWidth if is_text or self._is_chat() else wrap.NoWrap)
        for editor in (self.json, self.chat):
            editor.blockSignals(True)
        if trouble:
            self.state.say("This cannot be edited here", trouble, icon="warning", role="warn")
            self._editors.setCurrentWidget(self.state)
        elif self._is_chat() and self.chat.put(value):
            self._editors.setCurrentWidget(self.chat)
        else:
            self.json.put(value, plain=isinstance(value, str) and not self.as_json.isChecked())
            self._editors.setCurrentWidget(self.json)
        for editor in (self.json, self.chat):
            editor.blockSignals(False)

    def _is_chat(self) -> bool:
        subject = self._model.subject
        return subject is not None and subject.plan.kind == "llm"

    def _change_form(self) -> None:
        """Between a text and JSON; what stands there is kept as far as it is a value."""
        typed = self.json.typed
        as_json = self.as_json.isChecked()
        if not typed.problem and (as_json or isinstance(typed.value, str)):
            self.json.put(typed.value, plain=not as_json)
        elif not as_json:
            self.as_json.setChecked(True)  # it is no text any more

    def _take_json(self) -> None:
        if self._editors.currentWidget() is self.json:
            self._model.set_value(self.json.typed.value, self.json.typed.problem)

    def _take_chat(self) -> None:
        self._model.set_value(self.chat.value, self.chat.problem)


def _readable(value: Any, model: ForkModel) -> str:
    assert model.subject is not None
    if model.subject.plan.kind == "llm":
        said = transcript(value)
    else:
        said = value if isinstance(value, str) else pretty(value)
    return said[:LONGEST]


def _column(widget: QWidget, *, first: bool = False) -> QVBoxLayout:
    rows = QVBoxLayout(widget)
    rows.setContentsMargins(16 if first else 8, 0, 8 if first else 16, 8)
    rows.setSpacing(4)
    return rows


def _tall(row: QHBoxLayout) -> QHBoxLayout:
    """A line of controls above an editor, as high on both sides."""
    row.addStrut(HEAD)
    return row
