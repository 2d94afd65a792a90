"""Tests what is read of OTLP requests, the same in both encodings, and what is answered."""

from __future__ import annotations

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from rollscope_desktop.protocols.otlp.decode import (
    NotOtlp,
    read_logs,
    read_traces,
)
from rollscope_desktop.protocols.otlp.received import Event, Link, Received, Span
from tests.app.protocols.otlp.requests import SPAN, START, TRACE, encoded, pairs, span, traces

pytestmark = pytest.mark.parametrize("is_json", [False, True], ids=["protobuf", "json"])


def only_span(sent: Sent, is_json: bool) -> Span:
    received = read_traces(encoded(traces(sent), is_json), is_json)
    assert (received.rejected, received.why) == (0, "")
    [found] = received.spans
    return found


def test_a_span_in_full(is_json: bool) -> None:
    attributes = {
        "gen_ai.request.model": "small-1",
        "tokens": 2**53 + 1,
        "warm": True,
        "cold": False,
        "none": 0,
        "share": 0.5,
        "stops": ["a", "b"],
        "nested": {"a": [{"b": None}]},
        "key": b"\x00\xff",
        "empty": None,
        "text": "",
    }
    sent = span(
        parent_span_id=bytes.fromhex("b7ad6b7169203331"),
        name="chat small-1",
        kind=Sent.SPAN_KIND_CLIENT,
        flags=0x301,
        attributes=attributes,
        dropped_attributes_count=1,
        dropped_events_count=2,
        dropped_links_count=3,
    )
    sent.status.code = Status.STATUS_CODE_ERROR
    sent.status.message = "no answer"
    event = sent.events.add(name="first token", time_unix_nano=START + 1)
    event.attributes.extend(pairs({"n": 1}))
    event.dropped_attributes_count = 4
    sent.events.add(name="at no time")
    link = sent.links.add(trace_id=bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN))
    link.attributes.extend(pairs({"why": "retry"}))

    request = traces(sent, **{"service.name": "weather"})
    [found] = read_traces(encoded(request, is_json), is_json).spans

    assert found == Span(
        trace=TRACE,
        id=SPAN,
        parent="b7ad6b7169203331",
        name="chat small-1",
        start=START,
        end=START + 5,
        attributes={**attributes, "key": "AP8="},
        resource={"service.name": "weather"},
        scope="tests",
        source=found.source,
        status="error",
        message="no answer",
        remote=True,
        events=(Event("first token", START + 1, {"n": 1}), Event("at no time", START, {})),
        links=(Link(TRACE, SPAN, {"why": "retry"}),),
        dropped=10,
    )
    assert len(found.source) == 16


@pytest.mark.parametrize(
    ("flags", "remote"), [(0, False), (0x001, False), (0x100, False), (0x200, False), (0x300, True)]
)
def test_a_remote_parent(is_json: bool, flags: int, remote: bool) -> None:
    assert only_span(span(flags=flags), is_json).remote is remote


@pytest.mark.parametrize(("code", "status"), [(0, ""), (1, "ok"), (2, "error"), (7, "")])
def test_a_status(is_json: bool, code: int, status: str) -> None:
    sent = span()
    sent.status.code = code  # type: ignore[assignment] # also one that is none

    assert only_span(sent, is_json).status == status


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (5, 9, (5, 9)),
        (5, 0, (5, None)),
        (0, 9, (9, 9)),
        (0, 0, (0, None)),
        (1 << 62, 1, (1 << 62, 1)),
    ],
)
def test_times(is_json: bool, start: int, end: int, told: tuple[int, int | None]) -> None:
    found = only_span(span(start_time_unix_nano=start, end_time_unix_nano=end), is_json)

    assert (found.start, found.end) == told


def test_several_resources_and_scopes(is_json: bool) -> None:
    request = traces(span(id="00000000000000aa"), n=1)
    request.resource_spans[0].scope_spans.add(spans=[span(id="00000000000000bb")])
    request.MergeFrom(traces(span(id="00000000000000cc"), span(id="00000000000000dd"), n=2))

    found = read_traces(encoded(request, is_json), is_json).spans

    assert [(item.id[-2:], item.scope, item.resource) for item in found] == [
        ("aa", "tests", {"n": 1}),
        ("bb", "", {"n": 1}),
        ("cc", "tests", {"n": 2}),
        ("dd", "tests", {"n": 2}),
    ]
    assert found[2].resource is found[3].resource


def test_of_one_name_the_last_attribute_tells(is_json: bool) -> None:
    sent = span(attributes={"a": 1, "b": 2})
    sent.attributes.extend(pairs({"a": "last"}))

    assert only_span(sent, is_json).attributes == {"a": "last", "b": 2}


# -- ids --------------------------------------------------------------------------------------


def test_an_older_trace_id_gets_zeros(is_json: bool) -> None:
    found = only_span(span(trace="AF7651916CD43DD8"), is_json)

    assert found.trace == "0000000000000000af7651916cd43dd8"
    assert found.attributes == {}


def test_ids_of_other_lengths_stay_the_same_wherever_they_are(is_json: bool) -> None:
    trace, long, short = "ab" * 20, "cd" * 16, "ef"
    link = Sent.Link(trace_id=bytes.fromhex(trace), span_id=bytes.fromhex(long))
    parent = span(trace, long, parent_span_id=bytes.fromhex(short))
    child = span(trace, short, parent_span_id=bytes.fromhex(long), links=[link])

    first, second = read_traces(encoded(traces(parent, child), is_json), is_json).spans

    assert (first.trace, first.id, first.parent) == (second.trace, second.parent, second.id)
    assert second.links == (Link(first.trace, first.id, {}),)
    assert (len(first.trace), len(first.id), len(second.id)) == (32, 16, 16)
    assert first.attributes == {
        "rollscope.source_trace_id": trace, "rollscope.source_span_id": long
    }  # fmt: skip


@pytest.mark.parametrize("parent", ["", "00" * 8, "00" * 3])
def test_no_parent(is_json: bool, parent: str) -> None:
    assert only_span(span(parent_span_id=bytes.fromhex(parent)), is_json).parent is None


# -- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (span(trace=""), "It has no trace id, or no span id."),
        (span(trace="00" * 16), "It has no trace id, or no span id."),
        (span(id=""), "It has no trace id, or no span id."),
        (span(id="00" * 8), "It has no trace id, or no span id."),
        (span(start_time_unix_nano=1 << 63), "Its times should be nanoseconds"),
        (span(end_time_unix_nano=(1 << 62) + 1), "Its times should be nanoseconds"),
    ],
)
def test_an_odd_span_costs_no_other(is_json: bool, odd: Sent, why: str) -> None:
    received = read_traces(encoded(traces(span(), odd, span(id="ab" * 8)), is_json), is_json)

    assert [found.id for found in received.spans] == [SPAN, "ab" * 8]
    assert received.rejected == 1
    assert received.why.startswith(f"A span cannot be read. {why}")


@pytest.mark.parametrize(
    "body", [b"hello", b"\xff" * 9, b"<html></html>", b"{", b"[1]", b"\x1f\x8b\x08\0"]
)
def test_garbage_gets_a_sentence(is_json: bool, body: bytes) -> None:
    for read in (read_traces, read_logs):
        with pytest.raises(NotOtlp, match=r"^The (body|JSON) .*\.$"):
            read(body, is_json)


def test_a_body_that_is_cut_off(is_json: bool) -> None:
    body = encoded(traces(span(name="a"), span(name="b")), is_json)

    with pytest.raises(NotOtlp, match=r"^The body is not"):
        read_traces(body[:-3], is_json)


def test_a_body_of_nothing(is_json: bool) -> None:
    body = b"{}" if is_json else b""

    assert read_traces(body, is_json) == read_logs(body, is_json) == Received()


# -- sources ----------------------------------------------------------------------------------


def test_the_source_of_a_span_is_its_own(is_json: bool) -> None:
    one, other = span(name="one"), span(name="other")

    def sources(*sent: Sent) -> list[str]:
        body = encoded(traces(*sent), is_json)
        return [found.source for found in read_traces(body, is_json).spans]

    [first], [second] = sources(one), sources(other)
    assert first != second
    assert sources(other, one, one) == [second, first, first]
