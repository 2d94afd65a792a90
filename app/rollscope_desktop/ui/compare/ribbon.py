"""Paints what joins two steps that stand beside each other: a ribbon with the sign of the row."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

from rollscope_desktop.model.alignment import Sign
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.look import Look
from rollscope_desktop.ui.theme import Theme, blend

WIDTH = 48
_PILL = 16


def colour_of(sign: Sign, theme: Theme) -> QColor:
    """The colour of a sign."""
    return {
        Sign.INSERTED: theme.ok,
        Sign.REMOVED: theme.error,
        Sign.CHANGED: theme.warn,
        Sign.MOVED: theme.kind("agent"),
    }.get(sign, theme.muted)


def ground_of(sign: Sign, theme: Theme) -> QColor:
    """What lies behind a step that differs."""
    return blend(colour_of(sign, theme), theme.panel, 0.09)


def paint_ribbon(
    painter: QPainter, box: QRect, look: Look, texts: painting.Texts, sign: Sign
) -> None:
    """The ribbon of one row; from a point, where a step is on one side only."""
    theme = look.theme
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    colour = theme.border if sign is Sign.EQUAL else colour_of(sign, theme)
    painter.setBrush(blend(colour, theme.panel, 0.8 if sign is Sign.EQUAL else 0.3))
    painter.drawPath(_band(box, sign))
    if sign is not Sign.EQUAL:
        middle = box.center()
        pill = QRectF(middle.x() - _PILL / 2 + 0.5, middle.y() - _PILL / 2 + 0.5, _PILL, _PILL)
        painter.setBrush(colour)
        painter.drawRoundedRect(pill, 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painting.text(painter, pill.toRect(), texts, theme.on_bar, sign.value, painting.CENTRE)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _band(box: QRect, sign: Sign) -> QPainterPath:
    left, right = float(box.left()), float(box.right() + 1)
    top, bottom = box.top() + 1.0, float(box.bottom())
    half = (top + bottom) / 2
    path = QPainterPath()
    if sign is Sign.EQUAL:
        path.addRect(QRectF(left, half - 3, right - left, 6))
        return path
    ends = {Sign.INSERTED: (half, half, top, bottom), Sign.REMOVED: (top, bottom, half, half)}
    from_top, from_bottom, to_top, to_bottom = ends.get(sign, (top, bottom, top, bottom))
    bend = (left + right) / 2
    path.moveTo(left, from_top)
    path.cubicTo(QPointF(bend, from_top), QPointF(bend, to_top), QPointF(right, to_top))
    path.lineTo(right, to_bottom)
    path.cubicTo(QPointF(bend, to_bottom), QPointF(bend, from_bottom), QPointF(left, from_bottom))
    path.closeSubpath()
    return path
