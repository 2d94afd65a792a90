"""Ceilings: the call that would go too far is not made, and the log says why."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollscope.client import Rollscope, current_trace
from rollscope.errors import EnforcementError
from rollscope.limits import Ceilings, Meter
from tests.sdk_bridge.recorded import runs, the_run


def counted(client: Rollscope) -> tuple[list[int], Callable[[int], int]]:
    """A tool, and the list of what it was called with."""
    calls: list[int] = []

    @client.tool
    def tool(n: int) -> int:
        calls.append(n)
        return n

    return calls, tool


def test_steps(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_steps_per_run=3)
    calls, tool = counted(client)

    @client.agent
    def agent() -> None:
        n = 0
        while True:
            tool(n)
            n += 1

    with pytest.raises(EnforcementError) as caught:
        agent()

    assert calls == [0, 1, 2]
    assert caught.value.verdict == "block"
    assert "3" in caught.value.reason
    run = the_run(folder)
    assert len(run.all_steps) == 3
    assert run.status == "error"
    assert run.end["error"]["type"] == "EnforcementError"
    [event] = run.of("event")
    assert event["name"] == "enforcement"
    assert event["data"]["verdict"] == "block"
    assert event["data"]["reason"] == caught.value.reason
    assert event["data"]["call"] == "tool"


def test_each_run_has_its_own_steps(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_steps_per_run=2)
    calls, tool = counted(client)
    for n in range(3):
        with client.trace("t"):
            tool(n)
            tool(n)
            with client.trace("linked", new_run=True):
                tool(n)

    assert len(calls) == 9


def test_only_calls_are_steps(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_steps_per_run=1)
    with client.trace("t"):
        for _ in range(5):
            with client.span("s"), client.task("k"), client.agent("a"):
                pass
        with client.tool("one"):
            pass
        with pytest.raises(EnforcementError), client.tool("two"):
            pytest.fail("the block was entered")

    assert [step.name for step in the_run(folder).all_steps if step.kind == "tool"] == ["one"]


@pytest.mark.parametrize(
    ("ceiling", "usage"),
    [
        ({"max_tokens_per_run": 100}, {"input_tokens": 60, "output_tokens": 40}),
        ({"max_usd_per_run": 2.0}, {"cost_usd": 2.0}),
    ],
)
def test_tokens_and_money(folder: Path, ceiling: dict[str, Any], usage: dict[str, Any]) -> None:
    client = Rollscope(log_dir=folder, **ceiling)
    calls, tool = counted(client)
    with client.trace("t"):
        tool(1)
        with client.span("call") as span:
            span.usage(**usage)
        with pytest.raises(EnforcementError, match="reached"):
            tool(2)
        with pytest.raises(EnforcementError, match="reached"):
            tool(3)

    assert calls == [1]


def test_usage_of_the_run_counts_too(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_tokens_per_run=10)
    calls, tool = counted(client)
    with client.trace("t") as trace:
        trace.usage(input_tokens=10)
        with pytest.raises(EnforcementError):
            tool(1)

    assert calls == []


def test_a_ceiling_of_nothing(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_usd_per_run=0)
    calls, tool = counted(client)
    with client.trace("t"), pytest.raises(EnforcementError):
        tool(1)
    assert calls == []


def test_repeats(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_repeats=2)
    calls, tool = counted(client)
    with client.trace("t"):
        for n in (1, 1, 2, 1, 1):
            tool(n)
        with pytest.raises(EnforcementError, match=r"tool was called 2 times in a row"):
            tool(1)
        tool(3)

    assert calls == [1, 1, 2, 1, 1, 3]


def test_arguments_of_blocks_are_not_known(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_repeats=2)
    with client.trace("t"):
        for n in range(5):
            with client.tool("search") as span:
                span.record_input(n)

    assert len(the_run(folder).all_steps) == 5


def test_repeats_are_of_one_run(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_repeats=1)
    calls, tool = counted(client)
    for _ in range(3):
        with client.trace("t"):
            tool(1)
    assert calls == [1, 1, 1]


def test_arguments_that_cannot_be_compared(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_repeats=2, capture=False)

    @client.tool
    def tool(value: Any, **more: Any) -> None: ...

    class Odd:
        __slots__ = ()

        def __repr__(self) -> str:
            raise RuntimeError

        __eq__ = __hash__ = None  # type: ignore[assignment]

    with client.trace("t"):
        tool(Odd(), x={1, 2})
        tool(float("nan"))


@pytest.mark.parametrize("kind", ["sync", "async", "generator", "async generator", "block"])
def test_all_kinds_of_functions_are_held(folder: Path, kind: str) -> None:
    client = Rollscope(log_dir=folder, max_steps_per_run=0)
    called = []

    @client.tool
    def sync() -> None:
        called.append(1)

    @client.tool
    async def coroutine() -> None:
        called.append(1)

    @client.tool
    def generator() -> Any:
        called.append(1)
        yield

    @client.tool
    async def async_generator() -> Any:
        called.append(1)
        yield

    async def block() -> None:
        async with client.tool("block"):
            called.append(1)

    async def drain() -> None:
        async for _ in async_generator():
            pass

    how: dict[str, Callable[[], Any]] = {
        "sync": sync, "async": lambda: asyncio.run(coroutine()),
        "generator": lambda: list(generator()),
        "async generator": lambda: asyncio.run(drain()), "block": lambda: asyncio.run(block()),
    }  # fmt: skip
    with client.trace("t") as trace:
        with pytest.raises(EnforcementError):
            how[kind]()
        assert current_trace() is trace

    assert called == []
    assert the_run(folder).all_steps == []


def test_threads_share_the_steps_of_a_run() -> None:
    meter = Meter(Ceilings(steps=100))
    refused = []

    def call() -> None:
        for _ in range(50):
            try:
                meter.check("tool", "t", b"")
            except EnforcementError:
                refused.append(1)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 100


def test_from_the_environment(folder: Path) -> None:
    client = Rollscope(log_dir=folder, environ={"ROLLSCOPE_MAX_STEPS_PER_RUN": "1"})
    calls, tool = counted(client)
    with client.trace("t"):
        tool(1)
        with pytest.raises(EnforcementError):
            tool(2)
    assert calls == [1]


def test_a_run_that_is_left_out_by_sampling_is_held_too(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_steps_per_run=2, sample_rate=0)
    calls, tool = counted(client)
    with client.trace("t"):
        tool(1)
        tool(2)
        with pytest.raises(EnforcementError):
            tool(3)

    assert calls == [1, 2]
    assert not folder.exists()


def test_without_ceilings_nothing_is_counted(client: Rollscope) -> None:
    with client.trace("t") as trace:
        assert trace.meter is None


def test_a_caught_error_lets_the_run_end_well(folder: Path) -> None:
    client = Rollscope(log_dir=folder, max_steps_per_run=0)

    @client.agent
    def agent() -> str:
        try:
            with client.tool("t"):
                return "not reached"
        except EnforcementError:
            return "stopped"

    assert agent() == "stopped"
    [run] = runs(folder)
    assert run.status == "ok"
    assert run.end["output"] == "stopped"
