"""Tests the bodies of answers, in the encoding of the request."""

from __future__ import annotations

import json

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from rollscope_desktop.protocols.otlp.decode import answer, refusal
from rollscope_desktop.protocols.otlp.received import Received
from tests.app.protocols.otlp.requests import field

pytestmark = pytest.mark.parametrize("is_json", [False, True], ids=["protobuf", "json"])


def test_all_is_well(is_json: bool) -> None:
    for is_logs in (False, True):
        assert answer(Received(), is_logs, is_json) == (b"{}" if is_json else b"")


@pytest.mark.parametrize("is_logs", [False, True], ids=["traces", "logs"])
def test_what_was_rejected_is_said(is_json: bool, is_logs: bool) -> None:
    received = Received()
    for why in ("It is odd.", "It is strange.", "It is odd."):
        received.reject(why)

    body = answer(received, is_logs, is_json)

    if not is_json:
        kind = ExportLogsServiceResponse if is_logs else ExportTraceServiceResponse
        body = json.dumps(MessageToDict(kind.FromString(body))).encode()
    count = "rejectedLogRecords" if is_logs else "rejectedSpans"
    why = "3 could not be read. The first: It is odd."
    assert json.loads(body) == {"partialSuccess": {count: "3", "errorMessage": why}}


def test_a_refusal_is_a_status(is_json: bool) -> None:
    body = refusal(16, "No token – none \ud800at all.", is_json)

    if is_json:
        assert json.loads(body) == {"code": 16, "message": "No token – none ?at all."}
    else:
        # int32 code = 1; string message = 2
        assert body == b"\x08\x10" + field(2, "No token – none ?at all.".encode())


def test_a_refusal_of_many_words(is_json: bool) -> None:
    assert b"w" * 300 in refusal(3, "w" * 300, is_json)
