"""JSON as a tree of names and values; children are made when they are looked at, by thousands.

Nodes are numbered, and the numbers are what Qt's indexes hold, so no object of ours has to outlive
an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt

from rollscope_desktop.model import text

CHUNK = 1000
NO_PARENT = QModelIndex()


class Part(IntEnum):
    """What a cell is, for colouring."""

    NAME = Qt.ItemDataRole.UserRole + 11
    """"name", "text", "number", "word" (true, false, null) or "more" (a count, a fold)."""


@dataclass(slots=True)
class _Node:
    key: Any
    value: Any
    parent: int
    row: int
    children: list[int] = field(default_factory=list)
    loaded: int = 0  # how many children have become nodes


class JsonModel(QAbstractItemModel):
    """Two columns: name, value."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._nodes: list[_Node] = [_Node(None, None, -1, 0)]

    def show(self, value: Any) -> None:
        """Show another value: its parts if it has any, else itself."""
        self.beginResetModel()
        whole = value if isinstance(value, dict | list) else [value]
        self._nodes = [_Node(None, whole, -1, 0)]
        self._load(0)
        self.endResetModel()

    def value(self, index: QModelIndex) -> Any:
        """The value behind an index."""
        return self._nodes[_id(index)].value

    def path(self, index: QModelIndex) -> list[Any]:
        """The names and places that lead to a value."""
        found: list[Any] = []
        number = _id(index)
        while number > 0:
            found.append(self._nodes[number].key)
            number = self._nodes[number].parent
        return found[::-1]

    def index_of(self, path: Sequence[Any]) -> QModelIndex:
        """The index of a value by its path, whose parents are loaded as far as that takes."""
        index = QModelIndex()
        for name in path:
            whole = self._nodes[_id(index)].value
            row = _row_of(whole, name)
            if row is None:
                return QModelIndex()
            while self._nodes[_id(index)].loaded <= row:
                self.fetchMore(index)
            index = self.index(row, 0, index)
        return index

    def _load(self, number: int) -> None:
        node = self._nodes[number]
        value = node.value
        if isinstance(value, dict):
            pairs = list(value.items())[node.loaded : node.loaded + CHUNK]
        else:
            part = value[node.loaded : node.loaded + CHUNK]
            pairs = list(enumerate(part, node.loaded))
        for key, each in pairs:
            self._nodes.append(_Node(key, each, number, node.loaded))
            node.children.append(len(self._nodes) - 1)
            node.loaded += 1

    def rowCount(self, parent: QModelIndex = NO_PARENT) -> int:
        if parent.column() > 0:
            return 0
        return len(self._nodes[_id(parent)].children)

    def columnCount(self, parent: QModelIndex = NO_PARENT) -> int:
        return 2

    def hasChildren(self, parent: QModelIndex = NO_PARENT) -> bool:
        value = self._nodes[_id(parent)].value
        return parent.column() <= 0 and isinstance(value, dict | list) and len(value) > 0

    def canFetchMore(self, parent: QModelIndex) -> bool:
        node = self._nodes[_id(parent)]
        return isinstance(node.value, dict | list) and node.loaded < len(node.value)

    def fetchMore(self, parent: QModelIndex) -> None:
        if not self.canFetchMore(parent):
            return  # Qt may ask without asking whether there is more
        node = self._nodes[_id(parent)]
        last = min(node.loaded + CHUNK, len(node.value)) - 1
        self.beginInsertRows(parent, node.loaded, last)
        self._load(_id(parent))
        self.endInsertRows()

    def index(self, row: int, column: int, parent: QModelIndex = NO_PARENT) -> QModelIndex:
        children = self._nodes[_id(parent)].children
        if 0 <= row < len(children) and 0 <= column < 2:
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, index: QModelIndex = NO_PARENT) -> QModelIndex:
        number = self._nodes[_id(index)].parent
        if number <= 0:
            return QModelIndex()
        return self.createIndex(self._nodes[number].row, 0, number)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Part.NAME):
            return None
        node = self._nodes[_id(index)]
        if role == Part.NAME:
            return "name" if index.column() == 0 else _kind(node.value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return None
        if index.column() == 0:
            return text.one_line(str(node.key)) or '""'
        return brief(node.value)


def _row_of(whole: Any, name: Any) -> int | None:
    if isinstance(whole, list):
        return name if isinstance(name, int) and name < len(whole) else None
    if not isinstance(whole, dict) or name not in whole:
        return None
    return next(row for row, key in enumerate(whole) if key == name)


def _id(index: QModelIndex) -> int:
    return int(index.internalId()) if index.isValid() else 0


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if value is None or isinstance(value, bool):
        return "word"
    return "number" if isinstance(value, int | float) else "more"


def brief(value: Any) -> str:
    """A value on one line: a text in quotes, how many parts a container has."""
    if isinstance(value, str):
        return f'"{text.one_line(value)}"'
    if isinstance(value, dict):
        return text.count(len(value), "field") if value else "{}"
    if isinstance(value, list):
        return text.count(len(value), "item") if value else "[]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return text.one_line(str(value))


def written_path(path: list[Any]) -> str:
    """``messages[0].content``; names that are no words are quoted."""
    said = ""
    for part in path:
        if isinstance(part, int):
            said += f"[{part}]"
        elif part.isidentifier():
            said += f".{part}" if said else part
        else:
            said += f"[{part!r}]"
    return said
