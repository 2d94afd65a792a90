"""Tests what is taken in JSON besides what the specification says, and what is not."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.decode import NotOtlp, read_logs, read_traces
from rollscope_desktop.protocols.otlp.received import Event, Link, Received, Span
from tests.app.protocols.otlp.requests import SPAN, START, TRACE, raw_traces

IDS: dict[str, Any] = {"traceId": TRACE, "spanId": SPAN}


def read(*spans: Any) -> Received:
    return read_traces(raw_traces(*spans, is_json=True), is_json=True)


def only(sent: dict[str, Any]) -> Span:
    received = read({**IDS, **sent})
    assert (received.rejected, received.why) == (0, "")
    return received.spans[0]


def value(sent: Any) -> Any:
    return only({"attributes": [{"key": "a", "value": sent}]}).attributes["a"]


def test_names_of_protobuf() -> None:
    link = {"trace_id": TRACE, "span_id": SPAN}
    event = {"name": "e", "time_unix_nano": str(START), "dropped_attributes_count": 1}
    attributes = [
        {"key": "a", "value": {"string_value": "x"}},
        {"key": "b", "value": {"array_value": {"values": [{"int_value": "5"}]}}},
        {"key": "c", "value": {"kvlist_value": {"values": attributes_of({"bool_value": True})}}},
        {"key": "d", "value": {"double_value": 2}},
        {"key": "e", "value": {"bytes_value": "AP8="}},
    ]
    span = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "parent_span_id": "b7ad6b7169203331",
        "start_time_unix_nano": str(START),
        "end_time_unix_nano": START + 5,
        "attributes": attributes,
        "dropped_attributes_count": 2,
        "events": [event],
        "dropped_events_count": 4,
        "links": [link],
        "dropped_links_count": 8,
    }
    told = {"scope": {"name": "s"}, "spans": [span]}
    body = dumped({"resource_spans": [{"resource": {}, "scope_spans": [told]}]})

    [found] = read_traces(body, is_json=True).spans

    assert found == Span(
        trace=TRACE,
        id=SPAN,
        parent="b7ad6b7169203331",
        name="",
        start=START,
        end=START + 5,
        attributes={"a": "x", "b": [5], "c": {"k": True}, "d": 2.0, "e": "AP8="},
        resource={},
        scope="s",
        source=found.source,
        events=(Event("e", START, {}),),
        links=(Link(TRACE, SPAN, {}),),
        dropped=15,
    )


def test_names_of_protobuf_in_logs() -> None:
    record = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "observed_time_unix_nano": "7",
        "event_name": "e",
        "body": {"string_value": "b"},
    }
    body = dumped({"resource_logs": [{"scope_logs": [{"log_records": [record]}]}]})

    [found] = read_logs(body, is_json=True).records

    assert (found.name, found.time, found.body) == ("e", 7, "b")


def attributes_of(sent: Any) -> list[Any]:
    return [{"key": "k", "value": sent}]


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (TRACE.upper(), TRACE),
        (base64.b64encode(bytes.fromhex(TRACE)).decode(), TRACE),
        (base64.b64encode(bytes.fromhex(TRACE)).decode().rstrip("="), TRACE),
        (base64.urlsafe_b64encode(b"\xff" * 16).decode(), "ff" * 16),
        (base64.b64encode(bytes.fromhex(SPAN)).decode(), "0" * 16 + SPAN),
        ("0af76519-16cd-43dd-8448-eb211c80319c", TRACE),
        (SPAN, "0" * 16 + SPAN),
    ],
)
def test_a_trace_id(sent: str, told: str) -> None:
    found = only({"traceId": sent})

    assert found.trace == told
    assert found.attributes == {}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (SPAN.upper(), SPAN),
        ("APBnqgupArc=", SPAN),
        ("APBnqgupArc", SPAN),
        ("__________8", "f" * 16),
    ],
)
def test_a_span_id(sent: str, told: str) -> None:
    assert only({"spanId": sent}).id == told


@pytest.mark.parametrize("sent", ["call-7", "7", "abc", "é", "0x" + SPAN, "\ud800"])
def test_an_id_that_is_any_text_is_kept(sent: str) -> None:
    found = only({"spanId": sent})

    assert found == only({"spanId": sent})
    assert len(found.id) == 16
    kept = found.attributes["rollscope.source_span_id"]
    assert kept == sent.replace("\ud800", "\ufffd")


@pytest.mark.parametrize("zero", ["AAAAAAAAAAAAAAAAAAAAAA==", "0" * 32, "0" * 16, "", None, 0])
def test_an_id_of_zeros_is_none(zero: Any) -> None:
    received = read({**IDS, "traceId": zero})

    assert (received.spans, received.rejected) == ([], 1)
    assert received.why == "A span cannot be read. It has no trace id, or no span id."


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"intValue": "9007199254740993"}, 2**53 + 1),
        ({"intValue": 9007199254740993}, 2**53 + 1),
        ({"intValue": -(2**63)}, -(2**63)),
        ({"intValue": 5.0}, 5),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "-Infinity"}, -math.inf),
        ({"boolValue": "true"}, True),
        ({"boolValue": False}, False),
        ({"stringValue": ""}, ""),
        ({"bytesValue": "AP8="}, "AP8="),
        ({"arrayValue": {}}, []),
        ({"arrayValue": {"values": None}}, []),
        ({"arrayValue": [{"intValue": 1}]}, [1]),
        ({"kvlistValue": {}}, {}),
        ({"stringValue": None, "intValue": 1}, 1),
        ({"newValue": 1}, None),
        ({"newValue": 1, "intValue": 2}, 2),
        ({}, None),
        (None, None),
        ("bare", "bare"),
        (7, 7),
        (["a", {"intValue": 1}], ["a", 1]),
    ],
)
def test_a_value(sent: Any, told: Any) -> None:
    found = value(sent)

    assert found == told
    assert type(found) is type(told)


def test_literals_that_json_has_not() -> None:
    body = raw_traces({**IDS, "attributes": attributes_of({"doubleValue": math.nan})}, is_json=True)
    assert b"NaN" in body

    [found] = read_traces(body, is_json=True).spans

    assert math.isnan(found.attributes["k"])
    assert value({"doubleValue": math.inf}) == math.inf


@pytest.mark.parametrize(
    "odd",
    [
        {"key": "a", "value": {"intValue": "five"}},
        {"key": "a", "value": {"intValue": True}},
        {"key": "a", "value": {"intValue": "9" * 5000}},
        {"key": "a", "value": {"intValue": 0.5}},
        {"key": "a", "value": {"doubleValue": "many"}},
        {"key": "a", "value": {"doubleValue": {}}},
        {"key": "a", "value": {"boolValue": "maybe"}},
        {"key": "a", "value": {"stringValue": 5}},
        {"key": "a", "value": {"bytesValue": [1]}},
        {"key": "a", "value": {"arrayValue": "x"}},
        {"key": "a", "value": {"arrayValue": {"values": {"a": 1}}}},
        {"key": "a", "value": {"kvlistValue": {"values": ["x"]}}},
        {"key": 5},
        "a",
        None,
    ],
)
def test_an_attribute_that_cannot_be_read_is_counted(odd: Any) -> None:
    found = only({"attributes": [odd, *attributes_of({"intValue": 1})]})

    assert (found.attributes, found.dropped) == ({"k": 1}, 1)


def test_events_and_links_that_cannot_be_read_are_counted() -> None:
    events = [5, {"name": 5}, {"timeUnixNano": "now"}, {"name": "e", "attributes": [None]}]
    found = only({"events": events, "links": [None, {"traceId": 5}, {}]})

    assert found.events == (Event("e", 0, {}),)
    assert found.links == (Link("", "", {}),)
    assert found.dropped == 3 + 1 + 2


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (None, "It should be an object."),
        ([], "It should be an object."),
        ({**IDS, "traceId": 5}, "Its ids should be text."),
        ({**IDS, "parentSpanId": {"a": 1}}, "Its ids should be text."),
        ({**IDS, "name": ["a"]}, "Its name should be text."),
        ({**IDS, "startTimeUnixNano": "now"}, "Its startTimeUnixNano should be an integer."),
        ({**IDS, "endTimeUnixNano": True}, "Its endTimeUnixNano should be an integer."),
        (
            {**IDS, "startTimeUnixNano": -1},
            "Its times should be nanoseconds between 1970 and 2116.",
        ),
        (
            {**IDS, "endTimeUnixNano": 1e300},
            "Its times should be nanoseconds between 1970 and 2116.",
        ),
        ({**IDS, "attributes": {"a": 1}}, "Its attributes should be a list."),
        ({**IDS, "events": "x"}, "Its events should be a list."),
        ({**IDS, "links": {"a": 1}}, "Its links should be a list."),
        ({**IDS, "status": "ok"}, "Its status should be an object."),
        ({**IDS, "flags": [1]}, "Its flags should be an integer."),
    ],
)
def test_a_malformed_span_costs_no_other(odd: Any, why: str) -> None:
    received = read(odd, IDS)

    assert [found.id for found in received.spans] == [SPAN]
    assert (received.rejected, received.why) == (1, f"A span cannot be read. {why}")


def test_a_malformed_record_costs_no_other() -> None:
    records = [{**IDS, "eventName": 5}, {**IDS, "body": {"stringValue": "x"}}]
    body = dumped({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})

    received = read_logs(body, is_json=True)

    assert [found.body for found in received.records] == ["x"]
    why = "A log record cannot be read. Its eventName should be text."
    assert (received.rejected, received.why) == (1, why)


@pytest.mark.parametrize(
    ("code", "told"),
    [("STATUS_CODE_ERROR", "error"), ("Ok", "ok"), ("2", "error"), ("?", ""), ([], ""), (2.5, "")],
)
def test_a_status(code: Any, told: str) -> None:
    assert only({"status": {"code": code}}).status == told


def test_unknown_fields_are_passed_over() -> None:
    span = {**IDS, "new": {"a": [1]}, "status": {"new": 1}, "kind": "SPAN_KIND_SERVER"}
    told = {"scopeSpans": [{"spans": [span], "new": 1}], "new": 1, "resource": {"new": 1}}

    received = read_traces(dumped({"resourceSpans": [told], "new": 1}), is_json=True)

    assert (len(received.spans), received.rejected) == (1, 0)


def test_null_is_nothing() -> None:
    names = ("parentSpanId", "name", "endTimeUnixNano", "attributes", "events", "status", "flags")

    assert only(dict.fromkeys(names)) == only({**dict.fromkeys(names)})
    told = {"resource": None, "scopeSpans": [{"scope": None, "spans": None}]}
    assert read_traces(dumped({"resourceSpans": [told]}), is_json=True) == Received()
    assert read_traces(dumped({"resourceSpans": None}), is_json=True) == Received()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "The body is not JSON: Expecting value"),
        (b"[" * 100_000, "The JSON is nested too deeply to be read."),
        (b'{"resourceSpans":' + b"9" * 5000 + b"}", "The JSON has a number that is too long"),
        (b'[{"resourceSpans":[]}]', 'The body should be an object with "resourceSpans".'),
        (b'{"resourceLogs":[]}', 'The body should be an object with "resourceSpans".'),
        (
            b'{"resourceSpans":{"a":1}}',
            "The body is not a request of OTLP in JSON. Its resourceSpans",
        ),
        (b'{"resourceSpans":[5]}', "The body is not a request of OTLP in JSON. Each of its"),
        (
            b'{"resourceSpans":[{"scopeSpans":[5]}]}',
            "The body is not a request of OTLP in JSON. Each",
        ),
    ],
)
def test_a_body_that_is_no_request(body: bytes, why: str) -> None:
    with pytest.raises(NotOtlp) as caught:
        read_traces(body, is_json=True)

    assert str(caught.value).startswith(why)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (rb"\u00e9t\u00e9 \ud83d\ude00", "été 😀"),
        (rb"a\ud800b", "a\ufffdb"),
        (rb"a\uD800", "a\ufffd"),
        (rb"\udc00\ud83d\ude00", "\ufffd😀"),
        (b"a\xffb", "a\ufffdb"),
        (b"a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb"),
        (b"line\nfeed\x00", "line\nfeed\x00"),
    ],
)
def test_odd_text_survives_as_text(sent: bytes, told: str) -> None:
    attributes = b'[{"key":"%b","value":{"arrayValue":{"values":[{"stringValue":"%b"}]}}}]'
    span = b'{"traceId":"%b","spanId":"%b","name":"%b","attributes":%b}'
    filled = span % (TRACE.encode(), SPAN.encode(), sent, attributes % (sent, sent))
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[%b]}]}]}' % filled

    [found] = read_traces(body, is_json=True).spans

    assert (found.name, found.attributes) == (told, {told: [told]})


def test_a_mark_in_front_of_the_body() -> None:
    body = b"\xef\xbb\xbf" + raw_traces(IDS, is_json=True)

    assert len(read_traces(body, is_json=True).spans) == 1
