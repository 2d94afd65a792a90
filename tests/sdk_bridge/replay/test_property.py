"""Random agents, forked at each of their calls: what ended before is played, and nothing is done
that the log of the fork does not tell of."""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollscope.client import Rollscope
from rollscope.replay import Edit
from tests.sdk_bridge.replay.conftest import Server, Tools
from tests.sdk_bridge.replay.forking import Bench, Done
from tests.sdk_bridge.stub import Reply

Program = tuple[Any, ...]
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "100"))

_leaf = st.sampled_from([("llm",), ("tool",), ("atool",), ("state",), ("retry",), ("same",)])

_HOLDING = ["then", "gather", "threads", "agent", "task", "group"]


def _nested(inner: st.SearchStrategy[Program]) -> st.SearchStrategy[Program]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.tuples(st.sampled_from(_HOLDING), several),
        st.tuples(st.just("loop"), st.integers(1, 3), inner),
    )


programs = st.recursive(_leaf, _nested, max_leaves=7)


class Interpreter:
    """Runs a program as an agent would: each step is asked with what came out of those before."""

    def __init__(self, client: Rollscope, tools: Tools, server: Server) -> None:
        self._client = client
        self._tools = tools
        self._server = server
        self._url = f"{server.url}/v1/chat/completions"

    def agent(self, program: Program) -> Callable[[], Awaitable[str]]:
        """The program as an agent."""

        @self._client.agent
        async def work() -> str:
            async with httpx2.AsyncClient() as http:
                return await self._run(program, "start", http)

        return work

    async def _run(self, program: Program, text: str, http: httpx2.AsyncClient) -> str:
        match program:
            case ("llm",):
                return await self._ask(http, text)
            case ("same",):
                return f"{text[:9]} {await self._ask(http, 'always the same')}"
            case ("retry",):
                return await self._ask(http, f"refuse me: {text}")
            case ("tool",):
                return str(self._tools.search(text[-40:]))
            case ("atool",):
                return str(await self._tools.look(text[-40:]))
            case ("state",):
                return f"{text[-30:]} {self._tools.remember(text[-40:])}"
            case ("then", parts):
                for part in parts:
                    text = await self._run(part, text, http)
                return text
            case ("gather", parts):
                done = await asyncio.gather(*(self._run(p, text, http) for p in parts))
                return " ".join(one[-20:] for one in done)
            case ("group", parts):
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._run(p, text, http)) for p in parts]
                return " ".join(task.result()[-20:] for task in tasks)
            case ("threads", parts):
                with ThreadPoolExecutor(len(parts)) as pool:
                    jobs = [pool.submit(self._in_thread, part, text) for part in parts]
                    return " ".join(job.result()[-20:] for job in jobs)
            case ("agent", parts):
                return await self._client.agent("inner")(self._run)(("then", parts), text, http)
            case ("task", parts):
                with self._client.task("block"):
                    return await self._run(("then", parts), text, http)
            case ("loop", count, part):
                for _ in range(count):
                    text = await self._run(part, text, http)
                return text
        raise AssertionError(program)

    def _in_thread(self, program: Program, text: str) -> str:
        async def inside() -> str:
            async with httpx2.AsyncClient() as http:
                return await self._run(program, text, http)

        return asyncio.run(inside())

    async def _ask(self, http: httpx2.AsyncClient, text: str) -> str:
        """A program's own loop that tries again."""
        body = {"model": "gpt-x", "messages": [{"role": "user", "content": text[-60:]}]}
        for _ in range(3):
            answer = await http.post(self._url, json=body)
            if answer.status_code == 200:
                break
        return str(answer.json()["choices"][0]["message"]["content"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Refusing() as made:
        yield made


class Refusing(Server):
    """Refuses every question that asks for it once; its answers do not depend on their order."""

    def __init__(self) -> None:
        super().__init__()
        self._script.clear()
        seen: set[str] = set()

        def answer(request: Any) -> Reply:
            said = json.dumps(request.json["messages"])
            if "refuse me" in said and said not in seen:
                seen.add(said)
                return Reply(status=429, error="slow down")
            return Reply(f"answer {random.random()}")

        self.script(*[answer] * 100_000)


_usual: Any = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}


@settings(max_examples=12, **_usual)
@given(program=programs, data=st.data())
def test_every_possible_fork(server: Server, program: Program, data: st.DataObject) -> None:
    check(server, program, data)


@pytest.mark.soak
@settings(max_examples=3 * ROUNDS, **_usual)
@given(program=programs, data=st.data())
def test_very_many_agents(server: Server, program: Program, data: st.DataObject) -> None:
    check(server, program, data)


def check(server: Server, program: Program, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        client = Rollscope(log_dir=name)
        done = Done()
        tools = Tools(client, done)
        agent = Interpreter(client, tools, server).agent(program)
        bench = Bench(Path(name), server, done, agent)

        whole = bench.fork(None)
        whole.check()
        assert whole.requests == []
        assert whole.record.end.get("output") == bench.record.end.get("output")

        points = [span for span in bench.calls if span.effects != "state"]
        for span in points if len(points) < 6 else data.draw(_some(points)):
            if span.kind == "tool":
                result = {"look": ["EDITED", 0]}.get(span.name, {"EDITED": 0})
                edit = Edit(span.id, output=result)
            else:
                message = {"role": "assistant", "content": "EDITED"}
                edit = Edit(span.id, output={"message": message, "finish_reason": "stop"})
            fork = bench.fork(edit)
            fork.check()
            found = fork.of(span)
            assert found is not None
            assert "EDITED" in str(found.output)


def _some(points: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(points), min_size=3, max_size=5, unique_by=lambda one: one.id)
