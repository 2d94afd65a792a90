"""Tests that both encodings of whatever is sent say the same, and that nothing sent does harm."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from rollscope_desktop.protocols.otlp.decode import NotOtlp, answer, read_logs, read_traces
from rollscope_desktop.protocols.otlp.received import Received
from tests.app.protocols.otlp.requests import (
    SPAN,
    TRACE,
    encoded,
    field,
    logs,
    pairs,
    raw_traces,
    record,
    span,
    traces,
    value,
)

TEXT = st.text(max_size=8)
UINT32 = st.integers(0, 2**32 - 1)
TIMES = st.one_of(st.integers(0, 2**64 - 1), st.integers(1, 2**61))
INT64 = st.integers(-(2**63), 2**63 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INT64 | st.floats() | TEXT | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
ATTRIBUTES = st.dictionaries(TEXT, VALUES, max_size=4).map(pairs)


def ids(size: int) -> st.SearchStrategy[bytes]:
    right = st.binary(min_size=size, max_size=size)
    return st.one_of(right, right, st.binary(max_size=20), st.just(bytes(size)))


EVENTS = st.builds(
    Span.Event,
    name=TEXT,
    time_unix_nano=TIMES,
    attributes=ATTRIBUTES,
    dropped_attributes_count=UINT32,
)
LINKS = st.builds(Span.Link, trace_id=ids(16), span_id=ids(8), attributes=ATTRIBUTES)
SPANS = st.builds(
    Span,
    trace_id=ids(16),
    span_id=ids(8),
    parent_span_id=ids(8),
    name=TEXT,
    kind=st.integers(0, 5),
    flags=UINT32,
    start_time_unix_nano=TIMES,
    end_time_unix_nano=TIMES,
    attributes=ATTRIBUTES,
    dropped_attributes_count=UINT32,
    events=st.lists(EVENTS, max_size=2),
    dropped_events_count=UINT32,
    links=st.lists(LINKS, max_size=2),
    status=st.builds(Status, code=st.integers(0, 4), message=TEXT),
)
RECORDS = st.builds(
    LogRecord,
    trace_id=ids(16),
    span_id=ids(8),
    time_unix_nano=TIMES,
    observed_time_unix_nano=TIMES,
    event_name=TEXT,
    body=VALUES.map(value),
    attributes=ATTRIBUTES,
)


def without_sources(received: Received) -> str:
    """What was received; as text, since NaN is not equal to itself."""
    received.spans = [replace(found, source="") for found in received.spans]
    received.records = [replace(found, source="") for found in received.records]
    return repr(received)


@settings(max_examples=50)
@given(st.lists(SPANS, max_size=3), st.dictionaries(TEXT, VALUES, max_size=2))
def test_spans_are_the_same_in_both_encodings(spans: list[Span], resource: dict[str, Any]) -> None:
    request = traces(*spans)
    request.resource_spans[0].resource.attributes.extend(pairs(resource))

    one, other = (read_traces(encoded(request, is_json), is_json) for is_json in (False, True))

    assert len(one.spans) + one.rejected == len(spans)
    assert without_sources(one) == without_sources(other)


@settings(max_examples=50)
@given(st.lists(RECORDS, max_size=3))
def test_records_are_the_same_in_both_encodings(records: list[LogRecord]) -> None:
    request = logs(*records)

    one, other = (read_logs(encoded(request, is_json), is_json) for is_json in (False, True))

    assert one.rejected == 0
    assert without_sources(one) == without_sources(other)


def harmless(body: bytes) -> None:
    """Whatever the body is: it is read, or refused; and so it is the next time."""
    for is_json in (False, True):
        for is_logs, read in ((False, read_traces), (True, read_logs)):
            try:
                received = read(body, is_json)
            except NotOtlp:
                continue
            assert repr(received) == repr(read(body, is_json))
            assert bool(received.why) == bool(received.rejected)
            # JSON takes all of it, so no text is half a character
            json.dumps([s.attributes for s in received.spans], ensure_ascii=False).encode()
            answer(received, is_logs, is_json)


@given(st.binary(max_size=200))
def test_random_bytes(body: bytes) -> None:
    harmless(body)
    harmless(field(1, field(2, field(2, body))))
    harmless(raw_traces(span().SerializeToString() + body, is_json=False))


FULL = span(name="a", attributes={"a": ["é", {"b": 5}], "c": 0.5}, events=[Span.Event(name="e")])
BODIES = [
    encoded(request, is_json)
    for request in (traces(FULL, FULL), logs(record(body={"é": [1]}, attributes={"a": "b"})))
    for is_json in (False, True)
]


@given(st.sampled_from(BODIES), st.data())
def test_bodies_that_were_damaged(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(at, min(len(body), at + 8)))
    harmless(body[:at] + data.draw(st.binary(max_size=8)) + body[end:])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["values", "key", "value", "stringValue", "kvlistValue", "arrayValue"])
            | st.sampled_from(["intValue", "doubleValue", "attributes", "name", "code", "message"])
            | st.sampled_from(["traceId", "timeUnixNano", "\ud800"])
            | TEXT,
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
FIELDS = [
    *("traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "endTimeUnixNano"),
    *("attributes", "droppedAttributesCount", "events", "links", "status", "flags"),
    *("body", "eventName", "timeUnixNano", "observedTimeUnixNano"),
]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), JSON)
def test_fields_of_any_type(fields: dict[str, Any], anything: Any) -> None:
    sent = {"traceId": TRACE, "spanId": SPAN, **fields}
    harmless(raw_traces(sent, anything, is_json=True))
    scopes = {"scopeLogs": [{"logRecords": [sent, anything]}, anything], "resource": anything}
    harmless(json.dumps({"resourceLogs": [scopes, anything]}).encode())
    harmless(json.dumps({"resourceSpans": [{"scopeSpans": anything}]}).encode())
    harmless(json.dumps(anything).encode())
