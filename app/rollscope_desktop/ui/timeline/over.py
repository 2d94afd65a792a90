"""Paints what lies over the lanes: range, gaps, playhead, selection, arrows, path and measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QPolygonF

from rollscope_desktop.model import text
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.theme import blend, faded
from rollscope_desktop.ui.timeline.geometry import BAR, ROW, Geometry
from rollscope_desktop.ui.timeline.rects import fill

if TYPE_CHECKING:
    from rollscope_desktop.model.viewport import Viewport
    from rollscope_desktop.query.timeline.critical import CriticalPath
    from rollscope_desktop.query.timeline.lanes import Lanes
    from rollscope_desktop.query.timeline.range_sums import Sums
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.ui.timeline.ruler import Tick

_UNDERLINE = 2
_STRAIGHT = 24
_LEAST = 2
_HEAD = 6


@dataclass(frozen=True, slots=True)
class Arrow:
    """From the end of one bar to the start of another, in pixels."""

    start: QPoint
    end: QPoint


def paint_ground(
    painter: QPainter, look: Look, geometry: Geometry, view: Viewport, ticks: list[Tick]
) -> None:
    """What lies behind the bars: lines at the ticks, and folded gaps."""
    theme, rows = look.theme, geometry.rows
    for tick in ticks:
        painter.fillRect(tick.x, rows.y(), 1, rows.height(), theme.grid)
    for left, right, _ in view.gaps_in_view():
        top = geometry.marks.y()
        band = QRect(left, top, max(right - left, 1), geometry.height - top)
        painter.fillRect(band, theme.window)
        if band.width() >= 4:
            painter.fillRect(band, QBrush(theme.border, Qt.BrushStyle.BDiagPattern))
        painter.fillRect(left, top, 1, band.height(), theme.border)
        painter.fillRect(band.right(), top, 1, band.height(), theme.border)


def paint_range(painter: QPainter, look: Look, geometry: Geometry, left: int, right: int) -> None:
    """The selected part: the rest is veiled."""
    theme = look.theme
    top = geometry.ruler.y()
    height = geometry.height - top
    veil = faded(theme.window, 0.35)
    rows = geometry.rows
    painter.fillRect(QRect(0, rows.y(), left, rows.height()), veil)
    painter.fillRect(QRect(right, rows.y(), rows.width() - right, rows.height()), veil)
    painter.fillRect(QRect(left, top, max(right - left, 1), geometry.ruler.height()),
                     faded(theme.accent, 0.2))  # fmt: skip
    for x in (left, right):
        painter.fillRect(x, top, 1, height, theme.accent)


def sums_words(length: int, sums: Sums | None, *, timeless: bool) -> str:
    """What the pill over a range says."""
    parts = [text.length(length, timeless=timeless)]
    if sums is not None:
        parts.append(text.count(sums.calls, "call"))
        if sums.tokens:
            parts.append(f"{text.short_count(sums.tokens)} tokens")
        if sums.cost:
            parts.append(text.cost(sums.cost))
        if sums.errors:
            parts.append(text.count(sums.errors, "error"))
    return "  ·  ".join(parts)


def paint_pill(
    painter: QPainter, look: Look, texts: painting.Texts, said: str, middle: int, top: int,
    width: int,
) -> QRect:  # fmt: skip
    """A small label with a background of its own, kept within the view."""
    theme = look.theme
    room = texts.width(said) + 20
    box = QRect(min(max(middle - room // 2, 4), max(width - room - 4, 4)), top, room, 22)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.accent, 1))
    painter.setBrush(theme.raised)
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painting.text(painter, box, texts, theme.text, said, painting.CENTRE)
    return box


def paint_playhead(painter: QPainter, look: Look, geometry: Geometry, x: int) -> None:
    """The moment that every view shows the run at."""
    theme = look.theme
    top = geometry.ruler.y()
    painter.fillRect(x, top, 1, geometry.height - top, theme.text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.text)
    foot = geometry.ruler.bottom()
    painter.drawPolygon(
        QPolygonF([QPointF(x - 4, foot - 7), QPointF(x + 5, foot - 7), QPointF(x + 0.5, foot)])
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_selected(painter: QPainter, look: Look, box: QRect) -> None:
    """The outline of the selected bar: one in the accent, one that sets it off."""
    theme = look.theme
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.text, 1))
    painter.drawRect(box.adjusted(-1, -1, 0, 0))
    painter.setPen(QPen(theme.accent, 1))
    painter.drawRect(box.adjusted(-2, -2, 1, 1))


def paint_hovered(painter: QPainter, look: Look, box: QRect) -> None:
    """The bar below the pointer is lighter, with a thin outline."""
    theme = look.theme
    painter.fillRect(box, faded(theme.panel, 0.22))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.text, 1))
    painter.drawRect(box.adjusted(0, 0, -1, -1))


def paint_arrows(painter: QPainter, look: Look, arrows: list[Arrow]) -> None:
    """From a model's answer to the tools that it called."""
    if not arrows:
        return
    theme = look.theme
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(theme.text, 1.2)
    for arrow in arrows:
        start, end = QPointF(arrow.start), QPointF(arrow.end)
        path = QPainterPath(start)
        if arrow.start.y() == arrow.end.y():
            # Below what lies between them in the same row.
            dip = QPointF(0, ROW * 0.8)
            path.cubicTo(start + dip, end + dip - QPointF(_HEAD, 0), end)
        else:
            reach = max(min((end.x() - start.x()) / 2, 40), 12)
            path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.text)
        painter.drawPolygon(QPolygonF([end, end + QPointF(-5, -3), end + QPointF(-5, 3)]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def arrow_between(first: QRect, second: QRect) -> Arrow | None:
    """The arrow from one bar to another; None where they are too near to need one."""
    start = QPoint(first.right() + 1, first.center().y())
    end = QPoint(second.x(), second.center().y())
    if start.y() == end.y() and end.x() - start.x() < _STRAIGHT:
        return None
    return Arrow(start, end)


def paint_path(
    painter: QPainter, look: Look, geometry: Geometry, view: Viewport, lanes: Lanes,
    path: CriticalPath, zero: int, at: int | None,
) -> None:  # fmt: skip
    """A line below each piece of the critical path, at the bar that it is a piece of."""
    import numpy as np

    from rollscope_desktop.viewmodels.timeline.frame import Mapping

    mapping = Mapping(view, zero)
    edges = mapping.moments(np.arange(0.0, view.width + 2, 2))
    low = max(int(path.begin.searchsorted(edges[0], "right")) - 1, 0)
    high = int(path.begin.searchsorted(edges[-1], "right"))
    if high - low > 2 * len(edges):
        # More pieces than pixels: at each of these, the one that is there.
        chosen = np.unique(path.begin.searchsorted(edges, "right") - 1)
        chosen = chosen[chosen >= 0]
    else:
        chosen = np.arange(low, high)
    index = path.index[chosen]
    y = lanes.rows_of(index) * ROW + geometry.top_of(0) + BAR
    first = mapping.pixels(path.begin[chosen])
    last = np.maximum(mapping.pixels(path.end[chosen]) - 1, first)
    boxes = np.stack((first, y - _UNDERLINE + 1, last, y), 1).astype(np.int32)
    boxes = boxes[(y >= geometry.rows.y()) & (y < geometry.height + ROW) & (last - first >= _LEAST)]
    theme = look.theme
    fill(painter, theme.panel, boxes + np.array([0, -1, 0, -_UNDERLINE], np.int32))
    turn = view.width + ROW if at is None else view.x(at)
    done, ahead = boxes.copy(), boxes
    np.minimum(done[:, 2], turn - 1, out=done[:, 2])
    np.maximum(ahead[:, 0], turn, out=ahead[:, 0])
    fill(painter, theme.accent, done[done[:, 2] >= done[:, 0]])
    weak = blend(theme.accent, theme.panel, 0.35)
    fill(painter, weak, ahead[ahead[:, 2] >= ahead[:, 0]])


def paint_measure(
    painter: QPainter, look: Look, texts: painting.Texts, geometry: Geometry, left: int,
    right: int, said: str,
) -> None:  # fmt: skip
    """How long it is from here to there."""
    theme, rows = look.theme, geometry.rows
    painter.fillRect(QRect(left, rows.y(), max(right - left, 1), rows.height()),
                     faded(theme.warn, 0.14))  # fmt: skip
    for x in (left, right):
        painter.fillRect(x, rows.y(), 1, rows.height(), theme.warn)
    paint_pill(painter, look, texts, said, (left + right) // 2, geometry.ruler.y() + 1,
               geometry.width)  # fmt: skip
