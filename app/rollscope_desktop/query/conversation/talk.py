"""Model calls as the conversation needs them: their messages as the log writes them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.messages import (
    SENT,
    Message,
    Piece,
    pieces_in,
    pieces_out,
    read_piece,
)
from rollscope_desktop.query.payloads import PayloadGone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollscope_desktop.model.rows import Locator, SpanRow
    from rollscope_desktop.query.payloads import Payloads

_KEPT = 40
_ROOM = 8 << 20
"""Bytes of records and of lists up to which more calls than that are kept."""
_PIECE = 150


@dataclass(frozen=True, slots=True)
class Call:
    """One model call: its messages as the log writes them, and what is wrong with them.

    ``number`` is how many messages were sent where that is all the log says. ``big`` is the size
    of a record that was not read for its size. ``id`` is what the provider calls its answer, and
    ``follows`` such an id where the provider was asked to go on from there by itself. ``bare`` is
    what was sent, for comparing.
    """

    row: SpanRow
    sent: tuple[Piece, ...] = ()
    answered: tuple[Piece, ...] = ()
    odd: Any = None
    number: int | None = None
    trouble: str = ""
    big: int = 0
    id: str = ""
    follows: str = ""
    bare: list[Any] = field(default_factory=list)


class Calls:
    """Reads model calls of one run and keeps the last few, since each is compared with another."""

    def __init__(self, payloads: Payloads, big: frozenset[int] = frozenset()) -> None:
        self._payloads = payloads
        self._big = big
        self._kept: OrderedDict[int, Call] = OrderedDict()
        self._room = _ROOM

    def read(self, row: SpanRow) -> Call:
        """One call."""
        known = self._kept.get(row.id)
        if known is None:
            known = self._kept[row.id] = self._read(row)
            self._room -= _room_of(known)
            while len(self._kept) > _KEPT and self._room < 0:
                _, old = self._kept.popitem(last=False)
                self._room += _room_of(old)
        self._kept.move_to_end(row.id)
        return known

    def _read(self, row: SpanRow) -> Call:
        try:
            call = self._sent(row)
            return self._answered(row, call)
        except PayloadGone as error:
            return Call(row, trouble=str(error))

    def _sent(self, row: SpanRow) -> Call:
        if not row.inputs:
            return Call(row)
        payload = self._payloads.first_bare(row.inputs, row.id in self._big)
        if payload.too_big:
            return Call(row, big=payload.size)
        value = self.opened(payload.value)
        if row.flags & Flag.NO_INPUT:
            number = value.get("num_messages") if isinstance(value, dict) else None
            return Call(row, number=number if type(number) is int else None)
        if isinstance(value, dict):
            value = {k: self.opened(v) if k in SENT else v for k, v in value.items()}
        pieces = tuple(pieces_in(value))
        odd = None if pieces or value in (None, "", {}, []) else self._payloads.expanded(value)
        follows = _text_at(value, "settings", "previous_response_id")
        return Call(row, pieces, odd=None if odd is None else odd.value,
                    follows=follows, bare=bare(pieces))  # fmt: skip

    def _answered(self, row: SpanRow, call: Call) -> Call:
        if row.flags & Flag.NO_OUTPUT:
            return call
        payload = self._payloads.first_bare(row.outputs, row.id in self._big)
        if payload.too_big:
            return replace(call, big=max(call.big, payload.size))
        value = self.opened(payload.value)
        id = _text_at(value, "extra", "id")
        return replace(call, answered=tuple(pieces_out(value)), id=id)

    def opened(self, value: Any) -> Any:
        """A value that is a reference or a list that begins with one, filled in; what is inside
        stays as it is."""
        if isinstance(value, list):
            return self._payloads.whole(value)
        if isinstance(value, dict) and len(value) == 1 and ("$blob" in value or "$raw" in value):
            return self._payloads.expanded(value).value
        return value

    def messages(self, pieces: tuple[Piece, ...], preview: bool = False) -> list[Message]:
        """Pieces, read in full."""
        found: list[Message] = []
        for piece in pieces:
            value = self._payloads.expanded(piece.value).value
            found += read_piece(Piece(piece.role, value))
        return found

    def error(self, locator: Locator | None) -> Any:
        """The error that a step ended with."""
        if locator is None:
            return None
        try:
            return self._payloads.part(locator, "error").value
        except PayloadGone:
            return None


def bare(pieces: Sequence[Piece]) -> list[Any]:
    """Pieces for comparing: an object of the log says itself who speaks, wherever it stands."""
    return [p.value if isinstance(p.value, dict) else (p.role, p.value) for p in pieces]


def weight_of(row: SpanRow) -> int:
    """How many bytes a call's records are, those aside that it shares with others."""
    return sum(place.length for place in (*row.inputs[:1], *row.outputs[:1]))


def _room_of(call: Call) -> int:
    return weight_of(call.row) + _PIECE * len(call.sent)


def _text_at(value: Any, inside: str, name: str) -> str:
    """A field of an object, or of another object in it; "" if there is no such text."""
    if not isinstance(value, dict):
        return ""
    inner = value.get(inside)
    found = inner.get(name) if isinstance(inner, dict) else None
    found = value.get(name) if found is None else found
    return found if isinstance(found, str) else ""
