"""Tests that what a request makes is bounded, the same in both encodings."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

from rollscope_desktop.protocols.otlp.bounds import ATTRIBUTES, DEPTH, ENTRIES, PARTS, TOO_DEEP
from rollscope_desktop.protocols.otlp.decode import NotOtlp, read_traces
from rollscope_desktop.protocols.otlp.received import Span
from tests.app.protocols.otlp.requests import (
    SPAN,
    TRACE,
    encoded,
    field,
    pairs,
    raw_traces,
    span,
    traces,
)

pytestmark = pytest.mark.parametrize("is_json", [False, True], ids=["protobuf", "json"])


def only_span(sent: Sent, is_json: bool) -> Span:
    received = read_traces(encoded(traces(sent), is_json), is_json)
    assert (received.rejected, received.why) == (0, "")
    [found] = received.spans
    return found


def test_many_attributes_are_cut(is_json: bool) -> None:
    many = {f"a{n}": n for n in range(ATTRIBUTES + 7)}
    sent = span(attributes=many, dropped_attributes_count=1)
    sent.events.add(name="e").attributes.extend(pairs(many))

    found = only_span(sent, is_json)

    assert len(found.attributes) == len(found.events[0].attributes) == ATTRIBUTES
    assert found.dropped == 1 + 7 + 7


def test_many_events_and_links_are_cut(is_json: bool) -> None:
    sent = span()
    sent.events.extend(Sent.Event(name="e") for _ in range(ENTRIES + 2))
    sent.links.extend(Sent.Link() for _ in range(ENTRIES + 3))

    found = only_span(sent, is_json)

    assert (len(found.events), len(found.links), found.dropped) == (ENTRIES, ENTRIES, 5)


def nested(levels: int, of_lists: bool, is_json: bool) -> Any:
    """A text in lists or objects, on the wire; the official package writes 50 levels at most."""
    if not is_json:
        found = field(1, b"core")
        for _ in range(levels):
            found = (
                field(5, field(1, found))
                if of_lists
                else (field(6, field(1, field(1, b"a") + field(2, found))))
            )
        return found
    value: Any = {"stringValue": "core"}
    for _ in range(levels):
        value = (
            {"arrayValue": {"values": [value]}}
            if of_lists
            else ({"kvlistValue": {"values": [{"key": "a", "value": value}]}})
        )
    return value


def levels(found: Any) -> tuple[int, Any]:
    count = 0
    while not isinstance(found, str):
        [found] = found.values() if isinstance(found, dict) else found
        count += 1
    return count, found


@pytest.mark.parametrize("of_lists", [True, False], ids=["lists", "objects"])
@pytest.mark.parametrize("deep", [DEPTH, DEPTH + 1, DEPTH + 2, 49, 200])
def test_deep_values_are_cut(is_json: bool, of_lists: bool, deep: int) -> None:
    value = nested(deep, of_lists, is_json)
    if is_json:
        told = {"key": "deep", "value": value}
        sent: Any = {"traceId": TRACE, "spanId": SPAN, "name": "a", "attributes": [told]}
    else:
        attribute = field(9, field(1, b"deep") + field(2, value))
        sent = span(name="a").SerializeToString() + attribute

    [found] = read_traces(raw_traces(sent, is_json=is_json), is_json).spans

    assert found.name == "a"
    core = "core" if deep == DEPTH else TOO_DEEP
    assert levels(found.attributes["deep"]) == (DEPTH, core)


@pytest.mark.parametrize("large", ["x" * 5_000_000, ["x"] * 100_000], ids=["text", "list"])
def test_a_large_span(is_json: bool, large: Any) -> None:
    assert only_span(span(attributes={"large": large}), is_json).attributes == {"large": large}


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["resourceSpans"], [1]),
        (["scopeSpans", "resourceSpans"], [2, 1]),
        (["spans", "scopeSpans", "resourceSpans"], [2, 2, 1]),
    ],
    ids=["resources", "scopes", "spans"],
)
def test_more_parts_than_anybody_sends(is_json: bool, names: list[str], numbers: list[int]) -> None:
    if is_json:
        body = b'{"%b":[%b{}]}' % (names[0].encode(), b"{}," * PARTS)
        for name in names[1:]:
            body = b'{"%b":[%b]}' % (name.encode(), body)
    else:
        body = field(numbers[0], b"") * (PARTS + 1)
        for number in numbers[1:]:
            body = field(number, body)

    with pytest.raises(NotOtlp, match="It has more than 524288 parts"):
        read_traces(body, is_json)
