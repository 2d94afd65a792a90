"""Paints one cell of a comparison: a step as the tree paints it, the ribbon, or a difference."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QModelIndex, QRect
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem

from rollscope_desktop.model import text
from rollscope_desktop.model.alignment import Part, Sign
from rollscope_desktop.ui import painting, span_words, tips
from rollscope_desktop.ui.compare.ribbon import ground_of, paint_ribbon
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.tree.delegate import ARROW, PAD, SpanDelegate
from rollscope_desktop.viewmodels.compare.lines import (
    COST,
    DURATION,
    LEFT,
    RIBBON,
    RIGHT,
    SIGNS,
    TITLES,
    CompareLine,
    figure,
    folded_words,
    parts_words,
    signed,
)
from rollscope_desktop.viewmodels.lines import Role, SpanLine


class CompareDelegate(SpanDelegate):
    """Paints from one CompareLine a row. ``timeless``, ``live`` (of either side) are kept by the
    view."""

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(look, view)
        self.timeless = False
        self.live = (False, False)

    def opens_at(self, line: CompareLine, cell: QRect) -> QRect:
        """Where a click opens or closes a line."""
        left = cell.x() + self.indent(_as_span(line), cell.width())
        return QRect(left - 2, cell.y(), ARROW + 2, cell.height())

    def _ground(self, painter: QPainter, box: QRect, line: CompareLine, column: int) -> None:
        """A step that differs lies on the colour of its sign."""
        there = line.left if column == LEFT else line.right
        if column in (LEFT, RIGHT) and there is not None and line.sign is not Sign.EQUAL:
            painter.fillRect(box, ground_of(line.sign, self._look.theme))

    def _fold(self, painter: QPainter, box: QRect, line: CompareLine, column: int) -> None:
        """Equal steps are said once, on the left; a line leads through to the right."""
        theme, look = self._look.theme, self._look
        middle = box.y() + box.height() // 2
        left, right = box.x(), box.right() + 1
        if column == LEFT:
            left += self.indent(_as_span(line), box.width())
            arrow = "chevron-down" if line.expanded else "chevron-right"
            painting.icon(painter, look, arrow, theme.muted, left, middle)
            left += ARROW + 2
            room = QRect(left, box.y(), right - PAD - left, box.height())
            said = folded_words(line.fold)
            left += painting.text(painter, room, self._brushes.table, theme.muted, said) + PAD
        if column == RIGHT:
            right -= PAD
        painter.fillRect(left, middle, max(right - left, 0), 1, theme.border)

    def _delta(
        self, painter: QPainter, box: QRect, line: CompareLine, column: int, selected: bool
    ) -> None:
        value = figure(line.delta, column)
        if column == DURATION and self.timeless:
            return
        said = signed(value, column)
        if not said or value is None:
            return
        theme = self._look.theme
        loud = column != DURATION or bool(line.parts & Part.TIME) or line.sign in _ONE_SIDED
        colour = theme.muted
        if selected:
            colour = theme.text  # the sign says it too, and is read better
        elif loud and not line.fold:
            colour = theme.error if value > 0 else theme.ok
        where = box.adjusted(4, 0, -PAD, 0)
        painting.text(painter, where, self._brushes.number, colour, said, painting.RIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        line, box, column = index.data(Role.LINE), option.rect, index.column()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = index.row() == self.hovered
        painting.row_ground(
            painter, self._look, box, selected=selected, hovered=hovered, first=column == LEFT
        )
        if not isinstance(line, CompareLine):
            return
        if not selected and not hovered:
            self._ground(painter, box, line, column)
        if line.fold and column <= RIGHT:
            self._fold(painter, box, line, column)
        elif column == RIBBON:
            paint_ribbon(painter, box, self._look, self._brushes.axis, line.sign)
        elif column in (LEFT, RIGHT):
            step = line.left if column == LEFT else line.right
            if step is not None:
                self.frame = replace(self.frame, live=self.live[int(column == RIGHT)])
                self._step(painter, box, step)
        else:
            self._delta(painter, box, line, column, selected)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        line = index.data(Role.LINE)
        said = "" if not isinstance(line, CompareLine) else tip(line, index.column(), self.timeless)
        return tips.show(event, said, view, option.rect)


_ONE_SIDED = (Sign.INSERTED, Sign.REMOVED)


def tip(line: CompareLine, column: int, timeless: bool) -> str:
    """Everything about a cell, in full."""
    if line.fold:
        return tips.told((folded_words(line.fold), "Enter shows them, or folds them again"))
    step = {LEFT: line.left, RIGHT: line.right}.get(column)
    if step is not None:
        return span_words.tooltip(step, timeless)
    deltas = [
        f"{TITLES[at]} {said}"
        for at in range(DURATION, COST + 1)
        if not (timeless and at == DURATION) and (said := signed(figure(line.delta, at), at))
    ]
    return tips.told(
        (
            f"Step {line.place:,}: {SIGNS[line.sign]}",
            parts_words(line.parts),
            f"It was step {line.came_from:,}" if line.came_from else "",
            *deltas,
            f"{text.count(line.below, 'difference')} inside" if line.below else "",
        )
    )


def _as_span(line: CompareLine) -> SpanLine:
    """Something that says how far a line is moved in."""
    step = line.left or line.right
    return step if step is not None else _fold_step(line.depth)


def _fold_step(depth: int) -> SpanLine:
    from rollscope_desktop.viewmodels.span_text import fold_line

    return fold_line(depth, 0)
