"""Text of a log, as plain text and nothing else: never HTML, no control character obeyed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit

from rollscope_desktop.model import text
from rollscope_desktop.ui.inspector.talk import Block, Style
from rollscope_desktop.ui.look import Look

GAP = 8
MOST = 100_000
"""Characters shown of one text; laying out more holds the window up."""

HITS = 5_000
"""Hits of a search that are counted."""
MARKED = 200
"""Hits before and after the one that is shown that are marked."""


class TextView(QPlainTextEdit):
    """Read-only, selectable, wrapped at the panel's width."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFont(look.fonts.mono)
        self.document().setDocumentMargin(12)
        self._hits: list[tuple[int, int]] = []

    def show_text(self, said: str) -> None:
        """Show one text."""
        self.setPlainText(cut(said))

    def show_blocks(self, blocks: Sequence[Block]) -> None:
        """Show blocks of text one below the other, each in its style."""
        self.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        room = MOST
        for number, block in enumerate(blocks):
            if number:
                cursor.insertBlock()
            if number and block.style is Style.HEADING:
                # This widget lays out lines without margins: a low empty line is the gap.
                cursor.setBlockCharFormat(self._gap())
                cursor.insertBlock()
            cursor.insertText(cut(block.text, max(room, 1000)), self._format(block))
            room -= len(block.text)
        cursor.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def find_all(self, wanted: str) -> int:
        """Mark where a text occurs, in either case; how often it does, up to a limit."""
        said = self.toPlainText()
        found = re.finditer(re.escape(wanted), said, re.IGNORECASE) if wanted else iter(())
        self._hits = _in_document(said, [hit.span() for hit in islice(found, HITS)])
        self._mark(-1)
        return len(self._hits)

    def show_hit(self, number: int) -> None:
        """Go to one of what was found."""
        if 0 <= number < len(self._hits):
            cursor = self.textCursor()
            cursor.setPosition(self._hits[number][0])
            self.setTextCursor(cursor)
            self.ensureCursorVisible()
            self._mark(number)

    def first_hit(self) -> int:
        """The first hit that is not above what is seen."""
        at = self.cursorForPosition(self.viewport().rect().topLeft()).position()
        return bisect_left(self._hits, (at, at)) % max(len(self._hits), 1)

    def _mark(self, current: int) -> None:
        theme = self.look.theme
        marks = []
        around = max(current, 0)
        near = range(max(around - MARKED, 0), min(around + MARKED, len(self._hits)))
        for number in near:
            mark = QTextEdit.ExtraSelection()
            mark.cursor = self.textCursor()
            mark.cursor.setPosition(self._hits[number][0])
            mark.cursor.setPosition(self._hits[number][1], QTextCursor.MoveMode.KeepAnchor)
            chosen = number == current
            mark.format.setBackground(theme.accent if chosen else theme.selection)
            if chosen:
                mark.format.setForeground(theme.on_bar)
            marks.append(mark)
        self.setExtraSelections(marks)

    def _gap(self) -> QTextCharFormat:
        font = QFont(self.look.fonts.axis)
        font.setPixelSize(GAP)
        style = QTextCharFormat()
        style.setFont(font)
        return style

    def _format(self, block: Block) -> QTextCharFormat:
        look, style = self.look, QTextCharFormat()
        if block.style is Style.HEADING:
            style.setFont(look.fonts.strong)
            style.setForeground(look.theme.kind(block.kind))
        elif block.style is Style.MUTED:
            style.setFont(look.fonts.table)
            style.setForeground(look.theme.muted)
        elif block.style is Style.PROSE:
            style.setFont(look.fonts.ui)
            style.setForeground(look.theme.text)
        else:
            around = block.style is Style.AROUND
            style.setFont(look.fonts.mono)
            style.setForeground(look.theme.muted if around else look.theme.text)
        return style


def _in_document(said: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places in a text as a document of Qt counts them: some characters are two to it."""
    if said.isascii():
        return spans
    out, at, units = [], 0, 0
    for first, last in spans:
        units += len(said[at:first].encode("utf-16-le", "surrogatepass")) // 2
        size = len(said[first:last].encode("utf-16-le", "surrogatepass")) // 2
        out.append((units, units + size))
        units, at = units + size, last
    return out


def cut(said: str, most: int = MOST) -> str:
    """A text as it may be shown: its beginning if it is too long, and how much is left out."""
    if len(said) <= most:
        return text.visible(said)
    return f"{text.visible(said[:most])}\n{text.ELLIPSIS} {len(said) - most:,} more characters"
