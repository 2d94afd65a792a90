"""What the SDK sends, as it arrives; and what a viewer sees of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from rollscope import wire
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.protocols.retrace.memory import Memory
from rollscope_desktop.protocols.retrace.session import Session, Taken
from rollscope_desktop.protocols.retrace.uploads import mark_golden, patch_trace, post_trace
from rollscope_desktop.protocols.run import Run
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.notes import query_notes
from rollscope_desktop.query.payloads import Payloads
from rollscope_desktop.query.runs import query_heads, query_run
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.query.subject import query_subject, read_attributes, read_input, read_output
from tests.app.support import make_index

TRACE = "6b9af59a-de4c-4bf9-af7c-04c31d36c742"
RUN = "6b9af59ade4c4bf9af7c04c31d36c742"
SPAN = "6fb2410f-47db-4f1d-8cd9-5de31a4f8fd9"
OTHER = "34897b68-684d-4d83-8a0a-e1b741f0a313"
THIRD = "475c772b-21fb-4500-98fb-988cd4a83e7b"

Data = dict[str, Any]
Line = dict[str, Any]

STATUSES = {OPEN: "open", OK: "ok", ERROR: "error", CANCELLED: "cancelled", ENDED: "ended"}
_SCHEMA = jsonschema.Draft202012Validator(wire.schema())


def at(second: float) -> str:
    """A time as the SDK writes it."""
    return f"2026-11-21T01:08:{second:09.6f}Z"


def ns(second: float) -> int:
    """The same time in ns since the epoch."""
    return 1_795_223_280_000_000_000 + round(second * 1_000_000) * 1000


def span(kind: str, begun: float, id: str = SPAN, **more: Any) -> Data:
    """The data of a ``span_started``; ``ended`` makes it one that holds everything."""
    ended = more.pop("ended", None)
    said = {
        "id": id, "trace_id": TRACE, "parent_id": None, "span_type": kind, "name": "step",
        "started_at": at(begun), **more,
    }  # fmt: skip
    return said if ended is None else {**said, "ended_at": at(ended)}


def ended(second: float, id: str = SPAN, **more: Any) -> Data:
    """The data of a ``span_ended``."""
    return {"id": id, "trace_id": TRACE, "ended_at": at(second), "output": None, **more}


def trace(**more: Any) -> Data:
    """The data of a ``trace_started``."""
    return {"id": TRACE, "status": "running", "started_at": at(0), "name": "weather", **more}


def over(second: float = 9, **more: Any) -> Data:
    """The data of a ``trace_ended``."""
    return {
        "id": TRACE, "ended_at": at(second), "output": None, "status": "completed", **more
    }  # fmt: skip


class Arriving:
    """Takes what the SDK sends; a connection at a time unless told otherwise."""

    def __init__(self, *, old: bool = False) -> None:
        self.memory = Memory()
        self.known: dict[str, Run] = {}
        self.old = old
        self.session = self.connect()
        self.now = ns(50)
        self._before: list[Line] = []

    def connect(self) -> Session:
        """A new connection."""
        self.session = Session(self.memory, old=self.old)
        return self.session

    def runs(self, run: str) -> Run:
        """The run of an id."""
        return self.known.setdefault(run, Run(run, 70000))

    def restart(self) -> None:
        """Nothing is known but what the logs say."""
        lines, self.known, self.memory = self.lines(), {}, Memory()
        for id in dict.fromkeys(line["run"] for line in lines):
            self.runs(id).recall(line for line in lines if line["run"] == id)
        self._before = lines
        self.connect()

    def frame(self, kind: str, data: Data, session: Session | None = None) -> Taken:
        """A frame arrives."""
        taken = (session or self.session).take(self.runs, {"type": kind, "data": data}, self.now)
        assert not taken.complaint, taken
        return taken

    def frames(self, *frames: tuple[str, Data]) -> None:
        """Frames arrive."""
        for kind, data in frames:
            self.frame(kind, data)

    def post(self, body: Any, *, old: bool = False) -> None:
        """A whole trace arrives."""
        for part in post_trace(self.memory, body, self.now, old=old):
            part(self.runs)

    def patch(self, body: Any, trace: str = TRACE) -> None:
        """The end of a trace arrives by HTTP."""
        patch_trace(self.runs, self.memory, trace, body, self.now)

    def golden(self, body: Any, trace: str = TRACE) -> None:
        """A mark arrives."""
        mark_golden(self.runs, trace, body, self.now)

    def lines(self) -> list[Line]:
        """All lines so far, each checked against the schema."""
        found = [*self._before]
        for run in self.known.values():
            for line in b"".join(run.waiting).splitlines():
                event = json.loads(line)
                _SCHEMA.validate(event)
                found.append(event)
        return found

    def said(self, *types: str) -> list[Line]:
        """The lines of some types."""
        return [line for line in self.lines() if line["type"] in types]

    def seen(self, folder: Path) -> AbstractContextManager[Seen]:
        """What a viewer sees of it."""
        return seen(self.lines(), folder)


@dataclass(frozen=True, slots=True)
class SeenStep:
    """A step as a viewer shows it. ``parent`` and ``cost`` are a name and US dollars."""

    kind: str
    name: str | None
    status: str
    begun: int | None
    ended: int | None
    parent: str | None
    agent: str | None
    model: str | None
    tokens: tuple[int | None, int | None]
    cost: float | None
    input: Any
    output: Any
    error: Any
    attributes: Data
    lossy: tuple[bool, bool]
    notes: tuple[tuple[str, str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run as a viewer shows it."""

    row: Any
    status: str
    input: Any
    output: Any
    error: Any
    attributes: Data
    steps: tuple[SeenStep, ...]
    notes: tuple[tuple[str, str, Any], ...]

    def step(self, name: str) -> SeenStep:
        """The step of this name."""
        [found] = [step for step in self.steps if step.name == name]
        return found


class Seen:
    """What the index says."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def runs(self) -> list[SeenRun]:
        """All runs, the earliest first."""
        ids = [head.id for head in query_heads(self._reader)]
        return sorted((self._run(id) for id in ids), key=lambda run: run.row.started)

    def run(self, name: str = "weather") -> SeenRun:
        """The run of this name, or of this id."""
        [found] = [run for run in self.runs() if name in (run.row.name, run.row.key)]
        return found

    def _run(self, id: int) -> SeenRun:
        reader = self._reader
        row, subject = query_run(reader, id), query_subject(reader, id, None)
        assert row is not None
        assert subject is not None
        spans = [span for chunk in query_run_spans(reader, id) for span in chunk]
        names = {span.key: span.name for span in spans}
        steps = tuple(self._step(span, names) for span in spans)
        notes = self._notes(id, None)
        attributes = read_attributes(reader, subject).value
        return SeenRun(
            row, STATUSES[row.status], read_input(reader, subject).value,
            read_output(reader, subject).value, subject.error, attributes, steps, notes,
        )  # fmt: skip

    def _step(self, span: Any, names: dict[int, str | None]) -> SeenStep:
        subject = query_subject(self._reader, span.id >> 31, span.id)
        assert subject is not None
        given, got = read_input(self._reader, subject), read_output(self._reader, subject)
        return SeenStep(
            span.kind, span.name, STATUSES[span.status], span.start, span.end,
            names.get(span.parent), span.agent, span.model, (span.tokens_in, span.tokens_out),
            None if span.cost is None else span.cost / 1e9, given.value, got.value, subject.error,
            read_attributes(self._reader, subject).value, (given.lossy, got.lossy),
            self._notes(span.id >> 31, span.key),
        )  # fmt: skip

    def _notes(self, run: int, key: int | None) -> tuple[tuple[str, str, Any], ...]:
        with Payloads(self._reader, run) as payloads:
            return tuple(
                (note.type, note.name, payloads.value(note.payload).value)
                for note in query_notes(self._reader, run, key)
            )


@contextmanager
def seen(lines: Iterable[dict[str, Any]], folder: Path) -> Iterator[Seen]:
    """What a viewer sees of these lines."""
    logs: dict[str, bytes] = {}
    for line in lines:
        name = f"{line['run']}.{line['proc']}.jsonl"
        logs[name] = logs.get(name, b"") + json.dumps(line).encode() + b"\n"
    index = make_index(folder, logs)
    reader = Reader(index.path)
    try:
        yield Seen(reader)
    finally:
        reader.close()
        index.writer.close()
