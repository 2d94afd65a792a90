"""Async calls of the openai package over real HTTP, and what settings do to calls."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from rollscope.context import here
from rollscope.errors import EnforcementError
from tests.sdk_bridge.capture.runs import KEY, Runs
from tests.sdk_bridge.capture.test_openai import ASKED, LONG, check_start
from tests.sdk_bridge.stub import Reply, StubModel


@pytest.fixture
def client(stub: StubModel) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stub.url}/v1", api_key=KEY) as made:
        yield made


def async_client(stub: StubModel, **options: Any) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{stub.url}/v1", api_key=KEY, **options)


def test_async_calls_whole_and_streamed(runs: Runs, stub: StubModel) -> None:
    async def work() -> None:
        async with async_client(stub) as client:
            stub.script(Reply("whole"), Reply("in some parts"))
            await client.chat.completions.create(model="gpt-4o", messages=ASKED)
            stream = await client.chat.completions.create(
                model="gpt-4o", messages=ASKED, stream=True
            )
            async for _ in stream:
                pass

    with runs.run():
        asyncio.run(work())
    one, two = runs.spans()
    check_start(one, stub, "/v1/chat/completions", "openai.chat", stream=False)
    assert (one.said, two.said) == ("whole", "in some parts")
    assert one.end["status"] == two.end["status"] == "ok"
    assert two.start["time"] < two.end["first_token"] < two.end["time"]
    runs.check_keys()


def test_async_attempts_are_one_span(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply(status=500, headers={"retry-after-ms": "1"}), Reply("at last"))

    async def work() -> None:
        async with async_client(stub) as client:
            await client.chat.completions.create(model="gpt-4o", messages=ASKED)

    with runs.run():
        asyncio.run(work())
    span = runs.span()
    assert [note["data"]["status"] for note in span.notes] == [500]
    assert span.end["attrs"]["attempts"] == 2


def test_many_calls_at_once_are_kept_apart(runs: Runs, stub: StubModel) -> None:
    refused = set()

    def answer(request: Any) -> Reply:
        """Every other call has to be made twice."""
        said = request.json["messages"][0]["content"]
        if int(said.split()[-1]) % 2 and said not in refused:
            refused.add(said)
            return Reply(status=500, headers={"retry-after-ms": "1"})
        return Reply()

    stub.script(*[answer] * 15)

    async def ask(client: openai.AsyncOpenAI, n: int) -> None:
        asked: list[Any] = [{"role": "user", "content": f"number {n}"}]
        await client.chat.completions.create(model="gpt-4o", messages=asked)

    async def work() -> None:
        async with async_client(stub) as client:
            await asyncio.gather(*(ask(client, n) for n in range(10)))

    with runs.run():
        asyncio.run(work())
    spans = runs.spans()
    said = sorted(span.input["messages"][0]["content"] for span in spans)
    assert said == sorted(f"number {n}" for n in range(10))
    for span in spans:
        asked_twice = span.input["messages"][0]["content"] in refused
        assert [note["data"]["status"] for note in span.notes] == [500] * asked_twice
    assert len(refused) == 5
    assert {span.end["status"] for span in spans} == {"ok"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_task_that_is_cancelled(runs: Runs, stub: StubModel, stream: bool) -> None:
    stub.script(Reply("one two three", pause=5 if stream else 0, delay=0 if stream else 5))

    async def ask(client: openai.AsyncOpenAI) -> None:
        create: Any = client.chat.completions.create
        answer = await create(model="gpt-4o", messages=ASKED, stream=stream)
        async for _ in answer:
            pass

    async def work() -> None:
        async with async_client(stub, max_retries=0) as client:
            task = asyncio.create_task(ask(client))
            await asyncio.to_thread(stub.wait, 1)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with runs.run():
        asyncio.run(work())
    span = runs.span()
    assert span.end["status"] == "cancelled"
    assert "error" not in span.end


def test_an_async_stream_that_is_left_early(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply("one two three four five", pause=0.01))

    async def work() -> None:
        async with async_client(stub) as client:
            create: Any = client.chat.completions.create
            async with await create(model="gpt-4o", messages=ASKED, stream=True) as stream:
                async for chunk in stream:
                    if chunk.choices[0].delta.content:
                        break

    with runs.run():
        asyncio.run(work())
    span = runs.span()
    assert span.end["status"] == "cancelled"
    assert span.said


# -- ceilings and settings ------------------------------------------------------------------------


def test_a_ceiling_is_raised_before_the_call_and_not_tried_again(
    tmp_path: Any, stub: StubModel, client: openai.OpenAI
) -> None:
    runs = Runs(tmp_path, max_steps_per_run=1)
    with runs.run():
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
        with pytest.raises(EnforcementError):
            client.chat.completions.create(model="gpt-4o", messages=ASKED)

        async def work() -> None:
            async with async_client(stub) as other:
                with pytest.raises(EnforcementError):
                    await other.chat.completions.create(model="gpt-4o", messages=ASKED)

        asyncio.run(work())
    assert len(stub.requests) == 1
    assert len(runs.spans()) == 1


def test_without_contents_only_numbers_are_recorded(
    tmp_path: Any, stub: StubModel, client: openai.OpenAI
) -> None:
    runs = Runs(tmp_path, capture=False)
    with runs.run():
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
    span = runs.span()
    assert "input" not in span.start
    assert "output" not in span.end
    assert span.end["usage"]["input_tokens"] == 11
    assert LONG not in next(tmp_path.iterdir()).read_text()


def test_models_may_be_left_out(tmp_path: Any, stub: StubModel, client: openai.OpenAI) -> None:
    runs = Runs(tmp_path, capture_models=False)
    with runs.run():
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
    assert runs.spans() == []


def test_the_hook_of_the_user_sees_contents_before_they_are_written(
    tmp_path: Any, stub: StubModel, client: openai.OpenAI
) -> None:
    def redact(event: dict[str, Any]) -> dict[str, Any]:
        for message in (event.get("input") or {}).get("messages", []):
            message["content"] = "hidden"
        return event

    runs = Runs(tmp_path, redact=redact)
    with runs.run():
        for _ in range(2):
            client.chat.completions.create(model="gpt-4o", messages=ASKED)
    for span in runs.spans():
        assert [m["content"] for m in span.input["messages"]] == ["hidden", "hidden"]
        assert span.said == "Hello from the stub."
    assert LONG not in next(tmp_path.iterdir()).read_text()


def test_keys_of_the_user_that_look_like_references_stay(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    asked: Any = [{"role": "user", "content": LONG}]
    marks: Any = {"$blob": "00", "plain": {"$raw": {"$blob": 1}}}
    with runs.run():
        client.chat.completions.create(model="gpt-4o", messages=asked, metadata=marks)
    assert runs.span().input["settings"]["metadata"] == marks


def test_outside_of_a_run_nothing_is_recorded(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    assert here() is None
    client.chat.completions.create(model="gpt-4o", messages=ASKED)
    assert list(runs.folder.iterdir()) == []
