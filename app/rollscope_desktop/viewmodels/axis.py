"""The extent of a run in time, which the waterfall and every other view of the run share."""

from __future__ import annotations

from dataclasses import dataclass

from rollscope_desktop.model.rows import TIME, RunRow


@dataclass(frozen=True, slots=True)
class RunAxis:
    """``start`` is absolute (ns, or an event number where there are no times), ``length`` >= 1."""

    start: int = 0
    length: int = 1
    clock: int = TIME
    live: bool = False


def axis_of(run: RunRow, live: bool) -> RunAxis:
    """The axis of a run, as far as its log goes."""
    start = run.started or 0
    end = max(start, run.ended or start, run.last or start)
    return RunAxis(start, max(1, end - start), run.clock, live)
