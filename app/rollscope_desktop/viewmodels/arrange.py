"""Puts runs in order for the list: live ones on top, days, groups of chains, attempts, forks.

Pure: heads of runs in, entries out. Runs in a job, because a list may be long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.viewmodels.states import is_live

if TYPE_CHECKING:
    from rollscope_desktop.query.runs import RunHead


@dataclass(slots=True)
class Entry:
    """One line of the arranged list, open or not; ``key`` names it across arrangements.

    ``run`` is None for a heading. ``inside`` counts the entries below it, ``runs`` the runs.
    """

    key: str
    depth: int
    run: RunHead | None = None
    title: str = ""
    detail: str = ""
    attempts: int = 0
    inside: int = 0
    runs: int = 0
    open: bool = True


@dataclass(slots=True)
class _Node:
    entry: Entry
    inner: list[_Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """All entries, those inside another right after it; and the range of rewards among the runs."""

    entries: list[Entry]
    rewards: tuple[float, float] | None
    order: str


def _lasted(head: RunHead) -> int:
    until = head.ended if head.ended is not None else head.last
    return -1 if head.started is None or until is None else until - head.started


ORDERS: dict[str, tuple[str, Callable[[RunHead], Any]]] = {
    "newest": ("Newest first", lambda head: _when(head)),
    "duration": ("Longest first", _lasted),
    "cost": ("Most expensive first", lambda head: head.cost),
    "tokens": ("Most tokens first", lambda head: head.tokens),
    "reward": ("Highest reward first", lambda head: _reward(head)),
    "errors": ("Most errors first", lambda head: (head.errors, head.status == ERROR)),
    "name": ("By name", lambda head: (head.name or "\U0010ffff").casefold()),
}
"""How the list may be ordered: id, title for people, and what is compared."""


def arrange(heads: Iterable[RunHead], order: str, now: int) -> Arrangement:
    """The list in this order. Only the newest-first list has headings; the others are flat."""
    heads = list(heads)
    rewards = [head.reward for head in heads if head.reward is not None]
    span = (min(0.0, *rewards), max(rewards)) if rewards else None
    if order != "newest":
        compared = ORDERS[order][1]
        heads.sort(key=_when, reverse=True)
        heads.sort(key=compared, reverse=order != "name")
        counts = _attempts(heads)
        flat = [
            Entry(f"run:{h.id}", 0, h, attempts=counts.get(_rollout(h), 0), runs=1) for h in heads
        ]
        return Arrangement(flat, span, order)
    heads.sort(key=lambda head: (_when(head), head.id), reverse=True)
    entries: list[Entry] = []
    for node in _sections(_units(heads), now):
        _flatten(node, 0, entries)
    return Arrangement(entries, span, order)


def _when(head: RunHead) -> int:
    # A run without times counts from when its log was written.
    moment = head.started if head.clock == 0 else head.touched
    return moment or head.touched or 0


def _reward(head: RunHead) -> float:
    return float("-inf") if head.reward is None or head.reward != head.reward else head.reward


def _rollout(head: RunHead) -> tuple[str, str] | None:
    return None if head.rollout is None else (head.format, head.rollout)


def _attempts(heads: Iterable[RunHead]) -> dict[tuple[str, str] | None, int]:
    counts: dict[tuple[str, str] | None, int] = {}
    for head in heads:
        if (rollout := _rollout(head)) is not None:
            counts[rollout] = counts.get(rollout, 0) + 1
    return counts


def _units(heads: list[RunHead]) -> list[_Node]:
    """A node per rollout or run, forks and earlier attempts inside, chains of a group together."""
    counts = _attempts(heads)
    leads: dict[tuple[str, str], RunHead] = {}
    for head in heads:
        rollout = _rollout(head)
        if rollout is not None and counts[rollout] > 1:
            lead = leads.get(rollout)
            if lead is None or _turn(head) > _turn(lead):
                leads[rollout] = head
    nodes = {h.id: _Node(Entry(f"run:{h.id}", 0, h, runs=1)) for h in heads}
    homes = _homes(heads, leads)
    tops: list[_Node] = []
    groups: dict[tuple[str, int | None], _Node] = {}
    for head in heads:
        node = nodes[head.id]
        rollout = _rollout(head)
        lead = None if rollout is None else leads.get(rollout)
        if lead is not None:
            node.entry.attempts = counts[rollout]
        home = homes[head.id]
        if home is not None and not _circles(head.id, homes):
            nodes[home].inner.append(node)
            # Forks are seen, earlier attempts are not.
            nodes[home].entry.open = lead is None or lead is head
        elif head.group_id is not None:
            _into_group(head, node, groups, tops)
        else:
            tops.append(node)
    for group in groups.values():
        _describe(group)
    return tops


def _turn(head: RunHead) -> tuple[int, int, int]:
    return (head.attempt or 0, _when(head), head.id)


def _homes(heads: list[RunHead], leads: dict[tuple[str, str], RunHead]) -> dict[int, int | None]:
    """The run that each run stands in: that of the last attempt, or the one it was forked from."""
    by_key = {head.key: head.id for head in heads}
    homes: dict[int, int | None] = {}
    for head in heads:
        rollout = _rollout(head)
        lead = None if rollout is None else leads.get(rollout, head)
        if lead is not None and lead is not head:
            homes[head.id] = lead.id
        else:
            homes[head.id] = by_key.get(head.fork_of) if head.fork_of else None
    return homes


def _circles(id: int, homes: dict[int, int | None]) -> bool:
    """Whether a run would come to stand in itself: logs may claim anything."""
    seen = set()
    at: int | None = id
    while at is not None:
        if at in seen:
            return at == id
        seen.add(at)
        at = homes[at]
    return False


def _into_group(
    head: RunHead, node: _Node, groups: dict[tuple[str, int | None], _Node], tops: list[_Node]
) -> None:
    key = (head.group_id or "", head.group_index)
    group = groups.get(key)
    if group is None:
        entry = Entry(f"group:{key[0]}:{key[1]}", 0, title=_group_title(head), open=False)
        group = groups[key] = _Node(entry)
        tops.append(group)
    group.inner.append(node)


def _group_title(head: RunHead) -> str:
    name = text.one_line(head.name, 60) if head.name else ""
    number = "" if head.group_index is None else f"#{head.group_index}"
    return " ".join(part for part in (name or "Group", number) if part)


def _describe(group: _Node) -> None:
    group.inner.sort(key=_chain)
    rewards = [
        node.entry.run.reward
        for node in group.inner
        if node.entry.run is not None and node.entry.run.reward is not None
    ]
    parts = [text.count(len(group.inner), "chain")]
    if rewards:
        parts.append(f"reward {text.reward(min(rewards))} to {text.reward(max(rewards))}")
    group.entry.detail = ", ".join(parts)


def _chain(node: _Node) -> tuple[bool, int, int]:
    head = node.entry.run
    assert head is not None
    return (head.chain is None, head.chain or 0, head.id)


def _sections(units: list[_Node], now: int) -> list[_Node]:
    """What is live, then a node per day."""
    live = _Node(Entry("live", 0, title="Live"))
    days: dict[str, _Node] = {}
    for unit in units:
        if any(is_live(head, now) for head in _heads(unit)):
            live.inner.append(unit)
            continue
        moment = max(map(_when, _heads(unit)))
        title = text.day(moment or None, now)
        # The date, not "Today": a heading that was closed stays closed tomorrow.
        key = f"day:{text.timestamp(moment)[:10]}"
        day = days.get(key)
        if day is None:
            day = days[key] = _Node(Entry(key, 0, title=title))
        day.inner.append(unit)
    ordered = sorted(days.values(), key=lambda day: day.entry.key, reverse=True)
    return [*([live] if live.inner else []), *ordered]


def _heads(node: _Node) -> Iterable[RunHead]:
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if at.entry.run is not None:
            yield at.entry.run
        waiting.extend(at.inner)


def _flatten(top: _Node, depth: int, out: list[Entry]) -> None:
    """Append a node and what is inside it; runs right below a day are not indented."""
    waiting: list[tuple[_Node, int, bool]] = [(top, depth, False)]
    above: list[int] = []
    while waiting:
        node, depth, closing = waiting.pop()
        if closing:
            at = above.pop()
            entry = node.entry
            entry.inside = len(out) - at - 1
            entry.runs = sum(e.run is not None for e in out[at:])
            continue
        node.entry.depth = depth
        out.append(node.entry)
        if node.inner:
            above.append(len(out) - 1)
            waiting.append((node, depth, True))
            heading = node is top and node.entry.run is None
            inner = depth if heading else depth + 1
            waiting.extend((n, inner, False) for n in reversed(node.inner))
