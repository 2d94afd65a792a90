"""Rows A2, A3, A6, A8 and A9 as far as a person sees them: the real viewer with a real engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.child import index_once, measure
from tests.bench.corpus import OTHERS, long_runs
from tests.bench.samples import (
    Line,
    Samples,
    Step,
    at_most,
    megabytes,
    millis,
    scaled,
    seconds,
    times,
)
from tests.bench.starts import starts

if TYPE_CHECKING:
    from tests.bench.corpus import Corpus

_OPENINGS = 3  # of either run in a round
_STARTS = 5  # of either window in a round
_EMPTY_WINDOW = 0.20  # seconds, where the target was set


def steps(
    runlog: Corpus, long: int, seed: int, cache: Path, place: Path, brief: bool
) -> list[Step]:
    """What one round measures; ``long`` spans are in the largest run that is opened."""
    home = place / "long"

    def task(name: str, **more: Any) -> Callable[[], dict[str, Any]]:
        return lambda: measure(name, module="viewer_tasks", **more)

    def open_runs() -> dict[str, Any]:
        index_once(home, long_runs(seed, cache, long), long + OTHERS)
        return measure("open_runs", module="viewer_tasks", home=home, spans=long, times=_OPENINGS)

    def step(name: str, rows: str, run: Callable[[], dict[str, Any]]) -> Step:
        return Step(name, frozenset(rows.split()), run)

    storm = {"load": "50k", "seconds": 4.0 if brief else 8.0}
    listing = task("list_on_screen", folder=runlog.folder, runs=runlog.files)
    return [
        step("list on screen", "A2", listing),
        step("open runs", "A3 A6", open_runs),
        step("live on screen", "A8", task("live_on_screen", load="one", seconds=6.0)),
        step("ticks alone", "A9", task("ticks_alone", **storm)),
        step("storm", "A9", task("live_on_screen", **storm)),
        step("windows", "A9", lambda: starts(_STARTS)),
        step("idle", "H3", task("idle", files=1000, seconds=5.0 if brief else 10.0)),
    ]


def lines(samples: Samples, long: int) -> list[Line]:
    """What the samples say beside the targets."""
    return [
        *_listing(samples),
        *_memory(samples, long),
        *_opening(samples, long),
        *_live(samples),
        *_start(samples),
        *_gaps(samples),
        *_idle(samples),
    ]


def _listing(samples: Samples) -> list[Line]:
    step = "list on screen"
    if samples.middle(step) is None:
        return []
    ratio, first = samples.ratio(step, "L"), samples.best(step, "first_100")
    limit = f"L {seconds(samples.middle('L'))}"
    gap, work = samples.most(step, "gap_max"), samples.most(step, "gap_work")
    return [
        Line("A2", "on screen: run list complete, and sorted by duration", "≤ 1.0 L",
             f"{seconds(samples.middle(step))}, {seconds(samples.middle(step, 'complete'))} of it "
             "until it is complete", limit, times(ratio), at_most(ratio, 1.0)),
        Line("A2", "on screen: first 100 runs (best of the rounds)", "≤ 0.3 s", seconds(first),
             limit, "", at_most(first, 0.3)),
        Line("A2", "longest gap of the GUI thread meanwhile and 2 s beyond", "",
             f"{millis(gap)}, at work {millis(work)}"),
    ]  # fmt: skip


def _memory(samples: Samples, long: int) -> list[Line]:
    step = "open runs"
    peak = samples.most(step, "peak_mb")
    if peak is None:
        return []
    base, opened = samples.most(step, "base_mb"), samples.most(step, "open_mb")
    return [
        Line("A3", f"peak memory of the viewer, a run of {long:,} spans opened {_OPENINGS} times "
             "and walked through", "≤ 250 MB",
             f"{megabytes(peak)}; {megabytes(opened)} after it was first opened",
             f"the same with a run of 20 spans (window, numpy): {megabytes(base)}", "",
             at_most(peak, 250)),
    ]  # fmt: skip


def _opening(samples: Samples, long: int) -> list[Line]:
    step = "open runs"
    out = []
    for kind, what, most in (("short", "10,000 spans", 60), ("long", f"{long:,} spans", 400)):
        first, whole = samples.best(step, f"{kind}_first"), samples.middle(step, f"{kind}_whole")
        if first is None:
            continue
        gap = samples.most(step, f"{kind}_gap_max")
        out.append(
            Line("A6", f"open a run of {what}: first paint with its lines (best of the rounds)",
                 f"≤ {most} ms", seconds(first),
                 f"whole tree painted after {seconds(whole)}; longest gap of the GUI thread "
                 f"meanwhile {millis(gap)}", "", at_most(first, most / 1000))
        )  # fmt: skip
    jump = samples.best(step, "jump_whole")
    if jump is not None:
        out.append(
            Line("A6", "there, go to any step, wherever it is folded away: painted with its text",
                 "≤ 20 ms", seconds(jump),
                 f"painted at all {seconds(samples.best(step, 'jump'))}; worst of 30 "
                 f"{seconds(samples.most(step, 'jump_worst'))}", "", at_most(jump, 0.02))
        )  # fmt: skip
        scroll = samples.best(step, "scroll_whole")
        rows = samples.middle(step, "rows") or 0
        out.append(
            Line("A6", f"the same by scroll bar, everything expanded ({rows:,.0f} lines)",
                 "≤ 20 ms", seconds(scroll),
                 f"painted at all {seconds(samples.best(step, 'scroll'))}; expanding everything "
                 f"{seconds(samples.middle(step, 'expand'))}", "", at_most(scroll, 0.02))
        )  # fmt: skip
    return out


def _live(samples: Samples) -> list[Line]:
    step = "live on screen"
    p50, p99 = samples.best(step, "screen_p50"), samples.best(step, "screen_p99")
    if p50 is None or p99 is None:
        return []
    commit = samples.best("live one", "p50") or 0.0
    beyond = p50 - commit, p99 - commit
    model = samples.best(step, "model_p50")
    return [
        Line("A8", "write → painted in the tree, one event at a time; beyond the commit",
             "p50 ≤ 50 ms", f"p50 {millis(beyond[0])}, p99 {millis(beyond[1])}",
             f"in all p50 {millis(p50)}, p99 {millis(p99)} (in the model p50 {millis(model)}); "
             f"committed p50 {millis(commit)}", "", at_most(beyond[0], 50)),
    ]  # fmt: skip


def _start(samples: Samples) -> list[Line]:
    ratio = samples.ratio("windows", "windows", "seconds", "empty")
    if ratio is None:
        return []
    empty = samples.middle("windows", "empty")
    return [
        Line("A9", "window on screen from process start", "≤ 2× an empty QMainWindow",
             seconds(samples.middle("windows")), f"empty QMainWindow {seconds(empty)}",
             times(ratio), at_most(ratio, 2.0)),
    ]  # fmt: skip


def _gaps(samples: Samples) -> list[Line]:
    gap, p99 = samples.best("storm", "gap_max"), samples.best("storm", "gap_p99")
    if gap is None:
        return []
    worst, long = samples.most("storm", "gap_max"), sum(samples.of("storm", "gaps_50"))
    rate, busy = samples.middle("storm", "rate"), samples.middle("storm", "busy")
    late = samples.best("storm", "screen_p50")
    alone = samples.best("ticks alone", "gap_max")
    most = scaled(50, samples.best("windows", "empty"), _EMPTY_WINDOW)
    return [
        Line("A9", "longest gap of the GUI thread while 50,000 events/s arrive (best of the "
             "rounds)", "≤ 50 ms, aim 16", f"{millis(gap)}, p99 {millis(p99)}",
             f"an idle event loop beside the same {millis(alone)}; worst round {millis(worst)}, "
             f"{long:.0f} over 50 ms in all; {rate or 0:,.0f} events/s came, the viewer used "
             f"{(busy or 0) * 100:.0f} % of a core, steps of the open run were painted after "
             f"p50 {millis(late)}", "", at_most(gap, most)),
    ]  # fmt: skip


def _idle(samples: Samples) -> list[Line]:
    viewer, engine = samples.middle("idle", "viewer"), samples.middle("idle", "engine")
    if viewer is None or engine is None:
        return []
    held = (samples.most("idle", "viewer_mb") or 0) + (samples.most("idle", "engine_mb") or 0)
    return [
        Line("H3", "idle, 1,000 files watched, from source (judged with the bundle)", "",
             f"viewer {viewer * 100:.2f} %, engine {engine * 100:.2f} % of a core; together "
             f"{megabytes(held)}"),
    ]  # fmt: skip
