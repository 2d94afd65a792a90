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
    from rollscope_desktop.query.conversation.lines import Lines


TOOLS = frozenset(
    {"tool", "retriever", "reranker", "embedding", "guardrail", "evaluator", "memory"}
)
"""Kinds of steps that are something which an agent uses."""
TALKING = TOOLS | {"agent"}


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
    # Late, as what a single step says is read without these.
    from rollscope_desktop.query.conversation.joins import Joins
    from rollscope_desktop.query.conversation.news import Comparing
    from rollscope_desktop.query.conversation.talk import Calls

    spans = [row for rows in query_run_spans(reader, run) for row in rows]
    rows = [row for row in spans if row.kind == "llm"]
    rows.sort(key=lambda row: (row.start is None, row.start or 0, row.id))
    numbered = dict(enumerate(rows))
    with Payloads(reader, run) as payloads:
        calls = Calls(payloads)
        compare = Comparing(calls)
        joins = Joins(_lines(spans, rows), lambda _: numbered, calls, compare, {})
        for number, row in numbered.items():
            try:
                call = calls.read(row)
                if call.trouble:
                    yield Turn(row, (), call.trouble)
                    continue
                earlier = joins.before(number)
                before = None if earlier < 0 else calls.read(rows[earlier])
                sent = compare.news(call, before).messages
                answered = calls.messages(call.answered)
            except PayloadGone as error:
                yield Turn(row, (), str(error))
                continue
            yield Turn(
                row,
                _marked(list(sent), bool(row.flags & Flag.INPUT_PREVIEW))
                + _marked(answered, bool(row.flags & Flag.OUTPUT_PREVIEW)),
            )


def _lines(spans: list[SpanRow], calls: list[SpanRow]) -> Lines:
    """Which of a run's calls may go on from which."""
    from rollscope_desktop.query.conversation.lines import NONE, Caller, Lines

    by_key = {row.key: row for row in spans}

    def speaker(row: SpanRow) -> SpanRow | None:
        """The agent or tool that a step is part of."""
        at, seen = row, {row.key}
        while at.parent is not None and at.parent not in seen:
            seen.add(at.parent)
            above = by_key.get(at.parent)
            if above is None or above.kind in TALKING:
                return above
            at = above
        return None

    def caller(row: SpanRow) -> Caller:
        who = speaker(row)
        branch = _number(row.branch)
        if who is None or who.kind == "agent":
            return Caller(_number(None if who is None else who.key), branch)
        outer = speaker(who)
        return Caller(
            who.key, branch, (_number(None if outer is None else outer.key), _number(who.branch))
        )

    start = [NONE if row.start is None else row.start for row in calls]
    end = [NONE if row.end is None else row.end for row in calls]
    return Lines(start, end, [caller(row) for row in calls])


def _number(known: int | None) -> int:
    return -1 if known is None else known


def _marked(messages: list[Message], preview: bool) -> tuple[Message, ...]:
    return tuple(replace(m, is_preview=True) if preview and m.texts else m for m in messages)
