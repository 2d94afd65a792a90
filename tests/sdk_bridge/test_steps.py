"""Steps: what tools and spans tell of themselves, and calls side by side."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope.client import Rollscope, current_span
from tests.sdk_bridge.recorded import runs, the_run

if TYPE_CHECKING:
    import pytest

    from tests.conftest import ExpectedLog


def test_a_tool_says_what_it_is(client: Rollscope, folder: Path) -> None:
    schema = {"type": "object", "properties": {"path": {"type": "string"}}}

    @client.tool(effects="write", schema=schema, terminal=True)
    def write(path: str) -> None: ...

    @client.tool
    def plain() -> None: ...

    with client.trace("t"):
        write("x")
        plain()

    run = the_run(folder)
    assert run.step("write").start["effects"] == "write"
    assert run.step("write").start["attrs"] == {"schema": schema, "terminal": True}
    assert "effects" not in run.step("plain").start
    assert "attrs" not in run.step("plain").start


def test_max_length_cuts_the_log_and_not_the_result(client: Rollscope, folder: Path) -> None:
    @client.tool(max_length=300)
    def fetch(query: str) -> str:
        return "a" * 100_000

    with client.trace("t"):
        assert len(fetch("q" * 50_000)) == 100_000

    step = the_run(folder).step("fetch")
    assert len(step.output) < 400
    assert step.output.startswith("aaa")
    assert len(step.input["query"]) < 400
    assert step.start["lossy"] == ["input"]
    assert step.end["lossy"] == ["output"]


def test_one_warning_a_place(
    client: Rollscope, expected_log: ExpectedLog, caplog: pytest.LogCaptureFixture
) -> None:
    expected_log("outside of a run")

    @client.tool
    def first() -> None: ...

    @client.task
    def second() -> None: ...

    for _ in range(3):
        first()
        second()
        with client.span("block"):
            pass
    with client.span("block"):
        pass

    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 4
    assert all(f"{__file__}:" in sentence for sentence in said)
    assert [sentence for sentence in said if "first" in sentence]
    assert [sentence for sentence in said if "second" in sentence]


def test_a_kind_of_ones_own(client: Rollscope, folder: Path) -> None:
    @client.span(kind="oracle")
    def ask() -> None: ...

    with client.trace("t"):
        ask()
        with client.span("r", kind="retriever", attributes={"k": 3}, input={"q": 1}):
            pass

    run = the_run(folder)
    assert run.step("ask").kind == "oracle"
    assert run.step("r").kind in wire.KINDS
    assert run.step("r").start["attrs"] == {"k": 3}
    assert run.step("r").input == {"q": 1}


def test_names_that_are_hard_to_write(client: Rollscope, folder: Path) -> None:
    for name in ("", "a" * 10_000, 'quote"\n\0', "日本 🎈", "\ud800", "$blob"):
        with client.trace(name), client.tool(name):
            pass

    assert len(runs(folder)) == 6


def test_threads_call_one_decorated_function(client: Rollscope, folder: Path) -> None:
    @client.agent
    def think(n: int) -> int:
        with client.span("s") as span:
            span.set(n=n)
        return n

    threads = [threading.Thread(target=think, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = runs(folder)
    assert sorted(run.start["input"]["n"] for run in found) == list(range(8))
    for run in found:
        assert run.end["output"] == run.start["input"]["n"]
        assert run.step("s").sets[0]["attrs"] == {"n": run.end["output"]}


def test_gathered_calls_are_apart(client: Rollscope, folder: Path) -> None:
    @client.tool
    async def part(n: int) -> int:
        await asyncio.sleep(0.001 * (3 - n))
        with client.span(f"in {n}"):
            await asyncio.sleep(0.002)
        return n

    @client.agent
    async def whole() -> list[int]:
        return await asyncio.gather(*(part(n) for n in range(4)))

    assert asyncio.run(whole()) == [0, 1, 2, 3]

    run = the_run(folder)
    assert run.tree() == "part(in 0), part(in 1), part(in 2), part(in 3)" or all(
        step.steps[0].name == f"in {step.input['n']}" for step in run.steps
    )
    assert len(run.steps) == 4
    assert run.end["output"] == [0, 1, 2, 3]


def test_a_hidden_coroutine_holds_its_steps(client: Rollscope, folder: Path) -> None:
    def other(inner: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: inner(*args)

    @client.tool("outer")
    @other
    async def outer() -> str:
        with client.span("inner"):
            await asyncio.sleep(0)
        return "done"

    @client.agent
    async def whole() -> str:
        coroutine = outer()
        assert current_span() is None
        with client.span("between"):
            pass
        result: str = await coroutine
        assert current_span() is None
        return result

    assert asyncio.run(whole()) == "done"

    run = the_run(folder)
    assert run.tree() == "outer(inner), between"
    assert run.step("outer").output == "done"


def test_a_hidden_generator_is_not_consumed(client: Rollscope, folder: Path) -> None:
    def other(inner: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: inner(*args)

    @client.tool("numbers")
    @other
    def numbers() -> Iterator[int]:
        yield from range(3)

    with client.trace("t"):
        assert list(numbers()) == [0, 1, 2]

    assert the_run(folder).step("numbers").status == "ok"


def test_decorators_upon_each_other(client: Rollscope, folder: Path) -> None:
    @client.agent
    @client.task
    @client.tool("tool")
    async def work(x: int) -> int:
        return x

    assert asyncio.run(work(3)) == 3

    run = the_run(folder)
    assert run.name == "work"
    assert run.tree() == "work(tool)"
    assert run.start["input"] == {"x": 3}


def test_no_object_of_the_user_is_kept(client: Rollscope) -> None:
    import weakref

    class Thing:
        pass

    @client.agent
    def work(thing: Thing) -> Thing:
        return thing

    thing = Thing()
    gone = weakref.ref(thing)
    work(thing)
    del thing
    assert gone() is None
