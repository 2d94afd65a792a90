"""What tests of forks get: a client that writes files, and a model server that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from rollscope import api as _ready  # noqa: F401 - model calls are seen, and tasks followed
from rollscope.client import Rollscope
from tests.sdk_bridge.replay.differing import Maker, World
from tests.sdk_bridge.replay.forking import Bench, Done
from tests.sdk_bridge.stub import Reply, Request, StubModel


class Server(StubModel):
    """A model server each of whose answers is another; ``refusals`` come before them."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: list[Reply] = []
        numbers = count(1)

        def answer(_: Request) -> Reply:
            return self.refusals.pop() if self.refusals else Reply(f"answer {next(numbers)}")

        self.script(*[answer] * 3000)


@pytest.fixture
def stub() -> Iterator[Server]:
    """A model server."""
    with Server() as made:
        yield made


@pytest.fixture
def done() -> Done:
    """What tools do."""
    return Done()


@pytest.fixture
def tools(client: Rollscope, done: Done) -> Tools:
    """Tools that a client records."""
    return Tools(client, done)


@pytest.fixture
def world() -> World:
    """What is different when an agent runs again."""
    return World()


@pytest.fixture
def maker(client: Rollscope, tools: Tools, stub: Server, done: Done, world: World) -> Maker:
    """Records agents, and changes the world."""
    return Maker(client, tools, stub, done, world)


@pytest.fixture
def record(folder: Path, stub: Server, done: Done) -> Callable[..., Bench]:
    """Records agents in the folder of ``client``."""
    return partial(Bench, folder, stub, done)


class Tools:
    """Tools with each kind of effects; ``done`` says when they are really called."""

    def __init__(self, client: Rollscope, done: Done) -> None:
        import asyncio
        import random
        import time

        @client.tool
        def search(what: str) -> dict[str, object]:
            done("search", what)
            time.sleep(random.random() / 200)  # unequal when it is recorded; none when it is played
            return {"found": f"{what}!", "n": random.random()}

        @client.tool
        async def look(what: str) -> tuple[str, float]:
            done("look", what)
            await asyncio.sleep(random.random() / 200)
            return what, random.random()

        @client.tool(effects="state")
        def remember(what: str) -> int:
            done("remember", what)
            return len(what)

        @client.tool(effects="none")
        def read(what: str) -> str:
            done("read", what)
            return f"read {what}"

        @client.tool(effects="write")
        def send(what: str) -> str:
            done("send", what)
            return f"sent {what}"

        self.done = done
        self.search, self.look, self.remember = search, look, remember
        self.read, self.send = read, send
