"""Rows A6 and A9 where it is hard: very deep, one enormous message, very many live runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.child import index_once, measure
from tests.bench.hard import DEEP, HUGE, hard_runs
from tests.bench.samples import Line, Samples, Step, at_most, megabytes, millis, seconds

if TYPE_CHECKING:
    from pathlib import Path

_LIVE = 500
_RATE = 5_000
_VIEWS = ("tree", "timeline", "list", "conversation")


def steps(cache: Path, place: Path, brief: bool) -> list[Step]:
    """What one round measures."""
    home = place / "hard"

    def task(name: str, **more: Any) -> Any:
        def run() -> dict[str, Any]:
            index_once(home, hard_runs(cache), DEEP + 4)
            return measure(name, module="hard_tasks", **more)

        return run

    live = {"files": _LIVE, "rate": _RATE, "seconds": 4.0 if brief else 8.0}
    return [
        Step("deep run", frozenset({"A6"}), task("deep_run", home=home)),
        Step("huge message", frozenset({"A6"}), task("huge_message", home=home)),
        Step("live runs", frozenset({"A9"}),
             lambda: measure("many_live", module="hard_tasks", **live)),
    ]  # fmt: skip


def lines(samples: Samples) -> list[Line]:
    """What the samples say beside the targets."""
    return [*_deep(samples), *_huge(samples), *_live(samples)]


def _deep(samples: Samples) -> list[Line]:
    step = "deep run"
    opened = samples.best(step, "open")
    if opened is None:
        return []
    gap, worst = samples.best(step, "open_gap_max"), samples.best(step, "expand_gap_max")
    return [
        Line("A6", f"open a run that is {DEEP:,} deep: whole tree painted", "≤ 400 ms",
             seconds(opened), f"longest gap of the GUI thread {millis(gap)}", "",
             at_most(opened, 0.4)),
        Line("A6", "there, open every step and go to the deepest", "",
             seconds(samples.best(step, "expand")), f"longest gap {millis(worst)}"),
        Line("A6", "there, each view", "", _frames(samples, step), _view_gaps(samples, step)),
    ]  # fmt: skip


def _huge(samples: Samples) -> list[Line]:
    step = "huge message"
    opened = samples.best(step, "open")
    if opened is None:
        return []
    gap = samples.best(step, "inspector_gap_max")
    return [
        Line("A6", f"open a run with a message of {HUGE // 1_000_000} MB", "≤ 400 ms",
             seconds(opened), "", "", at_most(opened, 0.4)),
        Line("A9", "longest gap of the GUI thread while its calls are walked through in the "
             "inspector (best of the rounds)", "≤ 50 ms, aim 16", millis(gap),
             f"peak memory {megabytes(samples.most(step, 'peak_mb'))}, "
             f"{megabytes(samples.most(step, 'base_mb'))} before", "", at_most(gap, 50)),
        Line("A6", "there, each view", "", _frames(samples, step), _view_gaps(samples, step)),
    ]  # fmt: skip


def _live(samples: Samples) -> list[Line]:
    step = "live runs"
    gap = samples.best(step, "gap_max")
    if gap is None:
        return []
    return [
        Line("A9", f"longest gap of the GUI thread with {_LIVE} live runs (best of the rounds)",
             "≤ 50 ms, aim 16", f"{millis(gap)}, p99 {millis(samples.best(step, 'gap_p99'))}",
             f"{samples.middle(step, 'rate') or 0:,.0f} events/s came, the viewer used "
             f"{(samples.middle(step, 'busy') or 0) * 100:.0f} % of a core and held "
             f"{megabytes(samples.most(step, 'held_mb'))}; worst round "
             f"{millis(samples.most(step, 'gap_max'))}", "", at_most(gap, 50)),
    ]  # fmt: skip


def _frames(samples: Samples, step: str) -> str:
    said = [f"{key} {seconds(samples.best(step, f'{key}_frame'))}" for key in _VIEWS]
    return "a whole frame: " + ", ".join(said)


def _view_gaps(samples: Samples, step: str) -> str:
    said = [f"{key} {millis(samples.best(step, f'{key}_gap'))}" for key in _VIEWS]
    return "longest gap while it opens: " + ", ".join(said)
