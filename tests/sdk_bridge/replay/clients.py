"""One call with each client of a model, and what its program gets of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx
import httpx2
import openai
from google import genai
from google.genai import types

from rollscope.client import Rollscope
from tests.sdk_bridge.replay.forking import Bench, Done, Fork
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens

WEATHER = Call("get_weather", {"city": "Paris"})
SAID: list[Any] = [{"role": "user", "content": "Hello."}]
ASKED = {"model": "llama", "messages": SAID}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}},
}


class Recorder:
    """Records one agent around a function, whose results it collects."""

    def __init__(self, folder: Path, stub: StubModel) -> None:
        self.stub = stub
        self.folder = folder
        self.client = Rollscope(log_dir=folder)
        self.seen: list[Any] = []

    def __call__(self, do: Callable[[StubModel], Any], *script: Reply) -> Bench:
        @self.client.agent
        def work() -> None:
            self.seen.append(do(self.stub))

        self.stub.script(*script)
        return Bench(self.folder, self.stub, Done(), work)

    def same(self, do: Callable[[StubModel], Any], *script: Reply) -> Fork:
        """It gives the same from its record, and that from its own."""
        bench = self(do, *script)
        for _ in range(2):
            fork = bench.fork(None)
            assert fork.outcome.status == "ok", fork.outcome.sentence
            assert fork.requests == []
            assert self.seen.pop() == self.seen[0]
            bench.record = fork.record
        return fork


def dumped(found: Any) -> Any:
    return (type(found), found.model_dump())


def gpt(stub: StubModel) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{stub.url}/v1", api_key="k", max_retries=0)


def chat(stub: StubModel) -> Any:
    with gpt(stub) as model:
        found = model.chat.completions.create(model="gpt-x", messages=SAID, tools=[TOOL])  # type: ignore[list-item]
        return dumped(found), found._request_id


def chat_stream(stub: StubModel) -> Any:
    with gpt(stub) as model:
        return [
            dumped(part)
            for part in model.chat.completions.create(model="gpt-x", messages=SAID, stream=True)
        ]


def responses(stub: StubModel) -> Any:
    with gpt(stub) as model:
        return dumped(model.responses.create(model="gpt-x", input="Hello."))


def responses_stream(stub: StubModel) -> Any:
    with gpt(stub) as model:
        parts = model.responses.create(model="gpt-x", input="Hello.", stream=True)
        return [dumped(part) for part in parts]


def embeddings(stub: StubModel) -> Any:
    with gpt(stub) as model:
        return dumped(model.embeddings.create(model="embed-x", input=["a", "b"]))


def async_chat(stub: StubModel) -> Any:
    async def do() -> Any:
        async with openai.AsyncOpenAI(base_url=f"{stub.url}/v1", api_key="k") as model:
            parts = await model.chat.completions.create(model="gpt-x", messages=SAID, stream=True)
            return [dumped(part) async for part in parts]

    return asyncio.run(do())


def claude(stub: StubModel) -> Any:
    with anthropic.Anthropic(base_url=stub.url, api_key="k") as model:
        return dumped(model.messages.create(model="claude-x", max_tokens=9, messages=SAID))


def claude_stream(stub: StubModel) -> Any:
    with (
        anthropic.Anthropic(base_url=stub.url, api_key="k") as model,
        model.messages.stream(model="claude-x", max_tokens=9, messages=SAID) as stream,
    ):
        parts = [type(event).__name__ for event in stream]
        return parts, dumped(stream.get_final_message())


def gemini(stub: StubModel) -> Any:
    with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=stub.url)) as model:
        found = model.models.generate_content(model="gemini-x", contents="Hello.")
        return _google(found)


def gemini_stream(stub: StubModel) -> Any:
    with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=stub.url)) as model:
        parts = model.models.generate_content_stream(model="gemini-x", contents="Hello.")
        return [_google(part) for part in parts]


def gemini_async(stub: StubModel) -> Any:
    async def do() -> Any:
        options = types.HttpOptions(base_url=stub.url)
        async with genai.Client(api_key="k", http_options=options).aio as model:
            asked: Any = {"model": "gemini-x", "contents": "Hello."}
            whole = _google(await model.models.generate_content(**asked))
            parts = await model.models.generate_content_stream(**asked)
            return whole, [_google(part) async for part in parts]

    return asyncio.run(do())


def _google(found: Any) -> Any:
    """Without the headers of the network, of which a record keeps those that say something."""
    return found.model_dump(exclude={"sdk_http_response"})


def ollama(stub: StubModel) -> Any:
    with httpx.Client() as http:
        whole = http.post(f"{stub.url}/api/chat", json={**ASKED, "stream": False}).json()
        with http.stream("POST", f"{stub.url}/api/chat", json=ASKED) as response:
            return whole, list(response.iter_lines())


def plain(module: Any) -> Any:
    def do(stub: StubModel) -> Any:
        with module.Client() as http:
            answer = http.post(f"{stub.url}/v1/chat/completions", json=ASKED)
            return answer.status_code, answer.json(), answer.headers["content-type"], answer.text

    return do


def plain_async(module: Any) -> Any:
    async def ask(stub: StubModel) -> Any:
        body = {**ASKED, "stream": True}
        async with (
            module.AsyncClient() as http,
            http.stream("POST", f"{stub.url}/v1/chat/completions", json=body) as answer,
        ):
            return [line async for line in answer.aiter_lines()]

    return lambda stub: asyncio.run(ask(stub))


CLIENTS = {
    "httpx": plain(httpx), "httpx2": plain(httpx2), "httpx async": plain_async(httpx),
    "httpx2 async": plain_async(httpx2), "chat": chat, "chat stream": chat_stream,
    "responses": responses, "responses stream": responses_stream, "embeddings": embeddings,
    "async chat": async_chat, "claude": claude, "claude stream": claude_stream, "gemini": gemini,
    "gemini stream": gemini_stream, "gemini async": gemini_async, "ollama": ollama,
}  # fmt: skip
RICH = Reply("Let me see.", calls=(WEATHER,), reasoning="Hm, Paris.", tokens=Tokens(40, 6, 30))
