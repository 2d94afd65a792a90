"""An editor for JSON, or for a value that is one text; it says what is wrong while one types."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui.conversation.syntax import Segment, tokens
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.theme import blend
from rollscope_desktop.viewmodels.fork.typed import Typed, parse_json, pretty


class JsonEdit(QWidget):
    """``typed`` is what stands there. A value that was put in and not changed comes out as it was,
    whatever its text can hold."""

    changed = Signal()
    """Something else stands there."""

    def __init__(self, look: Look, name: str, *, says_problem: bool = True) -> None:
        super().__init__()
        self._look = look
        self._put: tuple[str, Any] = ("", None)
        self._plain = False
        self.typed = Typed()
        self.edit = QPlainTextEdit()
        self.edit.setProperty("role", "field")
        self.edit.setFont(look.fonts.mono)
        self.edit.setAccessibleName(name)
        self.edit.setTabChangesFocus(True)
        self._colours = JsonColours(look, self.edit)
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setWordWrap(True)
        self.problem.setFont(look.fonts.table)
        self.problem.hide()
        self._says_problem = says_problem
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addWidget(self.edit, 1)
        rows.addWidget(self.problem)
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self._read)
        look.changed.connect(self._mark)

    @property
    def is_plain(self) -> bool:
        """Whether the value is edited as a text, without quotes."""
        return self._plain

    def put(self, value: Any, *, plain: bool | None = None) -> None:
        """Edit another value; one that is a text as such, unless ``plain`` says otherwise."""
        self._plain = isinstance(value, str) if plain is None else plain
        said = value if self._plain and isinstance(value, str) else pretty(value)
        wrap = QPlainTextEdit.LineWrapMode
        self.edit.setLineWrapMode(wrap.WidgetWidth if self._plain else wrap.NoWrap)
        self._colours.on = not self._plain
        self.edit.blockSignals(True)
        self.edit.setPlainText(said)
        self.edit.blockSignals(False)
        self._put = (self.edit.toPlainText(), value)
        self._colours.rehighlight()
        self._read()

    def put_text(self, said: str) -> None:
        """Edit this text as JSON, whether it is any or not."""
        self._plain = False
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._colours.on = True
        self._put = ("", None)
        self.edit.setPlainText(said)

    def set_read_only(self, only: bool) -> None:
        """Let it be read only, or edited."""
        self.edit.setReadOnly(only)

    def _read(self) -> None:
        said = self.edit.toPlainText()
        before, value = self._put
        if before and said == before:
            self.typed = Typed(value)
        elif self._plain:
            self.typed = Typed(said)
        else:
            self.typed = parse_json(said)
        self.problem.setText(text.visible(self.typed.problem))
        self.problem.setVisible(self._says_problem and bool(self.typed.problem))
        self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        """Tint the line with the mistake, and underline where it is."""
        marks: list[QTextEdit.ExtraSelection] = []
        block = self.edit.document().findBlockByNumber(self.typed.line - 1)
        if self.typed.line and block.isValid():
            theme = self._look.theme
            for whole in (True, False):
                cursor = QTextCursor(block)
                how = QTextCharFormat()
                if whole:
                    how.setBackground(blend(theme.error, theme.panel, 0.12))
                    how.setProperty(QTextFormat.Property.FullWidthSelection, True)
                else:
                    at = min(self.typed.column - 1, max(block.length() - 2, 0))
                    cursor.setPosition(block.position() + at)
                    cursor.movePosition(
                        QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor
                    )
                    how.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
                    how.setUnderlineColor(theme.error)
                mark = QTextEdit.ExtraSelection()
                mark.cursor, mark.format = cursor, how
                marks.append(mark)
        self.edit.setExtraSelections(marks)


class JsonColours(QSyntaxHighlighter):
    """The light colours of JSON, a line at a time."""

    def __init__(self, look: Look, edit: QPlainTextEdit) -> None:
        super().__init__(edit.document())
        self._look = look
        self.on = True
        look.changed.connect(self.rehighlight)

    def highlightBlock(self, line: str) -> None:
        if not self.on:
            return
        theme = self._look.theme
        colours = {"text": theme.ok, "number": theme.accent, "word": theme.kind("agent")}
        for token in tokens(Segment(line, True, "json")):
            if token.kind in colours:
                self.setFormat(token.start, token.length, colours[token.kind])
