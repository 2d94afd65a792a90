"""Makes OTLP requests for tests: messages of the official package, in protobuf or in JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "00f067aa0ba902b7"
START = 1_763_700_000_000_000_000

Request = ExportTraceServiceRequest | ExportLogsServiceRequest


def value(plain: Any) -> AnyValue:
    """The value on the wire of a plain one; None is one that says nothing."""
    out = AnyValue()
    if plain is None:
        return out
    if isinstance(plain, list):
        out.array_value.SetInParent()
        out.array_value.values.extend(value(item) for item in plain)
    elif isinstance(plain, dict):
        out.kvlist_value.SetInParent()
        out.kvlist_value.values.extend(pairs(plain))
    else:
        kinds = {str: "string", bool: "bool", int: "int", float: "double", bytes: "bytes"}
        setattr(out, f"{kinds[type(plain)]}_value", plain)
    return out


def pairs(plain: dict[str, Any]) -> list[KeyValue]:
    """Attributes."""
    return [KeyValue(key=key, value=value(item)) for key, item in plain.items()]


def span(trace: str = TRACE, id: str = SPAN, **fields: Any) -> Span:
    """A span; ids are hex digits, attributes are plain."""
    attributes = pairs(fields.pop("attributes", {}))
    fields = {"start_time_unix_nano": START, "end_time_unix_nano": START + 5, **fields}
    return Span(
        trace_id=bytes.fromhex(trace), span_id=bytes.fromhex(id), attributes=attributes, **fields
    )


def record(trace: str = TRACE, span: str = SPAN, body: Any = None, **fields: Any) -> LogRecord:
    """A log record; ids are hex digits, body and attributes are plain."""
    attributes = pairs(fields.pop("attributes", {}))
    return LogRecord(
        trace_id=bytes.fromhex(trace),
        span_id=bytes.fromhex(span),
        body=value(body),
        attributes=attributes,
        **fields,
    )


def traces(*spans: Span, **resource: Any) -> ExportTraceServiceRequest:
    """A request with spans of one resource."""
    request = ExportTraceServiceRequest()
    told = request.resource_spans.add()
    told.resource.attributes.extend(pairs(resource))
    told.scope_spans.add(spans=spans).scope.name = "tests"
    return request


def logs(*records: LogRecord, **resource: Any) -> ExportLogsServiceRequest:
    """A request with log records of one resource."""
    request = ExportLogsServiceRequest()
    told = request.resource_logs.add()
    told.resource.attributes.extend(pairs(resource))
    told.scope_logs.add(log_records=records).scope.name = "tests"
    return request


def encoded(request: Request, is_json: bool) -> bytes:
    """The body of a request."""
    if not is_json:
        return request.SerializeToString()
    return json.dumps(_with_hex(MessageToDict(request, use_integers_for_enums=True))).encode()


def _with_hex(found: Any) -> Any:
    """The JSON of OTLP from that of protobuf: ids are hex digits, and not base64."""
    if isinstance(found, list):
        return [_with_hex(item) for item in found]
    if not isinstance(found, dict):
        return found
    return {
        key: base64.b64decode(item).hex() if key in _IDS else _with_hex(item)
        for key, item in found.items()
    }


_IDS = {"traceId", "spanId", "parentSpanId"}


def field(number: int, content: bytes) -> bytes:
    """A field of a message in protobuf, by hand: whatever no official package writes."""
    size, sizes = len(content), b""
    while size > 127:
        sizes += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + sizes + bytes([size]) + content


def raw_traces(*spans: Any, is_json: bool) -> bytes:
    """The body of a request with spans that are encoded already, or are plain JSON."""
    if is_json:
        return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    return field(1, field(2, b"".join(field(2, sent) for sent in spans)))
