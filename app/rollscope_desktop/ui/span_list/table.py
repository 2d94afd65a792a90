"""The table of the list of steps: its columns, keys and the rows that are selected."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from rollscope_desktop.query.span_list.orders import LEVEL, NUMBER, STEP
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.rows_view import RowsView
from rollscope_desktop.ui.span_list.delegate import SpanListDelegate
from rollscope_desktop.ui.span_list.header import SpanListHeader
from rollscope_desktop.viewmodels.span_list.columns import Column
from rollscope_desktop.viewmodels.span_list.layout import Layout, is_offered
from rollscope_desktop.viewmodels.span_list.model import SpanListModel

_SELECT = QItemSelectionModel.SelectionFlag
ONLY = _SELECT.ClearAndSelect | _SELECT.Rows
_UPWARDS = frozenset({NUMBER, "started", LEVEL})
"""Figures whose smallest are of interest first; of all others it is the largest."""


class SpanListView(RowsView):
    """Emits what the person asked for; selection is the selection model's."""

    copy_wanted = Signal()
    jump_wanted = Signal()
    layout_changed = Signal()

    def __init__(self, look: Look, model: SpanListModel) -> None:
        super().__init__(look)
        self.setAccessibleName("Steps as a list")
        self.layout_now = Layout()
        self._model = model
        self._arranging = False
        self._delegate = SpanListDelegate(look, self)
        self.setItemDelegate(self._delegate)
        self._header = SpanListHeader(look, self)
        self.setHorizontalHeader(self._header)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setModel(model)
        self._header.sectionClicked.connect(self._sort)
        self._header.sectionResized.connect(self._remember_width)
        self._header.sectionMoved.connect(self._remember_places)
        self._header.customContextMenuRequested.connect(self._show_menu)
        model.sort_changed.connect(self._show_sort)
        model.columnsInserted.connect(self.arrange)
        model.columnsRemoved.connect(self.arrange)
        look.changed.connect(self.arrange)
        self.restyle()
        self._show_sort()

    def set_layout_now(self, layout: Layout) -> None:
        """Show the columns as they were chosen before."""
        self.layout_now = layout
        self.arrange()

    def shown_columns(self) -> tuple[Column, ...]:
        """The columns that are shown, from left to right."""
        header, columns = self._header, self._model.columns
        sections = [header.logicalIndex(place) for place in range(header.count())]
        return tuple(columns[s] for s in sections if not header.isSectionHidden(s))

    def rows_selected(self) -> list[tuple[int, int]]:
        """The first and the last row of each stretch that is selected, from the top."""
        ranges = list(self.selectionModel().selection())  # type: ignore[call-overload] # Qt's stubs
        found = sorted((part.top(), part.bottom()) for part in ranges)
        out: list[tuple[int, int]] = []
        for first, last in found:
            if out and first <= out[-1][1] + 1:
                out[-1] = (out[-1][0], max(last, out[-1][1]))
            else:
                out.append((first, last))
        return out

    def go(self, row: int) -> None:
        """Select a row alone; without a key or a click, Qt would not know what to select."""
        self._ring(True)
        if 0 <= row < self._model.rowCount():
            self.selectionModel().setCurrentIndex(self._model.index(row, 0), ONLY)

    def put_current(self, row: int) -> None:
        """Make a row the selected one again, and leave the list where it is scrolled to."""
        self.setAutoScroll(False)
        self.selectionModel().setCurrentIndex(self._model.index(row, 0), ONLY)
        self.setAutoScroll(True)

    def show_row(self, row: int) -> None:
        """Select a row and bring it into view; one from afar comes into the middle."""
        index = self._model.index(row, 0)
        far = not 0 <= self.rowViewportPosition(row) < self.viewport().height()
        self.put_current(row)
        hint = QAbstractItemView.ScrollHint
        across = self.horizontalScrollBar().value()
        self.scrollTo(index, hint.PositionAtCenter if far else hint.EnsureVisible)
        self.horizontalScrollBar().setValue(across)

    def menu(self) -> QMenu:
        """The columns to choose from, and what the list may be sorted by."""
        menu = QMenu("Columns", self)
        sorting = menu.addMenu("Sort By")
        offered = [c for c in self._model.columns if is_offered(c, self._model.everything)]
        shown = {column.key for column in self.shown_columns()}
        for column in offered:
            action = _check(sorting, column.title, column.key == self._model.sort.column)
            action.triggered.connect(lambda _=False, key=column.key: self._sort_by(key))
        sorting.addSeparator()
        turned = _check(sorting, "Largest First", self._model.sort.descending)
        turned.triggered.connect(
            lambda on: self._model.sort_by(self._model.sort.column, on)
        )  # fmt: skip
        menu.addSeparator()
        for column in offered:
            if column.key != STEP:
                action = _check(menu, column.title, column.key in shown)
                action.triggered.connect(lambda on, key=column.key: self._choose(key, on))
        menu.addSeparator()
        usual = menu.addAction("Usual Columns")
        usual.setEnabled(self.layout_now != Layout())
        usual.triggered.connect(self._forget_layout)
        return menu

    def arrange(self, *_: object) -> None:
        """Share the width among the columns that are shown."""
        header, columns = self._header, self._model.columns
        if header.count() != len(columns):
            return
        self._arranging = True
        layout = self.layout_now
        places = {key: place for place, key in enumerate(layout.places)}
        keys = [c.key for c in columns]
        wanted = sorted(keys, key=lambda key: places.get(key, len(places) + keys.index(key)))
        for place, key in enumerate(wanted if layout.places else keys):
            header.moveSection(header.visualIndex(keys.index(key)), place)
        room = self.viewport().width()
        shown = layout.visible(
            columns, room, self._model.everything, self._model.sort.column, self._width
        )
        for section, column in enumerate(columns):
            header.setSectionHidden(section, column.key not in shown)
            if column.key in shown and column.key != STEP:
                width = self._width(column)
                header.resizeSection(section, width)
                room -= width
        own = layout.widths.get(STEP, 0)
        header.resizeSection(keys.index(STEP), own or max(room, 160))
        visible = [header.logicalIndex(place) for place in range(header.count())]
        self._delegate.first = next(s for s in visible if not header.isSectionHidden(s))
        self._arranging = False

    def _width(self, column: Column) -> int:
        own = self.layout_now.widths.get(column.key)
        return own or self._header.width_of(column, self._model.everything)

    def _choose(self, key: str, shown: bool) -> None:
        self.layout_now = self.layout_now.choose(key, shown)
        self.arrange()
        self.layout_changed.emit()

    def _forget_layout(self) -> None:
        self.set_layout_now(Layout())
        self.layout_changed.emit()

    def _remember_width(self, section: int, before: int, after: int) -> None:
        if not self._arranging and after and section < len(self._model.columns):
            key = self._model.columns[section].key
            self.layout_now = self.layout_now.widen(key, after)
            self.layout_changed.emit()

    def _remember_places(self, section: int, before: int, after: int) -> None:
        if not self._arranging:
            header, columns = self._header, self._model.columns
            places = [columns[header.logicalIndex(place)].key for place in range(header.count())]
            self.layout_now = self.layout_now.move(places)
            self.arrange()
            self.layout_changed.emit()

    def _show_menu(self, at: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._header.viewport().mapToGlobal(at))

    def _sort(self, section: int) -> None:
        self._sort_by(self._model.columns[section].key)

    def _sort_by(self, key: str) -> None:
        """By a column as one would want it first; the other way round when it is that already."""
        sort = self._model.sort
        if key == sort.column:
            self._model.sort_by(key, not sort.descending)
        else:
            column = next(c for c in self._model.columns if c.key == key)
            self._model.sort_by(key, not column.words and key not in _UPWARDS)

    def _show_sort(self) -> None:
        self._header.sort = self._model.sort
        self._header.viewport().update()
        self.arrange()

    def _extend(self, row: int) -> None:
        """Select everything from the current row to another."""
        model, current = self._model, self.currentIndex().row()
        if 0 <= row < model.rowCount() and current >= 0:
            top, bottom = sorted((current, row))
            last = model.columnCount() - 1
            stretch = QItemSelection(model.index(top, 0), model.index(bottom, last))
            index = model.index(row, 0)
            self.selectionModel().setCurrentIndex(index, _SELECT.NoUpdate)
            self.selectionModel().select(stretch, ONLY)

    # Qt

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self._header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands of the window, and no beginnings of names."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = event.matches(QKeySequence.StandardKey.Copy) or _is_jump(event)
            if own or (event.key() == Qt.Key.Key_Escape and self._model.can_cancel):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers()
        shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif _is_jump(event):
            self.jump_wanted.emit()
        elif key == Qt.Key.Key_Escape and self._model.cancel():
            event.accept()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not held & ~_KEYPAD:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + (64 if key == Qt.Key.Key_Right else -64))
        elif key == Qt.Key.Key_Home and shift:
            self._extend(0)
        elif key == Qt.Key.Key_End and shift:
            self._extend(self._model.rowCount() - 1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._model.busy:
            QTableView.focusInEvent(self, event)  # the selected row may still come
            return
        super().focusInEvent(event)
        if not self.selectionModel().hasSelection():
            self.go(max(self.currentIndex().row(), 0))


def _is_jump(event: QKeyEvent) -> bool:
    held = event.modifiers() & ~_KEYPAD
    return event.key() == Qt.Key.Key_G and held == Qt.KeyboardModifier.ControlModifier


_KEYPAD = Qt.KeyboardModifier.KeypadModifier


def _check(menu: QMenu, title: str, on: bool) -> QAction:
    action = menu.addAction(title.replace("&", "&&"))
    action.setCheckable(True)
    action.setChecked(on)
    return action
