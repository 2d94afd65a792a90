"""Paints one cell of the list of steps: dot, name and fragment, a word, or a figure."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from rollscope_desktop.model import text
from rollscope_desktop.query.span_list.orders import STEP
from rollscope_desktop.ui import painting, span_words, tips
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.span_list.columns import Column, ListLine
from rollscope_desktop.viewmodels.span_list.table import OrderTable

PAD, GAP, DOT, ICON = 8, 8, 8, 14
AHEAD = 0.35
"""How much is seen of what lies after the playhead."""


class SpanListDelegate(QStyledItemDelegate):
    """Paints from one record a row. ``hovered`` and ``first``, the section at the left edge, are
    kept by the view."""

    def __init__(self, look: Look, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.hovered = -1
        self.first = 0

    def _step(self, painter: QPainter, box: QRect, line: ListLine) -> None:
        theme, brushes, span = self._look.theme, self._brushes, line.span
        left, right = box.x() + PAD, box.right() - PAD
        middle = box.y() + box.height() // 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.kind(span.kind))
        painter.drawEllipse(QRectF(left, middle - DOT / 2, DOT, DOT))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        left += DOT + GAP
        right = self._state(painter, line, right, middle)
        name = QRect(left, box.y(), right - left, box.height())
        said = span_words.name_of(span)
        left += painting.text(painter, name, brushes.table, theme.text, said) + GAP
        small = brushes.axis
        for word in span_words.badges(span):
            pill = QRect(left, middle - 8, small.width(word) + 10, 16)
            if pill.right() > right:
                break
            painting.pill(painter, pill, theme.raised)
            painting.text(painter, pill, small, theme.muted, word, painting.CENTRE)
            left = pill.right() + 1 + GAP
        if span.fragment and right - left > 24:
            rest = QRect(left, box.y(), right - left, box.height())
            painting.text(painter, rest, brushes.table, theme.muted, text.one_line(span.fragment))

    def _state(self, painter: QPainter, line: ListLine, right: int, middle: int) -> int:
        """The icon of what did not just end well; returns where text must end."""
        state = span_words.state_of(line.span, line.live, line.cut_off)
        if state is None:
            return right
        colour = self._look.theme.state(state)
        painting.icon(painter, self._look, f"state-{state}", colour, right - ICON, middle, ICON)
        return right - ICON - 4

    def _status(self, painter: QPainter, box: QRect, line: ListLine, said: str) -> None:
        theme, middle = self._look.theme, box.y() + box.height() // 2
        state = span_words.state_of(line.span, line.live, line.cut_off)
        state = state or span_words.STATE_OF.get(line.span.status, "ended")
        left = box.x() + PAD
        painting.icon(painter, self._look, f"state-{state}", theme.state(state), left, middle, ICON)
        words = box.adjusted(PAD + ICON + 4, 0, -4, 0)
        painting.text(painter, words, self._brushes.table, theme.muted, said)

    def _said(self, painter: QPainter, box: QRect, line: ListLine, column: Column) -> None:
        said = column.said(line)
        if not said:
            return
        theme, brushes = self._look.theme, self._brushes
        if column.key == "status":
            self._status(painter, box, line, said)
        elif column.words:
            painting.text(painter, box.adjusted(PAD, 0, -4, 0), brushes.table, theme.muted, said)
        else:
            colour = theme.text if column.key == "duration" else theme.muted
            where = box.adjusted(4, 0, -PAD, 0)
            painting.text(painter, where, brushes.number, colour, said, painting.RIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        model = index.model()
        line, box = index.data(Role.LINE), option.rect
        painting.row_ground(
            painter, self._look, box,
            selected=bool(option.state & QStyle.StateFlag.State_Selected),
            hovered=index.row() == self.hovered, first=index.column() == self.first,
        )  # fmt: skip
        if not isinstance(model, OrderTable):
            return
        column = model.columns[index.column()]
        if not isinstance(line, ListLine):
            if column.key == STEP:
                room = QRect(box.x() + PAD, box.center().y() - 3, 160, 6)
                painting.pill(painter, room, self._look.theme.raised)
            return
        if line.standing is Standing.AHEAD:
            painter.setOpacity(AHEAD)
        if column.key == STEP:
            self._step(painter, box, line)
        else:
            self._said(painter, box, line, column)
        painter.setOpacity(1.0)

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
        line, model = index.data(Role.LINE), index.model()
        said = ""
        if isinstance(line, ListLine) and isinstance(model, OrderTable):
            column = model.columns[index.column()]
            if column.key == STEP:
                said = span_words.tooltip(line.span, line.timeless, None, line.cut_off)
            else:
                said = tips.plain(column.full(line) or column.said(line))
        return tips.show(event, said, view)
