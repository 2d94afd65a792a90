"""What several runs come to together: of a group, or of those that are selected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.rows import TIME

if TYPE_CHECKING:
    from rollscope_desktop.query.runs import RunHead


@dataclass(frozen=True, slots=True)
class Sums:
    """``lasted`` adds up how long each run took; ``first`` and ``last`` are when the earliest began
    and the latest ended (None without times). ``rewarded`` counts the runs that have a reward."""

    runs: int = 0
    failed: int = 0
    spans: int = 0
    errors: int = 0
    lasted: int = 0
    first: int | None = None
    last: int | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: int = 0
    saved: int = 0
    rewarded: int = 0
    mean: float | None = None
    best: float | None = None
    worst: float | None = None


def sums_of(heads: Iterable[RunHead]) -> Sums:
    """What these runs come to."""
    heads = list(heads)
    rewards = [h.reward for h in heads if h.reward is not None and isfinite(h.reward)]
    firsts = [h.started for h in heads if h.started is not None and h.clock == TIME]
    lasts = [end for h in heads if h.clock == TIME and (end := until(h)) is not None]
    return Sums(
        runs=len(heads),
        failed=sum(h.status == ERROR for h in heads),
        spans=sum(h.spans for h in heads),
        errors=sum(h.errors for h in heads),
        lasted=sum(max(lasted(h), 0) for h in heads if h.clock == TIME),
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        tokens_in=sum(h.tokens_in for h in heads),
        tokens_out=sum(h.tokens_out for h in heads),
        cost=sum(h.cost for h in heads),
        saved=sum(h.saved for h in heads),
        rewarded=len(rewards),
        mean=sum(rewards) / len(rewards) if rewards else None,
        best=max(rewards, default=None),
        worst=min(rewards, default=None),
    )


def until(head: RunHead) -> int | None:
    """When a run ended, or was last heard of."""
    return head.ended if head.ended is not None else head.last


def lasted(head: RunHead) -> int:
    """How long a run took, in the units of its clock; -1 when that is not known."""
    end = until(head)
    return -1 if head.started is None or end is None else end - head.started
