"""Clients of models get out of a record what their servers sent: the very same, and no request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import openai
import pytest

from tests.sdk_bridge.capture import test_aiohttp as reading
from tests.sdk_bridge.replay.clients import ASKED, CLIENTS, RICH, SAID, Recorder, dumped, gpt
from tests.sdk_bridge.stub import Reply, StubModel

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")


@pytest.fixture
def stub() -> Iterator[StubModel]:
    """A model server that follows its script."""
    with StubModel() as made:
        yield made


@pytest.fixture
def record(folder: Path, stub: StubModel) -> Recorder:
    return Recorder(folder, stub)


@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize("name", CLIENTS)
def test_the_very_same(record: Recorder, name: str, rich: bool) -> None:
    record.same(CLIENTS[name], *[RICH if rich else Reply("one two three")] * 2)


@pytest.mark.parametrize("name", ["httpx", "httpx2", "chat", "claude", "responses", "gemini"])
def test_answers_that_were_packed(record: Recorder, name: str) -> None:
    record.same(CLIENTS[name], Reply("long " * 500, gzip=True))


def aio(do: Any, **options: Any) -> Any:
    return lambda stub: reading.work(lambda session: do(session, reading.chat(stub)), **options)


@pytest.mark.parametrize(
    "read", [reading._lines, reading._any, reading._chunked, reading._chunks, reading._until,
             reading._exactly]
)  # fmt: skip
def test_streams_of_aiohttp(record: Recorder, read: Any) -> None:
    async def do(session: aiohttp.ClientSession, url: str) -> Any:
        async with session.post(url, json=reading.STREAM) as response:
            return response.status, response.content_type, b"".join(await read(response.content))

    record.same(aio(do), Reply("one two three"))


def test_whole_answers_of_aiohttp(record: Recorder) -> None:
    async def do(session: aiohttp.ClientSession, url: str) -> Any:
        async with session.post(url, json=ASKED) as response:
            first = (await response.json(), await response.text(), response.ok, response.method)
        async with session.post(url, data=json.dumps(ASKED)) as response:
            return first, await response.read(), str(response.url)

    record.same(aio(do), Reply("one", gzip=True), Reply("two"))


@pytest.mark.parametrize("raising", [True, False])
def test_errors_of_aiohttp(record: Recorder, raising: bool) -> None:
    async def do(session: aiohttp.ClientSession, url: str) -> Any:
        out: list[Any] = []
        for body in ({**ASKED, "n": n} for n in range(3)):
            try:
                async with session.post(url, json=body) as response:
                    out.append((response.status, await response.json()))
            except aiohttp.ClientResponseError as error:
                out.append((type(error), error.status))
            except aiohttp.ClientError as error:
                out.append(type(error).__mro__[1])
        return out

    replies = Reply(status=400, error="no"), Reply(status=429, error="slow"), Reply("fine")
    record.same(aio(do, raise_for_status=raising), *replies)


def test_time_limits_of_aiohttp(record: Recorder) -> None:
    async def do(session: aiohttp.ClientSession, url: str) -> Any:
        try:
            await session.post(url, json=ASKED, timeout=aiohttp.ClientTimeout(total=0.1))
        except TimeoutError as error:
            return isinstance(error, aiohttp.ClientError), type(error).__name__
        return "no error"

    record.same(aio(do), Reply(delay=1))


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_a_stream_that_was_left_half_way(record: Recorder, name: str) -> None:
    module = {"httpx": httpx, "httpx2": httpx2}[name]

    def do(stub: StubModel) -> Any:
        out = []
        body = {**ASKED, "stream": True}
        url = f"{stub.url}/v1/chat/completions"
        with module.Client() as http, http.stream("POST", url, json=body) as answer:
            for line in answer.iter_lines():
                out.append(line)
                if "one" in line:
                    break
        return out

    record.same(do, Reply("one two three", pause=0.01))


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_broke_off(record: Recorder, stream: bool) -> None:
    def do(stub: StubModel) -> Any:
        out: list[Any] = []
        with gpt(stub) as model:
            try:
                found: Any = model.chat.completions.create(
                    model="gpt-x", messages=SAID, stream=stream
                )
                for part in found:
                    out.append(dumped(part))  # noqa: PERF401 - those before the error count
            except (openai.APIConnectionError, httpx2.TransportError) as error:
                out.append(type(error))
        return out

    fork = record.same(do, Reply("one two three", cut=2 if stream else 0))
    assert len(record.seen[0]) == (3 if stream else 1)
    assert next(iter(fork.record.spans.values())).status == "error"


def test_what_is_no_json(record: Recorder) -> None:
    def do(stub: StubModel) -> Any:
        with gpt(stub) as model:
            try:
                return str(model.chat.completions.create(model="gpt-x", messages=SAID))
            except (ValueError, openai.OpenAIError) as error:
                return type(error)

    record.same(do, Reply(body=b'{"choices": [{"mess'))


def test_events_of_a_client(record: Recorder) -> None:
    """Hooks of the program are called in a re-run as well."""

    def do(stub: StubModel) -> Any:
        heard: list[str] = []
        hooks: Any = {
            "request": [lambda request: heard.append(request.method)],
            "response": [lambda response: heard.append(str(response.status_code))],
        }
        with httpx2.Client(event_hooks=hooks) as http:
            http.post(f"{stub.url}/v1/chat/completions", json=ASKED).raise_for_status()
        return heard

    record.same(do)


def test_connections_that_are_refused(record: Recorder) -> None:
    async def do(session: aiohttp.ClientSession, _: str) -> Any:
        try:
            await session.post("http://127.0.0.1:9/v1/chat/completions", json=ASKED)
        except aiohttp.ClientConnectorError as error:
            return type(error), bool(str(error))

    def plain(_: StubModel) -> Any:
        try:
            return httpx2.post("http://127.0.0.1:9/v1/chat/completions", json=ASKED)
        except httpx2.ConnectError as error:
            return type(error)

    record.same(aio(do))
    record.seen.clear()
    record.same(plain)
