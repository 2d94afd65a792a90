"""When nothing was at work in a run, and how much was at a time.

At work is a span with nothing inside it: what contains others waits for them. Imports numpy, so it
is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.query.outline import Outline
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.structure import Int64
from rollscope_desktop.query.timeline.lanes import FAR, times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.model.viewport import Gap

IDLE: Final = 2_000_000_000
"""Nanoseconds: a longer pause is a gap."""

_BINS = 1_500


@dataclass(frozen=True, slots=True)
class Overview:
    """How much was at work between two of ``edges`` each (moments relative to the axis; one more
    than the others): the mean number of spans at once, and whether one that failed ended there."""

    edges: NDArray[np.float64]
    busy: NDArray[np.float32]
    failed: NDArray[np.bool_]


def gaps_of(outline: Outline, zero: int, length: int, live: bool) -> Job[tuple[Gap, ...]]:
    """Pauses of more than two seconds, relative to ``zero``. What comes after the last step of a
    live run is no gap: it may yet be filled."""
    begin, end, _ = _at_work(outline, zero, length)
    yield Progress(1, 2)
    if not len(begin):
        return ()
    order = np.argsort(begin, kind="stable")
    begin, until = begin[order], np.maximum.accumulate(end[order])
    first = np.concatenate(([0], until))
    last = np.append(begin, first[-1] if live else length)
    idle = np.flatnonzero(last - first > IDLE)
    return tuple(zip(first[idle].tolist(), last[idle].tolist(), strict=True))


def overview_of(outline: Outline, zero: int, length: int, gaps: tuple[Gap, ...]) -> Job[Overview]:
    """How much was at work all along the axis; gaps are skipped."""
    begin, end, failed = _at_work(outline, zero, length)
    yield Progress(1, 2)
    known = [0, *(moment for gap in gaps for moment in gap), length]
    took = [last - first for first, last in pairwise(known)]
    took[1::2] = [0] * len(gaps)
    at_work = np.cumsum([0, *took])
    total = max(int(at_work[-1]), 1)
    knots = np.array(known, np.float64)
    # Where an edge of a bin lies: back from time at work to time. Of a gap, its end.
    edges = np.interp(
        np.linspace(0, total, _BINS + 1), at_work + np.arange(len(at_work)) * 1e-9 * total, knots
    )
    left = np.interp(begin, knots, at_work) * (_BINS / total)
    right = np.interp(end, knots, at_work) * (_BINS / total)
    yield Progress(2, 2)
    busy = _covered(left, right)
    last = np.minimum(right[failed].astype(np.int64), _BINS - 1)
    marks = np.bincount(last, minlength=_BINS) > 0
    return Overview(edges, busy.astype(np.float32), marks)


def _at_work(outline: Outline, zero: int, length: int) -> tuple[Int64, Int64, NDArray[np.bool_]]:
    known = times(outline)
    leaf = (outline.children == 0) & (known.begin != FAR)
    begin = np.clip(known.begin[leaf] - zero, 0, length)
    end = np.where(known.end[leaf] == FAR, length, known.end[leaf] - zero)
    failed = outline.structure.status[leaf] == ERROR
    return begin, np.clip(end, begin, length), failed


def _covered(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many intervals cover each bin of one unit, on average."""
    # The integral of a step up at ``left`` and of one down at ``right``, differentiated by bins.
    total = np.zeros(_BINS + 2)
    for edge, sign in ((left, 1.0), (right, -1.0)):
        at = np.minimum(edge.astype(np.int64), _BINS)
        total += sign * np.bincount(at, at + 1 - edge, minlength=_BINS + 2)
        total += sign * np.bincount(at + 1, edge - at, minlength=_BINS + 2)
    return np.maximum(np.cumsum(total)[:_BINS], 0)
