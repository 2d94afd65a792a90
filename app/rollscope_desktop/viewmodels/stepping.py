"""Where the playhead goes next: the events of a run before and after a moment, and playing on.

Pure. An event is the start or the end of a span, or a mark. Moments are relative to ``zero``, the
start of the run's axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import ERROR

if TYPE_CHECKING:
    from rollscope_desktop.query.structure import Int64, Structure

IDLE = 2_000_000_000
"""Nanoseconds without an event from which on nobody waits for the next one."""
HOP = 600_000_000
"""Nanoseconds that going over so long a gap takes, however long it is."""


def moment_after(run: Structure, marks: Int64 | None, zero: int, at: int) -> int | None:
    """The first event after a moment."""
    found = [_least(run.start, zero + at), _least(run.end, zero + at)]
    moments = [time - zero for time in found if time is not None]
    if marks is not None:
        low = int(marks.searchsorted(at, side="right"))
        moments += [int(time) for time in marks[low : low + 1]]
    return min(moments, default=None)


def moment_before(run: Structure, marks: Int64 | None, zero: int, at: int) -> int | None:
    """The last event before a moment."""
    found = [_most(run.start, zero + at), _most(run.end, zero + at)]
    moments = [time - zero for time in found if time is not None]
    if marks is not None:
        low = int(marks.searchsorted(at))
        moments += [int(time) for time in marks[max(low - 1, 0) : low]]
    return max(moments, default=None)


def error_beside(run: Structure, zero: int, at: int, by: int) -> tuple[int, int] | None:
    """The next (``by`` > 0) or previous moment at which a span failed, and that span's index.

    Of several that failed at that moment, the one that came last: mostly the innermost began last.
    """
    import numpy as np

    from rollscope_desktop.query.structure import NONE

    failed = np.flatnonzero(run.status == ERROR)
    when = np.where(run.end[failed] == NONE, run.start[failed], run.end[failed])
    known = when != NONE
    failed, when = failed[known], when[known]
    moment = _least(when, zero + at) if by > 0 else _most(when, zero + at)
    if moment is None:
        return None
    return moment - zero, int(failed[np.flatnonzero(when == moment)[-1]])


def steps_until(run: Structure, zero: int, at: int) -> int:
    """How many spans had begun at a moment; one whose start is lost counts from its end."""
    import numpy as np

    from rollscope_desktop.query.structure import NONE

    begun = int(np.count_nonzero(run.start <= zero + at))
    return begun - int(np.count_nonzero((run.start == NONE) & (run.end > zero + at)))


def play_on(at: int, elapsed: int, speed: float, since: int, coming: int) -> int:
    """Where the playhead is ``elapsed`` ns later, between the moment it passes ``since`` and the
    event that is ``coming``; a long gap is gone over quickly, but not beyond its end."""
    far = round(elapsed * speed)
    gap = coming - since
    if gap > IDLE:
        hop = max(far, -(-gap * elapsed // HOP))
        return max(min(at + hop, coming), at + 1)
    return at + max(far, 1)


def _least(times: Int64, above: int) -> int | None:
    later = times[times > above]
    return int(later.min()) if len(later) else None


def _most(times: Int64, below: int) -> int | None:
    from rollscope_desktop.query.structure import NONE

    earlier = times[times < below]
    found = int(earlier.max()) if len(earlier) else NONE
    return None if found == NONE else found
