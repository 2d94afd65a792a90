"""Tools of the Model Context Protocol in a re-run: the client gives its own objects, unasked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

mcp = pytest.importorskip("mcp")

from mcp.server.mcpserver import MCPServer  # noqa: E402
from mcp.server.mcpserver.exceptions import ToolError  # noqa: E402

from rollscope.client import Rollscope  # noqa: E402
from rollscope.replay import Edit  # noqa: E402

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.forking import Bench, Done


@pytest.fixture
def server(done: Done) -> Any:
    """Tools that say when they are called."""
    made = MCPServer("tools")

    @made.tool()
    def add(a: int, b: int) -> int:
        done("add", (a, b))
        return a + b

    @made.tool(structured_output=False)
    def greet(name: str) -> str:
        done("greet", name)
        return f"Hello {name}"

    @made.tool()
    def fail() -> str:
        done("fail")
        raise ToolError("this went wrong")

    @made.tool()
    async def wait() -> str:
        done("wait")
        await asyncio.sleep(30)
        return "late"

    return made


@pytest.fixture
def seen() -> list[Any]:
    return []


def agent(
    client: Rollscope, server: Any, do: Callable[[Any], Any], seen: list[Any]
) -> Callable[[], Any]:
    from mcp.client import Client

    @client.agent
    async def work() -> None:
        async with Client(server) as session:
            seen.append(await do(session))

    return work


async def everything(session: Any) -> Any:
    said = [
        await session.call_tool("add", {"a": 1, "b": 2}),
        await session.session.call_tool(name="greet", arguments={"name": "Ada"}),
        await session.call_tool("fail"),
    ]
    found = [(type(one), one.model_dump()) for one in said]
    try:
        async with asyncio.timeout(0.1):
            await session.call_tool("wait")
    except TimeoutError:
        found.append((TimeoutError, {}))
    try:
        await session.call_tool("wait", read_timeout_seconds=0.1)
    except Exception as error:  # noqa: BLE001 - of the package's own
        found.append((type(error), {"text": str(error)}))
    return found


def test_the_very_same(client: Rollscope, server: Any, record: Any, seen: list[Any]) -> None:
    bench: Bench = record(agent(client, server, everything, seen))
    assert len(seen[0]) == 5
    for _ in range(2):
        fork = bench.fork(None)
        assert fork.outcome.status == "ok", fork.outcome.sentence
        assert fork.counts == {}
        assert seen[-1] == seen[0]
        assert {fork.how(span) for span in fork.record.spans.values()} == {"played"}
        bench.record = fork.record


def test_edits(client: Rollscope, server: Any, record: Any, seen: list[Any]) -> None:
    async def do(session: Any) -> Any:
        first = await session.call_tool("add", {"a": 1, "b": 2})
        number = (first.structured_content or {}).get("result", 0)
        last = await session.call_tool("greet", {"name": f"{number} {first.content[0].text}"})
        return last.content[0].text

    bench: Bench = record(agent(client, server, do, seen))
    add = bench.calls[0]
    fork = bench.fork(Edit(add.id, output={"result": 9}))
    fork.check()
    assert fork.counts == {"greet": 1}
    assert seen[-1].startswith("Hello 9 ")
    fork = bench.fork(Edit(add.id, input={"a": 5, "b": 2}))
    fork.check()
    assert bench.done.calls == [("add", (5, 2)), ("greet", "7 7")]
    assert seen[-1] == "Hello 7 7"


def test_policies(client: Rollscope, server: Any, record: Any, seen: list[Any]) -> None:
    from rollscope.errors import EnforcementError
    from rollscope.replay import Answer

    async def do(session: Any) -> Any:
        first = await session.call_tool("add", {"a": 1, "b": 2})
        try:
            last = await session.call_tool("greet", {"name": first.content[0].text})
        except EnforcementError:
            return "denied"
        return last.content[0].text

    bench: Bench = record(agent(client, server, do, seen))
    edit = Edit(bench.calls[0].id, output={"result": 9})
    assert bench.fork(edit, policies={"greet": "deny"}).counts == {}
    assert seen[-1] == "denied"
    given = bench.fork(edit, others="ask", ask=lambda _: Answer("give", "by hand"))
    assert given.counts == {}
    assert seen[-1] == "by hand"
    edited = bench.fork(edit, others="ask", ask=lambda _: Answer("edit", {"name": "Eve"}))
    assert edited.counts == {"greet": 1}
    assert seen[-1] == "Hello Eve"
    stopped = bench.fork(edit, others="ask", ask=lambda _: Answer("stop"))
    assert stopped.outcome.status == "diverged"
    assert stopped.counts == {}
