"""Tests what is read of log records, the same in both encodings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.protocols.otlp.decode import read_logs
from rollscope_desktop.protocols.otlp.received import Record
from tests.app.protocols.otlp.requests import SPAN, START, TRACE, encoded, logs, record

if TYPE_CHECKING:
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

pytestmark = pytest.mark.parametrize("is_json", [False, True], ids=["protobuf", "json"])


def only_record(sent: LogRecord, is_json: bool) -> Record:
    [found] = read_logs(encoded(logs(sent), is_json), is_json).records
    return found


def test_a_record_in_full(is_json: bool) -> None:
    sent = record(
        body={"role": "user", "content": "How warm is it?"},
        attributes={"gen_ai.system": "openai"},
        event_name="gen_ai.user.message",
        time_unix_nano=START,
    )
    body = encoded(logs(sent, **{"service.name": "weather"}), is_json)

    [found] = read_logs(body, is_json).records

    assert found == Record(
        trace=TRACE,
        span=SPAN,
        name="gen_ai.user.message",
        time=START,
        body={"role": "user", "content": "How warm is it?"},
        attributes={"gen_ai.system": "openai"},
        resource={"service.name": "weather"},
        scope="tests",
        source=found.source,
    )


@pytest.mark.parametrize(
    ("field", "attributes", "body", "name"),
    [
        ("a", {"event.name": "b"}, {"event.name": "c"}, "a"),
        ("", {"event.name": "b"}, {"event.name": "c"}, "b"),
        ("", {}, {"event.name": "c"}, "c"),
        ("", {"event.domain": "gen_ai", "event.name": "choice"}, None, "gen_ai.choice"),
        ("", {"event.domain": "gen_ai", "event.name": "gen_ai.choice"}, None, "gen_ai.choice"),
        ("", {"event.name": 5}, {"event.name": [5]}, ""),
        ("", {"event.domain": "gen_ai"}, "text", ""),
    ],
)
def test_the_name_of_an_event(
    is_json: bool, field: str, attributes: dict[str, Any], body: Any, name: str
) -> None:
    sent = record(event_name=field, attributes=attributes, body=body)

    assert only_record(sent, is_json).name == name


@pytest.mark.parametrize(
    ("time", "observed", "told"),
    [(5, 9, 5), (0, 9, 9), (0, 0, 0), (1 << 63, 9, 9), (0, 1 << 63, 0)],
)
def test_the_time_of_a_record(is_json: bool, time: int, observed: int, told: int) -> None:
    sent = record(time_unix_nano=time, observed_time_unix_nano=observed)

    assert only_record(sent, is_json).time == told


def test_records_of_no_span_are_left_out(is_json: bool) -> None:
    sent = logs(record(trace=""), record(span=""), record(span="00" * 8), record(body="kept"))

    received = read_logs(encoded(sent, is_json), is_json)

    assert [found.body for found in received.records] == ["kept"]
    assert received.rejected == 0


def test_records_of_the_same_words_are_several(is_json: bool) -> None:
    one, other = record(body="one"), record(body="other")

    def sources(*sent: LogRecord) -> list[str]:
        body = encoded(logs(*sent), is_json)
        return [found.source for found in read_logs(body, is_json).records]

    first, second, third, last = sources(one, one, one, other)
    assert len({first, second, third, last}) == 4
    assert sources(one, one, one, other) == [first, second, third, last]
    assert sources(other, one, one) == [last, first, second]
