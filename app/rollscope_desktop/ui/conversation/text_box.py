"""A text of a log in a card: as high as it needs, folded at twelve lines, never read as HTML."""

from __future__ import annotations

from bisect import bisect_left
from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPalette,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from rollscope_desktop.query.conversation.items import Words
from rollscope_desktop.ui.conversation.syntax import Segment, segments, tokens
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.theme import blend

LINES = 12
_ROUGH = 2_400
"""Characters that twelve lines of a column never exceed."""
_MARKED = 200
_AROUND_CODE = 6
_KEEP = QTextCursor.MoveMode.KeepAnchor


class Tone(Enum):
    """How a text is set."""

    PROSE = "prose"
    CODE = "code"
    MUTED = "muted"
    ERROR = "error"


class TextBox(QTextEdit):
    """Read-only and selectable. ``is_cut`` says after ``fit`` whether there is more to show."""

    touched = Signal()
    """The person clicked into it."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.textCursor().hasSelection():
            super().contextMenuEvent(event)
        else:
            event.ignore()  # the card's step has a menu

    def __init__(self, look: Look, words: Words, tone: Tone, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._words, self._tone = look, words, tone
        self._unfolded = False
        self._width = -1
        self._height = 0
        self._needle = ""
        self.is_cut = False
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setTabChangesFocus(True)
        clear = self.palette()
        clear.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.setPalette(clear)
        self.document().setDocumentMargin(0)
        self.setFont(look.fonts.mono if tone is Tone.CODE else look.fonts.ui)

    def unfold(self, on: bool) -> None:
        """Show everything, or twelve lines."""
        if on != self._unfolded:
            self._unfolded = on
            self._width = -1

    def mark(self, needle: str) -> None:
        """Show where a text was found."""
        if needle != self._needle:
            self._needle = needle
            self._mark()

    def fit(self, width: int) -> int:
        """Lay out for a width; returns the height."""
        if width != self._width:
            self._width = width
            # Its own width would only be known once it is shown.
            self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
            self.setLineWrapColumnOrWidth(width)
            self._write()
        return self._height

    def _write(self) -> None:
        said = self._words.text
        rough = said if self._unfolded else _beginning(said)
        document = self.document()
        self.clear()
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        if self._tone is Tone.CODE:
            self._insert(cursor, Segment(rough, True, "plain"), True)
        else:
            for number, segment in enumerate(segments(rough)):
                self._insert(cursor, segment, number == 0)
        cursor.endEditBlock()
        self.is_cut = len(rough) < len(said)
        if not self._unfolded:
            self._cut_lines()
        height = document.documentLayout().documentSize().height()
        self._height = round(height) + 1
        self._mark()

    def _insert(self, cursor: QTextCursor, segment: Segment, first: bool) -> None:
        look, theme = self._look, self._look.theme
        block = QTextBlockFormat()
        style = QTextCharFormat()
        style.setForeground(self._colour())
        if segment.code:
            style.setFont(look.fonts.mono)
            if self._tone is not Tone.CODE:
                block.setBackground(theme.window)
                block.setLeftMargin(0)
        elif self._tone is not Tone.CODE:
            style.setFont(look.fonts.ui)
            block.setLineHeight(125, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if (segment.code and self._tone is not Tone.CODE) or not first:
            block.setTopMargin(_AROUND_CODE)
        if first:
            cursor.setBlockFormat(block)
            cursor.setCharFormat(style)
        else:
            cursor.insertBlock(block, style)
        begin = cursor.position()
        line, _, rest = segment.text.partition("\n")
        cursor.insertText(line, style)
        if rest or segment.text.endswith("\n"):
            block.setTopMargin(0)
            cursor.insertBlock(block, style)
            cursor.insertText(rest, style)
        # Qt counts letters outside the first plane twice.
        wide = [] if segment.text.isascii() else _wide(segment.text)
        for token in tokens(segment):
            end = token.start + token.length
            cursor.setPosition(begin + token.start + bisect_left(wide, token.start))
            cursor.setPosition(begin + end + bisect_left(wide, end), _KEEP)
            cursor.mergeCharFormat(self._style(token.kind, segment.code))
        cursor.movePosition(QTextCursor.MoveOperation.End)

    def _colour(self) -> QColor:
        theme = self._look.theme
        return {Tone.MUTED: theme.muted, Tone.ERROR: theme.error}.get(self._tone, theme.text)

    def _style(self, kind: str, code: bool) -> QTextCharFormat:
        theme, style = self._look.theme, QTextCharFormat()
        if code:
            colours = {
                "name": theme.text,
                "text": theme.ok,
                "number": theme.accent,
                "word": theme.kind("agent"),
                "remark": theme.muted,
            }
            style.setForeground(colours.get(kind, theme.text))
        elif kind == "name":
            style.setFontFamilies(self._look.fonts.mono.families())
        else:
            style.setFontWeight(QFont.Weight.DemiBold)
        return style

    def _cut_lines(self) -> None:
        """Take away what lies below the twelfth line."""
        lines = 0
        block = self.document().begin()
        self.document().documentLayout().documentSize()
        while block.isValid():
            layout = block.layout()
            if lines + layout.lineCount() > LINES:
                line = layout.lineAt(LINES - lines - 1)
                end = block.position() + line.textStart() + line.textLength()
                if LINES - lines <= 0:
                    end = block.position() - 1
                cursor = QTextCursor(self.document())
                cursor.setPosition(max(end, 0))
                cursor.movePosition(QTextCursor.MoveOperation.End, _KEEP)
                cursor.removeSelectedText()
                while self.document().lastBlock().length() <= 1 and cursor.position() > 0:
                    cursor.deletePreviousChar()
                self.is_cut = True
                return
            lines += layout.lineCount()
            block = block.next()

    def _mark(self) -> None:
        found: list[QTextEdit.ExtraSelection] = []
        if self._needle:
            style = QTextCharFormat()
            theme = self._look.theme
            style.setBackground(blend(theme.warn, theme.panel, 0.4))
            cursor = self.document().find(self._needle)
            while not cursor.isNull() and len(found) < _MARKED:
                one = QTextEdit.ExtraSelection()
                one.cursor, one.format = cursor, style
                found.append(one)
                cursor = self.document().find(self._needle, cursor)
        self.setExtraSelections(found)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.touched.emit()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chosen = self.textCursor().hasSelection()
        if event.matches(QKeySequence.StandardKey.Copy) and chosen:
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
        else:
            event.ignore()  # the keys of the conversation are meant

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the conversation scrolls, never a text in it


def _beginning(said: str) -> str:
    """As much of a text as twelve lines can need."""
    at = -1
    for _ in range(LINES + 1):
        at = said.find("\n", at + 1)
        if at < 0:
            break
    return said[: min(at if at >= 0 else len(said), _ROUGH)]


def _wide(said: str) -> list[int]:
    return [at for at, char in enumerate(said) if char > "\uffff"]
