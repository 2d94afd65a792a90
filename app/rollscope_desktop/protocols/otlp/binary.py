"""Requests in protobuf: their spans and records. Each is read alone, by the official parser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2

from rollscope_desktop.protocols.otlp.binary_values import attributes, plain
from rollscope_desktop.protocols.otlp.bounds import ATTRIBUTES, ENTRIES
from rollscope_desktop.protocols.otlp.fields import Fields
from rollscope_desktop.protocols.otlp.ids import origins, span_id, trace_id
from rollscope_desktop.protocols.otlp.mending import mended
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

_LARGE = 1 << 22
"""Bytes. In a larger message the parts are counted before the parser takes 60 bytes for each."""

_M = TypeVar("_M", bound=Message)


def read_spans(body: bytes) -> Received:
    """An ExportTraceServiceRequest. Raises NotOtlp."""
    received = Received()
    mending = Fields()
    for resource, scope, message in _messages(body, mending):
        try:
            received.spans.append(_span(mending, message, resource, scope))
        except Malformed as error:
            received.reject(f"A span cannot be read. {error}")
    return received


def read_records(body: bytes) -> Received:
    """An ExportLogsServiceRequest. Raises NotOtlp."""
    received = Received()
    mending = Fields()
    sources = Sources()
    for resource, scope, message in _messages(body, mending):
        try:
            record = _record(mending, message, resource, scope, sources)
        except Malformed as error:
            received.reject(f"A log record cannot be read. {error}")
            continue
        if record is not None:
            received.records.append(record)
    return received


def _messages(body: bytes, mending: Fields) -> Iterator[tuple[Attributes, str, bytes]]:
    """The bytes of each span or record, with the attributes of its resource and its scope's name.

    The fields around spans have the same numbers as those around records.
    """
    fields = Fields()
    try:
        told = [
            (at, end) for number, _, at, end in fields(body, 0, len(body)) if number == 1 and at
        ]
        if body and not told:
            raise Malformed("It holds neither spans nor records.")
        for at, end in told:
            head, scopes = _split(fields, body, at, end)
            resource = attributes(_parsed(mending, Resource, head).attributes)
            for at, end in scopes:
                head, messages = _split(fields, body, at, end)
                scope = _parsed(mending, InstrumentationScope, head).name
                for at, end in messages:
                    yield resource, scope, body[at:end]
    except Malformed as error:
        raise NotOtlp(f"The body is not a request of OTLP in protobuf. {error}") from None


def _split(fields: Fields, body: bytes, at: int, end: int) -> tuple[bytes, list[tuple[int, int]]]:
    """What is said once of several messages, and where these lie.

    The first may be told in pieces: protobuf joins messages by joining their bytes.
    """
    head = []
    places = []
    for number, _, start, stop in fields(body, at, end):
        if number == 2 and start:
            places.append((start, stop))
        elif number == 1 and start:
            head.append(body[start:stop])
    return b"".join(head), places


def _parsed(mending: Fields, kind: type[_M], data: bytes) -> _M:
    found: _M
    if len(data) < _LARGE:
        try:
            found = kind.FromString(data)
            return found
        except DecodeError:
            pass
    try:
        found = kind.FromString(mended(mending, data, kind.DESCRIPTOR, 0, len(data)))
    except DecodeError:
        raise Malformed("Its fields are not those of OTLP.") from None
    return found


def _span(mending: Fields, data: bytes, resource: Attributes, scope: str) -> Span:
    span = _parsed(mending, trace_pb2.Span, data)
    sent_trace, sent_id = span.trace_id, span.span_id
    trace, id = trace_id(sent_trace), span_id(sent_id)
    if not trace or not id:
        raise Malformed("It has no trace id, or no span id.")
    start, end = span_times(span.start_time_unix_nano, span.end_time_unix_nano)
    pairs = span.attributes
    held = attributes(pairs)
    if len(sent_trace) != 16 or len(sent_id) != 8:
        held |= origins(sent_trace, sent_id, (sent_trace.hex(), sent_id.hex()))
    dropped = span.dropped_attributes_count + _above(pairs, ATTRIBUTES)
    events: list[Event] = []
    links: list[Link] = []
    if (told := span.events) or span.dropped_events_count:
        dropped += span.dropped_events_count + _above(told, ENTRIES)
        for event in told[:ENTRIES]:
            pairs = event.attributes
            dropped += event.dropped_attributes_count + _above(pairs, ATTRIBUTES)
            time = moment(event.time_unix_nano, start)
            events.append(Event(event.name, time, attributes(pairs)))
    if (pointed := span.links) or span.dropped_links_count:
        dropped += span.dropped_links_count + _above(pointed, ENTRIES)
        for link in pointed[:ENTRIES]:
            pairs = link.attributes
            dropped += link.dropped_attributes_count + _above(pairs, ATTRIBUTES)
            to = trace_id(link.trace_id), span_id(link.span_id)
            links.append(Link(*to, attributes(pairs)))
    status = span.status
    return Span(
        trace=trace,
        id=id,
        parent=span_id(span.parent_span_id) or None,
        name=span.name,
        start=start,
        end=end,
        attributes=held,
        resource=resource,
        scope=scope,
        source=source(data),
        status=STATUSES.get(status.code, ""),
        message=status.message,
        remote=is_remote(span.flags),
        events=tuple(events),
        links=tuple(links),
        dropped=dropped,
    )


def _above(sent: Sequence[object], most: int) -> int:
    """How many are left out."""
    return max(0, len(sent) - most)


def _record(
    mending: Fields, data: bytes, resource: Attributes, scope: str, sources: Sources
) -> Record | None:
    record = _parsed(mending, LogRecord, data)
    trace, span = trace_id(record.trace_id), span_id(record.span_id)
    if not trace or not span:
        return None
    held = attributes(record.attributes)
    body = plain(record.body)
    return Record(
        trace=trace,
        span=span,
        name=event_name(record.event_name, held, body),
        time=moment(record.time_unix_nano, record.observed_time_unix_nano),
        body=body,
        attributes=held,
        resource=resource,
        scope=scope,
        source=sources(data),
    )
