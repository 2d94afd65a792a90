"""One run told in lines of text: as a tree, as a conversation, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from typing import cast

import orjson

from rollscope_desktop.model import text
from rollscope_desktop.model.messages import Message
from rollscope_desktop.model.rows import TIME, RunRow, SpanRow
from rollscope_desktop.model.tree import outline, preorder
from rollscope_desktop.query.condition import INTERRUPTED, query_conditions
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.fragments import query_fragments
from rollscope_desktop.query.messages import query_conversation
from rollscope_desktop.query.notes import query_notes
from rollscope_desktop.query.progress import Partial
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.query.summary import STATES

_NOTES = 100_000
_AHEAD = 200


def tree(reader: Reader, run: RunRow, fitting: set[int] | None = None) -> Iterator[str]:
    """A heading, then the steps of the run as an indented tree, each with its notes below it.

    Of the steps, only those whose ids are ``fitting``, and those that they are part of.
    """
    yield from _heading(reader, run)
    spans = list(chain.from_iterable(query_run_spans(reader, run.id)))
    cut_off = query_conditions(reader, [run])[run.id].word == INTERRUPTED
    notes = query_notes(reader, run.id, whole=True, limit=_NOTES)
    if fitting is not None:
        yield f"{len(fitting):,} of {text.count(len(spans), 'span')} fit."
        yield ""
        spans = _with_ancestors(spans, fitting)
        shown = {span.key for span in spans}
        notes = [note for note in notes if note.span in shown]
    yield from outline(spans, run.clock, notes, Fragments(reader, spans).of, cut_off=cut_off)


class Fragments:
    """What happened in each step in a few words, read some steps ahead of where it is told."""

    def __init__(self, reader: Reader, spans: list[SpanRow]) -> None:
        self._reader = reader
        self._order = [spans[place] for place, _ in preorder(spans)]
        self._read: dict[int, str] = {}
        self._next = 0

    def of(self, span: SpanRow) -> str:
        """The fragment of the next step, in the order of the tree."""
        if span.id not in self._read:
            some = self._order[self._next : self._next + _AHEAD]
            self._next += len(some)
            self._read = {}
            job = query_fragments(self._reader, some)
            while True:
                try:
                    step = next(job)
                except StopIteration as end:
                    self._read |= end.value
                    break
                if isinstance(step, Partial):
                    self._read |= cast("dict[int, str]", step.value)
        return self._read.get(span.id, "")


def _with_ancestors(spans: list[SpanRow], fitting: set[int]) -> list[SpanRow]:
    by_key = {span.key: span for span in spans}
    kept: set[int] = set()
    for span in spans:
        at: SpanRow | None = span if span.id in fitting else None
        while at is not None and at.id not in kept:
            kept.add(at.id)
            at = None if at.parent is None else by_key.get(at.parent)
    return [span for span in spans if span.id in kept]


def conversation(reader: Reader, run: RunRow) -> Iterator[str]:
    """A heading, then what was said to models and what they answered, without repetitions."""
    yield from _heading(reader, run)
    said = False
    for turn in query_conversation(reader, run.id):
        if turn.trouble:
            yield f"[{text.one_line(turn.trouble)}]"
        for message in turn.messages:
            said = True
            yield from _message(message)
    if not said:
        yield "The log holds no messages of this run."


def json(reader: Reader, run: RunRow, fitting: set[int] | None = None) -> Iterator[str]:
    """The run as one JSON object, then each of its spans, or of those ``fitting``, one a line."""
    yield orjson.dumps({**asdict(run), "status": STATES.get(run.status, "open")}).decode()
    for span in chain.from_iterable(query_run_spans(reader, run.id)):
        if fitting is not None and span.id not in fitting:
            continue
        said = asdict(span)
        said["status"] = STATES.get(span.status, "open")
        said["key"] = _hex(span.key)
        said["parent"] = None if span.parent is None else _hex(span.parent)
        yield orjson.dumps(said).decode()


def _heading(reader: Reader, run: RunRow) -> Iterator[str]:
    timed = run.clock == TIME
    stands = query_conditions(reader, [run])[run.id]
    said = [
        stands.said,
        text.length(stands.taken, timeless=not timed),
        text.count(run.spans, "span"),
        f"{text.tokens(run.tokens_in, run.tokens_out)} tokens" if run.tokens_in else "",
        text.cost(run.cost) if run.cost else "",
        "" if run.reward is None else f"reward {text.reward(run.reward)}",
        "" if not run.finish else f"finish reason {text.one_line(run.finish)}",
        text.count(run.errors, "error") if run.errors else "",
    ]
    yield f"{text.one_line(run.name or '(no name)')}  {run.key}"
    yield " · ".join(part for part in said if part)
    if run.error:
        yield f"Error: {text.one_line(run.error)}"
    if stands.lost:
        yield f"Warning: {stands.lost}. The recorder had to drop them."
    if not timed:
        yield "The log has no times; numbers are those of its events."
    yield ""


def _message(message: Message) -> Iterator[str]:
    who = message.role + (f" {text.one_line(message.name)}" if message.name else "")
    preview = " (a preview: the log holds only its beginning)" if message.is_preview else ""
    yield f"{who}{preview}:"
    for reasoning in message.reasoning:
        yield from _block(f"(reasoning) {reasoning}")
    for said in message.texts:
        yield from _block(said)
    for image in message.images:
        yield from _block(f"[image {image}]")
    for call in message.calls:
        yield from _block(f"→ {call.name}({orjson.dumps(call.arguments).decode()})")
    yield ""


def _block(said: str) -> Iterator[str]:
    for line in said.splitlines() or [""]:
        yield f"  {text.visible(line)}"


def _hex(key: int) -> str:
    return f"{key & (1 << 64) - 1:016x}"
