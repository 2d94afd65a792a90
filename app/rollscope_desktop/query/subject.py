"""Everything the inspector shows of one run or span, read piece by piece as its tabs are opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.events import Flag
from rollscope_desktop.model.messages import Message
from rollscope_desktop.query.messages import Talk, read_notes, read_talk
from rollscope_desktop.query.notes import query_notes
from rollscope_desktop.query.payloads import Payload, PayloadGone, Payloads, Raw
from rollscope_desktop.query.runs import query_files, query_run, query_run_payloads
from rollscope_desktop.query.spans import query_span, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import Locator, NoteRow, RunRow, SpanRow
    from rollscope_desktop.query.connection import Reader

_NOTES = 500
_STAMP = frozenset(
    {"type", "run", "proc", "seq", "time", "span", "parent", "kind", "name", "status", "hash", "v"}
)


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
        notes = tuple(query_notes(reader, row.id, limit=_NOTES))
        error = _error(reader, row.id, ends.output) if row.status == ERROR else None
        return Subject(row, None, notes, files, ends.input, ends.output, error or row.error)
    known = query_span(reader, span)
    if known is None:
        return None
    notes = tuple(query_notes(reader, row.id, known.key, limit=_NOTES))
    error = _error(reader, row.id, known.output) if known.status == ERROR else None
    return Subject(row, known, notes, files, known.input, known.output, error)


def _error(reader: Reader, run: int, locator: Locator | None) -> Any:
    if locator is None:
        return None
    try:
        with Payloads(reader, run) as payloads:
            return payloads.part(locator, "error").value
    except PayloadGone:
        return None


def read_input(reader: Reader, subject: Subject, even_big: bool = False) -> Payload:
    """What went in."""
    if subject.span is not None and subject.span.flags & Flag.NO_INPUT:
        return Payload(present=False)
    return _read(reader, subject, subject.input, even_big)


def read_output(reader: Reader, subject: Subject, even_big: bool = False) -> Payload:
    """What came out."""
    if subject.span is not None and subject.span.flags & Flag.NO_OUTPUT:
        return Payload(present=False)
    return _read(reader, subject, subject.output, even_big)


def _read(reader: Reader, subject: Subject, locator: Locator | None, even_big: bool) -> Payload:
    if locator is None:
        return Payload(present=False)
    with Payloads(reader, subject.run.id) as payloads:
        return payloads.value(locator, even_big)


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
    """What the records of the start and the end say beside input and output."""
    found: dict[str, Any] = {}
    size = 0
    cuts: list[Any] = []
    with Payloads(reader, subject.run.id) as payloads:
        for locator in dict.fromkeys((subject.input, subject.output)):
            if locator is None:
                continue
            record = payloads.record(locator)
            size += record.size
            cuts += record.cuts
            if isinstance(record.value, dict):
                shown = locator.path.partition("/")[0]
                for key, value in record.value.items():
                    if key == "attrs" and isinstance(value, dict):
                        found |= value
                    elif key != shown and key not in _STAMP:
                        found[key] = value
    return Payload(found, bool(found), size, cuts=tuple(cuts))


def read_raw(reader: Reader, subject: Subject) -> list[Raw]:
    """The records themselves: that of the start, and that of the end if it is another."""
    out: list[Raw] = []
    with Payloads(reader, subject.run.id) as payloads:
        seen = set()
        for locator in (subject.input, subject.output):
            if locator is not None and (locator.file, locator.offset) not in seen:
                seen.add((locator.file, locator.offset))
                out.append(payloads.raw(locator))
    return out
