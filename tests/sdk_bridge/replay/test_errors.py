"""Errors of tools and models, and calls that were cancelled, come again as they were."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import openai
import pytest

from rollscope.client import Rollscope
from tests.sdk_bridge.replay.playing_back import OwnError, forked_again, played
from tests.sdk_bridge.replay.test_fidelity import ask_gpt, asked
from tests.sdk_bridge.stub import Reply

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server
    from tests.sdk_bridge.replay.forking import Done


def test_errors(client: Rollscope, record: Any, stub: Server, done: Done) -> None:
    seen: list[Any] = []

    @client.tool
    def fail(what: str) -> None:
        done("fail")
        match what:
            case "own":
                raise OwnError(7, detail="why")
            case "missing":
                open("/nowhere/at/all").close()
            case "key":
                raise KeyError("absent")
            case "limit":
                stub.refusals.append(Reply(status=429, error="slow down"))
                with openai.OpenAI(base_url=f"{stub.url}/v1", api_key="k", max_retries=0) as model:
                    ask_gpt(model, [{"role": "user", "content": "in the tool"}])

    @client.agent
    def work() -> None:
        out: list[Any] = []
        for what in ("own", "missing", "key", "limit"):
            try:
                fail(what)
            except openai.RateLimitError as error:
                out.append(("limit", error.status_code, str(error)))
            except OwnError as error:
                out.append((str(error), error.code, error.detail))
            except (OSError, KeyError) as error:
                out.append((type(error), str(error), getattr(error, "errno", None)))
        seen.append(out)

    bench = record(work)
    forked_again(bench, played(bench))
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 4


@pytest.mark.parametrize(
    ("refusals", "error"),
    [
        ([Reply(status=429, error="slow", headers={"retry-after-ms": "1"})] * 3, "RateLimitError"),
        ([Reply(status=400, error="no such model")], "BadRequestError"),
        ([Reply(status=401, error="no")], "AuthenticationError"),
        ([Reply(status=500, error="oops")] * 3, "InternalServerError"),
        ([Reply(cut=0)] * 3, "APIConnectionError"),
        ([Reply(delay=0.6)] * 3, "APITimeoutError"),
        ([Reply(cut=0), Reply(status=503)], ""),
    ],
)
def test_errors_of_models(
    client: Rollscope, record: Any, stub: Server, refusals: list[Reply], error: str
) -> None:
    seen: list[Any] = []

    @client.agent
    def work() -> None:
        with openai.OpenAI(
            base_url=f"{stub.url}/v1", api_key="k", max_retries=2, timeout=0.2
        ) as model:
            try:
                ask_gpt(model, [{"role": "user", "content": "hello"}])
                seen.append("fine")
            except openai.OpenAIError as raised:
                status = getattr(raised, "status_code", None)
                seen.append((type(raised).__name__, status, getattr(raised, "body", None)))

    stub.refusals.extend(reversed(refusals))
    bench = record(work)
    fork = played(bench)
    assert seen[0] == seen[1]
    assert (seen[0] == "fine") if not error else seen[0][0] == error
    span, again = bench.calls[0], fork.of(bench.calls[0])
    assert again is not None
    assert again.attrs.get("attempts") == span.attrs.get("attempts")
    assert [note["data"].get("status") for note in again.notes] == [
        note["data"].get("status") for note in span.notes
    ]
    forked_again(bench, fork)
    assert seen[2] == seen[0]


def test_cancelled_calls(client: Rollscope, record: Any, stub: Server, done: Done) -> None:
    seen: list[str] = []

    @client.tool
    async def slow() -> str:
        done("slow")
        await asyncio.sleep(5)
        return "late"

    @client.agent
    async def work() -> None:
        async with openai.AsyncOpenAI(base_url=f"{stub.url}/v1", api_key="k") as model:
            for call in (slow, lambda: asked(model, "hello")):
                try:
                    await asyncio.wait_for(call(), 0.1)
                except TimeoutError:
                    seen.append("too late")

    stub.refusals.append(Reply(delay=1))
    bench = record(work)
    fork = played(bench)
    assert seen == ["too late"] * 4
    assert [span.status for span in bench.calls] == ["cancelled"] * 2
    forked_again(bench, fork)
