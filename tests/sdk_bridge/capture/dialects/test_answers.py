"""Answers: whole ones and streams, into the normal form and back, without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollscope.capture.dialects import Answer, Choice, Failure, NotThisDialect, StreamReader, Usage
from rollscope.capture.dialects.framing import read
from rollscope.capture.dialects.sse import write
from tests.sdk_bridge.capture.dialects.recorded import (
    ANSWERS,
    BY_NAME,
    Recorded,
    answer,
    through_json,
)

each = pytest.mark.parametrize("row", ANSWERS, ids=lambda row: row.name)
GEMINI_ARRAY = "http://127.0.0.1/v1beta/models/x:streamGenerateContent"


@each
def test_a_documented_answer_comes_out_as_it_went_in(row: Recorded) -> None:
    before = through_json(row.body)
    found = row.dialect.decode_answer(row.body)
    usage = None if found.usage is None else found.usage.to_log()
    again = Answer.from_log(through_json(found.to_log()), usage)
    assert again == found
    assert row.dialect.encode_answer(again) == before
    assert row.body == before, "the body was changed in place"


def numbered(found: Answer) -> Answer:
    """Without the numbers of calls: in a stream they say which call a piece belongs to."""
    for choice in found.choices:
        for part in choice.message["content"] or ():
            if isinstance(part, dict) and part.get("extra", {}).pop("index", None) is not None:
                part.pop("extra")
    return found


@each
@pytest.mark.parametrize("url", ["", GEMINI_ARRAY])
def test_an_answer_can_be_streamed(row: Recorded, url: str) -> None:
    found = row.dialect.decode_answer(row.body)
    if row.dialect.kind == "embedding":
        with pytest.raises(NotThisDialect):
            row.dialect.encode_stream(found)
        return
    pieces = row.dialect.encode_stream(found, url)
    assert row.dialect.decode_stream(b"".join(pieces)) == numbered(found)
    events = read(b"".join(pieces))
    first = [row.dialect.is_first_token(event) for event in events]
    said = bool(found.message and found.message["content"])
    odd = ("picture", "no content", "audio", "failed")
    assert any(first) == said or any(word in row.name for word in odd)
    assert row.dialect.stream_error(events) is None or "failed" in row.name


@each
def test_a_stream_that_broke_off_gives_what_had_come(row: Recorded) -> None:
    if row.dialect.kind == "embedding":
        return
    whole = row.dialect.encode_stream(row.dialect.decode_answer(row.body))
    for count in range(len(whole)):
        reader = StreamReader()
        data = b"".join(whole[:count]) + whole[count][: len(whole[count]) // 2]
        events = reader.feed(data) + reader.close()
        try:
            found = row.dialect.decode_stream(events)
        except NotThisDialect:
            assert count <= 1, "nothing but the beginning is nothing"
            continue
        row.dialect.encode_answer(found)


USAGES = {
    "openai.chat: text": (82, 17, 64, None, 5),
    "openai.chat: DeepSeek reasoning": (20, 60, 16, None, 50),
    "openai.chat: xAI counts reasoning apart": (32, 103, None, None, 94),
    "openai.responses: text": (36, 87, 12, 0, 60),
    "anthropic: text": (21 + 188 + 1024, 393, 1024, 188, None),
    "gemini: text": (40, 25, 32, None, 15),
    "ollama: text": (26, 290, None, None, None),
    "openai.embeddings: vectors": (8, None, None, None, None),
}


@pytest.mark.parametrize("name", USAGES)
def test_usage_counts_all_that_went_in_and_came_out(name: str) -> None:
    row = answer(name)
    usage = row.dialect.decode_answer(row.body).usage
    assert usage is not None
    assert usage[1:] == USAGES[name]
    assert usage.model == (row.body.get("model") or row.body.get("modelVersion"))


REASONS = {
    "openai.chat: two tool calls": "tool_calls",
    "openai.responses: incomplete": "max_output_tokens",
    "openai.responses: text": "completed",
    "anthropic: thinking, text, tools": "tool_use",
    "gemini: nothing but thinking": "MAX_TOKENS",
    "ollama: text": "stop",
}


@pytest.mark.parametrize("name", REASONS)
def test_why_an_answer_ended(name: str) -> None:
    row = answer(name)
    assert row.dialect.decode_answer(row.body).finish_reason == REASONS[name]


CALLS = ["openai.chat: two tool calls", "openai.responses: reasoning, text, calls",
         "anthropic: thinking, text, tools", "gemini: thought, text, calls"]  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls_and_reasoning_are_parts_everywhere(name: str) -> None:
    row = answer(name)
    message = row.dialect.decode_answer(row.body).message
    assert message is not None
    calls = [part for part in message["content"] if part["type"] == "tool_call"]
    assert len(calls) == 2
    assert all(isinstance(call["arguments"], dict) for call in calls)
    kinds = [part["type"] for part in message["content"]]
    assert kinds[0] == ("tool_call" if "chat" in name else "reasoning")


EDITED: dict[str, Any] = {
    "openai.chat: a call and text": lambda b: b["choices"][0]["message"]["content"],
    "openai.responses: reasoning, text, calls": lambda b: b["output"][1]["content"][0]["text"],
    "anthropic: thinking, text, tools": lambda b: b["content"][2]["text"],
    "gemini: thought, text, calls": lambda b: b["candidates"][0]["content"]["parts"][1]["text"],
}


@pytest.mark.parametrize("name", EDITED)
def test_an_edited_text(name: str) -> None:
    row = answer(name)
    found = row.dialect.decode_answer(row.body)
    assert found.message is not None
    content = [
        {**part, "text": "Edited."} if part["type"] == "text" else part
        for part in found.message["content"]
    ]
    choice = Choice({**found.message, "content": content}, found.finish_reason)
    body = row.dialect.encode_answer(replace(found, choices=(choice,)))
    assert EDITED[name](body) == "Edited."
    assert body["usage" if "gemini" not in name else "usageMetadata"]
    edited = through_json(row.body)
    assert through_json(body).keys() == edited.keys()


def test_errors_as_providers_tell_them() -> None:
    chat, anthropic, gemini, ollama = (
        BY_NAME[name] for name in ("openai.chat", "anthropic", "gemini", "ollama")
    )
    limit = {"error": {"message": "Slow down", "type": "rate_limit_error", "code": None}}
    assert chat.decode_error(429, limit) == Failure("rate_limit_error", "Slow down")
    told = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert anthropic.decode_error(529, told) == Failure("overloaded_error", "Overloaded")
    stated = {"error": {"code": 400, "message": "Bad", "status": "INVALID_ARGUMENT"}}
    assert gemini.decode_error(400, [stated]) == Failure("INVALID_ARGUMENT", "Bad")
    assert ollama.decode_error(404, {"error": "no model"}) == Failure("HTTP 404", "no model")
    assert chat.decode_error(404, {"detail": "Not Found"}) == Failure("HTTP 404", "Not Found")
    assert chat.decode_error(502, b"<html>") == Failure("HTTP 502", "<html>")
    assert chat.decode_error(500, None) == Failure("HTTP 500", "HTTP 500")


def test_errors_inside_a_stream() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "O"}}
    events = read(write(error, "error"))
    assert BY_NAME["anthropic"].stream_error(events) == Failure("overloaded_error", "O")
    failed = answer("openai.responses: failed")
    stream = b"".join(failed.dialect.encode_stream(failed.dialect.decode_answer(failed.body)))
    said = Failure("server_error", "The model failed.")
    assert failed.dialect.stream_error(read(stream)) == said
    direct = b'data: {"type":"error","code":"rate_limit","message":"Slow","param":null}\n\n'
    assert failed.dialect.stream_error(read(direct)) == Failure("rate_limit", "Slow")


def test_usage_out_of_the_log() -> None:
    usage = Usage("m", 5, None, 0)
    assert usage.to_log() == {"model": "m", "input_tokens": 5, "cache_read_tokens": 0}
    assert Usage.from_log({**usage.to_log(), "cost_usd": 0.1}) == usage


@pytest.mark.parametrize("value", [None, 1, [], {}, {"choices": 1}, {"choices": [{}]}])
def test_what_is_no_answer_of_a_log(value: object) -> None:
    with pytest.raises(NotThisDialect):
        Answer.from_log(value)
