"""What completion offers, in a list below the line in which a filter is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from rollscope_desktop.model import text as texts
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.painting import Brushes, row_ground, text
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.viewmodels.filter.offers import Offer

Index = QModelIndex | QPersistentModelIndex
WIDTH, MOST_ROWS = 520, 10
_EDGE, _GAP, _LEFT = 12, 16, 190


class OffersModel(QAbstractTableModel):
    """One column: the offers as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._offers: list[Offer] = []

    def show_offers(self, offers: Sequence[Offer]) -> None:
        """Show other offers."""
        self.beginResetModel()
        self._offers = list(offers)
        self.endResetModel()

    def offer(self, row: int) -> Offer | None:
        """The offer in a row."""
        return self._offers[row] if 0 <= row < len(self._offers) else None

    def described(self, offer: Offer) -> str:
        """An offer for those who hear it."""
        said = texts.one_line(offer.text)
        return f"{said}, {offer.hint}" if offer.hint else said

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._offers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        offer = self.offer(index.row())
        if offer is None:
            return None
        return offer.text if role == Qt.ItemDataRole.DisplayRole else self.described(offer)


class _Delegate(QStyledItemDelegate):
    hovered = -1

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._brushes = Brushes(look)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, OffersModel)
        offer, look, box = model.offer(index.row()), self._look, option.rect
        if offer is None:
            return
        selected = bool(option.state & option.state.State_Selected)
        hovered = index.row() == self.hovered
        row_ground(painter, look, box, selected=selected, hovered=hovered, first=True)
        room = box.adjusted(_EDGE, 0, -_EDGE, 0)
        said = texts.one_line(offer.text)
        wide = room.width() if offer.whole else max(_LEFT, room.width() // 3)
        first = QRect(room.x(), room.y(), wide, room.height())
        came = text(painter, first, self._brushes.number, look.theme.text, said)
        left = room.x() + max(came, 0 if offer.whole else _LEFT) + _GAP
        rest = QRect(left, room.y(), room.right() - left, room.height())
        if offer.hint and rest.width() > 24:
            text(painter, rest, self._brushes.table, look.theme.muted, offer.hint)


class FilterPopup(QWidget):
    """Lies over the window and never takes the focus. ``chosen`` is -1 until a key has chosen."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("What can be written here")
        self.lines = OffersModel()
        self.view = RowsView(look)
        self.view.setAccessibleName("What can be written here")
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._delegate = _Delegate(look)
        self.view.setItemDelegate(self._delegate)
        self.view.setModel(self.lines)
        self.view.horizontalHeader().hide()
        self.view.horizontalHeader().setStretchLastSection(True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(1, 4, 1, 5)
        rows.addWidget(self.view)
        self.hide()

    @property
    def chosen(self) -> int:
        """The row that is chosen, or -1."""
        return self.view.currentIndex().row()

    def show_offers(self, offers: Sequence[Offer], corner: QPoint) -> None:
        """Show offers below a corner, in the parent's pixels; none hide the list."""
        self.lines.show_offers(offers)
        if not offers:
            self.hide()
            return
        self.view.restyle()
        parent = self.parentWidget()
        assert parent is not None
        room = parent.rect()
        rows = min(len(offers), MOST_ROWS)
        tall = min(rows * self._look.row + 9, room.bottom() - corner.y() - 14)
        left = max(min(corner.x(), room.width() - WIDTH - 8), 0)
        wide = min(WIDTH, room.width())
        self.setGeometry(QRect(left, corner.y() + 6, wide, max(tall, self._look.row + 9)))
        self.view.scrollToTop()
        self.show()
        self.raise_()

    def move_choice(self, by: int) -> Offer | None:
        """Choose the row ``by`` rows on; what is then chosen."""
        last = self.lines.rowCount() - 1
        row = self.chosen
        row = (0 if by > 0 else last) if row < 0 else max(0, min(row + by, last))
        self.view.go(row)
        return self.lines.offer(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._look.theme
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.border, 1))
            painter.setBrush(theme.panel)
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
