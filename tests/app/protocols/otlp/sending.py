"""Spans and log records as they are decoded, the lines that come of them, what a viewer sees."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

from rollscope import wire
from rollscope_desktop.protocols.otlp.calls import Calls
from rollscope_desktop.protocols.otlp.logs import write_records
from rollscope_desktop.protocols.otlp.received import Record, Span
from rollscope_desktop.protocols.otlp.translate import write_spans
from rollscope_desktop.protocols.run import Run
from tests.app.protocols.retrace.arriving import Seen, seen

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

START = 1_763_700_000_000_000_000
MS = 1_000_000
RESOURCE = {"service.name": "weather"}

Line = dict[str, Any]
SCHEMAS = {
    one["properties"]["type"]["const"]: jsonschema.Draft202012Validator(one)
    for one in wire.schema()["oneOf"]
}
"""By the type of a line: trying all types on each takes ten times as long."""


def trace(number: int) -> str:
    """The id of a trace."""
    return f"{number:032x}"


def id_of(number: int) -> str:
    """The id of a span."""
    return f"{number:016x}"


def hashed(*parts: object) -> str:
    """What stands for the hash of a message."""
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def at(ms: float) -> int:
    """A time, in ns since the epoch."""
    return START + round(ms * MS)


def span(
    id: int,
    parent: int | None = None,
    name: str = "step",
    begun: float = 0,
    ended: float | None = 10,
    of: int = 1,
    attributes: dict[str, Any] | None = None,
    **more: Any,
) -> Span:
    """A span of the trace ``of``; times in ms."""
    said = dict(attributes or {})
    source = hashed(of, id, parent, name, begun, ended, said, sorted(more.items()))
    end = None if ended is None else at(ended)
    above = None if parent is None else id_of(parent)
    fields = {"resource": RESOURCE, "scope": "", "source": source, **more}
    return Span(trace(of), id_of(id), above, name, at(begun), end, said, **fields)


def chat(id: int, parent: int | None = None, **more: Any) -> Span:
    """A span of a model call by the conventions of OpenTelemetry."""
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini",
        **more.pop("attributes", {}),
    }  # fmt: skip
    return span(id, parent, more.pop("name", "chat gpt-4o-mini"), attributes=attributes, **more)


def used(given: Any, came: Any, **more: Any) -> dict[str, Any]:
    """Attributes of usage."""
    return {"gen_ai.usage.input_tokens": given, "gen_ai.usage.output_tokens": came, **more}


def asked(question: str, answer: str | None = None) -> dict[str, Any]:
    """Attributes of content."""
    said = [{"role": "user", "parts": [{"type": "text", "content": question}]}]
    found = {"gen_ai.input.messages": json.dumps(said)}
    if answer is not None:
        parts = [{"type": "text", "content": answer}]
        choice = {"role": "assistant", "parts": parts, "finish_reason": "stop"}
        found["gen_ai.output.messages"] = json.dumps([choice])
    return found


def record(
    id: int,
    name: str,
    body: Any = None,
    time: float | None = None,
    of: int = 1,
    attributes: dict[str, Any] | None = None,
) -> Record:
    """A log record of a span."""
    said = attributes or {}
    when = 0 if time is None else at(time)
    source = hashed(of, id, name, body, time, said)
    return Record(trace(of), id_of(id), name, when, body, said, RESOURCE, "", source)


class Sending:
    """Takes what programs send, request by request."""

    def __init__(self) -> None:
        self.known: dict[str, Run] = {}
        self.calls = Calls()
        self._before: list[Line] = []

    def runs(self, run: str) -> Run:
        """The run of an id."""
        if run not in self.known:
            self.known[run] = Run(run, 70000)
        return self.known[run]

    def spans(self, *spans: Span) -> None:
        """A request of spans arrives."""
        write_spans(self.runs, spans, self.calls)

    def records(self, *records: Record) -> None:
        """A request of log records arrives."""
        write_records(self.runs, records)

    def restart(self) -> None:
        """Nothing is known but what the logs say."""
        self._before = self.lines()
        self.known, self.calls = {}, Calls()
        for id in dict.fromkeys(line["run"] for line in self._before):
            self.runs(id).recall(line for line in self._before if line["run"] == id)

    def lines(self) -> list[Line]:
        """All lines so far, each checked against the schema."""
        found = [*self._before]
        for run in self.known.values():
            for line in b"".join(run.waiting).splitlines():
                event = json.loads(line)
                SCHEMAS[event["type"]].validate(event)
                found.append(event)
        return found

    def said(self, *types: str) -> list[Line]:
        """The lines of some types."""
        return [line for line in self.lines() if line["type"] in types]

    def one(self, type: str, id: int | None = None) -> Line:
        """The only line of a type, perhaps of one span."""
        [found] = [e for e in self.said(type) if id is None or e["span"] == id_of(id)]
        return found

    def start(self) -> Line:
        """The ``run.start`` that counts."""
        return self.said("run.start")[-1]

    def seen(self, folder: Path) -> AbstractContextManager[Seen]:
        """What a viewer sees of it."""
        return seen(self.lines(), folder)
