"""Finds out what is being written at a place in a filter, and how its parts are coloured. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from rollscope_desktop.query.filter.fields import Field, field_named

_TERM = re.compile(r'(?:"(?:\\.|[^"\\])*(?:"|\Z)|[^\s()"])+', re.DOTALL)
_HEAD = re.compile(r'([A-Za-z_](?:\.(?:"(?:\\.|[^"\\])*")?|[\w-])*)(>=|<=|>|<|=|:)')
_VALUE = re.compile(r'(?:"(?:\\.|[^"\\])*(?:"|\Z)|[^,"])*', re.DOTALL)
_JOINS = ("OR", "AND")


class Part(Enum):
    """What a stretch of a filter is."""

    FIELD = "field"
    VALUE = "value"
    TEXT = "text"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters from ``start`` to before ``end`` that are one thing."""

    start: int
    end: int
    part: Part


@dataclass(frozen=True, slots=True)
class Spot:
    """What is being written from ``start`` to ``end``; ``typed`` is what stands before the cursor.

    ``field`` is set where its value is being written; else it is a field, or a bare word.
    """

    start: int
    end: int
    typed: str
    field: Field | None = None
    name: str = ""


def stretches(text: str) -> list[Stretch]:
    """The parts of a filter, also of one that is wrong or not finished."""
    found: list[Stretch] = []
    for term in _TERM.finditer(text):
        start = _after_minus(term[0], term.start())
        if start > term.start():
            found.append(Stretch(term.start(), start, Part.JOIN))
        head = _HEAD.match(text, start, term.end())
        if head is not None:
            found.append(Stretch(start, head.end(), Part.FIELD))
            found.append(Stretch(head.end(), term.end(), Part.VALUE))
        else:
            is_join = text[start : term.end()] in _JOINS
            found.append(Stretch(start, term.end(), Part.JOIN if is_join else Part.TEXT))
    return [stretch for stretch in found if stretch.start < stretch.end]


def spot(text: str, cursor: int) -> Spot:
    """What is being written where the cursor stands."""
    for term in _TERM.finditer(text):
        if term.start() <= cursor <= term.end():
            break
    else:
        return Spot(cursor, cursor, "")
    start = _after_minus(term[0], term.start())
    if cursor < start:
        return Spot(cursor, cursor, "")
    head = _HEAD.match(text, start, term.end())
    if head is None or cursor < head.end():
        end = term.end() if head is None else head.end()
        return Spot(start, end, text[start:cursor])
    at = head.end()
    while True:
        value = _VALUE.match(text, at, term.end())
        end = at if value is None else value.end()
        if cursor <= end or end >= term.end():
            break
        at = end + 1
    field = field_named(head[1])
    name = head[1].partition(".")[2] if field is not None and field.named else ""
    return Spot(at, end, text[at:cursor], field, name.strip('"'))


def _after_minus(term: str, at: int) -> int:
    return at + len(term) - len(term.lstrip("-"))
