"""Paints the run list: a heading on one line, a run on two, from one record each."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, QSize
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.run_words import figures, marks, tooltip
from rollscope_desktop.ui.theme import faded
from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine

PAD, GAP, GLYPH, INDENT = 12, 8, 16, 16
BAR = 28
ROOMY = 250
"""From this width on, the number of a reward has its bar beside it."""
COLUMNS = ("00:00:00", "00 m 00 s", "00.0 k", "$0.0000")
"""The widest text of each column of figures, so that they stand still while a run grows."""


class RunDelegate(QStyledItemDelegate):
    """One cell of the run list. ``hovered`` and ``pulse`` are kept by the view."""

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.hovered = -1
        self.pulse = 1.0

    def glyph_box(self, box: QRect, line: RunLine) -> QRect:
        """Where the glyph of a run's state is, to repaint no more than that while it pulses."""
        return QRect(box.x() + PAD + line.depth * INDENT, box.y() + 5, GLYPH, GLYPH)

    def arrow_box(self, box: QRect, line: RunLine) -> QRect:
        """Where a click opens a run's attempts and forks, or closes them."""
        return QRect(box.x() + line.depth * INDENT, box.y(), PAD + GLYPH, box.height())

    def _heading(self, painter: QPainter, box: QRect, line: HeadingLine) -> None:
        look, theme = self._look, self._look.theme
        left = box.x() + PAD + line.depth * INDENT
        arrow = "chevron-down" if line.expanded else "chevron-right"
        painting.icon(painter, look, arrow, theme.muted, left, box.center().y() + 1)
        left += GLYPH + GAP
        right = box.right() - PAD
        axis, table = self._brushes.axis, self._brushes.table
        count = f"{line.count:,}"
        room = QRect(left, box.y(), right - left - axis.width(count) - GAP, box.height())
        used = painting.text(painter, room, table, theme.text, text.visible(line.title))
        if line.detail:
            room.setLeft(left + used + GAP)
            painting.text(painter, room, axis, theme.muted, text.visible(line.detail))
        rest = QRect(left, box.y(), right - left, box.height())
        painting.text(painter, rest, axis, theme.muted, count, painting.RIGHT)

    def _run(self, painter: QPainter, box: QRect, line: RunLine) -> None:
        look, theme = self._look, self._look.theme
        glyph = self.glyph_box(box, line)
        middle = box.y() + box.height() // 2
        upper = QRect(0, middle - 18, 0, 18)
        lower = QRect(0, middle, 0, 18)
        colour = theme.state(line.state)
        if line.state == "running":
            colour = faded(colour, self.pulse)
        painting.icon(painter, look, f"state-{line.state}", colour, glyph.x(), upper.center().y())
        left, right = glyph.right() + 1 + GAP, box.right() - PAD
        end = self._marks(painter, line, right, upper)
        if line.inside:
            arrow = "chevron-down" if line.expanded else "chevron-right"
            x = glyph.x() - 12
            painting.icon(painter, look, arrow, theme.muted, x, upper.center().y() + 1, 12)
        if line.run.fork_of:
            painting.icon(painter, look, "fork", theme.muted, left, upper.center().y())
            left += GLYPH + 4
        name = QRect(left, upper.y(), end - left - GAP, upper.height())
        muted = bool(line.run.missing)
        said = text.one_line(line.run.name or line.run.agent or line.run.key[:8])
        painting.text(painter, name, self._brushes.ui, theme.muted if muted else theme.text, said)
        self._figures(painter, line, QRect(glyph.right() + 1 + GAP, lower.y(), 0, 18), right)

    def _marks(self, painter: QPainter, line: RunLine, right: int, box: QRect) -> int:
        """Reward, attempts and a lost log, from the right; returns where they begin."""
        look, theme, axis = self._look, self._look.theme, self._brushes.axis
        if line.run.reward is not None:
            number = text.reward(line.run.reward)
            digits = self._brushes.number
            room = max(digits.width("0.00"), digits.width(number))
            share = min(max(line.reward_share or 0.0, 0.0), 1.0)
            if right >= ROOMY:
                bar = QRect(right - BAR, box.center().y() - 1, BAR, 4)
                painter.fillRect(bar, theme.border)
                painter.fillRect(bar.x(), bar.y(), round(BAR * share), 4, theme.ok)
                right -= BAR + 4
            right -= room
            where = QRect(right, box.y(), room, box.height())
            painting.text(painter, where, digits, theme.text, number, painting.RIGHT)
            right -= GAP
        if line.run.missing:
            right -= GLYPH
            painting.icon(painter, look, "file-gone", theme.warn, right, box.center().y())
            right -= 4
        for mark in marks(line):
            wide = axis.width(mark)
            right -= wide
            where = QRect(right, box.y(), wide, box.height())
            painting.text(painter, where, axis, theme.muted, mark)
            right -= GAP
        return right

    def _figures(self, painter: QPainter, line: RunLine, box: QRect, end: int) -> None:
        """Started, duration, tokens, cost: columns from the right, as many as there is room for."""
        theme, digits = self._look.theme, self._brushes.number
        first, *others = figures(line)
        wide = [digits.width(widest) for widest in COLUMNS]
        # By the room of a row indented once, so that all rows show the same columns.
        room = end - (PAD + INDENT + GLYPH + GAP) - wide[0]
        columns = list(zip(wide[1:], others, strict=True))
        while columns and sum(w + GAP for w, _ in columns) > room:
            columns.pop()
        right = limit = end
        for width, said in reversed(columns):
            where = QRect(right - width, box.y(), width, box.height())
            painting.text(painter, where, digits, theme.muted, said, painting.RIGHT)
            right -= width + GAP
            limit = right if said else limit
        where = QRect(box.x(), box.y(), max(limit - box.x(), 0), box.height())
        words = self._brushes.axis if line.run.clock == ORDER else digits
        painting.text(painter, where, words, theme.muted, first)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        line = index.data(Role.LINE)
        box = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = index.row() == self.hovered
        painting.row_ground(
            painter, self._look, box, selected=selected, hovered=hovered, first=True
        )
        if isinstance(line, RunLine):
            self._run(painter, box, line)
        elif isinstance(line, HeadingLine):
            self._heading(painter, box, line)
        else:
            waiting = QRect(box.x() + PAD + GLYPH + GAP, box.center().y() - 3, 120, 6)
            painting.pill(painter, waiting, self._look.theme.raised)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        tall = isinstance(index.data(Role.LINE), RunLine)
        return QSize(200, self._look.tall_row if tall else self._look.row)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        if event.type() != QEvent.Type.ToolTip:
            return False
        line = index.data(Role.LINE)
        where: QPoint = event.globalPos()
        QToolTip.showText(where, tooltip(line) if line is not None else "", view, option.rect)
        return True
