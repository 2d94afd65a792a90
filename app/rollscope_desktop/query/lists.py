"""Lists that begin with other lists of their run, in full: conversations that go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_KEPT = 1 << 20
"""Items of all lists that are kept, 8 bytes each: their contents are those of the records."""


class Lists:
    """Replaces ``{"$list": name}`` at the beginning of a list by what ``named`` gives for it.

    ``named`` gives None for a list that there is not. Lists that were made are kept, as the next
    one most often begins with one of them; nothing in them may be changed.
    """

    def __init__(self, named: Callable[[str], Any]) -> None:
        self._named = named
        self._kept: dict[str, list[Any]] = {}
        self._items = 0

    def whole(self, items: list[Any]) -> list[Any]:
        """The list in full; a reference to nothing, or in a circle, stays as it is."""
        on: dict[str, list[Any]] = {}
        while (name := _beginning(items)) is not None and name not in on:
            known = self._kept.get(name)
            found = self._named(name) if known is None else known
            if not isinstance(found, list):
                break
            on[name], items = items[1:], found
            if known is not None:
                break
        for name in reversed(on):
            self._keep(name, items)
            items = items + on[name]
        return items

    def _keep(self, name: str, items: list[Any]) -> None:
        if name in self._kept:
            return
        self._items += len(items)
        if self._items > _KEPT:
            self._kept.clear()
            self._items = len(items)
        self._kept[name] = items


def _beginning(items: list[Any]) -> str | None:
    """The name of the list that a list begins with."""
    first = items[0] if items else None
    name = first.get("$list") if isinstance(first, dict) and len(first) == 1 else None
    return name if isinstance(name, str) else None
