"""Reads the bodies of OTLP requests over HTTP, and writes those of the answers.

Reading is lenient: what is odd about one span costs that span at most. An answer is written in the
encoding of the request.
"""

from __future__ import annotations

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from rollscope_desktop.protocols.otlp import binary, json_body
from rollscope_desktop.protocols.otlp.received import NotOtlp, Received

__all__ = ["NotOtlp", "answer", "read_logs", "read_traces", "refusal"]


def read_traces(body: bytes, is_json: bool) -> Received:
    """The spans of an ExportTraceServiceRequest.

    Raises NotOtlp, with a sentence for the sender, when it cannot be read as a whole.
    """
    return json_body.read_spans(body) if is_json else binary.read_spans(body)


def read_logs(body: bytes, is_json: bool) -> Received:
    """The log records of an ExportLogsServiceRequest, as far as they belong to spans.

    Raises NotOtlp, with a sentence for the sender, when it cannot be read as a whole.
    """
    return json_body.read_records(body) if is_json else binary.read_records(body)


def answer(received: Received, logs: bool, is_json: bool) -> bytes:
    """The body that goes with status 200: how much was rejected, if anything, and why."""
    count, why = received.rejected, received.why
    if not count:
        return b"{}" if is_json else b""
    if count > 1:
        why = f"{count} could not be read. The first: {why}"
    if is_json:
        name = "rejectedLogRecords" if logs else "rejectedSpans"
        # Integers of 64 bits are text in the JSON of protobuf.
        return orjson.dumps({"partialSuccess": {name: str(count), "errorMessage": why}})
    if logs:
        some = ExportLogsPartialSuccess(rejected_log_records=count, error_message=why)
        body: bytes = ExportLogsServiceResponse(partial_success=some).SerializeToString()
    else:
        part = ExportTracePartialSuccess(rejected_spans=count, error_message=why)
        body = ExportTraceServiceResponse(partial_success=part).SerializeToString()
    return body


def refusal(code: int, sentence: str, is_json: bool) -> bytes:
    """A google.rpc.Status, the body of an answer that is not 200. ``code`` is one of gRPC's."""
    said = sentence.encode("utf-8", "replace").decode()
    if is_json:
        return orjson.dumps({"code": code, "message": said})
    # On the wire it is the same: a number, and a text.
    status = ExportTracePartialSuccess(rejected_spans=code, error_message=said)
    body: bytes = status.SerializeToString()
    return body
