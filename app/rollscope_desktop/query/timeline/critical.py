"""The critical path of a run: at each moment the step that its end was waiting for.

From the end backwards: of the steps inside another, the one that ended last is what it waited for;
before that one began, the one that had ended last then; what lies between is the outer step's own.
Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np

from rollscope_desktop.query.outline import Outline
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.structure import NONE, Int32, Int64
from rollscope_desktop.query.timeline.lanes import FAR, times

_OFTEN = 20_000


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """Pieces of spans, ascending and without overlap; moments are absolute."""

    index: Int32
    begin: Int64
    end: Int64

    def __len__(self) -> int:
        return len(self.index)


def critical_path_of(outline: Outline, latest: int) -> Job[CriticalPath]:
    """The critical path; what has not ended counts as ending at ``latest``."""
    known = times(outline)
    begin = known.begin
    end = np.where(known.end == FAR, np.maximum(latest, begin), known.end)
    end[known.end == NONE] = NONE
    yield Progress(1, 3, "Finding the critical path")
    # All indexes by parent, and of each parent by end.
    by_end = np.argsort(end, kind="stable")
    order = by_end[np.argsort(outline.parent[by_end], kind="stable")]
    groups = outline.parent[order]
    count = len(order)
    first = np.append(np.searchsorted(groups, np.arange(-1, count)), count).data
    yield Progress(2, 3, "Finding the critical path")
    inner, starts, ends = order.data, begin.data, end.data
    del by_end, groups
    # Integers in arrays: a path may have as many pieces as the run has spans.
    which, begins, stops = array("q"), array("q"), array("q")

    def found(span: int, begin: int, end: int) -> None:
        which.append(span)
        begins.append(begin)
        stops.append(end)

    # Each entry: a span (-1: the run), the moment up to which it is told, its own begin, and where
    # its next child is to be looked for, going back.
    top = int(end.max(initial=NONE))
    waiting = [[-1, top, NONE, first[1] - 1]] if count and top > NONE else []
    steps = 0
    while waiting:
        steps += 1
        if steps % _OFTEN == 0:
            yield Progress(0, 0, "Finding the critical path")
        entry = waiting[-1]
        span, until, since, at = entry
        low = first[span + 1]
        child = -1
        while at >= low:
            child = inner[at]
            at -= 1
            if starts[child] < until and ends[child] > since and starts[child] < ends[child]:
                break
            child = -1
        entry[3] = at
        if child < 0:
            if span >= 0 and until > since:
                found(span, since, until)
            waiting.pop()
            continue
        stop = min(ends[child], until)
        if span >= 0 and stop < until:
            found(span, stop, until)
        start = max(starts[child], since)
        entry[1] = start
        waiting.append([child, stop, start, first[child + 2] - 1])
    backwards = [np.array(one, np.int64)[::-1] for one in (which, begins, stops)]
    return CriticalPath(backwards[0].astype(np.int32), backwards[1], backwards[2])
