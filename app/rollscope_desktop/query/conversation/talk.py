"""Model calls as the conversation needs them: what is new in each against the one before."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.fragment import arguments
from rollscope_desktop.model.messages import (
    SENT,
    Message,
    Piece,
    pieces_in,
    pieces_out,
    read_piece,
)
from rollscope_desktop.query.conversation.align import align
from rollscope_desktop.query.conversation.items import Mark, Rule
from rollscope_desktop.query.payloads import PayloadGone

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import Locator, SpanRow
    from rollscope_desktop.query.payloads import Payloads

_KEPT = 40
_TOLD = 30
_PREVIEW = 12
"""Characters that the beginnings of two messages must share to be taken for the same."""


@dataclass(frozen=True, slots=True)
class Call:
    """One model call: its messages as the log writes them, and what is wrong with them.

    ``number`` is how many messages were sent where that is all the log says. ``big`` is the size
    of a record that was not read for its size.
    """

    row: SpanRow
    sent: tuple[Piece, ...] = ()
    answered: tuple[Piece, ...] = ()
    odd: Any = None
    number: int | None = None
    trouble: str = ""
    big: int = 0


@dataclass(frozen=True, slots=True)
class News:
    """What a call says that the one before it did not; ``rule`` tells what was left out."""

    messages: tuple[Message, ...]
    rule: Rule | None = None


class Calls:
    """Reads model calls of one run and keeps the last few, since each is compared with another."""

    def __init__(self, payloads: Payloads, big: frozenset[int] = frozenset()) -> None:
        self._payloads = payloads
        self._big = big
        self._kept: OrderedDict[int, Call] = OrderedDict()

    def read(self, row: SpanRow) -> Call:
        """One call."""
        known = self._kept.get(row.id)
        if known is None:
            known = self._kept[row.id] = self._read(row)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(row.id)
        return known

    def _read(self, row: SpanRow) -> Call:
        try:
            sent, odd, number, big = self._sent(row)
            answered, more = self._answered(row)
        except PayloadGone as error:
            return Call(row, trouble=str(error))
        return Call(row, sent, answered, odd, number, "", max(big, more))

    def _sent(self, row: SpanRow) -> tuple[tuple[Piece, ...], Any, int | None, int]:
        if not row.inputs:
            return (), None, None, 0
        payload = self._payloads.first_bare(row.inputs, row.id in self._big)
        if payload.too_big:
            return (), None, None, payload.size
        value = self.opened(payload.value)
        if row.flags & Flag.NO_INPUT:
            number = value.get("num_messages") if isinstance(value, dict) else None
            return (), None, number if type(number) is int else None, 0
        if isinstance(value, dict):
            value = {k: self.opened(v) if k in SENT else v for k, v in value.items()}
        pieces = tuple(pieces_in(value))
        odd = None if pieces or value in (None, "", {}, []) else self._payloads.expanded(value)
        return pieces, None if odd is None else odd.value, None, 0

    def _answered(self, row: SpanRow) -> tuple[tuple[Piece, ...], int]:
        if row.flags & Flag.NO_OUTPUT:
            return (), 0
        payload = self._payloads.first_bare(row.outputs, row.id in self._big)
        if payload.too_big:
            return (), payload.size
        return tuple(pieces_out(self.opened(payload.value))), 0

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

    def news(self, call: Call, before: Call | None, *, same: bool = True) -> News:
        """What was sent in a call and not said before; ``same`` if the same agent said that."""
        if before is None or not call.sent:
            return News(tuple(self.messages(call.sent)))
        again = self._again(call, before)
        if again:
            return News((), again)
        known = before.sent + before.answered
        found = align(_bare(known), _bare(call.sent))
        if not found.dropped:
            return News(tuple(self.messages(call.sent[found.fresh :])))
        if found.inserted < found.fresh and same:
            dropped = known[found.kept : found.kept + found.dropped]
            shown = call.sent[found.kept : found.inserted] + call.sent[found.fresh :]
            rule = _rule(self.messages(dropped), found.kept < found.inserted)
            return News(tuple(self.messages(shown)), rule)
        # The log may write one and the same message in two ways: then what they say is compared.
        rest = self._spoken(known[found.kept :])
        now = self._spoken(call.sent[found.kept :])
        kept = found.kept
        found = align([_Key(m) for m in rest], [_Key(m) for m in now])
        if not same and kept + found.kept < 2:
            return News(tuple(self.messages(call.sent)))  # it has a talk of its own
        left = rest[found.kept : found.kept + found.dropped]
        fresh = now[found.kept : found.inserted] + now[found.fresh :]
        replaced = found.kept < found.inserted < found.fresh
        told = _rule(left, replaced) if left and same else None
        return News(tuple(fresh), told)

    def _again(self, call: Call, before: Call) -> Rule | None:
        if call.sent != before.sent:
            return None
        if before.row.status == ERROR:
            return Rule(Mark.RETRY, "Tried again after an error, with the same messages")
        if call.row.inputs and before.answered:
            return Rule(Mark.RETRY, "Asked again with the same messages")
        return None

    def _spoken(self, pieces: tuple[Piece, ...]) -> list[Message]:
        return [m for m in self.messages(pieces) if m.texts or m.calls or m.images or m.role]


def _bare(pieces: tuple[Piece, ...]) -> list[Any]:
    """Pieces for comparing: an object of the log says itself who speaks, wherever it stands."""
    return [p.value if isinstance(p.value, dict) else (p.role, p.value) for p in pieces]


class _Key:
    """Says whether two messages are one and the same, however the log writes them."""

    __slots__ = ("_message",)

    def __init__(self, message: Message) -> None:
        self._message = message

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Key):
            return NotImplemented
        one, two = self._message, other._message
        if one.role != two.role or one.tool_call_id != two.tool_call_id:
            return False
        if [(c.name, c.arguments) for c in one.calls] != [(c.name, c.arguments) for c in two.calls]:
            return False
        said, also = one.text.strip(), two.text.strip()
        if said == also:
            return True
        if not (one.is_preview or two.is_preview):
            return False
        short, long = sorted((said.rstrip("….").rstrip(), also), key=len)
        return len(short) >= _PREVIEW and long.startswith(short)

    __hash__ = None  # type: ignore[assignment]


def _rule(left: list[Message], replaced: bool) -> Rule:
    if all(message.role == "system" for message in left):
        said = "The system message is another one from here on"
    else:
        said = f"{text.count(len(left), 'message')} left the context here"
        said += ", and others took their place" if replaced else ""
    told = [told_short(message) for message in left[:_TOLD]]
    if len(left) > _TOLD:
        told.append(f"and {len(left) - _TOLD:,} more")
    return Rule(Mark.CHANGE, said, tuple(told))


def told_short(message: Message) -> str:
    """A message on one line."""
    said = message.text.strip()
    if not said and message.calls:
        said = ", ".join(f"{call.name}{arguments(call.arguments)}" for call in message.calls)
    return f"{message.role}: {text.one_line(said, 200)}"
