"""What differs between two steps that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model.alignment import UNKNOWN, Part
from rollscope_desktop.model.assemble import ENDED, OPEN

if TYPE_CHECKING:
    from rollscope_desktop.model.alignment import Side

BEFORE = Part.KIND | Part.NAME | Part.MODEL | Part.INPUT | Part.SETTINGS
"""What is known of a step when it begins."""
AFTER = Part.OUTPUT | Part.STATUS
"""What is known of a step when it ends."""
CONTENT = BEFORE | AFTER
_KIND, _NAME, _MODEL, _INPUT, _SETTINGS, _OUTPUT, _STATUS, _TIME = (part.value for part in Part)
PLAYED = ("played", "reused")
"""Steps that a fork took from the record: how long they took says nothing."""
_SLOWER = 1.5
_NOTABLE = 100_000_000
"""Nanoseconds. A smaller difference of time is not worth a word."""


def parts(a: Side, at: int, b: Side, to: int) -> Part:
    """What differs; contents that a log does not hold are equal to any."""
    found = 0  # a plain number: combining flags of an enumeration takes ten times as long
    if a.kind[at] != b.kind[to]:
        found |= _KIND
    if a.name[at] != b.name[to]:
        found |= _NAME
    if a.model[at] != b.model[to] and a.model[at] and b.model[to]:
        found |= _MODEL
    if a.input[at] != b.input[to] and UNKNOWN not in (a.input[at], b.input[to]):
        found |= _INPUT
    if a.settings[at] != b.settings[to] and UNKNOWN not in (a.settings[at], b.settings[to]):
        found |= _SETTINGS
    if a.output[at] != b.output[to] and UNKNOWN not in (a.output[at], b.output[to]):
        found |= _OUTPUT
    if a.status[at] != b.status[to] and _ended_otherwise(a.status[at], b.status[to]):
        found |= _STATUS
    played = a.how[at] in PLAYED or b.how[to] in PLAYED
    if not played and _much(a.duration[at], b.duration[to]):
        found |= _TIME
    return Part(found) if found else Part.NONE


def _ended_otherwise(before: int, after: int) -> bool:
    return OPEN in (before, after) or ENDED not in (before, after)


def _much(before: int | None, after: int | None) -> bool:
    if before is None or after is None or abs(after - before) < _NOTABLE:
        return False
    return max(before, after) >= _SLOWER * min(before, after)
