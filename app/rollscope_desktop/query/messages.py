"""Conversations: the messages of one step, and those of a whole run without its repetitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.messages import Message, messages_in, messages_out
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.spans import query_run_spans

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import NoteRow, SpanRow
    from rollscope_desktop.query.connection import Reader


@dataclass(frozen=True, slots=True)
class Talk:
    """The messages of a model call: what was sent, what came back, and what could not be read."""

    sent: tuple[Message, ...] = ()
    answered: tuple[Message, ...] = ()
    trouble: str = ""

    @property
    def all(self) -> tuple[Message, ...]:
        """Everything, in order."""
        return self.sent + self.answered


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of a run's conversation, with the messages that were not there before it."""

    span: SpanRow
    messages: tuple[Message, ...]
    trouble: str = ""


def read_talk(payloads: Payloads, row: SpanRow) -> Talk:
    """The messages of one model call."""
    sent: list[Message] = []
    answered: list[Message] = []
    trouble = ""
    try:
        sent = messages_in(input_of(payloads, row))
        answered = messages_out(output_of(payloads, row))
    except PayloadGone as error:
        trouble = str(error)
    return Talk(
        _marked(sent, bool(row.flags & Flag.INPUT_PREVIEW)),
        _marked(answered, bool(row.flags & Flag.OUTPUT_PREVIEW)),
        trouble,
    )


def input_of(payloads: Payloads, row: SpanRow) -> Any:
    """What went into a step; None where the log does not say."""
    return None if row.flags & Flag.NO_INPUT else payloads.first(row.inputs).value


def output_of(payloads: Payloads, row: SpanRow) -> Any:
    """What came out of a step; None where the log does not say."""
    return None if row.flags & Flag.NO_OUTPUT else payloads.first(row.outputs).value


def read_notes(payloads: Payloads, notes: list[NoteRow]) -> list[Message]:
    """The messages among the notes of a run or step."""
    found = []
    for note in notes:
        if note.type == "message":
            found += messages_in(noted(note.name, payloads.value(note.payload).value))
    return found


def noted(role: str, content: Any) -> dict[str, Any]:
    """A noted message as chat messages are written: its content may bring more than a text."""
    if isinstance(content, dict) and "content" in content:
        return {**content, "role": role}
    return {"role": role, "content": content}


def query_conversation(reader: Reader, run: int) -> Iterator[Turn]:
    """The run's model calls in the order they began, each with the messages that are new in it.

    A call repeats what was said before; only what goes beyond that is given.
    """
    calls = [row for rows in query_run_spans(reader, run) for row in rows if row.kind == "llm"]
    calls.sort(key=lambda row: (row.start is None, row.start or 0, row.id))
    said: dict[int | None, tuple[Message, ...]] = {}
    with Payloads(reader, run) as payloads:
        for row in calls:
            talk = read_talk(payloads, row)
            before = said.get(row.branch, ())
            kept = 0
            for known, sent in zip(before, talk.sent, strict=False):
                if not _same(known, sent):
                    break
                kept += 1
            said[row.branch] = talk.all
            yield Turn(row, talk.sent[kept:] + talk.answered, talk.trouble)


def _same(one: Message, other: Message) -> bool:
    return replace(one, reasoning=(), is_preview=False) == replace(
        other, reasoning=(), is_preview=False
    )


def _marked(messages: list[Message], preview: bool) -> tuple[Message, ...]:
    return tuple(replace(m, is_preview=True) if preview and m.texts else m for m in messages)
