"""A value of a log as a tree to look into, and to copy from: the value, its path, or as Python."""

from __future__ import annotations

from collections.abc import Sequence
from pprint import pformat
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHelpEvent, QKeyEvent, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
)

from rollscope_desktop.model import text
from rollscope_desktop.ui import tips
from rollscope_desktop.ui.inspector.json_model import JsonModel, Part, written_path
from rollscope_desktop.ui.inspector.talk import as_json
from rollscope_desktop.ui.look import Look

_OPEN_AT_ONCE = 60
"""Values with no more parts than this are shown opened."""


class JsonView(QTreeView):
    """Shows one value. Nothing in it can be changed."""

    text_chosen = Signal(str)
    """The text of the chosen value; empty when it is none."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self.look = look
        self.setAccessibleName(name)
        self._model = JsonModel(self)
        self.setModel(self._model)
        self._delegate = _Colours(look, self)
        self.setItemDelegate(self._delegate)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._offer)
        columns = self.header()
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        columns.setStretchLastSection(True)
        self.setColumnWidth(0, 140)
        self.setFont(look.fonts.mono)
        self.selectionModel().currentChanged.connect(self._choose)

    def show_value(self, value: Any) -> None:
        """Show another value; a small one opened, of a large one the first level."""
        self._model.show(value)
        self.text_chosen.emit("")
        if _parts(value, _OPEN_AT_ONCE) <= _OPEN_AT_ONCE:
            self.expandAll()
        self._fit()

    def _fit(self) -> None:
        """Names get the room they need, but no more than half."""
        self.resizeColumnToContents(0)
        half = max(self.viewport().width() // 2, 120)
        self.setColumnWidth(0, min(self.columnWidth(0) + 12, half))

    def show_path(self, path: Sequence[Any]) -> None:
        """Go to a value by its path, and open what is around it."""
        index = self._model.index_of(path)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def copy_value(self) -> None:
        """Copy the value: a text as it is, anything else as JSON."""
        value = self._model.value(self.currentIndex())
        if not isinstance(value, str):
            value = as_json(value, indent=True)
        QGuiApplication.clipboard().setText(value)

    def copy_path(self) -> None:
        """Copy where the value is."""
        path = written_path(self._model.path(self.currentIndex()))
        QGuiApplication.clipboard().setText(path)

    def copy_python(self) -> None:
        """Copy the value as Python would write it."""
        value = self._model.value(self.currentIndex())
        QGuiApplication.clipboard().setText(pformat(value, width=100, sort_dicts=False))

    def _choose(self, current: QModelIndex, before: QModelIndex) -> None:
        value = self._model.value(current) if current.isValid() else None
        self.text_chosen.emit(value if isinstance(value, str) else "")

    def _offer(self, at: QPoint) -> None:
        if not self.currentIndex().isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy Value", QKeySequence.StandardKey.Copy, self.copy_value)
        menu.addAction("Copy Path", self.copy_path)
        menu.addAction("Copy as Python", self.copy_python)
        menu.popup(self.viewport().mapToGlobal(at))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentIndex().isValid():
            self.copy_value()
        else:
            super().keyPressEvent(event)


class _Colours(QStyledItemDelegate):
    """Colours values by what they are, and says their path while the pointer rests."""

    def __init__(self, look: Look, view: JsonView) -> None:
        super().__init__(view)
        self._look = look

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        theme = self._look.theme
        colour = {
            "name": theme.text,
            "text": theme.ok,
            "number": theme.accent,
            "word": theme.kind("agent"),
        }.get(index.data(Part.NAME), theme.muted)
        # What the log says stays readable on a selected row, whatever its kind.
        chosen = option.palette
        chosen.setColor(QPalette.ColorRole.Text, colour)
        chosen.setColor(QPalette.ColorRole.HighlightedText, theme.text)
        option.palette = chosen

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        model = index.model()
        if not isinstance(model, JsonModel):
            return False
        value = model.value(index)
        said = written_path(model.path(index))
        if isinstance(value, str) and value:
            said += "\n" + text.end_cut(value, 400)
        return tips.show(event, tips.plain(said), view, option.rect)


def _parts(value: Any, enough: int) -> int:
    """How many values lie inside, counted no further than ``enough``."""
    found, open_ = 0, [value]
    while open_ and found <= enough:
        here = open_.pop()
        inner = list(here.values()) if isinstance(here, dict) else here
        if isinstance(here, dict | list):
            found += len(inner)
            open_ += inner[: enough + 1]
    return found
