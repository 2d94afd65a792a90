"""Requests in JSON: their spans and records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollscope import wire
from rollscope_desktop.protocols.otlp.bounds import ENTRIES, PARTS
from rollscope_desktop.protocols.otlp.ids import id_bytes, origins, span_id, trace_id
from rollscope_desktop.protocols.otlp.json_load import load
from rollscope_desktop.protocols.otlp.json_values import (
    as_object,
    attributes,
    count,
    inner,
    items,
    number,
    plain,
    text,
)
from rollscope_desktop.protocols.otlp.received import (
    Attributes,
    Event,
    Link,
    Malformed,
    NotOtlp,
    Received,
    Record,
    Span,
)
from rollscope_desktop.protocols.otlp.told import (
    STATUSES,
    Sources,
    event_name,
    is_remote,
    moment,
    source,
    span_times,
)

_SPANS = (("resourceSpans", "resource_spans"), ("scopeSpans", "scope_spans"), ("spans", ""))
_RECORDS = (
    ("resourceLogs", "resource_logs"),
    ("scopeLogs", "scope_logs"),
    ("logRecords", "log_records"),
)


def read_spans(body: bytes) -> Received:
    """An ExportTraceServiceRequest. Raises NotOtlp."""
    received = Received()
    for resource, scope, message in _messages(load(body), _SPANS):
        try:
            received.spans.append(_span(message, resource, scope))
        except Malformed as error:
            received.reject(f"A span cannot be read. {error}")
    return received


def read_records(body: bytes) -> Received:
    """An ExportLogsServiceRequest. Raises NotOtlp."""
    received = Received()
    sources = Sources()
    for resource, scope, message in _messages(load(body), _RECORDS):
        try:
            record = _record(message, resource, scope, sources)
        except Malformed as error:
            received.reject(f"A log record cannot be read. {error}")
            continue
        if record is not None:
            received.records.append(record)
    return received


def _messages(
    body: Any, names: tuple[tuple[str, str], ...]
) -> Iterator[tuple[Attributes, str, Any]]:
    """Each span or record, with the attributes of its resource and its scope's name."""
    outer, middle, last = names
    if type(body) is not dict or (body and outer[0] not in body and outer[1] not in body):
        raise NotOtlp(f'The body should be an object with "{outer[0]}".')
    left = PARTS
    try:
        resources = items(body, *outer)
        left = _less(left, resources)
        for told in resources:
            held = as_object(told, f"Each of its {outer[0]}")
            resource, _ = attributes(inner(held, "resource"))
            parts = items(held, *middle)
            left = _less(left, parts)
            for part in parts:
                held = as_object(part, f"Each of its {middle[0]}")
                scope = text(inner(held, "scope"), "name")
                messages = items(held, *last)
                left = _less(left, messages)
                for message in messages:
                    yield resource, scope, message
    except Malformed as error:
        raise NotOtlp(f"The body is not a request of OTLP in JSON. {error}") from None


def _less(left: int, parts: list[Any]) -> int:
    if len(parts) > left:
        raise Malformed(f"It has more than {PARTS} parts; send less at a time.")
    return left - len(parts)


def _span(message: Any, resource: Attributes, scope: str) -> Span:
    span = as_object(message, "It")
    said = _id(span, "traceId", "trace_id"), _id(span, "spanId", "span_id")
    sent_trace, sent_id = id_bytes(said[0]), id_bytes(said[1])
    trace, id = trace_id(sent_trace), span_id(sent_id)
    if not trace or not id:
        raise Malformed("It has no trace id, or no span id.")
    start, end = span_times(
        number(span, "startTimeUnixNano", "start_time_unix_nano"),
        number(span, "endTimeUnixNano", "end_time_unix_nano"),
    )
    held, dropped = attributes(span)
    held |= origins(sent_trace, sent_id, said)
    events, lost_events = _events(span, start)
    links, lost_links = _links(span)
    status = inner(span, "status")
    return Span(
        trace=trace,
        id=id,
        parent=span_id(id_bytes(_id(span, "parentSpanId", "parent_span_id"))) or None,
        name=text(span, "name"),
        start=start,
        end=end,
        attributes=held,
        resource=resource,
        scope=scope,
        source=source(wire.dump(span)),
        status=_status(status.get("code")),
        message=text(status, "message"),
        remote=is_remote(number(span, "flags")),
        events=tuple(events),
        links=tuple(links),
        dropped=dropped + lost_events + lost_links,
    )


def _events(span: dict[str, Any], start: int) -> tuple[list[Event], int]:
    """The events of a span, and how many are missing, attributes of theirs included."""
    told = items(span, "events")
    dropped = count(span, "droppedEventsCount", "dropped_events_count")
    dropped += max(0, len(told) - ENTRIES)
    events = []
    for event in told[:ENTRIES]:
        try:
            held, lost = attributes(as_object(event, "An event"))
            time = moment(number(event, "timeUnixNano", "time_unix_nano"), start)
            events.append(Event(text(event, "name"), time, held))
        except Malformed:
            lost = 1
        dropped += lost
    return events, dropped


def _links(span: dict[str, Any]) -> tuple[list[Link], int]:
    """The links of a span, and how many are missing, attributes of theirs included."""
    told = items(span, "links")
    dropped = count(span, "droppedLinksCount", "dropped_links_count")
    dropped += max(0, len(told) - ENTRIES)
    links = []
    for link in told[:ENTRIES]:
        try:
            held, lost = attributes(as_object(link, "A link"))
            trace = trace_id(id_bytes(_id(link, "traceId", "trace_id")))
            span_at = span_id(id_bytes(_id(link, "spanId", "span_id")))
            links.append(Link(trace, span_at, held))
        except Malformed:
            lost = 1
        dropped += lost
    return links, dropped


def _id(held: dict[str, Any], name: str, other: str) -> Any:
    return held.get(name) or held.get(other)


def _status(code: Any) -> str:
    """By number, or by the name that protobuf has for it."""
    if type(code) is str:
        code = _CODES.get(code.upper().removeprefix("STATUS_CODE_"))
    return STATUSES.get(code, "") if type(code) is int else ""


_CODES = {"OK": 1, "1": 1, "ERROR": 2, "2": 2}


def _record(message: Any, resource: Attributes, scope: str, sources: Sources) -> Record | None:
    record = as_object(message, "It")
    trace = trace_id(id_bytes(_id(record, "traceId", "trace_id")))
    span = span_id(id_bytes(_id(record, "spanId", "span_id")))
    if not trace or not span:
        return None
    held, _ = attributes(record)
    body = plain(record.get("body"))
    return Record(
        trace=trace,
        span=span,
        name=event_name(text(record, "eventName", "event_name"), held, body),
        time=moment(
            number(record, "timeUnixNano", "time_unix_nano"),
            number(record, "observedTimeUnixNano", "observed_time_unix_nano"),
        ),
        body=body,
        attributes=held,
        resource=resource,
        scope=scope,
        source=sources(wire.dump(record)),
    )
