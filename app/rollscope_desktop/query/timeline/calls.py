"""Which call of a model a tool was called by, as far as its place in the run tells.

Under one parent, the model's call that ended last before the tool began. Imports numpy, so it is
itself imported late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.query.structure import KIND_BITS, NONE

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int32

_KIND = (1 << KIND_BITS) - 1
_LOOKED_AT = 100
"""Siblings before or after a span; what is further away has nothing to do with it."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """The numbers of the words for calls of models and tools; -1 where there are none."""

    llm: int
    tool: int


def query_kinds(reader: Reader) -> Kinds:
    """The numbers that kinds have in this index."""
    found = dict(reader.all("SELECT text, id FROM words WHERE text IN ('llm', 'tool')"))
    return Kinds(found.get("llm", -1), found.get("tool", -1))


def is_of(outline: Outline, index: int, kind: int) -> bool:
    """Whether a span is of a kind."""
    return int(outline.structure.label[index]) & _KIND == kind


def caller_of(outline: Outline, index: int, kinds: Kinds) -> int | None:
    """The index of the model's call that a tool was called by."""
    structure = outline.structure
    start = int(structure.start[index])
    if start == NONE or not is_of(outline, index, kinds.tool):
        return None
    best, latest = None, NONE
    for other in reversed(_beside(outline, index, before=True)):
        end = int(structure.end[other])
        if is_of(outline, other, kinds.llm) and latest < end <= start:
            best, latest = other, end
    return best


def called_by(outline: Outline, index: int, kinds: Kinds) -> list[int]:
    """The indexes of the tools that a model's call called."""
    if not is_of(outline, index, kinds.llm):
        return []
    return [
        other
        for other in _beside(outline, index, before=False)
        if caller_of(outline, other, kinds) == index
    ]


def calls_among(
    outline: Outline, kinds: Kinds, shown: Int32, near: list[int], most: int
) -> list[tuple[int, int]]:
    """Pairs of a model's call and a tool: of the spans ``shown`` while they are at most ``most``
    tools, and of those ``near``."""
    tools = shown[(outline.structure.label[shown] & _KIND) == kinds.tool]
    pairs: set[tuple[int, int]] = set()
    for tool in [*(tools.tolist() if len(tools) <= most else ()), *near]:
        caller = caller_of(outline, tool, kinds)
        if caller is not None:
            pairs.add((caller, tool))
    for index in near:
        pairs.update((index, tool) for tool in called_by(outline, index, kinds))
    return sorted(pairs)


def _beside(outline: Outline, index: int, *, before: bool) -> list[int]:
    """The nearest siblings on one side, in their order."""
    parent, siblings = int(outline.parent[index]), outline.siblings
    low = _search(0, len(siblings), lambda at: int(outline.parent[siblings[at]]) >= parent)
    high = _search(low, len(siblings), lambda at: int(outline.parent[siblings[at]]) > parent)
    # Siblings stand in the order of their places.
    place = int(outline.place[index])
    spot = _search(low, high, lambda at: int(outline.place[siblings[at]]) >= place)
    if before:
        chosen = siblings[max(spot - _LOOKED_AT, low) : spot]
    else:
        chosen = siblings[spot + 1 : min(spot + 1 + _LOOKED_AT, high)]
    found: list[int] = chosen.tolist()
    return found


def _search(low: int, high: int, reached: Callable[[int], bool]) -> int:
    """The first for which it is so. An array's own search would copy the array here."""
    while low < high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle + 1
    return low
