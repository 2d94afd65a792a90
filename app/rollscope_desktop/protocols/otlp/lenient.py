"""Reads single values of attributes: senders write numbers as text, and JSON into strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from rollscope import wire
from rollscope_desktop.protocols.otlp.bounds import FAR

MOST_TOKENS = 1 << 40
MOST_USD = 1e6

_NONE = frozenset({"", "null", "none", "None", "undefined", "nil"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(value: Any) -> str | None:
    """A text that says something; a number as text; else None."""
    if type(value) is str:
        return None if value in _NONE else value
    return str(value) if type(value) is int else None


def first(attributes: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The text of the first of the names that has one."""
    for name in names:
        if name in attributes and (found := text(attributes[name])) is not None:
            return found
    return None


def count(value: Any) -> int | None:
    """Tokens: a whole number, or one as text; None for what is negative or absurd."""
    if type(value) is not int:
        found = number(value)
        if found is None or found != found // 1:
            return None
        value = int(found)
    return value if 0 <= value < MOST_TOKENS else None


def amount(value: Any) -> float | None:
    """US dollars; None for what is negative or absurd."""
    found = number(value)
    return found if found is not None and 0 <= found < MOST_USD else None


def number(value: Any) -> float | None:
    """A finite number, also one that is written as text."""
    kind = type(value)
    if kind is str and 0 < len(value) <= 40:
        try:
            value = float(value)
        except ValueError:
            return None
    elif kind is int:
        return float(value) if -FAR < value < FAR else None
    elif kind is not float:
        return None
    return value if isfinite(value) else None


def flag(value: Any) -> bool:
    """Whether a value says yes."""
    return value is True or value in ("true", "True")


def parsed(value: Any) -> Any:
    """The value of a text that is a JSON object or list; any other value is itself."""
    if type(value) is not str or not value or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return wire.load(value.encode("utf-8", "surrogatepass"))
    except wire.WireError:
        return value


def table(value: Any) -> dict[str, Any]:
    """An object, also one in JSON; an empty one for anything else."""
    found = parsed(value)
    return found if type(found) is dict else {}


def instant(value: Any) -> int | None:
    """A time in ISO 8601, perhaps quoted once more, in ns since the epoch; without zone UTC."""
    if type(value) is not str or len(value) > 64:
        return None
    try:
        when = datetime.fromisoformat(value.strip('"'))
        when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        found = (when - _EPOCH) // timedelta(microseconds=1) * 1000
    except (ValueError, OverflowError):
        return None
    return found if 0 < found < FAR else None
