"""Row A8: the delay of live events under four loads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bench.live import LOADS, Load, follow, tail
from tests.bench.samples import Line, Samples, Step, at_most, millis, scaled

# p50 and p99 in ms that are aimed at, and the p50 of the bare tail where they were set.
_TARGETS: dict[str, tuple[float, float | None, float]] = {
    "one": (3, None, 0.3),
    "5k": (5, 40, 0.3),
    "50k": (60, 250, 21),
    "50k in 25s": (5, 25, 0.3),
}
_WORDS = {
    "one": "one event at a time",
    "5k": "5,000 events/s over 100 files",
    "50k": "50,000 events/s over 100 files, one line a write",
    "50k in 25s": "50,000 events/s over 100 files, 25 lines a write",
}


def steps(seconds: float | None) -> list[Step]:
    """The engine and, beside it, a bare tail; ``seconds`` for each load instead of its own."""

    def run(how: Callable[[Load, float], dict[str, Any]], load: Load) -> Callable[[], Any]:
        return lambda: how(load, seconds or load.seconds)

    out = []
    for load in LOADS:
        out.append(Step(f"tail {load.name}", frozenset({"A8"}), run(tail, load)))
        out.append(Step(f"live {load.name}", frozenset({"A8"}), run(follow, load)))
    return out


def lines(samples: Samples) -> list[Line]:
    """What the samples say beside the targets, best of the rounds; a lost event spoils its line."""
    out = []
    for load in LOADS:
        live, bare = f"live {load.name}", f"tail {load.name}"
        if not samples.of(live, "p50"):
            continue
        p50, p99 = samples.best(live, "p50"), samples.best(live, "p99")
        lost = round(sum(samples.of(live, "lost")))
        events = round(sum(samples.of(live, "events")))
        tail50, tail99 = samples.best(bare, "p50"), samples.best(bare, "p99")
        aim50, aim99, there = _TARGETS[load.name]
        good = at_most(p50, scaled(aim50, tail50, there))
        if aim99 is not None:
            good = good and at_most(p99, scaled(aim99, tail50, there))
        target = f"p50 ≤ {aim50:g} ms" + ("" if aim99 is None else f", p99 ≤ {aim99:g} ms")
        overflows = round(sum(samples.of(bare, "overflows")))
        out.append(
            Line("A8", f"write → committed: {_WORDS[load.name]}", target,
                 f"p50 {millis(p50)}, p99 {millis(p99)}; {lost} of {events:,} lost",
                 f"bare tail p50 {millis(tail50)}, p99 {millis(tail99)}"
                 + (f", {overflows} overflows" if overflows else ""),
                 "", good and lost == 0)
        )  # fmt: skip
    return out
