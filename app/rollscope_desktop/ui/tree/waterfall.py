"""What the waterfall draws for one span: rectangles and tints, worked out without painting."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rollscope_desktop.model.assemble import ERROR, OPEN
from rollscope_desktop.ui.axis import Axis
from rollscope_desktop.viewmodels.lines import SpanLine


class Tint(Enum):
    """How strongly a piece of a bar is painted."""

    FULL = 1
    WAITING = 2  # for the model's first token
    FADING = 3  # still open: fades towards now
    FAILED = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar: from pixel ``x`` on, ``width`` pixels."""

    x: int
    width: int
    tint: Tint


THINNEST = 2
EDGE = 3
"""Pixels of the bar's right edge that say "failed"."""


def pieces(line: SpanLine, axis: Axis, now: int | None = None) -> list[Piece]:
    """The bar of a span, left to right; empty when the log does not say when it began.

    What is open reaches to ``now``, or to the end of the axis.
    """
    if line.fold or (line.start is None and line.end is None):
        return []
    # An end whose start is lost is a mark where it ended.
    start = line.end if line.start is None else line.start
    end = line.end
    if end is None:
        end = axis.extent if now is None else now
    assert start is not None
    left = min(axis.x(start), axis.x(axis.extent) - THINNEST)
    right = max(axis.x(end), left + THINNEST)
    found: list[Piece] = []
    first = line.first_token
    if first is not None and first > start:
        answer = min(max(axis.x(first), left), right)
        if answer > left:
            found.append(Piece(left, answer - left, Tint.WAITING))
        left = answer
    if right > left:
        fading = line.end is None and line.status == OPEN
        found.append(Piece(left, right - left, Tint.FADING if fading else Tint.FULL))
    if line.status == ERROR:
        found.append(Piece(right - min(EDGE, right - found[0].x), EDGE, Tint.FAILED))
    return found
