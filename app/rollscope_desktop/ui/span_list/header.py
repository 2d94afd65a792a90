"""The header of the list of steps: titles that sort, can be moved and made wider or narrower."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from rollscope_desktop.query.span_list.orders import STEP
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.look import Look
from rollscope_desktop.viewmodels.span_list.columns import Column
from rollscope_desktop.viewmodels.span_list.question import Sort
from rollscope_desktop.viewmodels.span_list.table import OrderTable

PAD, ARROW, HEIGHT = 8, 10, 24


class SpanListHeader(QHeaderView):
    """Paints its sections itself; ``sort`` is kept by the view."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._look = look
        self._brushes = painting.Brushes(look)
        self.sort = Sort()
        self.setAccessibleName("Columns of the list")
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(32)
        self.setStretchLastSection(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def width_of(self, column: Column, everything: bool) -> int:
        """As wide as the longest usual text, and its title with the arrow."""
        texts = self._brushes.table if column.words else self._brushes.number
        icon = 18 if column.key == "status" else 0
        title = self._brushes.axis.width(column.title) + ARROW + 4
        widest = (everything and column.beside) or column.widest
        return max(texts.width(widest) + icon, title) + 2 * PAD

    def _column(self, section: int) -> Column | None:
        model = self.model()
        if isinstance(model, OrderTable) and 0 <= section < len(model.columns):
            return model.columns[section]
        return None

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        theme, axis = self._look.theme, self._brushes.axis
        painter.fillRect(rect, theme.panel)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.border)
        column = self._column(section)
        if column is None:
            return
        if self.visualIndex(section) < self.count() - 1:
            painter.fillRect(rect.right(), rect.y() + 6, 1, rect.height() - 12, theme.grid)
        here = column.key == self.sort.column
        colour = theme.text if here else theme.muted
        box = rect.adjusted(PAD, 0, -PAD, -1)
        left = column.words or column.key == STEP
        if here:
            box.adjust(0, 0, -ARROW - 2, 0)
        align = painting.LEFT if left else painting.RIGHT
        used = painting.text(painter, box, axis, colour, column.title, align)
        if here:
            x = box.x() + used + 2 if left else box.right() + 3
            name = "chevron-down" if self.sort.descending else "chevron-up"
            painting.icon(painter, self._look, name, colour, x, box.center().y() + 1, ARROW)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEIGHT)
