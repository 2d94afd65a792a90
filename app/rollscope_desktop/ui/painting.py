"""Small tools of all painters: text cut to its room and remembered, icons, rows, focus rings."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from rollscope_desktop.ui.icons import SIZE
from rollscope_desktop.ui.look import Look

_MANY = 4000

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


class Texts:
    """Widths and cut forms of texts in one font, each measured once. Drop it when fonts change."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetrics(font)
        self._widths: dict[str, int] = {}
        self._cuts: dict[tuple[str, int], str] = {}

    def width(self, text: str) -> int:
        """How wide a text is."""
        found = self._widths.get(text)
        if found is None:
            if len(self._widths) > _MANY:
                self._widths.clear()
            found = self._widths[text] = self.metrics.horizontalAdvance(text)
        return found

    def cut(self, text: str, room: int) -> str:
        """The text, or as much of it as there is room for and an ellipsis."""
        if self.width(text) <= room:
            return text
        key = (text, room)
        found = self._cuts.get(key)
        if found is None:
            if len(self._cuts) > _MANY:
                self._cuts.clear()
            end = Qt.TextElideMode.ElideRight
            found = self._cuts[key] = self.metrics.elidedText(text, end, max(room, 0))
        return found


class Brushes:
    """What the painters of one view keep between two paints: the texts by font."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.fresh()
        look.changed.connect(self.fresh)

    def fresh(self) -> None:
        """Forget what was measured."""
        fonts = self._look.fonts
        self.ui, self.strong = Texts(fonts.ui), Texts(fonts.strong)
        self.table, self.axis = Texts(fonts.table), Texts(fonts.axis)
        self.number = Texts(fonts.number)


def text(painter: QPainter, box: QRect, texts: Texts, colour: QColor, said: str, align=LEFT) -> int:
    """Draw a text cut to its box; returns how wide it came out."""
    cut = texts.cut(said, box.width())
    painter.setFont(texts.font)
    painter.setPen(colour)
    painter.drawText(box, align | Qt.TextFlag.TextSingleLine, cut)
    return texts.width(cut)


def icon(
    painter: QPainter, look: Look, name: str, colour: QColor, x: int, middle: int, size: int = SIZE
) -> None:
    """Draw an icon with its left edge at ``x``, centred on the height ``middle``."""
    device = painter.device()
    picture = look.icons.picture(name, colour, device.devicePixelRatioF(), size)
    painter.drawPixmap(x, middle - size // 2, picture)


def row_ground(
    painter: QPainter, look: Look, box: QRect, *, selected: bool, hovered: bool, first: bool
) -> None:
    """What lies behind a row: the panel, or hover, or selection with its line at the left."""
    theme = look.theme
    ground = theme.selection if selected else theme.raised if hovered else theme.panel
    painter.fillRect(box, ground)
    if selected and first:
        painter.fillRect(box.x(), box.y(), 2, box.height(), theme.accent)


def focus_ring(painter: QPainter, look: Look, box: QRect) -> None:
    """The ring that says where keys go."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.theme.accent, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 3, 3)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def pill(painter: QPainter, box: QRect, colour: QColor) -> None:
    """A rounded area behind a small label."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(box, 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
