"""The page of ``?``: what the keyboard does, made from the commands and the keys of the views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from rollscope_desktop.ui.commands.keys import native
from rollscope_desktop.ui.commands.table import COMMANDS, LOCAL_KEYS
from rollscope_desktop.ui.look import Look

SIZE = QSize(860, 620)


@dataclass(frozen=True, slots=True)
class Group:
    """Keys of one menu or view: what each does, and how it is written on this system."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.rows) + 2  # with its title and the room above it


def groups() -> list[Group]:
    """All keys: of the menus, then of the views."""
    found: dict[str, list[tuple[str, str]]] = {}
    for command in sorted(COMMANDS, key=lambda command: bool(command.where)):
        if command.key:
            menu = command.where or command.menu.removeprefix("-").partition("/")[0]
            found.setdefault(menu, []).append((command.title.rstrip("…"), native(command.key)))
    for where, keys, what in LOCAL_KEYS:
        found.setdefault(where, []).append((what, native(keys)))
    return [Group(title, tuple(rows)) for title, rows in found.items()]


def halves(found: list[Group]) -> tuple[list[Group], list[Group]]:
    """The groups in two columns of about one height, in their order."""
    best = min(
        range(len(found) + 1),
        key=lambda at: max(sum(map(len, found[:at])), sum(map(len, found[at:]))),
    )
    return found[:best], found[best:]


class KeysPage(QDialog):
    """Two columns, and a field that leaves only the lines that are looked for."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._lines: list[_Line] = []
        self.setWindowTitle("Keyboard Shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find a key or what it does")
        self.field.setAccessibleName("Find a key or what it does")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self.find)
        self.nothing = QLabel("No key does that")
        self.nothing.setProperty("role", "muted")
        self.nothing.hide()
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, 12, 0)
        columns.setSpacing(48)
        for found in halves(groups()):
            column = QWidget()  # keeps its half when nothing is left in it
            column.setLayout(self._column(found))
            columns.addWidget(column, 1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName("Keys")
        self.area.setWidget(page)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(24, 16, 12, 12)
        rows.setSpacing(12)
        rows.addWidget(self.field)
        rows.addWidget(self.nothing)
        rows.addWidget(self.area, 1)
        room = SIZE if parent is None else SIZE.boundedTo(parent.size() - QSize(64, 64))
        self.resize(room.expandedTo(QSize(480, 320)))

    def find(self, typed: str) -> None:
        """Leave only the lines that have every word of what was typed."""
        words = typed.casefold().split()
        headings: dict[QLabel, bool] = {}
        for line in self._lines:
            fits = all(word in line.said for word in words)
            line.what.setVisible(fits)
            line.key.setVisible(fits)
            headings[line.heading] = headings.get(line.heading, False) or fits
        for heading, shown in headings.items():
            heading.setVisible(shown)
        self.nothing.setVisible(not any(headings.values()))
        self.area.verticalScrollBar().setValue(0)

    def shown(self) -> list[str]:
        """What the lines say that are left."""
        return [line.what.text() for line in self._lines if not line.what.isHidden()]

    def _column(self, found: list[Group]) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        for group in found:
            heading = QLabel(group.title)
            heading.setFont(self._look.fonts.strong)
            heading.setContentsMargins(0, 12 if grid.count() else 0, 0, 2)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for words, keys in group.rows:
                row = grid.rowCount()
                what, key = QLabel(words), QLabel(keys)
                what.setWordWrap(True)
                what.setFont(self._look.fonts.table)
                key.setFont(self._look.fonts.number)
                key.setTextFormat(Qt.TextFormat.PlainText)
                key.setProperty("role", "muted")
                grid.addWidget(what, row, 0)
                grid.addWidget(key, row, 1, Qt.AlignmentFlag.AlignRight)
                said = f"{group.title} {words} {keys}".casefold()
                self._lines.append(_Line(heading, what, key, said))
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(grid.rowCount(), 1)
        return grid


class _Line(NamedTuple):
    heading: QLabel
    what: QLabel
    key: QLabel
    said: str
