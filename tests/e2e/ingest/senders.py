"""Clients of the three protocols that never give up: what they were told is safe, they remember."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

_PATIENCE = 10.0
_TROUBLE = (OSError, EOFError, TimeoutError, WebSocketException, http.client.HTTPException)


@dataclass(frozen=True)
class Place:
    """Where to send, and with what token."""

    port: int
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What proves that this program may send."""
        return {"Authorization": f"Bearer {self.token}"}


class Sender(ABC, threading.Thread):
    """Sends to a server that comes and goes, until it is told to stop; then what is left.

    ``id`` is the run's; ``safe`` holds names of what was acknowledged, ``sent`` of everything that
    may have arrived, as they stand in the journal.
    """

    id = ""

    def __init__(self, place: Place, number: int) -> None:
        super().__init__(name=f"{type(self).__name__} {number}", daemon=True)
        self.place = place
        self.number = number
        self.stopping = threading.Event()
        self.safe: set[Any] = set()
        self.sent: set[Any] = set()
        self.refusals: list[str] = []

    def run(self) -> None:
        """Send until stopped and everything has arrived."""
        deadline = float("inf")
        while not (self.stopping.is_set() and self.sent == self.safe):
            if self.stopping.is_set():
                deadline = min(deadline, time.monotonic() + 30)
                if time.monotonic() > deadline:
                    return
            with contextlib.suppress(*_TROUBLE):
                self.session()
            time.sleep(0.02)

    @abstractmethod
    def session(self) -> None:
        """Send as long as the connection lasts."""

    def _socket(self, path: str) -> ClientConnection:
        return connect(
            f"ws://127.0.0.1:{self.place.port}{path}", additional_headers=self.place.headers,
            compression=None, open_timeout=_PATIENCE, close_timeout=0.1, ping_interval=None,
        )  # fmt: skip


class StreamSender(Sender):
    """Our own stream; names are numbers of events."""

    def __init__(self, place: Place, number: int) -> None:
        super().__init__(place, number)
        self.id = f"{number:032x}"
        self._lines: list[str] = []

    def session(self) -> None:
        with self._socket("/v1/stream") as line:
            line.send(json.dumps({"type": "hello", "v": 1, "client": self.name}))
            self._answer(line, "welcome")
            line.send(json.dumps({"type": "resume", "run": self.id, "proc": 0}))
            have = self._answer(line, "ack")["seq"]
            assert have >= max(self.safe, default=-1), "the server has forgotten something"
            self.safe.update(range(have + 1))
            while not (self.stopping.is_set() and self.sent == self.safe):
                first = len(self.safe)
                if first == len(self._lines):
                    self._make(20)
                last = len(self._lines) - 1
                header = {"type": "lines", "run": self.id, "proc": 0, "first": first, "last": last}
                line.send("\n".join([json.dumps(header), *self._lines[first:], ""]))
                have = self._answer(line, "ack")["seq"]
                self.safe.update(range(have + 1))

    def _make(self, count: int) -> None:
        for _ in range(count):
            seq = len(self._lines)
            event = {"type": "event", "name": f"n{seq}"}
            if seq == 0:
                event = {"type": "run.start", "v": 1, "name": self.name}  # type: ignore[dict-item]
            stamp = {"run": self.id, "proc": 0, "seq": seq, "time": time.time_ns()}
            self._lines.append(json.dumps({**event, **stamp}))
            self.sent.add(seq)

    def _answer(self, line: ClientConnection, wanted: str) -> dict[str, Any]:
        while (said := json.loads(line.recv(_PATIENCE)))["type"] != wanted:
            self.refusals.append(str(said))
        return dict(said)


class RetraceSender(Sender):
    """Frames of retrace-sdk, sent again until they are acknowledged; names are ids of spans."""

    def __init__(self, place: Place, number: int) -> None:
        super().__init__(place, number)
        self.trace = str(uuid.uuid4())
        self.id = self.trace.replace("-", "")
        self._seq = 0
        self._left: dict[int, dict[str, Any]] = {}
        self._ended: dict[int, str] = {}
        self._queue("trace_started", id=self.trace, status="running", name=self.name, input={})

    def session(self) -> None:
        with self._socket("/ws/v1/stream") as line:
            auth = {"type": "auth", "api_key": self.place.token, "acks": True}
            line.send(json.dumps(auth))
            assert json.loads(line.recv(_PATIENCE))["type"] == "auth_ok"
            for frame in self._left.values():
                line.send(json.dumps(frame))
            while not (self.stopping.is_set() and not self._left):
                while self._left:
                    self._hear(json.loads(line.recv(_PATIENCE)))
                if not self.stopping.is_set():
                    for frame in self._span():
                        line.send(json.dumps(frame))

    def _span(self) -> Iterator[dict[str, Any]]:
        id = str(uuid.uuid4())
        name = id.replace("-", "")[:16]
        self.sent.add(name)
        start = {"id": id, "trace_id": self.trace, "parent_id": None, "name": "tool"}
        yield self._queue("span_started", **start, span_type="tool_call", input={"n": self._seq})
        frame = self._queue("span_ended", id=id, trace_id=self.trace, output="done", duration_ms=3)
        self._ended[frame["seq"]] = name
        yield frame

    def _queue(self, type: str, **data: Any) -> dict[str, Any]:
        self._seq += 1
        time = "2026-11-21T01:08:39.295098Z"
        stamp = {"ended_at": time} if type == "span_ended" else {"started_at": time}
        frame = {"type": type, "data": {**data, **stamp}, "seq": self._seq}
        self._left[self._seq] = frame
        return frame

    def _hear(self, said: dict[str, Any]) -> None:
        if said["type"] != "ack":
            self.refusals.append(str(said))
            return
        self._left.pop(said["seq"], None)
        if (name := self._ended.pop(said["seq"], None)) is not None:
            self.safe.add(name)


class OtlpSender(Sender):
    """Requests of OpenTelemetry, sent again until they are answered; names are ids of spans."""

    def __init__(self, place: Place, number: int) -> None:
        super().__init__(place, number)
        self.trace = (number << 64 | 7).to_bytes(16, "big")
        self.id = self.trace.hex()
        self._count = 0
        self._left: tuple[bytes, set[str]] | None = None

    def session(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.place.port, timeout=_PATIENCE)
        headers = {**self.place.headers, "Content-Type": "application/x-protobuf"}
        with contextlib.closing(line):
            while not (self.stopping.is_set() and self._left is None):
                body, ids = self._left or self._request()
                self._left = body, ids
                line.request("POST", "/v1/traces", body, headers)
                answer = line.getresponse()
                said = answer.read()
                if answer.status != 200 or said:
                    self.refusals.append(f"{answer.status} {said!r}")
                    return
                self.safe |= ids
                self._left = None

    def _request(self) -> tuple[bytes, set[str]]:
        root, spans = self._span_id(1), []
        for _ in range(5):
            self._count += 1
            made = Span(trace_id=self.trace, span_id=self._span_id(self._count), name="step")
            made.start_time_unix_nano = time.time_ns()
            made.end_time_unix_nano = made.start_time_unix_nano + 1000
            made.parent_span_id = b"" if self._count == 1 else root
            made.attributes.append(KeyValue(key="n", value=AnyValue(int_value=self._count)))
            spans.append(made)
        service = KeyValue(key="service.name", value=AnyValue(string_value=self.name))
        ids = {span.span_id.hex() for span in spans}
        self.sent |= ids
        resource = Resource(attributes=[service])
        scopes = [ScopeSpans(spans=spans)]
        request = ExportTraceServiceRequest(
            resource_spans=[ResourceSpans(resource=resource, scope_spans=scopes)]
        )
        return request.SerializeToString(), ids

    def _span_id(self, count: int) -> bytes:
        return (self.number << 32 | count).to_bytes(8, "big")
