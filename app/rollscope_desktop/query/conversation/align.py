"""What a model call was sent beyond what the one before had: pure, for any kind of messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a list of messages goes on from the one before it.

    The first ``kept`` are the same in both. Then ``dropped`` of the ones before are left out, and
    ``now[kept:inserted]`` stands in their place; what follows is again the same in both, up to
    ``fresh``, from where on everything is new.
    """

    kept: int
    dropped: int
    inserted: int
    fresh: int


def align(before: Sequence[Any], now: Sequence[Any]) -> Alignment:
    """Find what two lists have in common: their beginning, and the end of ``before``."""
    kept = 0
    for one, other in zip(before, now, strict=False):
        if one is not other and one != other:
            break
        kept += 1
    left = len(before) - kept
    if not left:
        return Alignment(kept, 0, kept, kept)
    # The last message of before may come again; the nearest to the end is the one that is meant.
    for end in range(len(now) - 1, kept - 1, -1):
        if now[end] != before[-1]:
            continue
        same = 1
        while same < left and end - same >= kept and now[end - same] == before[-1 - same]:
            same += 1
        return Alignment(kept, left - same, end - same + 1, end + 1)
    return Alignment(kept, left, len(now), len(now))
