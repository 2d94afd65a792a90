"""Paints one cell of the span tree: guides, arrow, dot and name, figures, or a bar."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QHelpEvent, QLinearGradient, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR, OPEN
from rollscope_desktop.ui import painting, span_words, tips
from rollscope_desktop.ui.axis import Axis
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.theme import faded
from rollscope_desktop.ui.tree.waterfall import Piece, Tint, pieces
from rollscope_desktop.viewmodels.as_of import standing_of
from rollscope_desktop.viewmodels.lines import NoteLine, Role, SpanLine
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.span_text import note_said

STEP, DURATION, TOKENS, COST, WATERFALL = range(5)
PAD, GAP, DOT, ARROW, INDENT = 8, 8, 8, 16, 16
BAR = 12
PLAYED = ("played", "reused")
"""What a fork did with steps that it did not do again."""
AHEAD = 0.35
"""The opacity of what lies after the playhead."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all rows of a run share: its axis, whether it is still being written or was interrupted,
    and the moment of the playhead (None: now)."""

    axis: Axis
    live: bool = False
    pulse: float = 1.0
    at: int | None = None
    interrupted: bool = False

    @property
    def cut_off(self) -> bool:
        """Whether what is open will not end any more; before that moment nobody knew."""
        return self.interrupted and self.at is None

    @property
    def now(self) -> int | None:
        """Up to when what is open has been at work; None when the log does not say."""
        if self.at is not None:
            return self.at
        return self.axis.extent if self.live else None


class SpanDelegate(QStyledItemDelegate):
    """Paints from one record a row. ``frame`` and ``hovered`` are kept by the view."""

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.frame = Frame(Axis(0, 1))
        self.hovered = -1
        self._ticks: tuple[Axis, list[int]] = (self.frame.axis, [])

    def indent(self, line: SpanLine | NoteLine, width: int) -> int:
        """Where the arrow of a row begins; very deep rows stop moving right half way."""
        return PAD + min(line.depth * INDENT, max(width // 2 // INDENT, 1) * INDENT)

    def arrow_box(self, line: SpanLine, cell: QRect) -> QRect:
        """Where a click opens or closes a row."""
        left = cell.x() + self.indent(line, cell.width())
        return QRect(left - 2, cell.y(), ARROW + 2, cell.height())

    def _guides(self, painter: QPainter, box: QRect, line: SpanLine | NoteLine) -> int:
        """The lines that lead down to what is inside; returns where the row itself begins."""
        left = box.x() + self.indent(line, box.width())
        for x in range(box.x() + PAD + ARROW // 2, left, INDENT):
            painter.fillRect(x, box.y(), 1, box.height(), self._look.theme.border)
        return left

    def _note(self, painter: QPainter, box: QRect, line: NoteLine) -> None:
        look, theme, table = self._look, self._look.theme, self._brushes.table
        left = self._guides(painter, box, line) + ARROW + 2
        middle = box.y() + box.height() // 2
        colour = getattr(theme, span_words.NOTE_ROLES.get(line.type, "muted"))
        painting.icon(painter, look, f"note-{line.type}", colour, left - 3, middle, 14)
        left += DOT + GAP
        room = QRect(left, box.y(), box.right() - PAD - left, box.height())
        painting.text(painter, room, table, theme.text, note_said(line.name, line.value))

    def _step(self, painter: QPainter, box: QRect, line: SpanLine) -> None:
        look, theme, brushes = self._look, self._look.theme, self._brushes
        left = self._guides(painter, box, line)
        middle = box.y() + box.height() // 2
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
            self._dot(painter, line, QRectF(left, middle - DOT / 2, DOT, DOT))
            left += DOT + GAP
        right = self._state(painter, line, right, middle)
        name = QRect(left, box.y(), right - left, box.height())
        colour = theme.muted if line.fold or not line.fits else theme.text
        left += painting.text(painter, name, brushes.table, colour, span_words.name_of(line)) + GAP
        left = self._badges(painter, line, left, right, middle)
        if line.fragment and right - left > 24:
            rest = QRect(left, box.y(), right - left, box.height())
            painting.text(painter, rest, brushes.table, theme.muted, text.one_line(line.fragment))

    def _dot(self, painter: QPainter, line: SpanLine, box: QRectF) -> None:
        """The kind of a step; hollow when it was only played back, in a ring when it was edited."""
        theme = self._look.theme
        colour = theme.kind(line.kind)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour if line.fits else faded(colour, 0.4))
        if line.how in PLAYED:
            painter.setPen(QPen(colour, 1.5))
            painter.setBrush(QBrush(colour, Qt.BrushStyle.Dense5Pattern))
            box = box.adjusted(0.75, 0.75, -0.75, -0.75)
        painter.drawEllipse(box)
        if line.how == "edited":
            painter.setPen(QPen(theme.accent, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(box.adjusted(-2.5, -2.5, 2.5, 2.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _state(self, painter: QPainter, line: SpanLine, right: int, middle: int) -> int:
        """The icon of the row's status, or of the worst inside; returns where text must end."""
        look, theme = self._look, self._look.theme
        frame = self.frame
        at_work = frame.live or frame.at is not None
        state = span_words.state_of(line, at_work, frame.cut_off)
        if state is not None:
            colour = theme.state(state)
            if state == "running":
                colour = faded(colour, frame.pulse)
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

    def _figure(
        self, painter: QPainter, box: QRect, line: SpanLine | NoteLine, column: int
    ) -> None:
        axis, loud = self.frame.axis, isinstance(line, SpanLine) and line.fits
        if isinstance(line, NoteLine):
            said = span_words.moment(line.time, axis.timeless) if column == DURATION else ""
        elif column == DURATION:
            said = span_words.duration(line, self.frame.now, axis.timeless)
            # The header says "Events" already.
            said = said.split()[0] if axis.timeless and said else said
            if not said and self.frame.cut_off and line.status == OPEN:
                self._cut_off(painter, box)
        else:
            said = span_words.tokens(line) if column == TOKENS else text.cost(line.cost or None)
        if said:
            where = box.adjusted(4, 0, -PAD, 0)
            theme = self._look.theme
            colour = theme.text if column == DURATION and loud else theme.muted
            # When a note was is no length, and does not look like one.
            small = isinstance(line, NoteLine)
            texts = self._brushes.axis if small else self._brushes.number
            painting.text(painter, where, texts, colour, said, painting.RIGHT)

    def _cut_off(self, painter: QPainter, box: QRect) -> None:
        """In the place of a length, that the step did not come to its end."""
        where, colour = box.adjusted(0, 0, -PAD, 0), self._look.theme.muted
        painting.text(painter, where, self._brushes.axis, colour, "interrupted", painting.RIGHT)

    def _waterfall(self, painter: QPainter, box: QRect, line: SpanLine | NoteLine) -> None:
        axis, theme = self.frame.axis, self._look.theme
        if self._ticks[0] != axis:
            self._ticks = (axis, [x for x, _ in axis.ticks()])
        for x in self._ticks[1]:
            painter.fillRect(box.x() + x, box.y(), 1, box.height(), theme.grid)
        if isinstance(line, NoteLine):
            colour = getattr(theme, span_words.NOTE_ROLES.get(line.type, "muted"))
            painter.fillRect(box.x() + axis.x(line.time), box.y() + 7, 2, box.height() - 14, colour)
            return
        bars = pieces(line, axis, self.frame.at)
        if not bars:
            return
        top = box.y() + (box.height() - BAR) // 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # One rounded outline for the whole bar; its pieces are cut out of it by clipping.
        whole = QRect(box.x() + bars[0].x, top, bars[-1].x + bars[-1].width - bars[0].x, BAR)
        for piece in bars:
            self._piece(painter, whole, box.x(), piece, line)
        painter.setClipping(False)
        self._mark(painter, whole, line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _mark(self, painter: QPainter, whole: QRect, line: SpanLine) -> None:
        """On its bar, as in the timeline: played back is hatched, edited has an outline."""
        theme = self._look.theme
        if line.how in PLAYED:
            hatch = QBrush(faded(theme.on_bar, 0.45), Qt.BrushStyle.BDiagPattern)
            painter.fillRect(whole, hatch)
        elif line.how == "edited":
            painter.setPen(QPen(theme.accent, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(whole).adjusted(-1.5, -1.5, 1.5, 1.5), 3, 3)
            painter.setPen(Qt.PenStyle.NoPen)

    def _playhead(self, painter: QPainter, box: QRect) -> None:
        """The line at the moment that is looked at, through all rows."""
        if self.frame.at is not None:
            x = box.x() + self.frame.axis.x(self.frame.at)
            painter.fillRect(x, box.y(), 1, box.height(), self._look.theme.accent)

    def _is_ahead(self, line: SpanLine | NoteLine) -> bool:
        return _stands(line, self.frame.at) is Standing.AHEAD

    def reads_otherwise(self, line: SpanLine | NoteLine, before: int) -> bool:
        """Whether a row says something else than when the playhead was at ``before``."""
        there = _stands(line, self.frame.at)
        return there is Standing.OPEN or there is not _stands(line, before)

    def _piece(
        self, painter: QPainter, whole: QRect, offset: int, piece: Piece, line: SpanLine
    ) -> None:
        theme = self._look.theme
        colour = theme.kind(line.kind)
        if not line.fits:
            colour = faded(colour, 0.4)
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
        if not isinstance(line, SpanLine | NoteLine):
            if column == STEP:
                room = QRect(box.x() + PAD + ARROW, box.center().y() - 3, 160, 6)
                painting.pill(painter, room, self._look.theme.raised)
            return
        ahead = self._is_ahead(line)
        if ahead:
            painter.setOpacity(AHEAD)
        if column == STEP:
            if isinstance(line, NoteLine):
                self._note(painter, box, line)
            else:
                self._step(painter, box, line)
        elif column == WATERFALL:
            self._waterfall(painter, box, line)
        else:
            self._figure(painter, box, line, column)
        if ahead:
            painter.setOpacity(1.0)
        if column == WATERFALL:
            self._playhead(painter, box)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(80, self._look.row)

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        line = index.data(Role.LINE)
        frame = self.frame
        said = ""
        if line is not None:
            said = span_words.tooltip(line, frame.axis.timeless, frame.at, frame.cut_off)
        return tips.show(event, said, view, option.rect)


def _stands(line: SpanLine | NoteLine, at: int | None) -> Standing:
    if isinstance(line, NoteLine):
        return Standing.AHEAD if at is not None and line.time > at else Standing.OVER
    return standing_of(line, at)
