"""Log records of spans: messages that come before or after them, and what else was noted."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.received import Record
from tests.app.protocols.otlp.sending import (
    Sending,
    asked,
    at,
    chat,
    id_of,
    record,
    span,
    used,
)


def talk(timed: bool = True, of: int = 2) -> list[Record]:
    """A call of openai-v2 as it is by default: all content is in log records."""
    said: list[tuple[str, Any]] = [
        ("gen_ai.system.message", {"content": "You are terse."}),
        ("gen_ai.user.message", {"content": "How warm is Paris?"}),
        (
            "gen_ai.choice",
            {"index": 0, "finish_reason": "stop",
             "message": {"role": "assistant", "content": "It is 21 °C."}},
        ),
    ]  # fmt: skip
    return [
        record(of, name, body, (1 + n) if timed else None) for n, (name, body) in enumerate(said)
    ]


def call() -> Any:
    return chat(2, 1, attributes={**used(50, 12), "gen_ai.request.temperature": 0.5})


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("records_first", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_messages_before_and_after_their_span(
    together: bool, records_first: bool, timed: bool, tmp_path: Path
) -> None:
    sending = Sending()
    if not records_first:
        sending.spans(call())
    if together:
        sending.records(*talk(timed))
    else:
        for one in talk(timed):
            sending.records(one)
    if records_first:
        sending.spans(call())
    sending.spans(span(1, name="ask"))
    with sending.seen(tmp_path) as seen:
        [run] = seen.runs()
        assert (run.row.name, run.row.tokens_in, run.row.project) == ("ask", 50, "weather")
        step = run.step("gpt-4o-mini")
        assert step.kind == "llm"
        assert step.input["model"] == "gpt-4o-mini"
        assert [message["role"] for message in step.input["messages"]] == ["system", "user"]
        assert step.input["messages"][1]["content"] == "How warm is Paris?"
        assert step.output["message"]["content"] == "It is 21 °C."
        if records_first:
            assert step.input["settings"] == {"temperature": 0.5}
        if timed:
            assert (run.row.started, run.row.last) == (at(0), at(10))


@pytest.mark.parametrize("records_first", [True, False])
def test_a_run_that_is_one_call_has_what_it_was_asked(records_first: bool, tmp_path: Path) -> None:
    sending = Sending()
    if records_first:
        sending.records(*talk())
    sending.spans(chat(2))
    if not records_first:
        sending.records(*talk())
    with sending.seen(tmp_path) as seen:
        [run] = seen.runs()
        assert [message["role"] for message in run.input["messages"]] == ["system", "user"]


def test_the_order_is_that_of_the_times() -> None:
    sending = Sending()
    for order in itertools.permutations(talk()[:2]):
        sending.records(*order)
        said = sending.said("span.set")[-1]["input"]["messages"]
        assert said[-1]["content"] == "How warm is Paris?"
        sending = Sending()


def test_records_that_are_sent_again_write_nothing() -> None:
    sending = Sending()
    requests = [talk()[:1], [*talk()[1:], record(2, "note", "x")]]
    for request in requests:
        sending.records(*request)
    before = sending.lines()
    for request in requests:
        sending.records(*request)
    assert sending.lines() == before
    sending.restart()
    for request in requests:
        sending.records(*request)
    assert sending.lines() == before


def test_messages_go_on_after_a_restart() -> None:
    sending = Sending()
    sending.records(*talk()[:1])
    sending.restart()
    sending.records(*talk()[1:])
    assert len(sending.said("span.set")[-1]["input"]["messages"]) == 2


def test_a_span_that_has_its_own_messages_takes_none() -> None:
    sending = Sending()
    sending.spans(chat(2, 1, attributes=asked("Own?", "Own.")))
    before = sending.lines()
    sending.records(*talk())
    assert sending.lines() == before


def test_own_messages_take_the_place_of_those_that_came_before(tmp_path: Path) -> None:
    sending = Sending()
    sending.records(*talk())
    sending.spans(chat(2, 1, attributes=asked("Own?", "Own.")))
    with sending.seen(tmp_path) as seen:
        [step] = seen.runs()[0].steps
        assert len(step.input["messages"]) == 1


def test_records_make_a_run_that_a_span_names() -> None:
    sending = Sending()
    sending.records(record(2, "note", "x", 5))
    start = sending.start()
    assert (start["name"], start["project"], start["time"]) == ("weather", "weather", at(5))
    sending.spans(span(2, 1, "inner"))
    assert sending.start()["name"] == "inner"
    sending.spans(span(1, None, "ask"))
    assert sending.start()["name"] == "ask"


def test_other_records_are_events_of_their_span() -> None:
    sending = Sending()
    sending.records(
        record(2, "", "it works", 5, attributes={"code.line": 7}),
        record(2, "app.retry", {"n": 2}, 6),
        record(2, "app.empty", None, 7),
    )
    assert [
        (line["span"], line["name"], line["time"], line.get("data"))
        for line in sending.said("event")
    ] == [
        (id_of(2), "log", at(5), {"body": "it works", "attributes": {"code.line": 7}}),
        (id_of(2), "app.retry", at(6), {"body": {"n": 2}}),
        (id_of(2), "app.empty", at(7), None),
    ]


def test_a_judgement_in_a_record() -> None:
    said = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.5}
    sending = Sending()
    sending.records(record(2, "gen_ai.evaluation.result", None, 5, attributes=said))
    line = sending.one("feedback")
    assert (line["span"], line["name"], line["value"]) == (id_of(2), "tone", 0.5)


def test_a_record_of_no_span_is_passed_over() -> None:
    sending = Sending()
    one = record(2, "note", "x")
    sending.records(Record(one.trace, "", one.name, 0, "x", {}, {}, "", "s"))
    assert not sending.lines()
