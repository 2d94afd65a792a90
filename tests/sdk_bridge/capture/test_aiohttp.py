"""Plain calls of aiohttp, in all the ways in which a body can be read."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.sdk_bridge.capture.runs import KEY, Runs
from tests.sdk_bridge.stub import Reply, StubModel

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "Hello."}]}
STREAM = {**ASKED, "stream": True}


def work(do: Callable[[aiohttp.ClientSession], Awaitable[Any]], **options: Any) -> Any:
    async def inside() -> Any:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with aiohttp.ClientSession(headers=headers, **options) as session:
            return await do(session)

    return asyncio.run(inside())


def chat(stub: StubModel) -> str:
    return f"{stub.url}/v1/chat/completions"


@pytest.mark.parametrize("form", ["json", "data", "text"])
def test_a_call(runs: Runs, stub: StubModel, form: str) -> None:
    import json

    stub.script(Reply("Hello yourself.", gzip=True))
    sent: dict[str, dict[str, Any]] = {
        "json": {"json": ASKED},
        "data": {"data": json.dumps(ASKED).encode()},
        "text": {"data": json.dumps(ASKED)},
    }

    async def do(session: aiohttp.ClientSession) -> Any:
        async with session.post(chat(stub), params={"key": KEY}, **sent[form]) as response:
            return await response.json()

    with runs.run():
        assert work(do)["choices"][0]["message"]["content"] == "Hello yourself."
    span = runs.span()
    assert span.start["attrs"] == {"dialect": "openai.chat", "url": chat(stub)}
    assert span.said == "Hello yourself."
    assert span.end["status"] == "ok"
    assert span.end["attrs"] == {"status": 200, "request_id": "req_1"}
    assert span.end["usage"]["input_tokens"] == 11


async def _lines(content: Any) -> list[bytes]:
    return [line async for line in content]


async def _any(content: Any) -> list[bytes]:
    return [chunk async for chunk in content.iter_any()]


async def _chunked(content: Any) -> list[bytes]:
    return [chunk async for chunk in content.iter_chunked(10)]


async def _chunks(content: Any) -> list[bytes]:
    return [chunk async for chunk, _ in content.iter_chunks()]


async def _until(content: Any) -> list[bytes]:
    out = []
    while not content.at_eof():
        out.append(await content.readuntil(b"\n"))
    return out


async def _exactly(content: Any) -> list[bytes]:
    return [await content.readexactly(20), await content.read()]


@pytest.mark.parametrize("read", [_lines, _any, _chunked, _chunks, _until, _exactly])
def test_a_stream_in_every_way(runs: Runs, stub: StubModel, read: Any) -> None:
    stub.script(Reply("one two three", pause=0.002))

    async def do(session: aiohttp.ClientSession) -> bytes:
        async with session.post(chat(stub), json=STREAM) as response:
            assert isinstance(response.content, aiohttp.StreamReader)
            return b"".join(await read(response.content))

    with runs.run():
        assert work(do).endswith(b"data: [DONE]\n\n")
    span = runs.span()
    assert span.said == "one two three"
    assert span.end["status"] == "ok"
    assert span.start["time"] < span.end["first_token"] <= span.end["time"]


def test_a_stream_that_is_left_early(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply("one two three", pause=0.01))

    async def do(session: aiohttp.ClientSession) -> None:
        async with session.post(chat(stub), json=STREAM) as response:
            async for line in response.content:
                if b"one" in line:
                    break

    with runs.run():
        work(do)
    span = runs.span()
    assert span.end["status"] == "cancelled"
    assert span.said


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_response_that_is_dropped(runs: Runs, stub: StubModel) -> None:
    async def do(session: aiohttp.ClientSession) -> None:
        response = await session.post(chat(stub), json=STREAM)
        await response.content.readline()
        del response

    with runs.run():
        work(do)
        gc.collect()  # aiohttp's responses refer to themselves until they are read
        assert runs.span().end["status"] == "cancelled"


def test_errors(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply(status=400, error="no"), Reply(status=404, error="not here"))

    async def do(session: aiohttp.ClientSession) -> None:
        async with session.post(chat(stub), json=ASKED) as response:
            assert (await response.json())["error"]["message"] == "no"
        with pytest.raises(aiohttp.ClientResponseError) as raised:
            await session.post(f"{chat(stub)}?key={KEY}", json=ASKED, raise_for_status=True)
        assert KEY in str(raised.value)

    with runs.run():
        work(do)
    one, two = runs.spans()
    assert one.end["error"]["message"] == "no"
    assert one.end["attrs"]["status"] == 400
    assert two.end["error"]["type"] == "ClientResponseError"
    assert two.end["attrs"] == {"status": 404}
    runs.check_keys()


def test_a_loop_of_the_program_is_one_call(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply(cut=0), Reply(status=503), Reply("done"))

    async def do(session: aiohttp.ClientSession) -> None:
        for _ in range(3):
            try:
                async with session.post(chat(stub), json=ASKED) as response:
                    if response.status == 200:
                        await response.read()
            except aiohttp.ClientConnectionError:
                pass

    with runs.run():
        work(do)
    spans = runs.spans()
    assert spans[-1].said == "done"
    assert sum(len(span.notes) for span in spans) >= 1


def test_cancellation_and_timeouts(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply(delay=5), Reply(delay=5))

    async def do(session: aiohttp.ClientSession) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await session.post(chat(stub), json=ASKED)
        short = aiohttp.ClientTimeout(total=0.05)
        with pytest.raises(TimeoutError):
            await session.post(chat(stub), json=STREAM, timeout=short)

    with runs.run():
        work(do)
    one, two = runs.spans()
    assert one.end["status"] == "cancelled"
    assert two.end["status"] == "error"


def test_a_body_that_stays_packed(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply("small", gzip=True))

    async def do(session: aiohttp.ClientSession) -> bytes:
        async with session.post(chat(stub), json=ASKED) as response:
            return await response.read()

    with runs.run():
        assert work(do, auto_decompress=False)[:2] == b"\x1f\x8b"
    assert runs.span().said == "small"
