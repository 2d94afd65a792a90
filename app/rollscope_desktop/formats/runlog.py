"""Rollscope's own run log: lines that decode straight into events."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from rollscope import wire
from rollscope_desktop.formats.base import Place, Reader, problem
from rollscope_desktop.formats.lines import decode_lines
from rollscope_desktop.model import events
from rollscope_desktop.model.events import Any_Event, Batch, Problem
from rollscope_desktop.model.remark import DROPPED, dropped

_TYPES: dict[str, type[events.Event]] = {
    "run.start": events.RunStart,
    "span.start": events.SpanStart,
    "span.set": events.SpanSet,
    "span.end": events.SpanEnd,
    "message": events.Message,
    "event": events.Occurrence,
    "signal": events.Signal,
    "feedback": events.Feedback,
    "blob": events.Blob,
    "run.set": events.RunSet,
    "run.end": events.RunEnd,
}
_FIRST = re.compile(
    rb'\s*\{"type":"(?:run\.|span\.|message|event|signal|feedback|blob)[a-z]*","run":"'
)
_DECODER = msgspec.json.Decoder(
    events.RunStart
    | events.SpanStart
    | events.SpanSet
    | events.SpanEnd
    | events.Message
    | events.Occurrence
    | events.Signal
    | events.Feedback
    | events.Blob
    | events.RunSet
    | events.RunEnd
)
_DECODE = _DECODER.decode


class RunLogReader:
    """Reads run logs; a line needs no other line to be understood, so nothing is kept."""

    def feed(self, data: bytes, offset: int, line: int) -> Batch:
        """The events of whole lines. A piece with an odd line in it is read line by line."""
        found = decode_lines(_DECODER, data)
        if found is not None:
            said, starts, sizes = found
            places = [offset + start for start in starts] if offset else starts
            return Batch(said, places, sizes, _losses(said, data, starts, offset, line))
        out: list[Any_Event] = []
        offsets: list[int] = []
        lengths: list[int] = []
        problems: list[Problem] = []
        for raw in data.split(b"\n"):
            size = len(raw)
            if raw:
                try:
                    event: Any_Event | None = _DECODE(raw)
                except (ValueError, RecursionError):  # also of bytes that are no UTF-8
                    event = _patient(raw, line, offset, problems)
                if event is not None:
                    if isinstance(event, events.Occurrence) and event.name == DROPPED:
                        problems.append(_loss(raw, line, offset))
                    out.append(event)
                    offsets.append(offset)
                    lengths.append(size)
            offset += size + 1
            line += 1
        return Batch(out, offsets, lengths, problems)

    def state(self) -> bytes:
        """Nothing is kept between lines."""
        return b""


def _losses(
    said: list[Any_Event], data: bytes, starts: list[int], offset: int, line: int
) -> list[Problem]:
    """A problem for each event that tells of events that its writer had to drop."""
    if events.Occurrence not in set(map(type, said)):
        return []  # far cheaper than looking at each, and most pieces have none
    ends = [*starts[1:], len(data)]
    return [
        _loss(data[starts[n] : ends[n]], line + n, offset + starts[n])
        for n, event in enumerate(said)
        if isinstance(event, events.Occurrence) and event.name == DROPPED
    ]


def _loss(raw: bytes, line: int, offset: int) -> Problem:
    try:
        said = wire.load(raw).get("data")
    except (wire.WireError, AttributeError):
        said = None
    return problem(f"{dropped(said)}.", line, offset, code=DROPPED)


def _patient(raw: bytes, line: int, offset: int, problems: list[Problem]) -> Any_Event | None:
    """The event of a line that strict decoding refused, as far as one can be made out of it."""
    if raw.isspace():
        return None

    def report(reason: str, severity: str = "warning") -> None:
        problems.append(problem(reason, line, offset, severity))

    try:
        said = wire.decode(raw)
    except wire.WireError as error:
        report(str(error))
        return None
    kind = said.get("type")
    made = _TYPES.get(kind) if isinstance(kind, str) else None
    if made is None:
        report(f"No event of the run log has the type {kind!r:.60}.", "note")
        return None
    wrong: list[str] = []
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(made):
        if field.name in said:
            if field.type == events.Said:
                fields[field.name] = msgspec.Raw(wire.dump(said[field.name]))
                continue
            try:
                fields[field.name] = msgspec.convert(said[field.name], field.type, strict=False)
            except (msgspec.ValidationError, ValueError, OverflowError):
                wrong.append(field.name)
    try:
        event: Any = made(**fields)
    except TypeError:
        missing = [
            f.name for f in msgspec.structs.fields(made) if f.required and f.name not in fields
        ]
        report(f"The event {kind} lacks {' and '.join(missing)}.")
        return None
    if wrong:
        report(f"In the event {kind}, {' and '.join(wrong)} cannot be read and was left out.")
    return event  # type: ignore[no-any-return]


class RunLog:
    """The format of Rollscope's own run logs."""

    name = "rollscope"
    title = "Rollscope run log"
    framing = "lines"
    ordered = False
    named_by_path = False

    def recognises(self, place: Place, head: bytes) -> bool:
        """Whether one of the first lines is an event of the run log."""
        if _FIRST.match(head):
            return True  # also when the first line is longer than what is shown of it
        for raw in head.split(b"\n", 8)[:8]:
            try:
                said = wire.load(raw)
            except wire.WireError:
                continue
            if isinstance(said, dict) and said.get("type") in _TYPES and "run" in said:
                return True
        return False

    def opening(self, head: bytes) -> bytes:
        """Nothing is known before the first line."""
        return b""

    def reader(self, place: Place, state: bytes) -> Reader:
        """A reader; where the file lies does not matter to it."""
        return RunLogReader()
