"""Puts runs in order for the list: pinned and live ones on top, then groups with their headings.

Pure: heads of runs in, entries out. Runs in a job, because a list may be long.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from rollscope_desktop.model import text
from rollscope_desktop.viewmodels.runs.order import in_order, when
from rollscope_desktop.viewmodels.runs.sums import sums_of
from rollscope_desktop.viewmodels.runs.units import (
    Entry,
    Node,
    attempts_of,
    by_chain,
    group_title,
    heads_in,
    rollout_of,
    units_of,
)
from rollscope_desktop.viewmodels.runs.words import heading_detail
from rollscope_desktop.viewmodels.states import is_live

if TYPE_CHECKING:
    from rollscope_desktop.query.runs import RunHead
    from rollscope_desktop.viewmodels.runs.choice import RunChoice


@dataclass(frozen=True, slots=True)
class Arrangement:
    """All entries, those inside another right after it; where each run stands among them; and the
    range of rewards of the runs."""

    entries: list[Entry]
    places: dict[int, int]
    rewards: tuple[float, float] | None


def arrange(heads: Iterable[RunHead], choice: RunChoice, now: int) -> Arrangement:
    """The list as it is wanted; ``now`` is ns since the epoch."""
    heads = in_order(list(heads), choice.order)
    rewards = [h.reward for h in heads if h.reward is not None and isfinite(h.reward)]
    keys = frozenset(choice.pinned)
    pinned = {head.id for head in heads if head.key in keys} if keys else set()
    nodes = _flat(heads, pinned) if choice.is_flat else _grouped(heads, pinned, choice, now)
    entries: list[Entry] = []
    for node in nodes:
        _flatten(node, entries)
    if choice.filter:
        for entry in entries:
            entry.open = True  # what was looked for is not to be looked for in what is closed
    return Arrangement(
        entries,
        {e.run.id: number for number, e in enumerate(entries) if e.run is not None},
        (min(0.0, *rewards), max(rewards)) if rewards else None,
    )


def _heading(key: str, title: str, kind: str = "") -> Node:
    return Node(Entry(key, 0, title=title, kind=kind or key))


def _flat(heads: list[RunHead], pinned: Collection[int]) -> list[Node]:
    counts = attempts_of(heads)
    nodes = [
        Node(Entry(f"run:{h.id}", 0, h, attempts=counts.get(rollout_of(h), 0), runs=1))
        for h in heads
    ]
    if not pinned:
        return nodes
    top, rest = _heading("pinned", "Pinned"), _heading("others", "Other Runs")
    for head, node in zip(heads, nodes, strict=True):
        (top if head.id in pinned else rest).inner.append(node)
    return [top, rest] if rest.inner else [top]


def _grouped(
    heads: list[RunHead], pinned: Collection[int], choice: RunChoice, now: int
) -> list[Node]:
    units = units_of(heads, pinned, chains=choice.group == "day")
    top = _heading("pinned", "Pinned")
    rest: list[Node] = []
    for unit in units:
        head = unit.entry.run
        (top.inner if head is not None and head.id in pinned else rest).append(unit)
    sections = _days(rest, now) if choice.group == "day" else _sections(rest, choice, now)
    return [top, *sections] if top.inner else sections


def _days(units: list[Node], now: int) -> list[Node]:
    """What is live, then a node per day."""
    live = _heading("live", "Live")
    days: dict[str, Node] = {}
    for unit in units:
        if any(is_live(head, now) for head in heads_in(unit)):
            live.inner.append(unit)
            continue
        moment = max(map(when, heads_in(unit)))
        # The date, not "Today": a heading that was closed stays closed tomorrow.
        key = f"day:{text.timestamp(moment)[:10]}"
        day = days.get(key)
        if day is None:
            day = days[key] = _heading(key, text.day(moment or None, now), "day")
        day.inner.append(unit)
    ordered = sorted(days.values(), key=lambda day: day.entry.key, reverse=True)
    return [*([live] if live.inner else []), *ordered]


def _session(head: RunHead) -> tuple[str, str]:
    return (head.session or "", text.one_line(head.session or "No Session", 80))


def _chain_group(head: RunHead) -> tuple[str, str]:
    if head.group_id is None:
        return "", "Not in a Group"
    return f"{head.group_id}:{head.group_index}", group_title(head)


def _agent(head: RunHead) -> tuple[str, str]:
    return (head.agent or "", text.one_line(head.agent or "No Agent Named", 80))


def _folder(head: RunHead) -> tuple[str, str]:
    log = head.log or ""
    cut = max(log.rfind("/"), log.rfind("\\"))
    folder = log[:cut] if cut > 0 else ""
    return folder, text.middle_cut(text.one_line(folder or "No Folder"), 80)


_NAMING: dict[str, Callable[[RunHead], tuple[str, str]]] = {
    "session": _session,
    "chain": _chain_group,
    "agent": _agent,
    "folder": _folder,
}
"""What runs of one section have in common ("": the runs that have no such thing), and its title."""


def _sections(units: list[Node], choice: RunChoice, now: int) -> list[Node]:
    """A node per group, in the order of their first runs; those where something is live on top."""
    naming = _NAMING[choice.group]
    found: dict[str, Node] = {}
    for unit in units:
        assert unit.entry.run is not None
        name, title = naming(unit.entry.run)
        section = found.get(name)
        if section is None:
            section = found[name] = _heading(f"{choice.group}:{name}", title, choice.group)
        section.inner.append(unit)
    if choice.order == "newest":
        # Within what belongs together, as it happened.
        for section in found.values():
            if choice.group == "session":
                section.inner.reverse()
            elif choice.group == "chain":
                section.inner.sort(key=by_chain)
    rest = found.pop("", None)
    ordered = list(found.values())
    if choice.order == "newest":
        ordered.sort(key=lambda node: not any(is_live(head, now) for head in heads_in(node)))
    return [*ordered, *([rest] if rest is not None else [])]


def _flatten(top: Node, out: list[Entry]) -> None:
    """Append a node and what is inside it; runs right below a heading are not indented."""
    waiting: list[tuple[Node, int, bool]] = [(top, 0, False)]
    above: list[int] = []
    while waiting:
        node, depth, closing = waiting.pop()
        entry = node.entry
        if closing:
            at = above.pop()
            entry.inside = len(out) - at - 1
            runs = [e.run for e in out[at:] if e.run is not None]
            entry.runs = len(runs)
            if entry.run is None:
                entry.sums = sums_of(runs)
                entry.detail = heading_detail(entry.kind, entry.sums)
            continue
        entry.depth = depth
        out.append(entry)
        if node.inner:
            above.append(len(out) - 1)
            waiting.append((node, depth, True))
            inner = depth if node is top and entry.run is None else depth + 1
            waiting.extend((n, inner, False) for n in reversed(node.inner))
