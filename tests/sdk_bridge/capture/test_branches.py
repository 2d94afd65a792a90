"""Numbers of branches repeat, whatever the clients of HTTP do behind a call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

import rollscope
from rollscope.context import here

if TYPE_CHECKING:
    from types import ModuleType

    from tests.sdk_bridge.capture.runs import Runs, Seen
    from tests.sdk_bridge.stub import StubModel

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "Hello."}]}
both = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


@rollscope.tool
async def look_up() -> None: ...


def branches(spans: list[Seen], name: str) -> list[Any]:
    return [s.start.get("branch", 0) for s in spans if s.start["name"] == name]


@both
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/_stub/script"])
def test_a_new_connection_takes_no_number(
    runs: Runs, stub: StubModel, library: ModuleType, path: str
) -> None:
    async def work(connections: int) -> None:
        for _ in range(connections):
            async with library.AsyncClient() as client:  # each makes a connection of its own
                body = ASKED if path.startswith("/v1") else []
                await client.post(stub.url.replace("127.0.0.1", "localhost") + path, json=body)
        await asyncio.create_task(look_up())

    for connections in (0, 1, 3):
        with runs.run():
            asyncio.run(work(connections))
    assert len(set(branches(runs.spans(), "look_up"))) == 1


def test_a_client_that_asks_about_its_platform_on_a_thread(runs: Runs, stub: StubModel) -> None:
    import openai

    async def work(calls: int) -> None:
        async with openai.AsyncOpenAI(base_url=f"{stub.url}/v1", api_key="k") as client:
            for _ in range(calls):
                await client.chat.completions.create(**ASKED)  # type: ignore[call-overload]
            await asyncio.create_task(look_up())

    for calls in (0, 1):
        with runs.run():
            asyncio.run(work(calls))
    assert len(set(branches(runs.spans(), "look_up"))) == 1


def test_what_a_hook_of_the_client_does_is_still_recorded_in_its_place(
    runs: Runs, stub: StubModel
) -> None:
    async def hook(_: Any) -> None:
        place = here()
        assert place is not None
        await look_up()
        await asyncio.gather(look_up(), look_up())

    async def work() -> None:
        async with httpx.AsyncClient(event_hooks={"request": [hook]}) as client:
            for _ in range(2):
                await client.post(f"{stub.url}/v1/chat/completions", json=ASKED)
        await asyncio.gather(look_up(), look_up())

    with runs.run():
        asyncio.run(work())
    found = branches(runs.spans(), "look_up")
    assert len(found) == 8
    at_hand = [number for number in found if number == found[0]]
    assert len(at_hand) == 2  # the hook's own
    assert len({*found}) == 7  # and each task has one that no other has
