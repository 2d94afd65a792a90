"""Paints what is above the lanes: the minimap, the rulers, and the strip of marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from rollscope_desktop.model import text
from rollscope_desktop.ui.theme import blend, faded
from rollscope_desktop.ui.timeline.rects import fill

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QColor

    from rollscope_desktop.model.viewport import Viewport
    from rollscope_desktop.query.marks import Ticks
    from rollscope_desktop.query.timeline.idle import Overview
    from rollscope_desktop.query.timeline.tints import Tints
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.ui.timeline.bars import Labels
    from rollscope_desktop.ui.timeline.colours import Colours
    from rollscope_desktop.ui.timeline.ruler import Tick
    from rollscope_desktop.viewmodels.scope import Range

_ABOVE, _BELOW = 5, 3
_PAD, _DOT = 8, 8
_MANY_MARKS = 20_000
_AHEAD = 0.35


class Minimap:
    """How busy the run was, and a frame around the part that is in view. Keeps its rectangles."""

    def __init__(self) -> None:
        self._made: tuple[Overview, Viewport, NDArray[np.int32], NDArray[np.int32]] | None = None

    def paint(
        self, painter: QPainter, look: Look, box: QRect, whole: Viewport, view: Viewport,
        overview: Overview | None, chosen: Range | None, at: int | None,
    ) -> None:  # fmt: skip
        """All of it, with the selected range and the playhead."""
        theme = look.theme
        painter.fillRect(box, theme.window)
        if overview is not None:
            if self._made is None or self._made[0] is not overview or self._made[1] != whole:
                self._made = overview, whole, *_busy(box, whole, overview)
            fill(painter, blend(theme.muted, theme.window, 0.6), self._made[2])
            fill(painter, theme.error, self._made[3])
        if chosen is not None:
            left, right = whole.x(chosen[0]), whole.x(chosen[1])
            band = QRect(left, box.y(), max(right - left, 2), box.height())
            painter.fillRect(band, faded(theme.accent, 0.2))
        if not view.is_whole:
            window = window_box(box, whole, view)
            shade = faded(theme.panel, 0.62)
            painter.fillRect(QRect(0, box.y(), window.x(), box.height()), shade)
            after = window.right() + 1
            painter.fillRect(QRect(after, box.y(), box.width() - after, box.height()), shade)
            for x in (window.x(), window.right() - 1):
                painter.fillRect(x, box.y(), 2, box.height() - 1, theme.accent)
            painter.fillRect(window.x(), box.y(), window.width(), 2, theme.accent)
        if at is not None:
            painter.fillRect(whole.x(at), box.y(), 1, box.height(), theme.text)
        painter.fillRect(box.x(), box.bottom(), box.width(), 1, theme.border)


def window_box(box: QRect, whole: Viewport, view: Viewport) -> QRect:
    """Where the part that is in view lies on the minimap."""
    left, right = whole.x(view.start), whole.x(view.end)
    return QRect(left, box.y(), max(right - left, 4), box.height())


def _busy(
    box: QRect, whole: Viewport, overview: Overview
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """A rectangle for each pixel at which something was at work, and for each with a failure."""
    import numpy as np

    moments, pixels = whole.knots()
    edges = np.interp(overview.edges, np.array(moments, np.float64), np.array(pixels)).astype(
        np.int32
    )
    # Several bins may fall on a pixel: the busiest counts.
    heights = np.zeros(box.width() + 2, np.float32)
    failed = np.zeros(box.width() + 2, bool)
    left = np.clip(edges[:-1], 0, box.width())
    right = np.clip(np.maximum(edges[1:], edges[:-1] + 1), 0, box.width())
    np.maximum.at(heights, left, overview.busy)
    for step in range(1, int((right - left).max(initial=1))):
        wider = right - left > step
        np.maximum.at(heights, left[wider] + step, overview.busy[wider])
    failed[left[overview.failed]] = True
    most = float(heights.max(initial=0)) or 1.0
    room = box.height() - _ABOVE - _BELOW
    columns = np.flatnonzero(heights > 0)
    high = np.maximum(np.rint(heights[columns] / most * room), 1).astype(np.int32)
    bottom = np.full(len(columns), box.bottom() - _BELOW, np.int32)
    boxes = np.stack((columns, bottom - high + 1, columns, bottom), 1).astype(np.int32)
    at = np.flatnonzero(failed)
    foot = np.full(len(at), box.bottom() - 1, np.int32)
    return boxes, np.stack((at, foot - 1, at + 1, foot), 1).astype(np.int32)


def paint_ruler(
    painter: QPainter, look: Look, labels: Labels, box: QRect, ticks: list[Tick], colour: QColor,
) -> None:  # fmt: skip
    """Ticks and what they say."""
    theme = look.theme
    painter.fillRect(box, theme.panel)
    painter.setFont(labels.font)
    painter.setPen(colour)
    top = box.y() + (box.height() - labels.height) // 2
    for tick in ticks:
        painter.fillRect(tick.x, box.bottom() - 5, 1, 5, theme.border)
        if tick.x + 4 + labels.width(tick.label) <= box.width() - 2:
            painter.drawStaticText(tick.x + 4, top, labels.laid_out(tick.label))
    painter.fillRect(box.x(), box.bottom(), box.width(), 1, theme.border)


def paint_legend(
    painter: QPainter, look: Look, labels: Labels, box: QRect, colours: Colours, tints: Tints
) -> None:
    """The words that colours stand for, as many as there is room for."""
    theme = look.theme
    painter.fillRect(box, theme.panel)
    painter.fillRect(box.x(), box.y(), box.width(), 1, theme.border)
    painter.setFont(labels.font)
    left, middle = box.x() + _PAD, box.y() + box.height() // 2
    for number, word in enumerate(tints.words):
        said = text.one_line(word, 40)
        width = labels.width(said) + _DOT + 5
        if not said:
            continue
        if left + width > box.right() - _PAD:
            break
        painter.fillRect(left, middle - _DOT // 2, _DOT, _DOT, colours.plain(number))
        painter.setPen(theme.text)
        top = middle - labels.height // 2
        painter.drawStaticText(left + _DOT + 5, top, labels.laid_out(said))
        left += width + 2 * _PAD


def paint_marks(
    painter: QPainter, look: Look, box: QRect, view: Viewport, ticks: Ticks | None,
    at: int | None,
) -> None:  # fmt: skip
    """Signals, feedback, events and messages, told apart by shape as well as by colour."""
    if ticks is None or not len(ticks):
        return
    import numpy as np

    from rollscope_desktop.query.marks import Mark
    from rollscope_desktop.viewmodels.timeline.frame import Mapping

    theme = look.theme
    low = int(ticks.time.searchsorted(view.moment(0)))
    high = int(ticks.time.searchsorted(view.moment(view.width), "right"))
    chosen = slice(low, high, max((high - low) // _MANY_MARKS, 1))
    pixels = Mapping(view, 0).pixels(ticks.time[chosen])
    ahead = np.zeros(len(pixels), bool) if at is None else ticks.time[chosen] > at
    for mark, colour in (
        (Mark.EVENT, theme.muted),
        (Mark.FEEDBACK, theme.warn),
        (Mark.SIGNAL, theme.accent),
        (Mark.MESSAGE, theme.accent),
    ):
        mine = ticks.type[chosen] == mark
        for later, share in ((True, _AHEAD), (False, 1.0)):
            x = np.unique(pixels[mine & (ahead == later)])
            for left, top, right, bottom in _SHAPES[int(mark)]:
                boxes = np.stack(
                    (x + left, np.full_like(x, box.y() + top), x + right,
                     np.full_like(x, box.y() + bottom)), 1,
                )  # fmt: skip
                fill(painter, blend(colour, theme.panel, share), boxes.astype(np.int32))


# Rectangles by type, from the pixel of the moment and the top of the strip: a dot for an event, an
# arrow up for a signal, one down for feedback, a line for a message.
_SHAPES = (
    ((0, 4, 1, 6),),
    ((0, 2, 1, 3), (-1, 4, 2, 5), (-2, 6, 3, 7)),
    ((-2, 2, 3, 3), (-1, 4, 2, 5), (0, 6, 1, 7)),
    ((0, 1, 1, 8),),
)
