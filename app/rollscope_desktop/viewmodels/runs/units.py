"""What stands together in the run list whatever it is grouped by: attempts, forks, chains.

Pure: heads of runs in, nodes out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollscope_desktop.model import text
from rollscope_desktop.viewmodels.runs.order import when

if TYPE_CHECKING:
    from rollscope_desktop.query.runs import RunHead
    from rollscope_desktop.viewmodels.runs.sums import Sums


@dataclass(slots=True)
class Entry:
    """One line of the arranged list, open or not; ``key`` names it across arrangements.

    ``run`` is None for a heading, which has ``sums`` and a ``kind``. ``inside`` counts the entries
    below it, ``runs`` the runs.
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
    kind: str = ""
    sums: Sums | None = None


@dataclass(slots=True)
class Node:
    """An entry and what stands inside it."""

    entry: Entry
    inner: list[Node] = field(default_factory=list)


Rollout = tuple[str, str]


def rollout_of(head: RunHead) -> Rollout | None:
    """What the attempts of one rollout have in common."""
    return None if head.rollout is None else (head.format, head.rollout)


def attempts_of(heads: Iterable[RunHead]) -> dict[Rollout | None, int]:
    """How many runs each rollout has."""
    counts: dict[Rollout | None, int] = {}
    for head in heads:
        if (rollout := rollout_of(head)) is not None:
            counts[rollout] = counts.get(rollout, 0) + 1
    return counts


def units_of(heads: list[RunHead], free: Collection[int], *, chains: bool) -> list[Node]:
    """A node per rollout or run, in the order of the runs, with forks and earlier attempts inside.

    ``chains``: chains of a group stand together in a node of their own. Runs that are ``free``
    stand in no other run and no group.
    """
    counts = attempts_of(heads)
    leads: dict[Rollout, RunHead] = {}
    for head in heads:
        rollout = rollout_of(head)
        if rollout is not None and counts[rollout] > 1:
            lead = leads.get(rollout)
            if lead is None or _turn(head) > _turn(lead):
                leads[rollout] = head
    nodes = {h.id: Node(Entry(f"run:{h.id}", 0, h, runs=1)) for h in heads}
    homes = _homes(heads, leads, free)
    tops: list[Node] = []
    groups: dict[tuple[str, int | None], Node] = {}
    for head in heads:
        node = nodes[head.id]
        rollout = rollout_of(head)
        lead = None if rollout is None else leads.get(rollout)
        if rollout is not None and lead is not None:
            node.entry.attempts = counts[rollout]
        home = homes[head.id]
        if home is not None and not _circles(head.id, homes):
            nodes[home].inner.append(node)
            # Forks are seen, earlier attempts are not.
            nodes[home].entry.open = lead is None or lead is head
        elif chains and head.group_id is not None and head.id not in free:
            _into_group(head, node, groups, tops)
        else:
            tops.append(node)
    for group in groups.values():
        group.inner.sort(key=by_chain)
    return tops


def by_chain(node: Node) -> tuple[bool, int, int]:
    """Chains of a group in the order of their numbers."""
    head = node.entry.run
    assert head is not None
    return (head.chain is None, head.chain or 0, head.id)


def group_title(head: RunHead) -> str:
    """What the group of a run is called: as its runs are, and the number of the prompt."""
    name = text.one_line(head.name, 60) if head.name else ""
    number = "" if head.group_index is None else f"#{head.group_index}"
    return " ".join(part for part in (name or "Group", number) if part)


def heads_in(node: Node) -> Iterable[RunHead]:
    """All runs of a node."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if at.entry.run is not None:
            yield at.entry.run
        waiting.extend(at.inner)


def _turn(head: RunHead) -> tuple[int, int, int]:
    return (head.attempt or 0, when(head), head.id)


def _homes(
    heads: list[RunHead], leads: dict[Rollout, RunHead], free: Collection[int]
) -> dict[int, int | None]:
    """The run that each run stands in: that of the last attempt, or the one it was forked from."""
    by_key = {head.key: head.id for head in heads}
    homes: dict[int, int | None] = {}
    for head in heads:
        rollout = rollout_of(head)
        lead = None if rollout is None else leads.get(rollout, head)
        if head.id in free:
            homes[head.id] = None
        elif lead is not None and lead is not head:
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
    head: RunHead, node: Node, groups: dict[tuple[str, int | None], Node], tops: list[Node]
) -> None:
    key = (head.group_id or "", head.group_index)
    group = groups.get(key)
    if group is None:
        entry = Entry(
            f"group:{key[0]}:{key[1]}", 0, title=group_title(head), open=False, kind="group"
        )
        group = groups[key] = Node(entry)
        tops.append(group)
    group.inner.append(node)
