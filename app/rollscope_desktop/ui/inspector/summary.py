"""The inspector's first tab: what went wrong, the facts, what the log leaves out, and notes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import NoteRow
from rollscope_desktop.ui.inspector.chips import Chip, Chips
from rollscope_desktop.ui.inspector.facts import Facts
from rollscope_desktop.ui.inspector.talk import as_json
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.span_words import NOTE_ROLES
from rollscope_desktop.viewmodels.inspector.facts import Fact
from rollscope_desktop.viewmodels.inspector.model import Summary
from rollscope_desktop.viewmodels.span_text import note_said, note_value

LONGEST = 4_000
MOST = 100
CHIPS = ("signal", "feedback")
_NOTES = {"message": "Message", "event": "Event", "signal": "Signal", "feedback": "Feedback"}


class SummaryView(QScrollArea):
    """Shows a Summary."""

    link_followed = Signal(str)
    """The link to another run or step that was pressed."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setAccessibleName("Summary")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._error = _Remark(look, "state-error", "error")
        self._remarks = _Remark(look, "note", "accent")
        self._chips = Chips(look)
        self._facts = Facts(look)
        self._facts.followed.connect(self.link_followed)
        self._head = QLabel("Notes")
        self._head.setFont(look.fonts.strong)
        self._head.setContentsMargins(12, 8, 12, 0)
        self._notes = Facts(look)
        inner = QWidget()
        inner.setProperty("role", "panel")
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, 4, 0, 8)
        rows.setSpacing(4)
        shown = (self._error, self._remarks, self._chips, self._facts, self._head, self._notes)
        for widget in shown:
            rows.addWidget(widget)
        rows.addStretch(1)
        self.setWidget(inner)
        self._told: tuple[NoteRow, ...] = ()

    def show_summary(self, summary: Summary) -> None:
        """Show what is known."""
        self._error.say(*error_text(summary.error))
        self._remarks.say("\n".join(summary.remarks))
        self._facts.show_facts(summary.facts)
        notes = [note for note in summary.notes if note.type != "message"]
        self._told = tuple(notes[:MOST])
        self._chips.show_chips([_chip(note) for note in self._told if note.type in CHIPS])
        self._notes.show_facts([_note(note) for note in self._told])
        more = len(notes) - MOST
        self._head.setText(f"Notes ({more:,} more in the log)" if more > 0 else "Notes")
        for widget in (self._head, self._notes):
            widget.setVisible(bool(notes))

    def point_to(self, note: int | None) -> None:
        """Show one of the notes by its id, or none in particular."""
        number = next((n for n, told in enumerate(self._told) if told.id == note), -1)
        box = self._notes.mark(number)
        if number >= 0:
            at = self._notes.mapToParent(box.center())
            self.ensureVisible(at.x(), at.y(), 0, 40)


def error_text(error: Any) -> tuple[str, str]:
    """What went wrong as a person reads it, and the details to fold away: the stack."""
    if not error:
        return "", ""
    if not isinstance(error, dict):
        head, stack = error if isinstance(error, str) else as_json(error), ""
        head, _, stack = head.partition("\n")
    else:
        parts = [str(error[key]) for key in ("type", "message") if error.get(key)]
        head = ": ".join(parts) or as_json(error)
        stack = str(error.get("stack") or error.get("traceback") or "")
    return (
        text.visible(text.end_cut(head, LONGEST)),
        text.visible(text.end_cut(stack.strip("\n"), LONGEST)),
    )


def _note(note: NoteRow) -> Fact:
    said = note_said(note.name, note.value)
    return Fact(_NOTES.get(note.type, note.type), said or "(see the log)", note_value(note.value))


def _chip(note: NoteRow) -> Chip:
    """Numbers stand whole; of a text as many words as there is room for, and the rest as a hint."""
    hint = f"{_NOTES[note.type]} {note.name}\n{note_value(note.value)}".rstrip()
    said = note_said(note.name, note.value) or _NOTES[note.type]
    return Chip(said, f"note-{note.type}", NOTE_ROLES[note.type], hint)


class _Remark(QWidget):
    """A box with an icon and words, hidden when there are none."""

    def __init__(self, look: Look, icon: str, role: str) -> None:
        super().__init__()
        self._look, self._name, self._role = look, icon, role
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignTop)
        self._icon.setFixedWidth(16)
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setFont(look.fonts.table)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = QLabel()
        self._details.setTextFormat(Qt.TextFormat.PlainText)
        self._details.setFont(look.fonts.number)
        self._details.setWordWrap(True)
        self._details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = QToolButton()
        self._more.setFont(look.fonts.table)
        self._more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._more.clicked.connect(self._unfold)
        box = QWidget()
        box.setProperty("role", "banner")
        box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(box)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._icon)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._said)
        words.addWidget(self._more, alignment=Qt.AlignmentFlag.AlignLeft)
        words.addWidget(self._details)
        row.addLayout(words, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 4, 12, 4)
        outer.addWidget(box)
        look.changed.connect(self._retint)
        self._retint()
        self.hide()

    def say(self, words: str, details: str = "") -> None:
        """Show the words, or nothing; details stay folded until they are asked for."""
        same = words == self._said.text() and details == self._details.text()
        if not same:
            self._details.setText(details)
            self._fold(True)
        self._said.setText(words)
        self._more.setVisible(bool(details))
        self.setAccessibleName(words)
        self.setVisible(bool(words))

    def _unfold(self) -> None:
        self._fold(not self._details.isHidden())

    def _fold(self, folded: bool) -> None:
        lines = text.count(self._details.text().count("\n") + 1, "line")
        self._details.setVisible(not folded)
        self._more.setText(f"Show the stack ({lines})" if folded else "Hide the stack")

    def _retint(self) -> None:
        look = self._look
        colour = getattr(look.theme, self._role)
        self._icon.setPixmap(look.icons.picture(self._name, colour, self.devicePixelRatioF()))
