"""Row A6, sort, filter and jump: the flat list of one run and of all, in the real viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.child import index_once, measure
from tests.bench.corpus import OTHERS, long_runs
from tests.bench.samples import Line, Samples, Step, at_most, millis, seconds

if TYPE_CHECKING:
    from pathlib import Path

_STEP = "flat list"


def steps(long: int, seed: int, cache: Path, place: Path) -> list[Step]:
    """What one round measures; ``place`` is where the index of the long runs lies, or will."""
    home = place / "long"

    def flat_list() -> dict[str, Any]:
        index_once(home, long_runs(seed, cache, long), long + OTHERS)
        return measure("flat_list", module="list_tasks", home=home, spans=long)

    return [Step(_STEP, frozenset({"A6"}), flat_list)]


def lines(samples: Samples, long: int) -> list[Line]:
    """What the samples say beside the targets."""
    out: list[Line] = []
    for which, what in (
        ("one", f"a run of {long:,} spans"),
        ("all", f"all runs, {long + OTHERS:,} spans"),
    ):
        if samples.best(_STEP, f"{which}_sort_first") is not None:
            out += _of(samples, which, what)
    return out


def _of(samples: Samples, which: str, what: str) -> list[Line]:
    def best(name: str) -> float | None:
        return samples.best(_STEP, f"{which}_{name}")

    gap = millis(samples.most(_STEP, f"{which}_gap_max"))
    return [
        *(_two(samples, which, what, name, words) for name, words in (
            ("sort", "sort by a column"), ("filter", "filter"),
        )),
        *(_whole(samples, which, what, name, words) for name, words in (
            ("sort", "sort by a column"), ("filter", "filter"),
        )),
        Line("A6", f"{what}: the same column again, the other way round: all of it painted",
             "≤ 200 ms", seconds(best("again_whole")),
             f"slowest column {seconds(best('again_whole_worst'))}", "",
             at_most(best("again_whole"), 0.2)),
        Line("A6", f"{what}, sorted: go to any row: painted with its text", "≤ 20 ms",
             seconds(best("jump_whole")),
             f"painted at all {seconds(best('jump'))}, worst of 30 {seconds(best('jump_worst'))}; "
             f"longest gap of the GUI thread in all this {gap}", "",
             at_most(best("jump_whole"), 0.02)),
    ]  # fmt: skip


def _two(samples: Samples, which: str, what: str, name: str, words: str) -> Line:
    first = samples.best(_STEP, f"{which}_{name}_first")
    worst = samples.best(_STEP, f"{which}_{name}_first_worst")
    beside = f"slowest of them {seconds(worst)}"
    ordered = samples.best(_STEP, f"{which}_{name}_sorted_first")
    if ordered is not None:
        beside += f"; of a list that is sorted by a column {seconds(ordered)}"
    return Line("A6", f"{what}: {words}: first screen painted with its text", "≤ 150 ms",
                seconds(first), beside, "", at_most(first, 0.15))  # fmt: skip


def _whole(samples: Samples, which: str, what: str, name: str, words: str) -> Line:
    whole = samples.best(_STEP, f"{which}_{name}_whole")
    worst = samples.best(_STEP, f"{which}_{name}_whole_worst")
    return Line("A6", f"{what}: {words}: full order behind it", "≤ 1.2 s", seconds(whole),
                f"slowest of them {seconds(worst)}", "", at_most(whole, 1.2))  # fmt: skip
