"""The line in which a filter is written: its parts in colours, what is wrong underlined."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QInputMethodEvent, QTextCharFormat
from PySide6.QtWidgets import QLineEdit

from rollscope_desktop.query.filter.errors import FilterError
from rollscope_desktop.query.filter.spots import Part, stretches
from rollscope_desktop.ui.look import Look

_Attribute = QInputMethodEvent.Attribute


class FilterEdit(QLineEdit):
    """``mark`` shows an error; colours follow the text by themselves."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._error: FilterError | None = None
        self._composing = False
        self.setFrame(False)
        self.setFont(look.fonts.mono)
        self.setStyleSheet("QLineEdit { background: transparent; border: none; padding: 0; }")
        self.setPlaceholderText('kind:llm model:gpt* dur>2s cost>0.01 "text"')
        self.setAccessibleName("Filter")
        self.textChanged.connect(self._forget_error)
        look.changed.connect(self._colour)

    def mark(self, error: FilterError | None) -> None:
        """Underline what is wrong, or nothing."""
        self._error = error
        self._colour()

    def formats(self) -> list[tuple[int, int, QTextCharFormat]]:
        """Where the parts of the text are, and how they look."""
        theme = self._look.theme
        colours = {Part.FIELD: theme.accent, Part.JOIN: theme.muted}
        found = []
        for part in stretches(self.text()):
            if part.part in colours:
                style = QTextCharFormat()
                style.setForeground(colours[part.part])
                found.append((part.start, part.end - part.start, style))
        error = self._error
        if error is not None:
            wrong = QTextCharFormat()
            wrong.setForeground(theme.error)
            wrong.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wrong.setUnderlineColor(theme.error)
            found.append((error.at, max(min(error.length, len(self.text()) - error.at), 0), wrong))
        return found

    def _forget_error(self) -> None:
        self._error = None
        self._colour()

    def _colour(self) -> None:
        # A line edit takes formats of its text only from input methods; this event brings formats
        # alone. While something is being composed it would end that.
        if self._composing:
            return
        cursor = self.cursorPosition()
        attributes: Sequence[_Attribute] = [
            _Attribute(QInputMethodEvent.AttributeType.TextFormat, start - cursor, length, style)
            for start, length, style in self.formats()
        ]
        QCoreApplication.sendEvent(self, QInputMethodEvent("", list(attributes)))

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)
