"""Paints the lanes: merged columns, bars, what is special about a bar, and labels; in passes.

Nothing is drawn or made for a span that is not seen, and of bars only the widest get details.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QBrush, QLinearGradient, QPainter, QStaticText

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ERROR, OPEN
from rollscope_desktop.ui import painting
from rollscope_desktop.ui.theme import blend, faded
from rollscope_desktop.ui.timeline.geometry import BAR, ROW, Geometry
from rollscope_desktop.ui.timeline.rects import fill

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.structure import Int32, Structure
    from rollscope_desktop.query.timeline.tints import Tints
    from rollscope_desktop.ui.look import Look
    from rollscope_desktop.ui.timeline.colours import Colours
    from rollscope_desktop.viewmodels.details import Details
    from rollscope_desktop.viewmodels.timeline.frame import Frame

TOLD = 14
"""Pixels from which on a bar shows what is special about its span."""
ICON = 12

_MOST_TOLD = 700
_MOST_FADED = 300
_FADE = 48
_EDGE = 3
_PAD = 5
_SHADES = 3
_TEXTS_KEPT = 4_000
_LEAST_HEIGHT = 5
_FROM_EDITED = 2


class Bar(NamedTuple):
    """One bar as it is painted, and what is known of its span."""

    box: QRect
    status: int
    shade: int
    number: int
    row: SpanRow | None


@dataclass(frozen=True, slots=True)
class Lines:
    """What the passes need: what is drawn, where, in which colours, and what is known of spans."""

    look: Look
    geometry: Geometry
    frame: Frame
    structure: Structure
    colours: Colours
    tints: Tints | None
    details: Details
    zero: int

    def numbers(self, indexes: Int32) -> NDArray:
        """By what number spans are coloured."""
        import numpy as np

        if self.tints is None:
            return np.zeros(len(indexes), np.int64)
        known = np.minimum(indexes, len(self.tints.number) - 1)
        return np.where(known == indexes, self.tints.number[known], 0).astype(np.int64)


class Labels:
    """Laid out texts of one font, each made once. Drop it when the font changes."""

    def __init__(self, look: Look) -> None:
        self.font = look.fonts.axis
        self._texts = painting.Texts(self.font)
        self._made: dict[str, QStaticText] = {}

    @property
    def height(self) -> int:
        """How high a text is."""
        return self._texts.metrics.height()

    def width(self, said: str) -> int:
        """How wide a text is."""
        return self._texts.width(said)

    def laid_out(self, said: str) -> QStaticText:
        """A text, ready to be drawn."""
        found = self._made.get(said)
        if found is None:
            if len(self._made) > _TEXTS_KEPT:
                self._made.clear()
            found = self._made[said] = QStaticText(said)
            found.setTextFormat(Qt.TextFormat.PlainText)
            found.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            found.prepare(font=self.font)
        return found


def paint_lines(painter: QPainter, lines: Lines, labels: Labels) -> None:
    """All passes."""
    _columns(painter, lines)
    numbers = lines.numbers(lines.frame.bars.index)
    _bars(painter, lines, numbers)
    _fade(painter, lines, numbers)
    told = _told(lines, numbers)
    for bar in told:
        _special(painter, lines, bar)
    _edges(painter, lines)
    _labels(painter, lines, labels, told)


def _columns(painter: QPainter, lines: Lines) -> None:
    import numpy as np

    columns = lines.frame.columns
    if not len(columns):
        return
    theme = lines.look.theme
    high = np.rint(_LEAST_HEIGHT + (BAR - _LEAST_HEIGHT) * columns.busy).astype(np.int32)
    bottom = columns.row * ROW + (lines.geometry.top_of(0) + BAR - 1)
    boxes = np.stack((columns.left, bottom - high + 1, columns.left + 2, bottom), 1)
    boxes = boxes.astype(np.int32)
    fine = (columns.worst != ERROR) & (columns.worst != CANCELLED)
    keys = lines.numbers(columns.index) * _SHADES + columns.shade
    _by_colour(painter, lines, boxes[fine], keys[fine])
    for status, colour in ((CANCELLED, theme.warn), (ERROR, theme.error)):
        for shade in range(_SHADES):
            bad = (columns.worst == status) & (columns.shade == shade)
            fill(painter, lines.colours.weak(colour, shade), boxes[bad])


def _bars(painter: QPainter, lines: Lines, numbers: NDArray) -> None:
    import numpy as np

    bars = lines.frame.bars
    if not len(bars):
        return
    top = bars.row * ROW + lines.geometry.top_of(0)
    # A gap of one pixel keeps neighbours apart.
    right = np.maximum(bars.right - 2, bars.left + 1)
    boxes = np.stack((bars.left, top, right, top + BAR - 1), 1).astype(np.int32)
    whole = ~_is_faded(lines)
    _by_colour(painter, lines, boxes[whole], (numbers * _SHADES + bars.shade)[whole])


def _by_colour(painter: QPainter, lines: Lines, boxes: NDArray, keys: NDArray) -> None:
    import numpy as np

    if not len(boxes):
        return
    order = np.argsort(keys, kind="stable")
    keys, boxes = keys[order], boxes[order]
    turns = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))).tolist()
    for low, high in zip(turns, [*turns[1:], len(keys)], strict=True):
        number, shade = divmod(int(keys[low]), _SHADES)
        fill(painter, lines.colours.bar(number, shade), boxes[low:high])


def _is_faded(lines: Lines) -> NDArray:
    """Which bars have no end yet and are few enough to be painted one by one."""
    import numpy as np

    bars = lines.frame.bars
    open_ = (bars.status == OPEN) & (bars.shade == 0) & (bars.right - bars.left > _EDGE * 2)
    open_[np.flatnonzero(open_)[_MOST_FADED:]] = False
    return open_


def _fade(painter: QPainter, lines: Lines, numbers: NDArray) -> None:
    """What is at work fades towards now."""
    import numpy as np

    bars = lines.frame.bars
    painter.setPen(Qt.PenStyle.NoPen)
    for at in np.flatnonzero(_is_faded(lines)).tolist():
        box = _box(lines, at)
        colour = lines.colours.bar(int(numbers[at]), 0)
        end = float(bars.right[at])
        # Most of a short bar stays as it is: its name must be read.
        length = min(_FADE, box.width() // 3)
        fade = QLinearGradient(QPointF(end - length, 0), QPointF(end, 0))
        fade.setColorAt(0, colour)
        fade.setColorAt(1, blend(colour, lines.look.theme.panel, 0.25))
        if end > lines.geometry.width + BAR // 2:  # its end is not in view
            painter.fillRect(box, colour)
            continue
        painter.fillRect(box, fade)


def _box(lines: Lines, at: int) -> QRect:
    bars = lines.frame.bars
    left, right = int(bars.left[at]), int(bars.right[at])
    return QRect(left, lines.geometry.top_of(int(bars.row[at])), max(right - left - 1, 2), BAR)


def _told(lines: Lines, numbers: NDArray) -> list[Bar]:
    """The bars that are wide enough for details; of too many, the widest."""
    import numpy as np

    bars = lines.frame.bars
    width = np.minimum(bars.right, lines.geometry.width) - np.maximum(bars.left, 0)
    chosen = np.flatnonzero(width >= TOLD)
    if len(chosen) > _MOST_TOLD:
        chosen = chosen[np.argsort(-width[chosen], kind="stable")[:_MOST_TOLD]]
    return [
        Bar(
            _box(lines, at), int(bars.status[at]), int(bars.shade[at]), int(numbers[at]),
            lines.details.row(lines.structure.id_of(int(bars.index[at]))),
        )
        for at in chosen.tolist()
    ]  # fmt: skip


def _special(painter: QPainter, lines: Lines, bar: Bar) -> None:
    """Waiting for the model is lighter; played back is hatched; edited has an outline."""
    row, theme = bar.row, lines.look.theme
    if row is None:
        return
    answer = _answered(lines, bar)
    if answer is not None and answer > bar.box.x():
        waiting = QRect(bar.box.x(), bar.box.y(), answer - bar.box.x(), BAR)
        painter.fillRect(waiting, lines.colours.bar(bar.number, bar.shade, waiting=True))
    if row.how in ("played", "reused"):
        hatch = QBrush(faded(theme.on_bar, 0.35), Qt.BrushStyle.BDiagPattern)
        painter.fillRect(bar.box, hatch)
    elif row.how == "edited":
        outline = bar.box.adjusted(-_FROM_EDITED, -1, _FROM_EDITED, 1)
        inner = bar.box.adjusted(0, 1, 0, -1)
        for part in _ring(outline, inner):
            painter.fillRect(part, theme.accent)
        for part in _ring(inner, inner.adjusted(1, 1, -1, -1)):
            painter.fillRect(part, theme.panel)


def _ring(outer: QRect, inner: QRect) -> list[QRect]:
    """What lies between two boxes."""
    return [
        QRect(outer.x(), outer.y(), outer.width(), inner.y() - outer.y()),
        QRect(outer.x(), inner.bottom() + 1, outer.width(), outer.bottom() - inner.bottom()),
        QRect(outer.x(), inner.y(), inner.x() - outer.x(), inner.height()),
        QRect(inner.right() + 1, inner.y(), outer.right() - inner.right(), inner.height()),
    ]


def _answered(lines: Lines, bar: Bar) -> int | None:
    """The pixel of a model's first token, within its bar."""
    row = bar.row
    if row is None or row.first_token is None or row.start is None or bar.shade == 2:
        return None
    if row.first_token <= row.start:
        return None
    x = lines.frame.viewport.x(row.first_token - lines.zero)
    return min(max(x, bar.box.x()), bar.box.right() + 1)


def _edges(painter: QPainter, lines: Lines) -> None:
    """The right edge of what failed or was cancelled."""
    import numpy as np

    bars, theme = lines.frame.bars, lines.look.theme
    for status, colour in ((CANCELLED, theme.warn), (ERROR, theme.error)):
        chosen = bars.status == status
        if not chosen.any():
            continue
        top = bars.row[chosen] * ROW + lines.geometry.top_of(0)
        right = np.maximum(bars.right[chosen] - 2, bars.left[chosen] + 1)
        left = np.maximum(right - _EDGE + 1, bars.left[chosen])
        boxes = np.stack((left, top, right, top + BAR - 1), 1).astype(np.int32)
        shades = bars.shade[chosen]
        for shade in range(_SHADES):
            fill(painter, lines.colours.weak(colour, shade), boxes[shades == shade])


def _labels(painter: QPainter, lines: Lines, labels: Labels, told: list[Bar]) -> None:
    """Names that fit, and signs of what went wrong, so that colour is not all that says it."""
    look, theme = lines.look, lines.look.theme
    painter.setFont(labels.font)
    down = (BAR - labels.height) // 2
    for bar in told:
        left = max(bar.box.x(), 0) + _PAD
        right = min(bar.box.right() + 1, lines.geometry.width) - _PAD
        ink = theme.on_bar if bar.shade == 0 else theme.muted
        sign = {ERROR: "state-error", CANCELLED: "state-cancelled"}.get(bar.status)
        if sign is not None and right - _EDGE - ICON >= left - 3:
            right -= _EDGE + ICON - 2
            middle = bar.box.y() + BAR // 2
            painting.icon(painter, look, sign, ink, right, middle, ICON)
            right -= 3
        if bar.row is None:
            continue
        said = text.one_line(bar.row.name or bar.row.kind, 80)
        width = labels.width(said)
        answer = _answered(lines, bar)
        if answer is not None:
            # On the part that is filled, or on the part that waits, but not across both.
            if right - max(left, answer + _PAD) >= width:
                left = max(left, answer + _PAD)
            else:
                right, ink = min(right, answer - _PAD), theme.text
        if right - left >= width:
            painter.setPen(ink)
            painter.drawStaticText(left, bar.box.y() + down, labels.laid_out(said))
