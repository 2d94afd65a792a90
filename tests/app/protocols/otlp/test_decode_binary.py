"""Tests protobuf that the official package does not write, or does not read."""

from __future__ import annotations

import pytest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from rollscope_desktop.protocols.otlp.decode import NotOtlp, read_logs, read_traces
from rollscope_desktop.protocols.otlp.received import Received
from tests.app.protocols.otlp.requests import (
    SPAN,
    field,
    logs,
    pairs,
    raw_traces,
    record,
    span,
    traces,
)

SENT = span(name="a").SerializeToString()


def read(*spans: bytes) -> Received:
    return read_traces(raw_traces(*spans, is_json=False), is_json=False)


def test_text_that_is_no_utf8_costs_neither_span_nor_neighbours() -> None:
    attribute = field(9, field(1, b"k\xff") + field(2, field(1, b"v\xfe")))
    listed = field(9, field(1, b"l") + field(2, field(5, field(1, field(1, b"\xff")))))
    event = field(11, field(2, b"e\xff"))
    odd = SENT + attribute + listed + event + field(15, field(2, b"m\xff"))

    received = read(SENT, odd, SENT)

    assert [found.name for found in received.spans] == ["a", "a", "a"]
    found = received.spans[1]
    assert found.attributes == {"k\ufffd": "v\ufffd", "l": ["\ufffd"]}
    assert [event.name for event in found.events] == ["e\ufffd"]
    assert found.message == "m\ufffd"
    assert received.rejected == 0


def test_a_resource_of_odd_text() -> None:
    resource = field(1, field(1, field(1, b"service.name") + field(2, field(1, b"w\xff"))))
    body = field(1, resource + field(2, field(1, field(1, b"s\xff")) + field(2, SENT)))

    [found] = read_traces(body, is_json=False).spans

    assert (found.resource, found.scope) == ({"service.name": "w\ufffd"}, "s\ufffd")


def test_a_record_of_odd_text() -> None:
    odd = record().SerializeToString() + field(5, field(1, b"b\xff"))

    [found] = read_logs(field(1, field(2, field(2, odd))), is_json=False).records

    assert found.body == "b\ufffd"


@pytest.mark.parametrize("odd", [b"\x09", b"\x0a\x05a", SENT[:-1], field(9, b"\x0a\xff")])
def test_a_span_that_is_cut_off_costs_no_other(odd: bytes) -> None:
    received = read(SENT, odd, SENT)

    assert len(received.spans) == 2
    assert received.rejected == 1
    assert received.why.startswith("A span cannot be read. It")


def test_what_is_told_once_may_stand_behind_and_in_pieces() -> None:
    first = Resource(attributes=pairs({"a": 1})).SerializeToString()
    second = Resource(attributes=pairs({"b": 2})).SerializeToString()
    scope = field(2, field(2, SENT) + field(1, field(1, b"tests")))
    body = field(1, field(1, first) + scope + field(1, second))

    [found] = read_traces(body, is_json=False).spans

    assert (found.resource, found.scope) == ({"a": 1, "b": 2}, "tests")


def test_unknown_fields_are_passed_over() -> None:
    # of each kind: number, 8 bytes, text, 4 bytes; and with a number that takes two bytes
    unknown = (
        b"\x20\x81\x01" + b"\x21" + bytes(8) + field(5, b"x") + b"\x25" + bytes(4) + b"\x80\x01\x05"
    )
    scope = field(2, unknown + field(2, SENT + b"\x98\x06\x01") + unknown)
    body = unknown + field(1, unknown + scope) + unknown

    received = read_traces(body, is_json=False)

    assert [found.id for found in received.spans] == [SPAN]
    assert received.rejected == 0


def test_a_field_of_another_kind_is_passed_over() -> None:
    body = traces(span()).SerializeToString() + b"\x08\x05"

    assert len(read_traces(body, is_json=False).spans) == 1


def test_spans_are_no_records() -> None:
    assert read_logs(traces(span()).SerializeToString(), is_json=False).records == []
    received = read_traces(logs(record(body="x")).SerializeToString(), is_json=False)
    assert (received.spans, received.rejected) == ([], 1)


@pytest.mark.parametrize(
    "body",
    [
        b"\x0b\x0c",  # a group, which OTLP has not
        field(1, b"\x0a\x05"),
        field(1, b"\x0a"),
        b"\x0a" + b"\xff" * 12,  # a length of more bits than lengths have
        b"\x0a" + b"\xff" * 9 + b"\x01",
        b"\x80",
        b"\x08\x01",
    ],
)
def test_a_body_that_is_no_request(body: bytes) -> None:
    with pytest.raises(NotOtlp, match=r"^The body is not a request of OTLP in protobuf\. .*\.$"):
        read_traces(body, is_json=False)


def test_what_is_mended_is_bounded() -> None:
    odd = SENT + field(5, b"\xff") * 300_000

    received = read(odd, odd, SENT)

    assert [found.name for found in received.spans] == ["\ufffd", "a"]
    assert received.rejected == 1
    assert received.why.startswith("A span cannot be read. It has more than 524288 parts")


def test_a_large_span_of_nothing_is_not_parsed() -> None:
    received = read(SENT, SENT + field(9, b"") * 2_200_000)

    assert (len(received.spans), received.rejected) == (1, 1)
    assert received.why.startswith("A span cannot be read. It has more than 524288 parts")
