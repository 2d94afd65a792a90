"""What spans and records tell in the same way whatever their encoding: times, sources, names."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from rollscope_desktop.protocols.otlp.bounds import FAR
from rollscope_desktop.protocols.otlp.received import Attributes, Malformed

STATUSES = {1: "ok", 2: "error"}
"""What the code of a status says; "" where it is none of these."""

_IS_REMOTE = 0x300  # one bit says that it is known, the other that it is so


def is_remote(flags: int) -> bool:
    """Whether the parent of a span is of another process."""
    return flags & _IS_REMOTE == _IS_REMOTE


def span_times(start: int, end: int) -> tuple[int, int | None]:
    """Start and end in ns as they are told: 0 is no time. Raises Malformed."""
    if not (0 <= start <= FAR and 0 <= end <= FAR):
        raise Malformed("Its times should be nanoseconds between 1970 and 2116.")
    return start or end, end or None


def moment(*times: int) -> int:
    """The first of the times that is one; 0 where none is."""
    return next((time for time in times if 0 < time <= FAR), 0)


def source(message: bytes) -> str:
    """The hash of a message as it was sent."""
    return blake2b(message, digest_size=8).hexdigest()


class Sources:
    """The hashes of the records of one request. Each has its own, also where several say the same:
    records have no id, and two of them are two that happened."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def __call__(self, message: bytes) -> str:
        first = source(message)
        times = self._seen.get(first, 0)
        self._seen[first] = times + 1
        return source(b"%b %d" % (first.encode(), times)) if times else first


def event_name(told: str, attributes: Attributes, body: Any) -> str:
    """The name of the event that a record is: from its field, an attribute, or its body."""
    if told:
        return told
    name = attributes.get("event.name")
    if type(name) is not str and type(body) is dict:
        name = body.get("event.name")
    if type(name) is not str:
        return ""
    domain = attributes.get("event.domain")
    if type(domain) is str and domain and not name.startswith(f"{domain}."):
        return f"{domain}.{name}"
    return name
