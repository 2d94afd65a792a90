"""Calls of the google-genai package over real HTTP; it tries again through tenacity."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from google import genai
from google.genai import errors, types

from tests.sdk_bridge.capture.runs import KEY, Runs
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens


def made(stub: StubModel, attempts: int = 1, **options: Any) -> genai.Client:
    retry = types.HttpRetryOptions(attempts=attempts, initial_delay=0.001, max_delay=0.002)
    said = types.HttpOptions(base_url=stub.url, retry_options=retry, **options)
    return genai.Client(api_key=KEY, http_options=said)


def test_a_call(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply("21 degrees.", tokens=Tokens(input=40, output=6, cached=30, reasoning=2)))
    with runs.run(), made(stub) as client:
        said = client.models.generate_content(
            model="gemini-2.5-pro",
            contents="How warm is it?",
            config=types.GenerateContentConfig(temperature=0.5, system_instruction="Be brief."),
        )
    assert said.text == "21 degrees."
    span = runs.span()
    assert span.start["name"] == "gemini-2.5-pro"
    assert span.start["attrs"]["dialect"] == "gemini"
    url = f"{stub.url}/v1/models/gemini-2.5-pro:generateContent"
    assert span.start["attrs"]["url"] == url
    assert [m["role"] for m in span.input["messages"]] == ["system", "user"]
    assert span.said == "21 degrees."
    assert span.output["finish_reason"] == "STOP"
    usage = span.end["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (40, 6)
    assert (usage["cache_read_tokens"], usage["reasoning_tokens"]) == (30, 2)
    assert usage["cost_usd"] > 0


def test_a_stream(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply("one two three", pause=0.005))
    with runs.run(), made(stub) as client:
        stream = client.models.generate_content_stream(model="gemini-2.5-pro", contents="Count.")
        text = "".join(part.text or "" for part in stream)
    assert text == "one two three"
    span = runs.span()
    assert span.start["attrs"]["stream"] is True
    assert span.said == "one two three"
    assert span.end["status"] == "ok"
    assert span.start["time"] < span.end["first_token"] <= span.end["time"]


def test_tools(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply(text="", calls=(Call("get_weather", {"city": "Paris"}),)))
    declared = types.FunctionDeclaration(name="get_weather", description="The weather of a city.")
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declared])])
    with runs.run(), made(stub) as client:
        client.models.generate_content(model="gemini-2.5-pro", contents="?", config=config)
    span = runs.span()
    [tool] = span.input["tools"]
    assert tool["name"] == "get_weather"
    [called] = [p for p in span.output["message"]["content"] if p["type"] == "tool_call"]
    assert called["arguments"] == {"city": "Paris"}


@pytest.mark.parametrize("stream", [False, True])
def test_attempts_are_one_span_although_no_hook_marks_them(
    runs: Runs, stub: StubModel, stream: bool
) -> None:
    stub.script(Reply(status=429, error="quota"), Reply(status=503), Reply("at last"))
    with runs.run(), made(stub, attempts=4) as client:
        ask: Any = client.models.generate_content_stream if stream else None
        ask = ask or client.models.generate_content
        said = ask(model="gemini-2.5-pro", contents="Hello.")
        if stream:
            list(said)
    span = runs.span()
    assert [note["data"]["status"] for note in span.notes] == [429, 503]
    assert span.end["attrs"]["attempts"] == 3
    assert span.end["status"] == "ok"
    assert span.said == "at last"


@pytest.mark.parametrize("stream", [False, True])
def test_attempts_that_run_out(runs: Runs, stub: StubModel, stream: bool) -> None:
    stub.script(*[Reply(status=429, error="quota is used up")] * 2, Reply("another call"))
    with runs.run(), made(stub, attempts=2) as client:
        ask: Any = client.models.generate_content_stream if stream else None
        ask = ask or client.models.generate_content
        with pytest.raises(errors.ClientError):
            list(ask(model="gemini-2.5-pro", contents="Hello."))
        [pending] = runs.spans()
        assert pending.end == {}
        client.models.generate_content(model="gemini-2.5-pro", contents="Something else.")
    one, two = runs.spans()
    assert one.end["status"] == "error"
    assert one.end["error"] == {"type": "RESOURCE_EXHAUSTED", "message": "quota is used up"}
    assert one.end["attrs"]["attempts"] == 2
    assert one.end["time"] <= two.start["time"]
    assert two.said == "another call"


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_that_is_not_tried_again(runs: Runs, stub: StubModel, stream: bool) -> None:
    stub.script(Reply(status=400, error="no such model"))
    with runs.run(), made(stub) as client:
        ask: Any = client.models.generate_content_stream if stream else None
        ask = ask or client.models.generate_content
        with pytest.raises(errors.ClientError):
            list(ask(model="gemini-2.5-pro", contents="Hello."))
        [span] = runs.spans()
        assert span.end["status"] == "error"
    assert span.end["error"] == {"type": "INVALID_ARGUMENT", "message": "no such model"}
    assert span.end["attrs"]["status"] == 400
    runs.check_keys()


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("below", ["aiohttp", "httpx2"])
def test_async_calls_with_attempts(runs: Runs, stub: StubModel, stream: bool, below: str) -> None:
    stub.script(Reply(status=500), Reply("one two three"))

    async def work() -> str:
        async with httpx2.AsyncClient() as own:
            options = {"httpx_async_client": own} if below == "httpx2" else {}
            return await ask(made(stub, attempts=3, **options))

    async def ask(whole: genai.Client) -> str:
        async with whole.aio as client:
            asked: Any = {"model": "gemini-2.5-pro", "contents": "Hi."}
            if not stream:
                return (await client.models.generate_content(**asked)).text or ""
            parts = await client.models.generate_content_stream(**asked)
            return "".join([part.text or "" async for part in parts])

    with runs.run():
        assert asyncio.run(work()) == "one two three"
    span = runs.span()
    assert span.said == "one two three"
    assert span.end["status"] == "ok"
    assert span.end["attrs"]["attempts"] == 2
    assert ("first_token" in span.end) == stream
