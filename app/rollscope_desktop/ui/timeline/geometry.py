"""Where the parts of the timeline are: minimap, rulers, marks, and the rows below; pure."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect

ROW, BAR = 20, 18
MINIMAP, RULER, TOKENS, MARKS, LEGEND = 36, 24, 18, 10, 22


@dataclass(frozen=True, slots=True)
class Geometry:
    """The parts from top to bottom; ``scroll`` pixels of the rows are above what is seen."""

    width: int
    height: int
    scroll: int = 0
    tokens: bool = False
    has_legend: bool = False

    @property
    def minimap(self) -> QRect:
        """The whole run, and which part of it is in view."""
        return QRect(0, 0, self.width, MINIMAP)

    @property
    def ruler(self) -> QRect:
        """Moments; a drag selects a range."""
        return QRect(0, MINIMAP, self.width, RULER)

    @property
    def token_ruler(self) -> QRect:
        """How many tokens had been used by then; empty unless it is wanted."""
        return QRect(0, MINIMAP + RULER, self.width, TOKENS if self.tokens else 0)

    @property
    def marks(self) -> QRect:
        """Ticks of signals, feedback, events and messages."""
        return QRect(0, self.token_ruler.bottom() + 1, self.width, MARKS)

    @property
    def rows(self) -> QRect:
        """The lanes."""
        top = self.marks.bottom() + 1
        return QRect(0, top, self.width, max(self.height - self.legend.height() - top, 0))

    @property
    def legend(self) -> QRect:
        """What the colours stand for, at the bottom; empty where they need no words."""
        height = LEGEND if self.has_legend else 0
        return QRect(0, self.height - height, self.width, height)

    def top_of(self, row: int) -> int:
        """The upper edge of the bars of a row."""
        return self.rows.y() + row * ROW - self.scroll + (ROW - BAR) // 2

    def row_at(self, y: int) -> int:
        """The row at a height, which may be one that is not there."""
        return (y - self.rows.y() + self.scroll) // ROW

    def seen(self, rows: int) -> tuple[int, int]:
        """The rows that are seen, the last one not included."""
        low = max(self.scroll // ROW, 0)
        return low, min(rows, (self.scroll + self.rows.height()) // ROW + 1)

    def scrolled_to(self, row: int) -> int:
        """The scroll that brings a row into view with the least movement."""
        room = self.rows.height()
        top = row * ROW
        if top < self.scroll:
            return top
        return max(self.scroll, top + ROW + 2 - room)
