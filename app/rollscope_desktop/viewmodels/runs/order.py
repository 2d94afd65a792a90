"""The orders of the run list: what is compared, of one run and of several together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.rows import TIME
from rollscope_desktop.viewmodels.runs.sums import lasted

if TYPE_CHECKING:
    from rollscope_desktop.query.runs import RunHead


def when(head: RunHead) -> int:
    """The moment by which a run stands in the list.

    A run without times counts from when its log was written.
    """
    moment = head.started if head.clock == TIME else head.touched
    return moment or head.touched or 0


def _reward(head: RunHead) -> float:
    return float("-inf") if head.reward is None or head.reward != head.reward else head.reward


ORDERS: dict[str, tuple[str, Callable[[RunHead], Any]]] = {
    "newest": ("Newest first", when),
    "duration": ("Longest first", lasted),
    "cost": ("Most expensive first", lambda head: head.cost),
    "tokens": ("Most tokens first", lambda head: head.tokens),
    "reward": ("Highest reward first", _reward),
    "errors": ("Most errors first", lambda head: (head.errors, head.status == ERROR)),
    "name": ("By name", lambda head: (head.name or "\U0010ffff").casefold()),
}
"""How the list may be ordered: id, title for people, and what is compared."""


def in_order(heads: list[RunHead], order: str) -> list[RunHead]:
    """The runs in this order; those that are equal in it, newest first."""
    heads = sorted(heads, key=lambda head: (when(head), head.id), reverse=True)
    if order != "newest":
        heads.sort(key=ORDERS[order][1], reverse=order != "name")
    return heads
