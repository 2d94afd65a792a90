"""The small parts of a card: its head, plain lines, text buttons, JSON and pictures in a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from rollscope_desktop.model import text
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.inspector.json_view import JsonView
from rollscope_desktop.ui.inspector.talk import as_json
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.panel import CutLabel

HEAD = 22
_DOT = 8
_STATE = 24
_LEAST = 40
"""Pixels; what is cut to less says nothing."""
_TREE_ROW = 20
_MOST_ROWS = 16


class Part(Protocol):
    """A widget that says how high it is at a width."""

    def fit(self, width: int) -> int:
        """Lay out for a width; returns the height."""
        ...


@dataclass(frozen=True, slots=True)
class Title:
    """What the head of a card says. ``kind`` gives the dot its colour, ``state`` its icon."""

    name: str
    kind: str
    words: str = ""
    facts: str = ""
    state: str = ""
    code: bool = False
    open: bool | None = None
    """Whether it is folded open; None if there is nothing to fold."""


class Head(QWidget):
    """One line: dot, name, a few words, status, figures. A click on it folds."""

    def __init__(self, look: Look, brushes: painting.Brushes, title: Title, parent: QWidget,
                 pressed: Callable[[], None]) -> None:  # fmt: skip
        super().__init__(parent)
        self._look, self._brushes, self.title = look, brushes, title
        self._pressed = pressed
        if title.open is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def fit(self, width: int) -> int:
        """One line."""
        return HEAD

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.title.open is not None and self.rect().contains(event.position().toPoint()):
            self._pressed()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, brushes, title = self._look, self._brushes, self.title
        theme = look.theme
        with QPainter(self) as painter:
            middle, right = self.height() // 2, self.width()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.kind(title.kind))
            painter.drawEllipse(0, middle - _DOT // 2, _DOT, _DOT)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            if title.open is not None:
                icon = "chevron-down" if title.open else "chevron-right"
                right -= 16
                painting.icon(painter, look, icon, theme.muted, right, middle)
                right -= 4
            left = _DOT + 8
            name = brushes.strong.width(title.name) + 8
            room = min(brushes.table.width(title.facts), right - left - name - _STATE)
            if title.facts and room > _LEAST:
                box = QRect(right - room, 0, room, self.height())
                painting.text(painter, box, brushes.table, theme.muted, title.facts)
                right -= room + 8
            if title.state:
                right -= 16
                colour = theme.state(title.state)
                painting.icon(painter, look, f"state-{title.state}", colour, right, middle)
                right -= 6
            whole = QRect(left, 0, max(right - left, 0), self.height())
            left += painting.text(painter, whole, brushes.strong, theme.text, title.name) + 8
            if title.words and right - left > 24:
                box = QRect(left, 0, right - left, self.height())
                font = brushes.number if title.code else brushes.table
                painting.text(painter, box, font, theme.muted, title.words)


class Line(QLabel):
    """A sentence of ours or of the log, as plain text, wrapped."""

    def __init__(self, look: Look, said: str, role: str, parent: QWidget) -> None:
        super().__init__(said, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", role)
        self.setFont(look.fonts.table)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def fit(self, width: int) -> int:
        """As high as the text needs."""
        flags = int(Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere)
        box = QFontMetrics(self.font()).boundingRect(QRect(0, 0, width, 1 << 20), flags,
                                                     self.text())  # fmt: skip
        return max(self.heightForWidth(width), min(box.height(), 400)) + 2


class OneLine(CutLabel):
    """A value on one line, cut at the card's edge."""

    def __init__(self, look: Look, said: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "muted")
        self.setFont(look.fonts.number)
        self.say(said, text.end_cut(said, 600))

    def fit(self, width: int) -> int:
        """One line."""
        return self.fontMetrics().height() + 2


class TextButton(QToolButton):
    """A button that looks like a link, for folding."""

    def __init__(self, look: Look, said: str, icon: str, parent: QWidget,
                 pressed: Callable[[], None]) -> None:  # fmt: skip
        super().__init__(parent)
        self.setText(said)
        self.setAccessibleName(said)
        self.setFont(look.fonts.table)
        if icon:
            self.setIcon(look.icon(icon, "accent"))
            self.setIconSize(QSize(12, 12))
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setProperty("role", "link")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda: pressed())

    def fit(self, width: int) -> int:
        """One line, no wider than its words."""
        hint = self.sizeHint()
        self.setMaximumWidth(min(width, hint.width()))
        return hint.height()


class Tree(JsonView):
    """A JSON value opened in a card, as high as it needs up to a point."""

    resized = Signal()

    def __init__(self, look: Look, name: str, value: Any, parent: QWidget) -> None:
        super().__init__(look, name)
        self.setParent(parent)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setProperty("role", "inset")
        self.show_value(value)
        self.expanded.connect(self._resize)
        self.collapsed.connect(self._resize)

    def fit(self, width: int) -> int:
        """As many rows as are open, up to a point."""
        rows = 0
        index = self.model().index(0, 0)
        while index.isValid() and rows < _MOST_ROWS:
            rows += 1
            index = self.indexBelow(index)
        height = max(self.sizeHintForRow(0), _TREE_ROW)
        return rows * height + 6

    def _resize(self, index: QModelIndex) -> None:
        self.resized.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.verticalScrollBar()
        if self.hasFocus() and bar.maximum() > 0:
            super().wheelEvent(event)
        else:
            event.ignore()


def one_line_json(value: Any, most: int = 400) -> str:
    """A value on one line, cut; of a large one only the beginning is written."""
    if isinstance(value, str):
        return text.one_line(value, most)
    rest = [most // 4]
    beginning = _beginning(value, rest, most)
    said = text.one_line(as_json(beginning), most)
    return said if rest[0] > 0 or said.endswith(text.ELLIPSIS) else f"{said} {text.ELLIPSIS}"


def _beginning(value: Any, rest: list[int], most: int) -> Any:
    """As much of a value as so many parts; ``rest`` is how many are left."""
    rest[0] -= 1
    if isinstance(value, str):
        return value[:most]
    if isinstance(value, list):
        return [_beginning(one, rest, most) for one in islice(value, most) if rest[0] > 0]
    if isinstance(value, dict):
        items = islice(value.items(), most)
        return {key: _beginning(one, rest, most) for key, one in items if rest[0] > 0}
    return value
