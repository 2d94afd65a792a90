"""Paints the run list: a heading on one line, a run on two, or in columns where it is wide."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRect, QSize
from PySide6.QtGui import QColor, QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.ui import painting, tips
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.runs.form import (
    BAR,
    GAP,
    GLYPH,
    INDENT,
    PAD,
    ROOMY,
    TABLE,
    Form,
    Slot,
    form_of,
)
from rollscope_desktop.ui.theme import faded
from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine
from rollscope_desktop.viewmodels.runs.columns import Column
from rollscope_desktop.viewmodels.runs.words import marks, name_of, tip

MARK = 12
"""Room for the sign of the order beside a title."""
WORDS = 160
"""The widest that a column of words gets."""


class RunDelegate(QStyledItemDelegate):
    """One cell of the run list. ``hovered``, ``pulse`` and ``form`` are kept by the view."""

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._view = view
        self._brushes = painting.Brushes(look)
        self.hovered = -1
        self.pulse = 1.0
        self.form = Form()

    def fit(self, columns: tuple[Column, ...], width: int) -> Form:
        """Take the form that these figures have in this width; says which."""
        # Of the whole view: lower rows may need no scroll bar, and must not call for it back.
        table = self._view.width() >= TABLE
        wide = self._titled if table else self._wide
        self.form = form_of(columns, width, wide, table=table)
        return self.form

    def _wide(self, column: Column) -> int:
        texts = self._brushes.axis if column.words else self._brushes.number
        return min(texts.width(column.widest), WORDS)

    def _titled(self, column: Column) -> int:
        return max(self._wide(column), self._brushes.axis.width(column.title) + MARK)

    def glyph_box(self, box: QRect, line: RunLine) -> QRect:
        """Where the glyph of a run's state is, to repaint no more than that while it pulses."""
        down = (box.height() - GLYPH) // 2 if self.form.table else 5
        return QRect(box.x() + PAD + line.depth * INDENT, box.y() + down, GLYPH, GLYPH)

    def arrow_box(self, box: QRect, line: RunLine) -> QRect:
        """Where a click opens a run's attempts and forks, or closes them."""
        return QRect(box.x() + line.depth * INDENT, box.y(), PAD + GLYPH, box.height())

    # Headings

    def _heading(self, painter: QPainter, box: QRect, line: HeadingLine) -> None:
        look, theme = self._look, self._look.theme
        left = box.x() + PAD + line.depth * INDENT
        arrow = "chevron-down" if line.expanded else "chevron-right"
        painting.icon(painter, look, arrow, theme.muted, left, box.center().y() + 1)
        left += GLYPH + GAP
        right = box.right() - PAD
        axis, table = self._brushes.axis, self._brushes.table
        count = f"{line.count:,}"
        if self.form.table:
            right = self.form.limit
            room = QRect(left, box.y(), right - left - axis.width(count) - GAP, box.height())
            used = painting.text(painter, room, table, theme.text, text.visible(line.title))
            where = QRect(left + used + GAP, box.y(), right - left - used - GAP, box.height())
            painting.text(painter, where, axis, theme.muted, count)
            for slot in self.form.slots:
                said = slot.column.summed(line.sums) if line.sums is not None else ""
                # Below the numbers of the runs, not below their bars.
                bar = BAR + 4 if slot.column.key == "reward" else 0
                self._figure(painter, slot, box.translated(-bar, 0), said, theme.muted)
            return
        room = QRect(left, box.y(), right - left - axis.width(count) - GAP, box.height())
        used = painting.text(painter, room, table, theme.text, text.visible(line.title))
        if line.detail:
            room.setLeft(left + used + GAP)
            painting.text(painter, room, axis, theme.muted, text.visible(line.detail))
        rest = QRect(left, box.y(), right - left, box.height())
        painting.text(painter, rest, axis, theme.muted, count, painting.RIGHT)

    # Runs

    def _run(self, painter: QPainter, box: QRect, line: RunLine) -> None:
        look, theme = self._look, self._look.theme
        glyph = self.glyph_box(box, line)
        middle = glyph.center().y() + 1
        colour = theme.state(line.state)
        if line.state == "running":
            colour = faded(colour, self.pulse)
        painting.icon(painter, look, f"state-{line.state}", colour, glyph.x(), middle)
        if line.inside:
            arrow = "chevron-down" if line.expanded else "chevron-right"
            painting.icon(painter, look, arrow, theme.muted, glyph.x() - 12, middle, 12)
        left = glyph.right() + 1 + GAP
        upper = QRect(left, middle - 9, 0, 18)
        if self.form.table:
            upper.setRight(self.form.limit)
            self._title(painter, line, upper)
            for slot in self.form.slots:
                if slot.column.key == "reward":
                    self._reward(painter, line, slot.right, box, True)
                else:
                    self._figure(painter, slot, box, slot.column.said(line), theme.muted)
            return
        right = box.right() - PAD
        upper.setRight(right)
        if self.form.reward and line.run.reward is not None:
            upper.setRight(self._reward(painter, line, right, upper, right >= ROOMY) - GAP)
        self._title(painter, line, upper)
        self._second(painter, line, QRect(left, upper.bottom() + 1, right - left, 18))

    def _title(self, painter: QPainter, line: RunLine, box: QRect) -> None:
        """Name, and behind it what marks the run; a fork says at which step it begins."""
        look, theme, axis = self._look, self._look.theme, self._brushes.axis
        middle, right = box.center().y() + 1, box.right()
        if line.run.missing:
            right -= GLYPH
            painting.icon(painter, look, "file-gone", theme.warn, right, middle)
            right -= 4
        if line.lost:
            right -= GLYPH
            painting.icon(painter, look, "warning", theme.warn, right, middle)
            wide = axis.width(line.lost)
            right -= wide + 4
            where = QRect(right, box.y(), wide, box.height())
            painting.text(painter, where, axis, theme.warn, line.lost)
            right -= GAP
        for mark in marks(line):
            wide = axis.width(mark)
            right -= wide
            where = QRect(right, box.y(), wide, box.height())
            painting.text(painter, where, axis, theme.muted, mark)
            right -= GAP
        left = box.x()
        if line.run.fork_of:
            painting.icon(painter, look, "fork", theme.muted, left, middle)
            left += GLYPH + 4
        colour = theme.muted if line.run.missing else theme.text
        room = QRect(left, box.y(), max(right - left, 0), box.height())
        used = painting.text(painter, room, self._brushes.ui, colour, name_of(line.run))
        rest = room.width() - used - GAP
        if line.edited and rest > 32:
            where = QRect(left + used + GAP, box.y(), rest, box.height())
            painting.text(painter, where, axis, theme.muted, text.one_line(line.edited, 80))

    def _reward(self, painter: QPainter, line: RunLine, right: int, box: QRect, bar: bool) -> int:
        """The number and perhaps its bar, from the right; returns where they begin."""
        if line.run.reward is None:
            return right
        theme, digits = self._look.theme, self._brushes.number
        number = text.reward(line.run.reward)
        if bar:
            share = min(max(line.reward_share or 0.0, 0.0), 1.0)
            ground = QRect(right - BAR, box.center().y() - 1, BAR, 4)
            painter.fillRect(ground, theme.border)
            painter.fillRect(ground.x(), ground.y(), round(BAR * share), 4, theme.ok)
            right -= BAR + 4
        room = max(digits.width("0.00"), digits.width(number))
        where = QRect(right - room, box.y(), room, box.height())
        painting.text(painter, where, digits, theme.text, number, painting.RIGHT)
        return right - room

    def _second(self, painter: QPainter, line: RunLine, box: QRect) -> None:
        """The chosen figures: the first at the left, the others in their slots."""
        theme = self._look.theme
        limit = box.right()
        for slot in reversed(self.form.slots):
            said = slot.column.said(line)
            self._figure(painter, slot, box.translated(-box.x(), 0), said, theme.muted)
            limit = slot.left - GAP if said else limit
        first = self.form.first
        if first is None:
            return
        said, words = first.said(line), first.words
        if first.key == "started" and line.run.clock == ORDER:
            said, words = f"no times, {text.count(line.run.spans, 'step')}", True
        texts = self._brushes.axis if words else self._brushes.number
        where = QRect(box.x(), box.y(), max(limit - box.x(), 0), box.height())
        painting.text(painter, where, texts, theme.muted, said)

    def _figure(self, painter: QPainter, slot: Slot, box: QRect, said: str, colour: QColor) -> None:
        if said:
            where = QRect(box.x() + slot.left, box.y(), slot.width, box.height())
            words = slot.column.words or not said.isascii() or len(said) > 16
            texts = self._brushes.axis if words else self._brushes.number
            align = painting.LEFT if slot.column.words else painting.RIGHT
            painting.text(painter, where, texts, colour, said, align)

    # Qt

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        line = index.data(Role.LINE)
        box = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if isinstance(line, HeadingLine):
            # Several runs are selected, not the headings between them.
            selected = selected and index.row() == self._view.currentIndex().row()
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
        tall = isinstance(index.data(Role.LINE), RunLine) and not self.form.table
        return QSize(200, self._look.tall_row if tall else self._look.row)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        line = index.data(Role.LINE)
        said = "" if line is None else tips.told(tip(line).split("\n"))
        return tips.show(event, said, view, option.rect)
