"""What an OTLP request says, whatever its encoding: plain values, ids as hex, times in ns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Attributes = dict[str, Any]
"""Plain JSON values by name: text, numbers, booleans, None, lists, dicts; bytes as base64 text.
Keys are as they were sent, dots and all: ``gen_ai.request.model``. Numbers may be NaN, and larger
than 64 bits. Those of a resource are shared by its spans, and are not to be changed."""


class NotOtlp(ValueError):
    """A body that cannot be read at all; its text is a sentence for whoever sent it."""


class Malformed(ValueError):
    """A part of a body that cannot be read; its text is a sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened within a span."""

    name: str
    time: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Link:
    """A span that another one points at."""

    trace: str
    span: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has ended, or that its sender tells of before its end (``end`` is None).

    ``trace`` is 32 hex digits and ``id`` and ``parent`` are 16, made of what was sent where that
    was longer or shorter; ``remote`` says that the parent is of another process. ``start`` is 0
    where no time was told at all. ``status`` is "", "ok" or "error". ``source`` is the hash of the
    span as it was sent. ``dropped`` counts the attributes, events and links that are missing here:
    what the sender left out, and what was left out of what it sent.
    """

    trace: str
    id: str
    parent: str | None
    name: str
    start: int
    end: int | None
    attributes: Attributes
    resource: Attributes
    scope: str
    source: str
    status: str = ""
    message: str = ""
    remote: bool = False
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A log record that belongs to a span. ``name`` is the event's, from wherever it was told;
    ``time`` is 0 where no time was told. Of records that were sent in the same words in one
    request, each has a ``source`` of its own."""

    trace: str
    span: str
    name: str
    time: int
    body: Any
    attributes: Attributes
    resource: Attributes
    scope: str
    source: str


@dataclass(slots=True)
class Received:
    """One request: what could be read of it, how much could not, and why the first of it."""

    spans: list[Span] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    rejected: int = 0
    why: str = ""

    def reject(self, why: str) -> None:
        """One span or record less; ``why`` is a sentence."""
        self.rejected += 1
        self.why = self.why or why
