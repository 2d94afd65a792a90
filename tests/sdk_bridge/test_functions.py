"""How calls end: errors, cancellation, time-outs; and what a call leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollscope.client import Rollscope
from tests.sdk_bridge.recorded import the_run


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("v"), "error"),
        (asyncio.CancelledError(), "cancelled"),
        (KeyboardInterrupt(), "cancelled"),
        (GeneratorExit(), "cancelled"),
        (SystemExit(0), "ok"),
        (SystemExit(), "ok"),
        (SystemExit(1), "error"),
        (SystemExit("said why"), "error"),
        (ExceptionGroup("two", [ValueError("a"), KeyError("b")]), "error"),
    ],
    ids=repr,
)
def test_status(client: Rollscope, folder: Path, error: BaseException, status: str) -> None:
    @client.tool
    def fail() -> None:
        raise error

    @client.tool
    async def fail_async() -> None:
        raise error

    with contextlib.suppress(BaseException), client.trace("t"):
        with contextlib.suppress(BaseException):
            fail()
        coroutine = fail_async()
        with contextlib.suppress(BaseException):
            coroutine.send(None)
        raise error

    run = the_run(folder)
    assert run.status == status
    assert [step.status for step in run.all_steps] == [status, status]
    assert ("error" in run.end) == (status == "error")


def test_a_cancelled_task(client: Rollscope, folder: Path) -> None:
    @client.agent
    async def wait() -> None:
        async with client.span("s"):
            await asyncio.sleep(10)

    async def drive() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(drive())

    run = the_run(folder)
    assert run.status == run.step("s").status == "cancelled"


def test_a_time_out(client: Rollscope, folder: Path) -> None:
    @client.agent
    async def wait() -> str:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.005), client.tool("slow"):
                await asyncio.sleep(10)
        return "gave up"

    assert asyncio.run(wait()) == "gave up"

    run = the_run(folder)
    assert run.status == "ok"
    assert run.step("slow").status == "cancelled"


def test_what_is_raised_is_the_same_object_with_the_same_traceback(client: Rollscope) -> None:
    error = ValueError("one")

    @client.tool
    def fail() -> None:
        raise error

    with client.trace("t"), pytest.raises(ValueError, match="one") as caught:
        fail()
    assert caught.value is error
    assert error.__context__ is None
    assert error.__cause__ is None
    names = []
    trace = error.__traceback__
    while trace is not None:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    assert names[-1] == "fail"
    assert len(names) <= 3


def test_each_error_has_its_stack(client: Rollscope, folder: Path) -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    with pytest.raises(ValueError, match="b"), client.trace("t"), client.span("outer"):  # noqa: PT012
        with contextlib.suppress(ValueError), client.span("inner"), client.span("innermost"):
            fail("a")
        fail("b")

    run = the_run(folder)
    told = [e["error"] for e in run.of("span.end", "run.end") if "error" in e]
    assert [error["message"] for error in told] == ["a", "a", "b", "b"]
    innermost = [told[0], told[2]]
    assert all("in fail" in error.get("stack", "") for error in innermost)


class Hostile(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def test_errors_that_cannot_be_shown(client: Rollscope, folder: Path) -> None:
    errors: list[Exception] = [Hostile(), ValueError("\ud800"), ValueError("x" * 10_000_000)]
    chained = KeyError("outer")
    chained.__cause__ = Hostile()
    looped = KeyError("looped")
    looped.__context__ = ValueError("other")
    looped.__context__.__context__ = looped
    errors += [chained, looped]

    @client.tool
    def fail(error: Exception) -> None:
        raise error

    with client.trace("t"):
        for error in errors:
            with pytest.raises(type(error)):
                fail(error)

    steps = the_run(folder).all_steps
    assert [step.end["error"]["type"] for step in steps] == [
        "Hostile", "ValueError", "ValueError", "KeyError", "KeyError",
    ]  # fmt: skip
    assert all(len(str(step.end)) < 100_000 for step in steps)


def test_a_run_that_steps_outlive(client: Rollscope, folder: Path) -> None:
    """Work that was begun in a run may go on after it."""
    with client.trace("t"):
        context = contextvars.copy_context()
        late = client.span("late")
        context.run(late.__enter__)
    context.run(client.span("begun in it").__enter__)
    context.run(late.__exit__, None, None, None)

    run = the_run(folder)
    assert run.status == "ok"
    assert run.step("late").status == "ok"


def test_overhead_on_the_stack_is_small(client: Rollscope) -> None:
    """A function that recurses goes nearly as deep as before."""
    depth = 0

    @client.tool(capture_input=False, capture_output=False)
    def down() -> None:
        nonlocal depth
        depth += 1
        if depth < 250:
            down()

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    try:
        with client.trace("t"):
            down()
    finally:
        sys.setrecursionlimit(limit)
    assert depth == 250


def test_many_calls_leave_nothing_behind(client: Rollscope) -> None:
    make: Callable[[], Any] = client.agent(lambda: None)
    for _ in range(20):
        make()
    assert client.live == set()
