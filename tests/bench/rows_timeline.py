"""Row A7: what a frame of the timeline costs at every zoom, beside a picture that is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.child import index_once, measure
from tests.bench.corpus import OTHERS, long_runs
from tests.bench.samples import Line, Samples, Step, at_most, millis, seconds, times

if TYPE_CHECKING:
    from pathlib import Path

_STEP = "timeline"
_MOST = 12.0  # milliseconds


def steps(long: int, seed: int, cache: Path, place: Path) -> list[Step]:
    """What one round measures; ``place`` is where the index of the long runs lies, or will."""

    def timeline() -> dict[str, Any]:
        index = index_once(place / "long", long_runs(seed, cache, long), long + OTHERS)
        return measure("frames", module="timeline_tasks", index=index, spans=long)

    return [Step(_STEP, frozenset({"A7"}), timeline)]


def lines(samples: Samples, long: int) -> list[Line]:
    """What the samples say beside the targets."""
    frame = samples.middle(_STEP, "frame_worst_zoom")
    if frame is None:
        return []
    worst, cold = samples.most(_STEP, "frame_worst"), samples.most(_STEP, "frame_cold")
    usual, blit = samples.middle(_STEP, "frame"), samples.middle(_STEP, "blit")
    ratio = samples.ratio(_STEP, _STEP, "frame_worst_zoom", "blit")
    zooms, rows = samples.most(_STEP, "zooms"), samples.most(_STEP, "rows")
    return [
        Line("A7", f"timeline of {long:,} spans, 1400 x 900, labels on: a frame at the slowest of "
             f"{zooms:.0f} zooms", f"≤ {_MOST:.0f} ms, ≤ 6x a ready picture of 1.3 ms",
             f"{millis(frame)}; half of the zooms within {millis(usual)}, slowest frame "
             f"{millis(worst)}, the first at a zoom {millis(cold)}",
             f"ready picture {millis(blit)}", times(ratio), at_most(frame, min(_MOST, 6 * 1.3))),
        Line("A7", f"its {rows:.0f} lanes arranged, on the worker", "≤ 1.5 s",
             seconds(samples.middle(_STEP, "arranged")),
             f"{samples.most(_STEP, 'kept') or 0:.1f} bytes a span kept", "",
             at_most(samples.middle(_STEP, "arranged"), 1.5)),
        Line("A7", "sum of a range; critical path", "", seconds(samples.middle(_STEP, "sums"))
             + "; " + seconds(samples.middle(_STEP, "path"))),
    ]  # fmt: skip
