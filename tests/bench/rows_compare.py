"""Row D2: two runs of 10,000 steps beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.child import measure
from tests.bench.compare_tasks import SHAPES
from tests.bench.samples import Line, Samples, Step, at_most, seconds

if TYPE_CHECKING:
    from pathlib import Path

ROWS = ("D2",)
_STEPS, _FEWER = 10_000, 1_000


def steps(cache: Path, brief: bool) -> list[Step]:
    """What one round measures; the logs are made once and kept in ``cache``."""
    return [_step(shape, cache, _FEWER if brief else _STEPS) for shape in SHAPES]


def _step(shape: str, cache: Path, count: int) -> Step:
    def run() -> dict[str, Any]:
        home = cache / f"compare-{shape}-{count}"
        index = home / "index.db"
        if not index.exists():
            measure("write", module="compare_tasks", shape=shape, folder=home / "logs", steps=count)
            measure("index", folder=home / "logs", index=index)
        return measure("compare", module="compare_tasks", index=index)

    return Step(f"compare {shape}", frozenset(ROWS), run)


def lines(samples: Samples) -> list[Line]:
    """What the samples say beside the targets."""
    found = []
    for shape, what in SHAPES.items():
        step = f"compare {shape}"
        whole, first = samples.best(step, "seconds"), samples.best(step, "first")
        if whole is None:
            continue
        count = int(samples.most(step, "steps") or 0)
        found += [
            Line("D2", f"two runs of {count:,} steps, {what}: aligned with their contents (best of "
                 "the rounds)", "≤ 2 s", seconds(whole),
                 f"reading the contents {seconds(samples.best(step, 'reading'))}, peak memory "
                 f"{samples.most(step, 'peak_mb') or 0:.0f} MB", "", at_most(whole, 2.0)),
            Line("D2", f"{what}: where they first part (best of the rounds)", "≤ 0.3 s",
                 seconds(first), f"at step {int(samples.most(step, 'step') or 0):,}", "",
                 at_most(first, 0.3)),
        ]  # fmt: skip
    return found
