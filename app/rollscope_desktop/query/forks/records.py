"""What the records of a run and its steps say about being run again. A bounded number is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope_desktop.query.payloads import Payloads

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import Locator, SpanRow

EFFECTS = ("none", "state", "write")

_LONGEST = 16 << 20
_RECORDS = 20_000
_BYTES = 64 << 20
"""How much is read to find steps that cannot be played back."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one step's records say; all empty where they cannot be read."""

    dialect: str = ""
    fingerprint: str = ""
    effects: str = ""
    lossy: frozenset[str] = frozenset()
    has_input: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """What the start of a run says. ``foreign`` is "" for a run of our own SDK, "retrace" for one
    of retrace-sdk, and "other". ``exact``: it holds in full what the run was called with."""

    foreign: str = ""
    resumable: bool = False
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Unplayable:
    """Names of steps that the record cannot answer for; ``all`` is False if not all were read."""

    models: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    all: bool = True


def read_begun(payloads: Payloads, format: str, start: Locator | None) -> Begun:
    """What the record of a run's start says. Raises PayloadGone."""
    if format != "rollscope" or start is None:
        return Begun("other")
    record = _table(payloads.record(start).value)
    if not isinstance(record.get("process"), dict):
        of_retrace = "source_id" in _table(record.get("meta"))
        return Begun("retrace" if of_retrace else "other")
    entry = _table(record.get("entry"))
    said = "entry" if "arguments" in entry else "input"
    exact = "given" in entry or said not in _lossy(record)
    return Begun("", entry.get("resumable") is True, exact)


def read_step(payloads: Payloads, row: SpanRow) -> Recorded:
    """What a step's records say. Raises PayloadGone."""
    begun = _record(payloads, row.input)
    attrs = _table(begun.get("attrs"))
    effects = begun.get("effects")
    return Recorded(
        _text(attrs.get("dialect")),
        _text(begun.get("fingerprint")),
        effects if effects in EFFECTS else "",
        _lossy(begun),
        "input" in begun,
    )


def read_unplayable(payloads: Payloads, rows: Iterable[SpanRow]) -> Unplayable:
    """Which of these model and tool calls, that have ended, the record cannot answer for."""
    names: dict[bool, dict[str, None]] = {True: {}, False: {}}
    left, size = _RECORDS, _BYTES
    for row in rows:
        if row.output is None:
            continue
        left, size = left - 1, size - row.output.length
        if left < 0 or size < 0:
            return Unplayable(tuple(names[True]), tuple(names[False]), all=False)
        data = payloads.raw(row.output, row.output.length).data
        if b'"not"' not in data and b'"lossy"' not in data:
            continue  # far cheaper than to parse what nearly all of them are
        try:
            end = _table(wire.load(data))
        except wire.WireError:
            continue
        if not _is_played(end):
            names[row.kind != "tool"][row.name or row.kind] = None
    return Unplayable(tuple(names[True]), tuple(names[False]))


def _is_played(end: dict[str, Any]) -> bool:
    """Whether the record of a step's end holds what it gave."""
    result = end.get("result")
    if isinstance(result, dict):
        return "not" not in result
    return "response" in end or "output" not in _lossy(end)


def _record(payloads: Payloads, place: Locator | None) -> dict[str, Any]:
    if place is None or place.length > _LONGEST:
        return {}
    return _table(payloads.bare(_whole(place)).value)


def _whole(place: Locator) -> Locator:
    return replace(place, path="")


def _lossy(record: dict[str, Any]) -> frozenset[str]:
    said = record.get("lossy")
    names = said if isinstance(said, list) else []
    return frozenset(name.partition(".")[0] for name in names if isinstance(name, str))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
