"""Paints one cell of the span tree: guides, arrow, dot and name, figures, or a bar."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QLinearGradient, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.ui import painting, span_words
from rollscope_desktop.ui.axis import Axis
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.theme import faded
from rollscope_desktop.ui.waterfall import Piece, Tint, pieces
from rollscope_desktop.viewmodels.lines import Role, SpanLine

STEP, DURATION, TOKENS, COST, WATERFALL = range(5)
PAD, GAP, DOT, ARROW, INDENT = 8, 8, 8, 16, 16
BAR = 12


@dataclass(frozen=True, slots=True)
class Frame:
    """What all rows of a run share: its axis, and whether it is still being written."""

    axis: Axis
    live: bool = False
    pulse: float = 1.0


class SpanDelegate(QStyledItemDelegate):
    """Paints from one record a row. ``frame`` and ``hovered`` are kept by the view."""

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.frame = Frame(Axis(0, 1))
        self.hovered = -1
        self._ticks: tuple[Axis, list[int]] = (self.frame.axis, [])

    def indent(self, line: SpanLine, width: int) -> int:
        """Where the arrow of a row begins; very deep rows stop moving right half way."""
        return PAD + min(line.depth * INDENT, max(width // 2 // INDENT, 1) * INDENT)

    def arrow_box(self, line: SpanLine, cell: QRect) -> QRect:
        """Where a click opens or closes a row."""
        left = cell.x() + self.indent(line, cell.width())
        return QRect(left - 2, cell.y(), ARROW + 2, cell.height())

    def _step(self, painter: QPainter, box: QRect, line: SpanLine) -> None:
        look, theme, brushes = self._look, self._look.theme, self._brushes
        left = box.x() + self.indent(line, box.width())
        middle = box.y() + box.height() // 2
        for x in range(box.x() + PAD + ARROW // 2, left, INDENT):
            painter.fillRect(x, box.y(), 1, box.height(), theme.border)
        if line.children or line.fold:
            arrow = "chevron-down" if line.expanded else "chevron-right"
            painting.icon(painter, look, arrow, theme.muted, left, middle)
        left += ARROW + 2
        right = box.right() - PAD
        depth = (left - box.x() - PAD - ARROW - 2) // INDENT
        if depth < line.depth:
            said = f"{line.depth}"
            where = QRect(left, box.y(), brushes.axis.width(said), box.height())
            left += painting.text(painter, where, brushes.axis, theme.muted, said) + 4
        if not line.fold:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.kind(line.kind))
            painter.drawEllipse(QRectF(left, middle - DOT / 2, DOT, DOT))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            left += DOT + GAP
        right = self._state(painter, line, right, middle)
        name = QRect(left, box.y(), right - left, box.height())
        colour = theme.muted if line.fold else theme.text
        left += painting.text(painter, name, brushes.table, colour, span_words.name_of(line)) + GAP
        left = self._badges(painter, line, left, right, middle)
        if line.fragment and right - left > 24:
            rest = QRect(left, box.y(), right - left, box.height())
            painting.text(painter, rest, brushes.table, theme.muted, text.one_line(line.fragment))

    def _state(self, painter: QPainter, line: SpanLine, right: int, middle: int) -> int:
        """The icon of the row's status, or of the worst inside; returns where text must end."""
        look, theme = self._look, self._look.theme
        state = span_words.state_of(line, self.frame.live)
        if state is not None:
            colour = theme.state(state)
            if state == "running":
                colour = faded(colour, self.frame.pulse)
            painting.icon(painter, look, f"state-{state}", colour, right - 14, middle)
            return right - 14 - 4
        if line.worst == ERROR and not line.expanded:
            # Something inside failed: the same sign, smaller.
            painting.icon(painter, look, "state-error", theme.error, right - 12, middle, 12)
            return right - 14 - 4
        return right

    def _badges(self, painter: QPainter, line: SpanLine, left: int, right: int, middle: int) -> int:
        theme, small = self._look.theme, self._brushes.axis
        for word in span_words.badges(line):
            box = QRect(left, middle - 8, small.width(word) + 10, 16)
            if box.right() > right:
                break
            painting.pill(painter, box, theme.raised)
            painting.text(painter, box, small, theme.muted, word, painting.CENTRE)
            left = box.right() + 1 + GAP
        return left

    def _figure(self, painter: QPainter, box: QRect, line: SpanLine, column: int) -> None:
        axis = self.frame.axis
        if column == DURATION:
            now = axis.extent if self.frame.live else None
            said = span_words.duration(line, now, axis.timeless)
            # The header says "Events" already.
            said = said.split()[0] if axis.timeless and said else said
        else:
            said = span_words.tokens(line) if column == TOKENS else text.cost(line.cost or None)
        if said:
            where = box.adjusted(4, 0, -PAD, 0)
            colour = self._look.theme.text if column == DURATION else self._look.theme.muted
            painting.text(painter, where, self._brushes.number, colour, said, painting.RIGHT)

    def _waterfall(self, painter: QPainter, box: QRect, line: SpanLine) -> None:
        axis = self.frame.axis
        if self._ticks[0] != axis:
            self._ticks = (axis, [x for x, _ in axis.ticks()])
        grid = self._look.theme.grid
        for x in self._ticks[1]:
            painter.fillRect(box.x() + x, box.y(), 1, box.height(), grid)
        top = box.y() + (box.height() - BAR) // 2
        bars = pieces(line, axis)
        if not bars:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # One rounded outline for the whole bar; its pieces are cut out of it by clipping.
        whole = QRect(box.x() + bars[0].x, top, bars[-1].x + bars[-1].width - bars[0].x, BAR)
        for piece in bars:
            self._piece(painter, whole, box.x(), piece, line)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _piece(
        self, painter: QPainter, whole: QRect, offset: int, piece: Piece, line: SpanLine
    ) -> None:
        theme = self._look.theme
        colour = theme.kind(line.kind)
        left, right = offset + piece.x, offset + piece.x + piece.width
        if piece.tint is Tint.WAITING:
            colour = faded(colour, 0.45)
        elif piece.tint is Tint.FAILED:
            colour = theme.error
        if piece.tint is Tint.FADING:
            fade = QLinearGradient(QPointF(max(left, right - 48), 0), QPointF(right, 0))
            fade.setColorAt(0, colour)
            fade.setColorAt(1, faded(colour, 0.12))
            painter.setBrush(fade)
        else:
            painter.setBrush(colour)
        painter.setClipRect(left, whole.y(), piece.width, whole.height())
        radius = 2 if whole.width() > 4 else 1
        painter.drawRoundedRect(whole, radius, radius)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        line = index.data(Role.LINE)
        box, column = option.rect, index.column()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painting.row_ground(
            painter, self._look, box,
            selected=selected, hovered=index.row() == self.hovered, first=column == STEP,
        )  # fmt: skip
        if not isinstance(line, SpanLine):
            if column == STEP:
                room = QRect(box.x() + PAD + ARROW, box.center().y() - 3, 160, 6)
                painting.pill(painter, room, self._look.theme.raised)
        elif column == STEP:
            self._step(painter, box, line)
        elif column == WATERFALL:
            self._waterfall(painter, box, line)
        else:
            self._figure(painter, box, line, column)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(80, self._look.row)

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
        said = span_words.tooltip(line, self.frame.axis.timeless) if line is not None else ""
        QToolTip.showText(event.globalPos(), said, view, option.rect)
        return True
