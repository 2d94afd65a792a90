"""The extent of a run in time, which the waterfall and every other view of the run share."""

from __future__ import annotations

from dataclasses import dataclass

from rollscope_desktop.model.rows import TIME, RunRow


@dataclass(frozen=True, slots=True)
class RunAxis:
    """``start`` is absolute (ns, or an event number where there are no times), ``length`` >= 1.

    ``live``: more is to be expected. ``counting``: its process is known to run, and its length goes
    up to now. ``interrupted``: its program has left, and it had not ended.
    """

    start: int = 0
    length: int = 1
    clock: int = TIME
    live: bool = False
    counting: bool = False
    interrupted: bool = False


def axis_of(run: RunRow, live: bool, now: int | None = None) -> RunAxis:
    """The axis of a run as far as its log goes; up to ``now`` (absolute) if it is known to be at
    work still."""
    start = run.started or 0
    end = max(start, run.ended or start, run.last or start)
    counting = now is not None and run.clock == TIME and run.started is not None
    if now is not None and counting:
        end = max(end, now)
    return RunAxis(start, max(1, end - start), run.clock, live, counting, run.cut_off)
