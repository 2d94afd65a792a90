"""The blocks of the rows in view and near it: made, moved to other rows, and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.ui.conversation.block import Block, Setting

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from rollscope_desktop.ui.conversation.card import Desk

_KEPT = 48


class Blocks(QObject):
    """Blocks by their row. Signals name the row that a block has when they are sent."""

    touched = Signal(int, int)
    refolded = Signal(int)
    resized = Signal(int)
    read_wanted = Signal(int)

    def __init__(self, desk: Desk, viewport: QWidget) -> None:
        super().__init__(viewport)
        self._desk, self._viewport = desk, viewport
        self._by_row: dict[int, Block] = {}
        self._fresh: set[Block] = set()

    def __len__(self) -> int:
        return len(self._by_row)

    def __iter__(self) -> Iterator[tuple[int, Block]]:
        return iter(list(self._by_row.items()))

    def get(self, row: int) -> Block | None:
        """The block of a row, if it has one."""
        return self._by_row.get(row)

    def make(self, row: int, setting: Setting) -> Block:
        """A block for a row, in place of the one that it has."""
        self.drop(row)
        block = Block(self._desk, setting, self._viewport)
        block.touched.connect(lambda number: self.touched.emit(self._row_of(block), number))
        block.refolded.connect(lambda: self.refolded.emit(self._row_of(block)))
        block.resized.connect(lambda: self._resize(block))
        block.read_wanted.connect(lambda: self.read_wanted.emit(self._row_of(block)))
        self._by_row[row] = block
        self._fresh.add(block)
        return block

    def fit(self, row: int, width: int) -> int | None:
        """The height of a row's block if it was not laid out for this width yet."""
        block = self._by_row[row]
        if block.width() == width and block not in self._fresh:
            return None
        self._fresh.discard(block)
        return block.fit(width)

    def drop(self, row: int) -> None:
        """Let a row have no block."""
        block = self._by_row.pop(row, None)
        if block is not None:
            self._fresh.discard(block)
            block.hide()
            block.deleteLater()

    def move(self, kept: dict[int, int]) -> None:
        """Rows are others now: blocks go along with theirs, as far as there are any."""
        before, self._by_row = self._by_row, {}
        for row, block in before.items():
            now = kept.get(row)
            if now is not None and now not in self._by_row:
                self._by_row[now] = block
            else:
                self._by_row[-1] = block
                self.drop(-1)

    def show_only(self, first: int, last: int) -> None:
        """Hide what is not in view; what is far from it is dropped."""
        outside = [row for row in self._by_row if not first <= row <= last]
        for row in outside:
            self._by_row[row].hide()
        outside.sort(key=lambda row: -abs(row - first))
        for row in outside[: max(len(self._by_row) - _KEPT, 0)]:
            self.drop(row)

    def _resize(self, block: Block) -> None:
        self._fresh.add(block)
        self.resized.emit(self._row_of(block))

    def _row_of(self, block: Block) -> int:
        return next((row for row, each in self._by_row.items() if each is block), -1)
