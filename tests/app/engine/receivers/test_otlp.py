"""OpenTelemetry over HTTP: what a large request does to others."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rollscope_desktop.engine.receivers import otlp
from rollscope_desktop.protocols.otlp.decode import read_traces
from tests.app.engine.receivers.serving import BEARER, Serving

if TYPE_CHECKING:
    import pytest

JSON = {**BEARER, "Content-Type": "application/json"}


def spans(count: int, name: str = "s") -> bytes:
    """A request of so many spans of one trace."""
    sent = [
        {"traceId": f"{1:032x}", "spanId": f"{n + 1:016x}", "name": name, "startTimeUnixNano": "1"}
        for n in range(count)
    ]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": sent}]}]}).encode()


def test_a_large_request_is_journaled_as_a_small_one(socket_server: Serving) -> None:
    body = spans(2000, "x" * 100)
    assert len(body) > otlp._LARGE
    assert socket_server.ask("/v1/traces", body, JSON)[0] == 200
    assert len([e for e in socket_server.events() if e["type"] == "span.start"]) == 2000
    assert socket_server.ask("/v1/traces", b"[" * (1 << 19), JSON)[0] == 400


def test_others_are_answered_while_a_large_request_is_decoded(
    socket_server: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def waiting(body: bytes, is_json: bool) -> Any:
        if len(body) >= otlp._LARGE:
            begun.set()
            assert go_on.wait(10)
        return read_traces(body, is_json)

    monkeypatch.setattr(otlp, "read_traces", waiting)
    large = spans(2000, "x" * 100)
    left = socket_server.ingress.room._left
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(socket_server.ask, "/v1/traces", large, JSON)
        assert begun.wait(10)
        try:
            assert socket_server.ingress.room._left == left - len(large)
            assert socket_server.ask("/v1/traces", spans(1), JSON)[0] == 200
            assert not answer.done()
        finally:
            go_on.set()
        assert answer.result(10)[0] == 200
    assert socket_server.ingress.room._left == left
