"""What is sent to the socket: cuts of the kept corpora, and the same spans as OTLP requests."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

REVISION = 1
"""Grows when other bytes come out, so that kept requests of an older making are made again."""

_FRAME = struct.Struct(">II")  # spans, bytes
_KINDS = {"agent": "AGENT", "llm": "LLM", "tool": "TOOL"}
_JSON = ("application/json", "text/plain")


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes into one message: ``head``, and behind it these bytes of a file.

    ``log`` and ``last`` are what an acknowledgement names; "" and 0 where there are no names.
    """

    path: Path
    begin: int
    length: int
    spans: int
    head: bytes = b""
    log: str = ""
    last: int = 0


def cut(paths: Iterable[Path], spans: int, least: int) -> Iterator[Piece]:
    """Whole run logs in messages of ``spans`` spans, until there are at least so many in all.

    A message is of one log. A span is in the one that its end is in.
    """
    total = 0
    for path in paths:
        if total >= least:
            return
        begin, end, first, held, number, line = 0, 0, 0, 0, -1, b""
        with path.open("rb") as file:
            for number, line in enumerate(file):
                end += len(line)
                held += line.startswith(b'{"type":"span.end"')
                if held == spans:
                    yield _piece(path, begin, end, held, first, number, line)
                    begin, first, total, held = end, number + 1, total + held, 0
        if end > begin:
            yield _piece(path, begin, end, held, first, number, line)
            total += held


def _piece(
    path: Path, begin: int, end: int, spans: int, first: int, last: int, line: bytes
) -> Piece:
    said = orjson.loads(line)
    assert said["seq"] == last, "the corpus numbers its lines"
    head = {
        "type": "lines", "run": said["run"], "proc": said["proc"], "first": first, "last": last,
    }  # fmt: skip
    return Piece(path, begin, end - begin, spans, orjson.dumps(head) + b"\n", said["run"], last)


def shared_out(paths: list[Path], clients: int) -> list[list[Path]]:
    """Who sends which logs."""
    return [paths[number::clients] for number in range(clients)]


# -- OTLP --------------------------------------------------------------------------------------


def requests(flat: list[Path], spans: int, most: int, cache: Path) -> Path:
    """A file of OTLP requests of ``spans`` spans each, ``most`` in all, kept in the cache.

    They are made of the flat lines, in OpenInference's names, and stand in the order in which spans
    ended, as exporters send them.
    """
    place = cache / f"otlp-{flat[0].parent.parent.name}-{spans}-{most}-r{REVISION}.bin"
    if not place.exists():
        part = place.with_suffix(".part")
        with part.open("wb") as file:
            lines = islice(_lines(flat), most)
            while held := list(islice(lines, spans)):
                body = request([orjson.loads(line) for line in held])
                file.write(_FRAME.pack(len(held), len(body)) + body)
        part.rename(place)
    return place


def recorded(place: Path) -> Iterator[Piece]:
    """The requests of such a file."""
    begin = 0
    with place.open("rb") as file:
        while frame := file.read(_FRAME.size):
            spans, length = _FRAME.unpack(frame)
            begin += _FRAME.size
            yield Piece(place, begin, length, spans)
            begin += length
            file.seek(begin)


def _lines(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            yield from file


def request(spans: list[dict[str, Any]]) -> bytes:
    """An ExportTraceServiceRequest of flat lines."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    _attributes(
        resource.resource.attributes,
        {"service.name": "bench", "openinference.project.name": "bench"},
    )
    scope = resource.scope_spans.add()
    scope.scope.name = "openinference.instrumentation.bench"
    for span in spans:
        _span(scope.spans.add(), span)
    body: bytes = message.SerializeToString()
    return body


def _span(out: Any, span: dict[str, Any]) -> None:
    out.trace_id = bytes.fromhex(span["run"])
    out.span_id = bytes.fromhex(span["span"])
    out.parent_span_id = bytes.fromhex(span.get("parent", ""))
    out.name = span["name"]
    out.kind = 1
    out.start_time_unix_nano, out.end_time_unix_nano = span["start"], span["end"]
    said: dict[str, Any] = {"openinference.span.kind": _KINDS.get(span["kind"], "CHAIN")}
    for name in ("input", "output"):
        value = span.get(name)
        if value is not None:
            is_text = isinstance(value, str)
            said[f"{name}.value"] = value if is_text else json.dumps(value, ensure_ascii=False)
            said[f"{name}.mime_type"] = _JSON[is_text]
    if span["kind"] == "llm":
        said |= _model_call(span)
    _attributes(out.attributes, said)
    error = span.get("error")
    out.status.code = 2 if error else 1
    if error:
        out.status.message = error["message"]
        event = out.events.add()
        event.name, event.time_unix_nano = "exception", span["end"]
        _attributes(
            event.attributes,
            {"exception.type": error["type"], "exception.message": error["message"]},
        )


def _model_call(span: dict[str, Any]) -> dict[str, Any]:
    usage = span["usage"]
    said: dict[str, Any] = {
        "llm.model_name": usage["model"],
        "llm.token_count.prompt": usage["input_tokens"],
        "llm.token_count.completion": usage["output_tokens"],
        "llm.token_count.total": usage["input_tokens"] + usage["output_tokens"],
        "llm.invocation_parameters": '{"temperature":0.2}',
    }
    for side, messages in (("input", span["input"]["messages"]), ("output", [span["output"]])):
        for number, message in enumerate(messages):
            stem = f"llm.{side}_messages.{number}.message"
            said |= {f"{stem}.role": message["role"], f"{stem}.content": message["content"]}
    return said


def _attributes(out: Any, said: dict[str, Any]) -> None:
    for key, value in said.items():
        held = out.add()
        held.key = key
        if isinstance(value, int):
            held.value.int_value = value
        else:
            held.value.string_value = value
