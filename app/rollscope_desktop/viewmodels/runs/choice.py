"""How the person wants the run list: what it is grouped by, its order, figures and pinned runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from rollscope_desktop.viewmodels.runs.order import ORDERS

GROUPS = {
    "day": "Day",
    "session": "Session",
    "chain": "Chain Group",
    "agent": "Agent",
    "folder": "Folder",
    "none": "Nothing",
}
"""What the list may be grouped by: id, and title for people."""

USUAL_COLUMNS = ("started", "duration", "tokens", "cost", "reward")


@dataclass(frozen=True, slots=True)
class RunChoice:
    """``pinned`` are keys of runs. ``hidden`` are ids of runs that were thrown away just now.
    ``filter`` is the text of a valid filter."""

    group: str = "day"
    order: str = "newest"
    columns: tuple[str, ...] = USUAL_COLUMNS
    pinned: tuple[str, ...] = ()
    filter: str = ""
    hidden: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_flat(self) -> bool:
        """Whether there are no headings: days are in order of time, or they are none."""
        return self.group == "none" or (self.group == "day" and self.order != "newest")


def can_group(group: str) -> bool:
    """Whether there is such a grouping; settings may hold anything."""
    return group in GROUPS


def can_order(order: str) -> bool:
    """Whether there is such an order."""
    return order in ORDERS
