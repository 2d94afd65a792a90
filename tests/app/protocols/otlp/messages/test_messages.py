"""The same conversation is the same messages, whatever convention tells of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.messages import content_of, content_of_records
from rollscope_desktop.protocols.otlp.received import Record
from tests.app.protocols.otlp.messages.conventions import CONVENTIONS, WITHOUT_REASONING
from tests.app.protocols.otlp.messages.talk import ANSWER, MESSAGES, SAID, TOOLS, text

SHORTER = {"message": {"role": "assistant", "content": SAID}, "finish_reason": "stop"}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_conversation_is_the_same_in_every_convention(name: str) -> None:
    attributes, events = CONVENTIONS[name]
    content = content_of(attributes, events, "llm")
    assert content.messages == MESSAGES
    assert content.choices == [SHORTER if name in WITHOUT_REASONING else ANSWER]
    assert content.tools == TOOLS
    assert (content.input, content.output, content.lossy) == (None, None, frozenset())


@pytest.mark.parametrize("name", CONVENTIONS)
def test_what_was_read_is_not_kept_beside(name: str) -> None:
    attributes, events = CONVENTIONS[name]
    assert attributes.keys() == content_of(attributes, events, "llm").used


def record(name: str, body: Any, time: int = 0, **attributes: Any) -> Record:
    return Record("a" * 32, "b" * 16, name, time, body, attributes, {}, "scope", "source")


def test_log_records_tell_the_same() -> None:
    events = json.loads(CONVENTIONS["Pydantic AI"][0]["events"])
    records = [record(event.pop("event.name"), event) for event in events]
    content = content_of_records(records)
    assert content.messages == MESSAGES
    assert content.choices == [ANSWER]
    content = content_of_records([record(each.name, text(each.body)) for each in records])
    assert content.messages == MESSAGES


def test_records_stand_in_the_order_of_their_times() -> None:
    later = record("gen_ai.user.message", {"content": "two"}, time=2)
    first = record("gen_ai.system.message", {"content": "one"}, time=1)
    messages = content_of_records([later, first]).messages
    assert messages == [{"role": "system", "content": "one"}, {"role": "user", "content": "two"}]


def test_what_was_hidden_is_said_to_be() -> None:
    told = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "__REDACTED__",
        "output.value": "__REDACTED__",
    }
    assert content_of(told, [], "llm").lossy == {"input", "output"}


def test_what_is_left_out_is_said_to_be() -> None:
    parts = [{"type": "text"}, {"type": "tool_call_response", "id": "1"}]
    told = {"gen_ai.input.messages": text([{"role": "user", "parts": parts}])}
    assert content_of(told, [], "llm").lossy == {"input"}
    cut = text([{"role": "assistant", "parts": [{"type": "text", "content": "hi"}]}])[:40]
    content = content_of({"gen_ai.output.messages": cut}, [], "llm")
    assert content.choices == [{"message": {"role": "assistant", "content": cut}}]
    assert content.lossy == {"output"}


def test_there_is_a_bound() -> None:
    many = [{"role": "user", "content": str(number)} for number in range(10_001)]
    content = content_of({"gen_ai.input.messages": text(many)}, [], "llm")
    assert content.messages == many[:-1]
    assert content.lossy == {"input"}
    parts = [{"type": "text", "text": "x"}] * 10_001
    told = {"gen_ai.output.messages": text([{"role": "assistant", "content": parts}])}
    content = content_of(told, [], "llm")
    assert len(content.choices[0]["message"]["content"]) == 10_000
    assert content.lossy == {"output"}


def test_the_fuller_convention_is_believed() -> None:
    told = {
        "gen_ai.input.messages": text([{"role": "user", "parts": []}]),
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "hi",
        "input.value": text({"messages": [{"role": "user", "content": "something else"}]}),
    }
    content = content_of(told, [], "llm")
    assert content.messages == [{"role": "user", "content": "hi"}]
    assert content.used == told.keys()
    assert content.lossy == frozenset()


def test_without_content_there_is_none() -> None:
    content = content_of({"http.method": "GET", "llm.token_count.total": 3}, [], "llm")
    assert (content.messages, content.choices, content.tools) == (None, [], [])
    assert (content.input, content.output, content.used) == (None, None, frozenset())
    assert content_of_records([record("other", {"content": "x"})]).messages is None


def test_several_answers() -> None:
    said = [{"role": "assistant", "parts": [{"type": "text", "content": x}]} for x in "ab"]
    told = {
        "gen_ai.output.messages": text(said),
        "gen_ai.response.finish_reasons": ["stop", "length"],
    }
    assert content_of(told, [], "llm").choices == [
        {"message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"},
        {"message": {"role": "assistant", "content": "b"}, "finish_reason": "length"},
    ]
    calls = [
        record("gen_ai.choice", {"index": n, "message": {"tool_calls": [{"id": x, "name": "f"}]}})
        for n, x in ((1, "b"), (0, "a"))
    ]
    found = content_of_records(calls).choices
    assert [choice["message"]["content"][0]["id"] for choice in found] == ["a", "b"]


def test_an_agent_that_tells_its_whole_conversation() -> None:
    call = {"type": "tool_call", "id": "1", "name": "f", "arguments": {}}
    said = [
        {"role": "assistant", "parts": [call]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "result": "x"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "done"}]},
    ]
    content = content_of({"gen_ai.output.messages": text(said)}, [], "agent")
    assert content.choices == []
    assert content.output == [
        {"role": "assistant", "content": [call]},
        {"role": "tool", "content": "x", "tool_call_id": "1"},
        {"role": "assistant", "content": "done"},
    ]
    asked = {"role": "user", "parts": [{"type": "text", "content": "do"}]}
    told = {"pydantic_ai.all_messages": text([asked, *said]), "final_result": "done"}
    content = content_of(told, [], "agent")
    assert content.messages == [{"role": "user", "content": "do"}]
    assert content.output == "done"
