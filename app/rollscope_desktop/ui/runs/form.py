"""Where the figures of a run stand in its row: on a second line, or in columns where it is wide.

Pure sums: the view asks once for its width, the delegate and the header paint by the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rollscope_desktop.viewmodels.runs.columns import Column

PAD, GAP, GLYPH, INDENT = 12, 8, 16, 16
TABLE = 520
"""From this width on a run takes one line, with a column for each figure."""
BETWEEN = 16
NAME = 150
BAR = 28
ROOMY = 250
"""From this width on, the number of a reward has its bar beside it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a figure stands: ``left`` counts from the left edge of the row."""

    column: Column
    left: int
    width: int

    @property
    def right(self) -> int:
        """Where it ends."""
        return self.left + self.width


@dataclass(frozen=True, slots=True)
class Form:
    """``first`` is the figure that stands at the left of the second line, ``reward`` tells whether
    that is shown beside the name. In a table both are slots like all the others."""

    table: bool = False
    width: int = 0
    slots: tuple[Slot, ...] = ()
    first: Column | None = None
    reward: bool = False

    @property
    def limit(self) -> int:
        """Where the figures begin: the name, or the first figure, ends before that."""
        return self.slots[0].left - GAP if self.slots else self.width - PAD


def form_of(
    columns: Sequence[Column], width: int, wide: Callable[[Column], int], *, table: bool
) -> Form:
    """The form for a width. ``wide`` says what room a figure needs; those that there is no room
    for, the last first, are left to the tooltip."""
    if table:
        figures = [(c, wide(c) + (BAR + 4 if c.key == "reward" else 0)) for c in columns]
        room = width - 2 * PAD - GLYPH - GAP - NAME
        return Form(True, width, _placed(_fitting(figures, room, BETWEEN), width, BETWEEN))
    rest = [column for column in columns if column.key != "reward"]
    first, rest = (rest[0], rest[1:]) if rest else (None, [])
    taken = 0 if first is None else wide(first)
    # By the room of a row indented once, so that all rows show the same figures.
    room = width - PAD - (PAD + INDENT + GLYPH + GAP) - taken
    figures = _fitting([(c, wide(c)) for c in rest], room, GAP)
    reward = len(rest) + (first is not None) < len(columns)
    return Form(False, width, _placed(figures, width, GAP), first, reward)


Figures = list[tuple[Column, int]]


def _fitting(figures: Figures, room: int, between: int) -> Figures:
    while figures and sum(wide + between for _, wide in figures) > room:
        figures = figures[:-1]
    return figures


def _placed(figures: Figures, width: int, between: int) -> tuple[Slot, ...]:
    right = width - PAD
    slots: list[Slot] = []
    for column, wide in reversed(figures):
        slots.append(Slot(column, right - wide, wide))
        right -= wide + between
    return tuple(reversed(slots))
