"""How long one span takes, sent alone: to its acknowledgement, and to its row in the index."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from rollscope.wire import Encoder
from tests.bench import ingest_wire as wire
from tests.bench.ingest_data import request

if TYPE_CHECKING:
    from tests.bench.ingest_servers import Server

_FIRST = 20
"""Spans that are sent before the clock runs."""
_PATIENCE = 20.0

Ask = Callable[[bytes], None]
"""Sends a message and waits until it is acknowledged."""


def delays(
    there: Server, protocol: str, count: int, pause: float, *, visible: bool
) -> dict[str, Any]:
    """Milliseconds: ``ack_p50``, ``ack_p99``; with ``visible`` also ``row_p50``, ``row_p99``."""
    ask, messages = _PROTOCOLS[protocol](there, count + _FIRST)
    random = Random(1)
    sent: list[int] = []
    acked: list[int] = []
    rows = _Rows(there) if visible else None
    before = there.count() if visible else 0
    for message in messages:
        began = time.monotonic_ns()
        ask(message)
        acked.append(time.monotonic_ns() - began)
        sent.append(began)
        time.sleep(pause * random.uniform(0.5, 1.5))  # not in step with anything that polls
    said = _percentiles("ack", acked[_FIRST:])
    if rows is not None:
        seen = rows.until(before + len(sent))
        said |= _percentiles("row", until_seen(sent, seen, before)[_FIRST:])
    return said


def _percentiles(name: str, values: list[int]) -> dict[str, float]:
    values = sorted(values)
    return {
        f"{name}_p50": values[len(values) // 2] / 1e6,
        f"{name}_p99": values[len(values) * 99 // 100] / 1e6,
    }


def until_seen(sent: list[int], seen: list[tuple[int, int]], before: int) -> list[int]:
    """From the sending of the n-th span until n more spans were there than before; ns."""
    found = []
    looks = iter(seen)
    when, spans = next(looks)
    for number, began in enumerate(sent, before + 1):
        while spans < number:
            when, spans = next(looks)
        found.append(when - began)
    return found


class _Rows:
    """Looks how many spans are in the index: when the engine says that it has changed, or, where
    nobody says so, each millisecond."""

    def __init__(self, there: Server) -> None:
        self._there = there
        self._over = threading.Event()
        self._seen: list[tuple[int, int]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def until(self, spans: int) -> list[tuple[int, int]]:
        """When (ns) how many spans were seen, up to so many. Raises TimeoutError."""
        deadline = time.monotonic() + _PATIENCE
        while not self._seen or self._seen[-1][1] < spans:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{spans} spans were sent, and {self._seen[-1:]} are there")
            time.sleep(0.01)
        self._over.set()
        return self._seen

    def _look(self) -> None:
        spans = self._there.count()
        self._seen.append((time.monotonic_ns(), spans))

    def _watch(self) -> None:
        if self._there.places is None:
            self._ready.set()
            while not self._over.wait(0.001):
                self._look()
            return
        from rollscope_desktop.attach import connect

        line = connect(self._there.places, start=False, client="bench")
        self._ready.set()
        try:
            for message in line.lines():
                if self._over.is_set():
                    return
                if message.get("note") == "changed":
                    self._look()
        finally:
            line.close()


# -- one span a message, in each protocol ------------------------------------------------------


def _own(there: Server, count: int) -> tuple[Ask, list[bytes]]:
    line = wire.connect(there.port)
    messages = wire.upgrade(line, there.port, wire.OWN, there.token)
    encoder = Encoder(uuid.uuid4().hex)

    def packed(lines: bytes, first: int) -> bytes:
        head = {
            "type": "lines", "run": encoder.run, "proc": 0, "first": first, "last": encoder.seq - 1,
        }  # fmt: skip
        data = orjson.dumps(head) + b"\n" + lines
        return wire.frame(len(data)) + data

    def ask(message: bytes) -> None:
        line.sendall(message)
        said = orjson.loads(messages.wait())
        if said["type"] not in ("ack", "welcome"):
            raise wire.Refused(str(said))

    ask(wire.text(b'{"type":"hello","v":1,"client":"bench","pid":1}'))
    ask(packed(encoder.line("run.start", v=1, name="one by one"), 0))
    out = []
    for number in range(count):
        first, span = encoder.seq, f"{number + 1:016x}"
        lines = encoder.line("span.start", span=span, kind="tool", name="search", input=_QUESTION)
        lines += encoder.line("span.end", span=span, status="ok", output=_ANSWER)
        out.append(packed(lines, first))
    return ask, out


def _retrace(there: Server, count: int) -> tuple[Ask, list[bytes]]:
    line = wire.connect(there.port)
    messages = wire.upgrade(line, there.port, wire.RETRACE)
    trace = str(uuid.uuid4())

    def ask(message: bytes) -> None:
        line.sendall(message)
        said = orjson.loads(messages.wait())
        if said["type"] not in ("ack", "auth_ok"):
            raise wire.Refused(str(said))

    def packed(message: dict[str, Any]) -> bytes:
        return wire.text(json.dumps(message).encode())

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    ask(packed({
        "type": "auth", "api_key": there.token, "resumable": False, "replay_generation": 1,
        "acks": True,
    }))  # fmt: skip
    ask(packed({
        "type": "trace_started", "seq": 1,
        "data": {"id": trace, "status": "running", "total_tokens": 0, "total_cost": 0.0,
                 "total_duration_ms": 0, "started_at": now, "name": "one by one",
                 "input": {"args": [], "kwargs": {}}},
    }))  # fmt: skip
    return ask, [
        packed({
            "type": "span_started", "seq": number + 2,
            "data": {"id": str(uuid.uuid4()), "trace_id": trace, "parent_id": None,
                     "span_type": "tool_call", "name": "search", "started_at": now,
                     "ended_at": now, "duration_ms": 3, "input": _QUESTION, "output": _ANSWER},
        })
        for number in range(count)
    ]  # fmt: skip


def _otlp(there: Server, count: int) -> tuple[Ask, list[bytes]]:
    line = wire.connect(there.port)
    answers = wire.Answers(line)
    trace, now = uuid.uuid4().hex, time.time_ns()

    def ask(message: bytes) -> None:
        line.sendall(message)
        if (status := answers.wait()) != 200:
            raise wire.Refused(f"the server answered {status}")

    out = []
    for number in range(count):
        body = request([{
            "run": trace, "span": f"{number + 1:016x}", "kind": "tool", "name": "search",
            "start": now - 3_000_000, "end": now, "input": _QUESTION, "output": _ANSWER,
        }])  # fmt: skip
        out.append(wire.post(there.port, wire.TRACES, len(body), there.token) + body)
    return ask, out


_QUESTION = {"query": "how warm is it in Paris, and will it rain on Sunday?", "limit": 3}
_ANSWER = "21 °C, clear; light rain is expected on Sunday afternoon. " * 4
_PROTOCOLS: dict[str, Callable[[Server, int], tuple[Ask, list[bytes]]]] = {
    "own": _own, "retrace": _retrace, "otlp": _otlp,
}  # fmt: skip
