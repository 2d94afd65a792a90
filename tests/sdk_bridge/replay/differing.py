"""Agents that do something else when they run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rollscope.client import Rollscope
from tests.sdk_bridge.replay.forking import Bench, Done, Fork

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server, Tools


class World:
    """What is different when the agent runs again."""

    again = False

    def __call__(self, first: Any, then: Any) -> Any:
        return then if self.again else first


class Maker:
    """Records an agent, and changes the world."""

    def __init__(
        self, client: Rollscope, tools: Tools, stub: Server, done: Done, world: World
    ) -> None:
        self.client, self.tools, self.stub, self.done, self.world = client, tools, stub, done, world

    def bench(self, agent: Callable[..., Any], *args: Any) -> Bench:
        made = Bench(
            self.client.settings.folder, self.stub, self.done, self.client.agent(agent), *args
        )
        self.world.again = True
        return made


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def stopped(fork: Fork, sentence: str) -> None:
    assert fork.outcome.status == "diverged"
    assert sentence in fork.outcome.sentence
    assert fork.requests == []
    assert fork.counts.keys() <= {"remember"}
    assert fork.record.end["status"] == "error"
    assert fork.outcome.sentence in fork.record.end["error"]["message"]
