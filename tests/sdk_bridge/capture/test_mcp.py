"""Tools of the Model Context Protocol, called through its real client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

mcp = pytest.importorskip("mcp")

from mcp.client.session import ClientSession  # noqa: E402
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402

from rollscope.errors import EnforcementError  # noqa: E402
from tests.sdk_bridge.capture.runs import Runs  # noqa: E402

SERVER = '''
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server = MCPServer("weather")

@server.tool()
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b

@server.tool(structured_output=False)
def greet(name: str) -> str:
    """Greets."""
    return f"Hello {name}"

@server.tool()
def fail() -> str:
    """Fails."""
    raise ToolError("this went wrong")

@server.tool()
async def wait() -> str:
    """Waits."""
    import anyio
    await anyio.sleep(30)
    return "late"
'''


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mcp") / "server.py"
    path.write_text(SERVER + "\nif __name__ == '__main__':\n    server.run('stdio')\n")
    return path


def in_memory(do: Callable[[Any], Awaitable[None]]) -> None:
    from mcp.client import Client

    names: dict[str, Any] = {}
    exec(compile(SERVER, "server", "exec"), names)

    async def work() -> None:
        async with Client(names["server"]) as client:
            await do(client)

    asyncio.run(work())


def test_calls_over_stdio(runs: Runs, server: Path) -> None:
    async def work() -> None:
        parameters = StdioServerParameters(command=sys.executable, args=[str(server)])
        async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            said = await session.call_tool("greet", {"name": "Ada"})
            texts = [block.model_dump()["text"] for block in said.content]
            assert texts == ["Hello Ada"]

    with runs.run():
        asyncio.run(work())
    span = runs.span()
    assert (span.start["kind"], span.start["name"]) == ("tool", "greet")
    assert span.input == {"name": "Ada"}
    assert span.start["attrs"] == {"protocol": "mcp", "server": "weather"}
    assert span.output == [{"type": "text", "text": "Hello Ada"}]
    assert span.end["status"] == "ok"


def test_one_span_for_each_call_of_the_client(runs: Runs) -> None:
    async def do(client: Any) -> None:
        await client.call_tool("add", {"a": 1, "b": 2})
        await client.session.call_tool(name="add", arguments={"a": 3, "b": 4})

    with runs.run():
        in_memory(do)
    one, two = runs.spans()
    assert (one.input, one.output) == ({"a": 1, "b": 2}, {"result": 3})
    assert (two.input, two.output) == ({"a": 3, "b": 4}, {"result": 7})


def test_a_tool_that_fails(runs: Runs) -> None:
    async def do(client: Any) -> None:
        assert (await client.call_tool("fail")).is_error

    with runs.run():
        in_memory(do)
    span = runs.span()
    assert span.input == {}
    assert span.end["status"] == "error"
    assert "this went wrong" in span.end["error"]["message"]
    assert "this went wrong" in span.output[0]["text"]


def test_a_call_that_is_cancelled(runs: Runs) -> None:
    async def do(client: Any) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.call_tool("wait")

    with runs.run():
        in_memory(do)
    assert runs.span().end["status"] == "cancelled"


def test_a_call_that_raises(runs: Runs) -> None:
    async def do(client: Any) -> None:
        with pytest.raises(Exception, match=r"(?i)timed? ?out"):
            await client.call_tool("wait", read_timeout_seconds=0.05)

    with runs.run():
        in_memory(do)
    span = runs.span()
    assert span.end["status"] == "error"
    assert span.end["error"]["type"]


def test_ceilings_hold_for_these_tools_too(tmp_path: Path) -> None:
    runs = Runs(tmp_path, max_repeats=2)

    async def do(client: Any) -> None:
        for _ in range(2):
            await client.call_tool("add", {"a": 1, "b": 2})
        with pytest.raises(EnforcementError):
            await client.call_tool("add", {"a": 1, "b": 2})

    with runs.run():
        in_memory(do)
    assert len(runs.spans()) == 2


def test_outside_of_a_run(runs: Runs) -> None:
    async def do(client: Any) -> None:
        assert (await client.call_tool("add", {"a": 1, "b": 2})).structured_content == {"result": 3}

    in_memory(do)
    assert runs.spans() == []
