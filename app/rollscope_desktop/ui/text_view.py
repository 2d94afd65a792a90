"""Text of a log, as plain text and nothing else: never HTML, no control character obeyed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from rollscope_desktop.model import text
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.talk import Block, Style

GAP = 8
MOST = 400_000
"""Characters shown of one text; laying out more holds the window up."""


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
            style.setFont(look.fonts.mono)
            style.setForeground(look.theme.text)
        return style


def cut(said: str, most: int = MOST) -> str:
    """A text as it may be shown: its beginning if it is too long, and how much is left out."""
    if len(said) <= most:
        return text.visible(said)
    return f"{text.visible(said[:most])}\n{text.ELLIPSIS} {len(said) - most:,} more characters"
