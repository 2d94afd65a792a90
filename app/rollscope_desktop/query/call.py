"""What the log says of a model call beside its messages: settings, finish reason, attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.remark import ATTEMPT
from rollscope_desktop.query.payloads import PayloadGone, Payloads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.model.rows import Locator, NoteRow, SpanRow

CALLS = frozenset({"llm", "embedding", "reranker"})
LONGEST = 1 << 20
"""Bytes. A record that is longer is not read for a line of the summary."""

_MOST = 100


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of one model call; a field that the log does not tell is empty.

    ``settings`` are names and values as the request had them, ``dialect`` names the shape of the
    request, ``written`` and ``reasoning`` count tokens. ``attempts`` is 0 where it is not told.
    """

    settings: tuple[tuple[str, Any], ...] = ()
    tools: int = 0
    finish: str = ""
    attempts: int = 0
    written: int | None = None
    reasoning: int | None = None
    dialect: str = ""
    url: str = ""
    request: str = ""


def read_call(payloads: Payloads, row: SpanRow, notes: Iterable[NoteRow] = ()) -> CallFacts:
    """What the records of a call say of it; nothing where they cannot be read."""
    attrs, usage = read_attrs(payloads, row), _gathered(payloads, row, "usage")
    asked = _first(payloads, row.inputs)
    settings, tools = asked.get("settings"), asked.get("tools")
    attempts = attrs.get("attempts")
    if type(attempts) is not int:
        attempts = failed_attempts(notes) + (row.status == OPEN)
    return CallFacts(
        tuple(settings.items()) if isinstance(settings, dict) else (),
        len(tools) if isinstance(tools, list) else 0,
        _finish(_first(payloads, row.outputs)),
        attempts,
        _count(usage.get("cache_write_tokens")),
        _count(usage.get("reasoning_tokens")),
        _text(attrs.get("dialect")),
        _text(attrs.get("url")),
        _text(attrs.get("request_id")),
    )


def failed_attempts(notes: Iterable[NoteRow]) -> int:
    """How many attempts of a call failed and were followed by another, as its notes tell."""
    return sum(note.type == "event" and note.name == ATTEMPT for note in notes)


def read_attrs(payloads: Payloads, row: SpanRow) -> dict[str, Any]:
    """The attributes of a span: those of its start, of what was told later, and of its end."""
    return _gathered(payloads, row, "attrs")


def _gathered(payloads: Payloads, row: SpanRow, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place in (row.input, *(told.record for told in row.sets[-_MOST:]), row.output):
        found |= _object(payloads, place, name)
    return found


def _finish(answer: dict[str, Any]) -> str:
    choices = answer.get("choices")
    if isinstance(choices, list):
        said = [_text(c.get("finish_reason")) for c in choices if isinstance(c, dict)]
        return ", ".join(dict.fromkeys(filter(None, said)))
    return _text(answer.get("finish_reason") or answer.get("stop_reason"))


def _object(payloads: Payloads, place: Locator | None, name: str) -> dict[str, Any]:
    if place is None or place.length > LONGEST:
        return {}
    try:
        found = payloads.part(place, name).value
    except PayloadGone:
        return {}
    return found if isinstance(found, dict) else {}


def _first(payloads: Payloads, places: tuple[Locator, ...]) -> dict[str, Any]:
    if any(place.length > LONGEST for place in places):
        return {}
    try:
        found = payloads.first_bare(places).value
    except PayloadGone:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if type(value) is int else None
