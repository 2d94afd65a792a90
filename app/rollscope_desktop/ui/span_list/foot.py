"""The line below the list of steps: what it comes to, and the field to go to a row."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.query.span_list.sums import Sums
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel

_LONG = 4_000
"""Milliseconds that a word about what was done stands there."""


def said(sums: Sums, timeless: bool) -> str:
    """Sums in words: ``1,024 steps · 1.2 k tokens · $0.42 · 2 m 05 s in all``."""
    parts = [text.count(sums.spans, "step")]
    if sums.tokens is not None:
        parts.append(f"{text.short_count(sums.tokens)} tokens")
    if sums.cost is not None:
        parts.append(text.cost(sums.cost))
    if sums.saved:
        parts.append(f"saved {text.cost(sums.saved)}")
    if sums.time is not None:
        parts.append(f"{text.length(sums.time, timeless=timeless)} in all")
    return " · ".join(parts)


class SpanListFoot(QWidget):
    """Says what it is told to; the field is there when it is wanted."""

    row_wanted = Signal(int)
    """The row, counted from 0."""
    left = Signal()
    """The field is done with."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setProperty("role", "status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(28)
        self._rows = 0
        self.sums = CutLabel()
        self.sums.setFont(look.fonts.table)
        self.sums.setProperty("role", "muted")
        self._done = QLabel()
        self._done.setFont(look.fonts.table)
        self._label = QLabel("Row")
        self._label.setFont(look.fonts.table)
        self.field = _Field()
        self.field.setFont(look.fonts.number)
        self.field.setAccessibleName("Go to row")
        self.field.setFixedWidth(120)
        self.field.setFixedHeight(22)
        self._label.setBuddy(self.field)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(8)
        line.addWidget(self.sums, 1)
        for widget in (self._done, self._label, self.field):
            line.addWidget(widget)
            widget.hide()
        self._soon = QTimer(self, singleShot=True, interval=_LONG)
        self._soon.timeout.connect(self._done.hide)
        self.field.returnPressed.connect(self._go)
        self.field.escaped.connect(self._leave)

    def say(self, sums: str) -> None:
        """What the list comes to."""
        self.sums.say(sums, _HINT if sums else "")

    def tell(self, what: str) -> None:
        """What was done just now, for a moment."""
        self._done.setText(what)
        self._done.show()
        self._soon.start()

    def ask_row(self, row: int, rows: int) -> None:
        """Ask for one of so many rows."""
        self._rows = rows
        self.field.setPlaceholderText(f"1–{rows:,}")
        self.field.setText("" if row < 0 else f"{row + 1:,}")
        self._label.show()
        self.field.show()
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _go(self) -> None:
        digits = re.sub(r"[^0-9]", "", self.field.text())
        if digits:
            self.row_wanted.emit(min(max(int(digits[:12]), 1), self._rows) - 1)
        self._leave()

    def _leave(self) -> None:
        self._label.hide()
        self.field.hide()
        self.left.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._soon.stop()
        self._done.hide()


class _Field(QLineEdit):
    """Leaves by Esc, whatever else Esc is for."""

    escaped = Signal()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Cancel)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)


_HINT = (
    "Tokens and costs of the calls in this list: what an agent sums up itself is left out, or its "
    "calls would count twice. The time adds up every step, also those inside or beside others."
)
