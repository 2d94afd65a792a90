"""Calls of the anthropic package over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import pytest

from tests.sdk_bridge.capture.runs import KEY, Runs
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens

ASKED: Any = {
    "model": "claude-opus-4-1",
    "max_tokens": 100,
    "system": "You are brief.",
    "messages": [{"role": "user", "content": "How warm is it in Paris?"}],
}
TOOL: Any = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def client(stub: StubModel) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=stub.url, api_key=KEY) as made:
        yield made


def test_a_call(runs: Runs, stub: StubModel, client: anthropic.Anthropic) -> None:
    stub.script(Reply("21 degrees.", tokens=Tokens(input=40, output=6, cached=30, written=4)))
    with runs.run():
        said = client.messages.create(**ASKED)
    assert said.content[0].text == "21 degrees."
    span = runs.span()
    assert span.start["kind"] == "llm"
    assert span.start["name"] == "claude-opus-4-1"
    attrs = {"dialect": "anthropic", "url": f"{stub.url}/v1/messages"}
    assert span.start["attrs"] == attrs
    assert [m["role"] for m in span.input["messages"]] == ["system", "user"]
    assert span.input["settings"] == {"max_tokens": 100}
    assert span.said == "21 degrees."
    assert span.output["finish_reason"] == "end_turn"
    usage = span.end["usage"]
    assert usage["input_tokens"] == 40
    assert usage["cache_read_tokens"] == 30
    assert usage["cache_write_tokens"] == 4
    assert usage["output_tokens"] == 6
    assert usage["cost_usd"] > 0
    assert span.end["attrs"] == {"status": 200, "request_id": "req_1"}


def test_streams_of_both_kinds(runs: Runs, stub: StubModel, client: anthropic.Anthropic) -> None:
    stub.script(Reply("one two three"), Reply("four five six", pause=0.005))
    with runs.run():
        for _ in client.messages.create(**ASKED, stream=True):
            pass
        with client.messages.stream(**ASKED) as stream:
            text = "".join(stream.text_stream)
    assert text == "four five six"
    one, two = runs.spans()
    assert (one.said, two.said) == ("one two three", "four five six")
    for span in (one, two):
        assert span.start["attrs"]["stream"] is True
        assert span.end["status"] == "ok"
        assert span.start["time"] < span.end["first_token"] <= span.end["time"]
        assert span.end["usage"]["output_tokens"] == 7
    runs.check_keys()


def test_tools(runs: Runs, stub: StubModel, client: anthropic.Anthropic) -> None:
    stub.script(Reply(text="", calls=(Call("get_weather", {"city": "Paris"}, "toolu_1"),)))
    with runs.run():
        said = client.messages.create(**ASKED, tools=[TOOL])
    assert said.stop_reason == "tool_use"
    span = runs.span()
    [tool] = span.input["tools"]
    assert (tool["name"], tool["schema"]) == ("get_weather", TOOL["input_schema"])
    [called] = [p for p in span.output["message"]["content"] if p["type"] == "tool_call"]
    assert (called["id"], called["arguments"]) == ("toolu_1", {"city": "Paris"})


def test_attempts(runs: Runs, stub: StubModel, client: anthropic.Anthropic) -> None:
    stub.script(
        Reply(status=529, error="overloaded", headers={"retry-after-ms": "1"}), Reply("at last")
    )
    with runs.run():
        client.messages.create(**ASKED)
    span = runs.span()
    [note] = span.notes
    assert (note["data"]["number"], note["data"]["status"]) == (1, 529)
    assert span.end["attrs"]["attempts"] == 2
    assert span.said == "at last"


def test_an_error(runs: Runs, stub: StubModel, client: anthropic.Anthropic) -> None:
    stub.script(Reply(status=401, error="invalid x-api-key"))
    with runs.run(), pytest.raises(anthropic.AuthenticationError):
        client.messages.create(**ASKED)
    span = runs.span()
    assert span.end["error"]["type"] == "AuthenticationError"
    assert span.end["error"]["message"] == "invalid x-api-key"
    assert span.notes == []


def test_async_stream_and_early_close(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply("whole"), Reply("one two three four", pause=0.01))

    async def work() -> None:
        async with anthropic.AsyncAnthropic(base_url=stub.url, api_key=KEY) as client:
            async with client.messages.stream(**ASKED) as stream:
                await stream.get_final_message()
            async with client.messages.stream(**ASKED) as stream:
                async for _ in stream.text_stream:
                    break

    with runs.run():
        asyncio.run(work())
    one, two = runs.spans()
    assert one.end["status"] == "ok"
    assert one.said == "whole"
    assert two.end["status"] == "cancelled"
    assert "one two three four".startswith(two.said)
    assert two.said


@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_cached_for_an_hour_is_dearer(runs: Runs, streamed: bool) -> None:
    def answer(hour: int) -> Any:
        kept = {"ephemeral_1h_input_tokens": hour, "ephemeral_5m_input_tokens": 1000 - hour}
        usage: Any = {
            "input_tokens": 10, "output_tokens": 5,
            "cache_creation_input_tokens": 1000, "cache_creation": kept,
        }  # fmt: skip
        message: Any = {
            "id": "m", "type": "message", "role": "assistant", "model": "claude-opus-4-1",
            "content": [], "stop_reason": "end_turn", "usage": usage,
        }  # fmt: skip
        if not streamed:
            return httpx.Response(200, json=message)
        events: list[Any] = [
            {"type": "message_start", "message": {**message, "stop_reason": None}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
             "usage": {"output_tokens": 5}},
            {"type": "message_stop"},
        ]  # fmt: skip
        text = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
        return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})

    with runs.run():
        for hour in (0, 1000):
            transport = httpx.MockTransport(lambda _, hour=hour: answer(hour))
            with httpx.Client(transport=transport) as client:
                client.post(
                    "https://api.anthropic.com/v1/messages", json={**ASKED, "stream": streamed}
                )
    low, high = (span.end["usage"] for span in runs.spans())
    assert high["cost_usd"] > low["cost_usd"] > 0
    assert low.keys() == high.keys()
