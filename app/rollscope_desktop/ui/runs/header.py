"""The titles above the columns of a wide run list; a click on one orders the list by it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from rollscope_desktop.ui import painting, tips
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.runs.form import GAP, GLYPH, PAD, Form
from rollscope_desktop.viewmodels.runs.order import ORDERS

HEIGHT = 24
_ARROW = 10


class RunHeader(QHeaderView):
    """One section; the titles stand where the view's form says. ``order`` is kept by the view."""

    order_wanted = Signal(str)

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._look = look
        self._brushes = painting.Brushes(look)
        self._form = Form()
        self._order = ""
        self.setAccessibleName("Columns of the runs")
        self.setSectionsClickable(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHighlightSections(False)

    def show_form(self, form: Form, order: str) -> None:
        """Show the titles of a form, and by which of them the list is ordered."""
        self._form, self._order = form, order
        self.setVisible(form.table)
        self.viewport().update()

    def _name_box(self) -> QRect:
        left = PAD + GLYPH + GAP
        return QRect(left, 0, max(self._form.limit - left, 0), self.height())

    def _order_at(self, at: QPoint) -> str:
        if self._name_box().contains(at):
            return "name"
        for slot in self._form.slots:
            if slot.left - GAP <= at.x() < slot.right + GAP:
                return slot.column.order
        return ""

    def _title(self, painter: QPainter, box: QRect, title: str, order: str, words: bool) -> None:
        theme, axis = self._look.theme, self._brushes.axis
        here = bool(order) and order == self._order
        colour = theme.text if here else theme.muted
        if words:
            used = painting.text(painter, box, axis, colour, title)
            x = box.x() + used + 2
        else:
            used = painting.text(painter, box, axis, colour, title, painting.RIGHT)
            x = box.right() + 1 - used - _ARROW - 2
        if here:
            middle = box.center().y() + 1
            painting.icon(painter, self._look, "chevron-down", colour, x, middle, _ARROW)

    # Qt

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        theme = self._look.theme
        painter.fillRect(rect, theme.panel)
        painter.fillRect(rect.x(), rect.bottom(), rect.width(), 1, theme.border)
        if not self._form.table:
            return
        self._title(painter, self._name_box(), "Run", "name", True)
        for slot in self._form.slots:
            box = QRect(slot.left, rect.y(), slot.width, rect.height())
            column = slot.column
            self._title(painter, box, column.title, column.order, column.words)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEIGHT)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        order = self._order_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and order:
            self.order_wanted.emit(order)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            order = self._order_at(event.pos())
            said = f"Order the runs: {ORDERS[order][0].lower()}" if order else ""
            return tips.show(event, tips.plain(said), self)
        return super().viewportEvent(event)
