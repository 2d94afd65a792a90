"""What is new in a model call against another that it may go on from."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.fragment import arguments
from rollscope_desktop.model.messages import Message, Piece
from rollscope_desktop.query.conversation.align import align
from rollscope_desktop.query.conversation.items import Mark, Rule
from rollscope_desktop.query.conversation.same import beyond, is_of_model, speeches
from rollscope_desktop.query.conversation.talk import bare

if TYPE_CHECKING:
    from rollscope_desktop.query.conversation.talk import Call, Calls

_KEPT = 128
_TOLD = 30
_LONGEST_TURN = 200
"""Messages in a row that are compared with one answer."""


@dataclass(frozen=True, slots=True)
class News:
    """What a call says that the one before it did not; ``rule`` tells what was left out."""

    messages: tuple[Message, ...]
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """How a call begins as another did, which was sent ``of`` messages.

    The first ``kept`` messages are the same. ``answered``: after all that the other was sent there
    comes what it answered, or nothing is known that it answered. ``fresh`` is what follows then.
    """

    kept: int
    of: int
    answered: bool = False
    fresh: tuple[Message, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all that the other was sent comes again."""
        return 0 < self.of == self.kept


class Comparing:
    """Compares calls of one run and keeps what it found lately."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._kept: OrderedDict[tuple[int, int], Match] = OrderedDict()

    def match(self, call: Call, before: Call) -> Match:
        """How a call begins as another did."""
        key = (call.row.id, before.row.id)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._match(call, before)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found

    def _match(self, call: Call, before: Call) -> Match:
        kept, of = self._beginning(call, before), len(before.sent)
        if kept < of or not of:
            return Match(kept, of)
        answered = bare(before.answered)
        count = kept + len(answered)
        if call.bare[kept:count] == answered:
            return Match(kept, of, True, tuple(self._calls.messages(call.sent[count:])))
        after, end = self._turn(call.sent, kept)
        found = beyond(self._calls.messages(before.answered), after)
        rest = tuple(self._calls.messages(call.sent[end:])) if found.answered else ()
        return Match(kept, of, found.answered, found.messages + rest)

    def _beginning(self, call: Call, before: Call) -> int:
        """How many messages two calls have in common at their beginning."""
        of = len(before.sent)
        if call.bare[:of] == before.bare:
            return of
        for at, (one, other) in enumerate(zip(before.bare, call.bare, strict=False)):
            if one is other or one == other or self._same(before.sent[at], call.sent[at]):
                continue
            return at
        return min(of, len(call.sent))

    def _turn(self, sent: tuple[Piece, ...], at: int) -> tuple[list[Message], int]:
        """What the model says from a place on, and where it ends."""
        found: list[Message] = []
        for end in range(at, min(len(sent), at + _LONGEST_TURN)):
            messages = self._calls.messages(sent[end : end + 1])
            if not all(is_of_model(message) for message in messages):
                return found, end
            found += messages
        return found, min(len(sent), at + _LONGEST_TURN)

    def _same(self, one: Piece, other: Piece) -> bool:
        """Whether two pieces say the same: the log may write one message in two ways."""
        if _is_name(one.value) and _is_name(other.value):
            return False  # of two contents
        said, also = self._spoken((one,)), self._spoken((other,))
        return len(said) == len(also) and speeches(said) == speeches(also)

    def news(self, call: Call, before: Call | None, *, same: bool = True) -> News:
        """What was sent in a call and not said before; ``same`` if the same agent said that."""
        if before is None or not call.sent:
            return News(tuple(self._calls.messages(call.sent)))
        again = _again(call, before)
        if again:
            return News((), again)
        if call.follows and call.follows == before.id:
            return News(tuple(self._calls.messages(call.sent[self._told_again(call, before) :])))
        match = self.match(call, before)
        if match.answered:
            return News(match.fresh)
        return self._changed(call, before, match.kept, same)

    def _told_again(self, call: Call, before: Call) -> int:
        """How many of the instructions are repeated where the provider knows what was said."""
        count = 0
        for one, other in zip(before.sent, call.sent, strict=False):
            if one != other or any(m.role != "system" for m in self._spoken((one,))):
                break
            count += 1
        return count

    def _changed(self, call: Call, before: Call, kept: int, same: bool) -> News:
        """The news where what was said before does not all come again."""
        known = before.sent[kept:] + before.answered
        now = call.sent[kept:]
        tail: tuple[Piece, ...] = ()
        found = align(bare(known), bare(now))
        if found.inserted < found.fresh:
            # What comes again at the end is the same, so only what lies before it is read.
            tail = now[found.fresh :]
            known, now = known[found.kept : found.kept + found.dropped], now[: found.inserted]
            now, kept = now[found.kept :], kept + found.kept + found.fresh - found.inserted
        rest, left = speeches(self._spoken(known)), speeches(self._spoken(now))
        within = align(rest, left)
        if not same and kept + within.kept < 2:
            return News(tuple(self._calls.messages(call.sent)))  # it has a talk of its own
        dropped = rest[within.kept : within.kept + within.dropped]
        fresh = left[within.kept : within.inserted] + left[within.fresh :]
        gone = [m for speech in dropped for m in speech.messages]
        came = [m for speech in fresh for m in speech.messages]
        later = bool(tail) or within.inserted < within.fresh or found.inserted < found.fresh
        taken = within.kept < within.inserted and later
        gone = [m for m in gone if m.texts or m.calls or m.images]
        rule = _rule(gone, taken) if gone and same else None
        return News((*came, *self._calls.messages(tail)), rule)

    def goes_on(self, call: Call, before: Call) -> bool:
        """Whether a call whose beginning is another one's repeats the end of that, too: what was
        between them has left the context."""
        kept = self.match(call, before).kept
        found = align(before.bare[kept:], call.bare[kept:])
        return kept > 0 and found.fresh - found.inserted > 1

    def _spoken(self, pieces: tuple[Piece, ...]) -> list[Message]:
        found = self._calls.messages(pieces)
        return [m for m in found if m.texts or m.calls or m.images or m.role]


def _again(call: Call, before: Call) -> Rule | None:
    if call.bare != before.bare:
        return None
    if before.row.status == ERROR:
        return Rule(Mark.RETRY, "Tried again after an error, with the same messages")
    if call.row.inputs and before.answered:
        return Rule(Mark.RETRY, "Asked again with the same messages")
    return None


def _is_name(value: Any) -> bool:
    """Whether a value is the name of content that is elsewhere in the log."""
    return isinstance(value, dict) and len(value) == 1 and "$blob" in value


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
