"""Everything the inspector shows of one run or span, read piece by piece as its tabs are opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.events import Fact, Flag
from rollscope_desktop.model.fragment import brief
from rollscope_desktop.model.messages import Message
from rollscope_desktop.model.rows import inputs, outputs
from rollscope_desktop.query.call import CALLS, CallFacts, read_call
from rollscope_desktop.query.links import Linked, query_caller, query_original, query_started
from rollscope_desktop.query.messages import Talk, read_notes, read_talk
from rollscope_desktop.query.notes import query_notes
from rollscope_desktop.query.payloads import Payload, PayloadGone, Payloads, Raw
from rollscope_desktop.query.problems import query_lost
from rollscope_desktop.query.runs import query_files, query_run, query_run_payloads
from rollscope_desktop.query.sets import query_run_sets
from rollscope_desktop.query.spans import query_span, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import Locator, NoteRow, RunRow, SetRow, SpanRow
    from rollscope_desktop.query.connection import Reader

_NOTES = 500
_TOLD = 100
_SHORT = 64 << 10
_WORDS = 120
_RECORDS = 200
"""Records of one run or span that are read: more than these are never looked through."""
_MERGED = ("meta", "usage")
_STAMP = frozenset(
    ("type", "run", "proc", "seq", "time", "source", "span", "parent", "kind", "name", "status",
     "hash", "listed", "v")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A run, or one of its spans, with what is known without opening the log (but for an error)."""

    run: RunRow
    span: SpanRow | None
    notes: tuple[NoteRow, ...]
    files: tuple[str, ...]
    input: Locator | None
    output: Locator | None
    error: Any = None
    sets: tuple[SetRow, ...] = ()
    call: CallFacts | None = None
    caller: Linked | None = None
    original: Linked | None = None
    started: tuple[Linked, ...] = ()
    lost: str = ""

    @property
    def records(self) -> tuple[Locator, ...]:
        """The records of its start, of what was told after that, and of its end, in this order."""
        told = [each.record for each in self.sets]
        return tuple(place for place in (self.input, *told, self.output) if place is not None)

    @property
    def has_messages(self) -> bool:
        """Whether there is a conversation to show."""
        if self.span is not None and self.span.kind == "llm":
            return True
        return any(note.type == "message" for note in self.notes)


def query_subject(reader: Reader, run: int, span: int | None) -> Subject | None:
    """The run, or the span by its id; None when the index has it no more."""
    row = query_run(reader, run if span is None else run_of(span))
    if row is None:
        return None
    files = tuple(query_files(reader, row.id))
    if span is None:
        ends = query_run_payloads(reader, row.id)
        found = Subject(
            row, None, tuple(query_notes(reader, row.id, limit=_NOTES)), files, ends.input,
            ends.output, sets=query_run_sets(reader, row.id), caller=query_caller(reader, row),
            original=query_original(reader, row), started=query_started(reader, row, None),
            lost=query_lost(reader, [row.id]).get(row.id, ""),
        )  # fmt: skip
    else:
        known = query_span(reader, span)
        if known is None:
            return None
        found = Subject(
            row, known, tuple(query_notes(reader, row.id, known.key, limit=_NOTES)), files,
            known.input, known.output, sets=known.sets,
            started=query_started(reader, row, known.key),
        )  # fmt: skip
    with Payloads(reader, row.id) as payloads:
        return _read_more(payloads, found)


def _read_more(payloads: Payloads, subject: Subject) -> Subject:
    """The subject with what its summary tells from the log itself."""
    span = subject.span
    failed = subject.run.status if span is None else span.status
    error = None
    if failed == ERROR and subject.output is not None:
        error = _part(payloads, subject.output, "error")
    for told in reversed(subject.sets):
        if error is None and told.facts & Fact.ERROR:
            error = _part(payloads, told.record, "error")
    if span is None:
        error = error or subject.run.error
    notes = _with_data(payloads, subject.notes)
    call = None
    if span is not None and span.kind in CALLS:
        call = read_call(payloads, span, notes)
    return replace(subject, error=error, notes=notes, call=call)


def _with_data(payloads: Payloads, notes: tuple[NoteRow, ...]) -> tuple[NoteRow, ...]:
    """Notes with what events carry in a few words, as far as they are shown."""
    found = list(notes)
    left = _TOLD
    for number, note in enumerate(notes):
        if note.type != "event" or note.value is not None or note.payload.length > _SHORT:
            continue
        left -= 1
        if left < 0:
            break
        if said := brief(_part(payloads, note.payload, note.payload.path), _WORDS):
            found[number] = replace(note, value=said)
    return tuple(found)


def _part(payloads: Payloads, locator: Locator, path: str) -> Any:
    try:
        return payloads.part(locator, path).value
    except PayloadGone:
        return None


def read_input(reader: Reader, subject: Subject, even_big: bool = False) -> Payload:
    """What went in."""
    if subject.span is not None and subject.span.flags & Flag.NO_INPUT:
        return Payload(present=False)
    with Payloads(reader, subject.run.id) as payloads:
        return payloads.first(inputs(subject.input, subject.sets), even_big)


def read_output(reader: Reader, subject: Subject, even_big: bool = False) -> Payload:
    """What came out."""
    if subject.span is not None and subject.span.flags & Flag.NO_OUTPUT:
        return Payload(present=False)
    with Payloads(reader, subject.run.id) as payloads:
        return payloads.first(outputs(subject.output, subject.sets), even_big)


def read_messages(reader: Reader, subject: Subject) -> Talk:
    """The messages of a model call, or those that were noted on a run or span."""
    with Payloads(reader, subject.run.id) as payloads:
        if subject.span is not None and subject.span.kind == "llm":
            talk = read_talk(payloads, subject.span)
            if talk.trouble:
                raise PayloadGone(talk.trouble)
            return talk
        found: list[Message] = read_notes(payloads, list(subject.notes))
        return Talk(tuple(found))


def read_attributes(reader: Reader, subject: Subject) -> Payload:
    """What the records of the start, of what was told later and of the end say beside input and
    output; what is said twice is as it was said last."""
    found: dict[str, Any] = {}
    size = 0
    cuts: list[Any] = []
    with Payloads(reader, subject.run.id) as payloads:
        for locator in dict.fromkeys(subject.records[-_RECORDS:]):
            record = payloads.record(locator)
            size += record.size
            cuts += record.cuts
            if isinstance(record.value, dict):
                shown = {locator.path.partition("/")[0]} if locator.path else {"input", "output"}
                _gather(found, record.value, shown | _STAMP)
    return Payload(found, bool(found), size, cuts=tuple(cuts))


def _gather(
    found: dict[str, Any], record: dict[str, Any], without: set[str] | frozenset[str]
) -> None:
    for key, value in record.items():
        if key == "attrs" and isinstance(value, dict):
            found |= value
        elif key in without:
            continue
        elif key == "lossy" and isinstance(value, list):
            found[key] = [*found.get(key, []), *value]
        elif key in _MERGED and isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = {**found[key], **value}
        else:
            found[key] = value


def read_raw(reader: Reader, subject: Subject) -> list[Raw]:
    """The records themselves, in the order of ``Subject.records``; each once."""
    with Payloads(reader, subject.run.id) as payloads:
        places = {(at.file, at.offset): at for at in reversed(subject.records[-_RECORDS:])}
        return [payloads.raw(place) for place in reversed(places.values())]
