"""What the rows of the SDK have in common: the tool that is called, and how calls are compared."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

BATCHES = 30
PER_RUN = 200  # spans of a run: some peers grow slower with their number
QUESTION = "how warm is it in the capital of France"
_HITS = [{"title": f"Weather of Paris, part {i}", "score": 0.5, "words": 120} for i in range(3)]


def search(query: str, limit: int = 3) -> dict[str, Any]:
    """The tool that is called: input and output of a usual size, 250 bytes as JSON."""
    return {"query": query, "hits": _HITS[:limit]}


def by_turns(*calls: Callable[[], object], batches: int, size: int) -> Iterator[list[float]]:
    """Seconds that one call of each takes; batch by batch, each first in turn."""
    for number in range(batches):
        took = [0.0] * len(calls)
        for turn in range(len(calls)):
            which = (number + turn) % len(calls)
            call = calls[which]
            began = time.perf_counter()
            for _ in range(size):
                call()
            took[which] = (time.perf_counter() - began) / size
        gc.collect()
        yield took


def medians(names: tuple[str, ...], batches: list[list[float]]) -> dict[str, float]:
    """Medians in microseconds; what each adds to the first of them."""
    first, *others = zip(*batches, strict=True)
    said = {names[0]: statistics.median(first) * 1e6}
    for name, took in zip(names[1:], others, strict=True):
        added = [a - b for a, b in zip(took, first, strict=True)]
        said[name] = statistics.median(added) * 1e6
    return said
