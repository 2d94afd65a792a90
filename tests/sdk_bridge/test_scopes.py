"""Blocks: who stands where, whoever leaves them, and scopes that are used again."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope.client import Rollscope, current_span, current_trace
from rollscope.context import here
from tests.sdk_bridge.recorded import runs, the_run


def test_a_block_across_the_yields_of_a_plain_generator(client: Rollscope, folder: Path) -> None:
    def numbers() -> Iterator[int]:
        with client.span("s"):
            yield 1
            yield 2

    with client.trace("t"):
        generator = numbers()
        next(generator)
        with client.span("x") as x:
            generator.close()  # type: ignore[attr-defined]
            assert current_span() is x
            with client.span("y"):
                pass
        left = current_span()
        with client.span("z"):
            pass

    run = the_run(folder)
    assert left is None, "the code stands in a step that has ended"
    assert [step.name for step in run.steps[-1:]] == ["z"]
    assert run.step("x").steps[0].name == "y"
    assert run.step("s").status == "cancelled"


@pytest.mark.parametrize("decorated", [True, False])
def test_a_coroutine_that_is_collected_leaves_others_alone(
    client: Rollscope, folder: Path, decorated: bool
) -> None:
    @types.coroutine
    def suspend() -> Iterator[None]:
        yield

    async def block() -> None:
        with client.trace("abandoned", new_run=True), client.span("in it"):
            await suspend()

    async def plain() -> None:
        await suspend()

    coroutine = client.agent("abandoned")(plain)() if decorated else block()
    contextvars.Context().run(coroutine.send, None)
    with client.trace("t") as trace, client.span("s") as span:
        del coroutine
        gc.collect(0)
        assert current_trace() is trace
        assert current_span() is span
    assert here() is None

    first, second = runs(folder)
    assert first.status == "cancelled"
    assert second.status == "ok"


def test_blocks_that_are_left_in_the_wrong_order(client: Rollscope, folder: Path) -> None:
    with client.trace("t"):
        a, b = client.span("a"), client.span("b")
        a.__enter__()
        b.__enter__()
        a.__exit__(None, None, None)
        with client.span("c"):
            pass
        b.__exit__(None, None, None)
        assert current_span() is None
        with client.span("d"):
            pass

    run = the_run(folder)
    assert run.steps[0].tree().startswith("a(b")
    assert run.steps[-1].name == "d"
    assert {step.status for step in run.all_steps} == {"ok"}


def test_an_exit_stack(client: Rollscope, folder: Path) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(client.trace("t"))
        stack.enter_context(client.span("a"))
        stack.enter_context(client.span("b"))

    assert the_run(folder).tree() == "a(b)"


def test_blocks_of_every_kind(client: Rollscope, folder: Path) -> None:
    async def drive() -> None:
        async with client.agent("a") as run:
            assert run is current_trace()
            async with client.tool("t") as tool, client.task("k"):
                assert tool is not current_span()
            with client.record("r") as record:
                assert record is current_span()

    asyncio.run(drive())

    run = the_run(folder)
    assert run.tree() == "t(k), r"
    assert [step.kind for step in run.all_steps] == ["tool", "task", "workflow"]


def test_errors_leave_blocks_and_are_recorded(client: Rollscope, folder: Path) -> None:
    with pytest.raises(KeyError), client.trace("t"), client.span("s"):  # noqa: PT012
        with contextlib.suppress(ValueError), client.span("inner"):
            raise ValueError("caught")
        raise KeyError("not caught")

    run = the_run(folder)
    assert run.status == "error"
    assert run.end["error"]["type"] == "KeyError"
    assert run.step("s").end["error"]["type"] == "KeyError"
    assert run.step("inner").end["error"]["message"] == "caught"


def test_a_scope_can_be_used_again(client: Rollscope, folder: Path) -> None:
    run, step = client.trace("t"), client.span("s")
    with run, step, step:
        pass
    with run, step:
        pass

    assert [each.tree() for each in runs(folder)] == ["s(s)", "s"]


def test_a_scope_can_decorate_and_be_entered(client: Rollscope, folder: Path) -> None:
    scope = client.tool("both")

    @scope
    def function() -> None:
        with scope:
            pass

    with client.trace("t"), scope:
        function()

    assert the_run(folder).tree() == "both(both(both))"


def test_tasks_that_share_a_scope_do_not_mix_it_up(client: Rollscope, folder: Path) -> None:
    scope = client.span("shared")

    async def use(name: str, sleeps: float) -> None:
        async with scope as span:
            span.set(name=name)
            assert current_span() == span
            await asyncio.sleep(sleeps)
            assert current_span() == span
            span.set(left=name)
        span.record_output(name)

    async def drive() -> None:
        await asyncio.gather(use("long", 0.02), use("short", 0.005))

    with client.trace("t"):
        asyncio.run(drive())

    run = the_run(folder)
    ends = {e["span"]: e["seq"] for e in run.of("span.end")}
    for step in run.named("shared"):
        name, left, _ = step.sets
        assert name["attrs"]["name"] == left["attrs"]["left"]
        assert left["seq"] < ends[step.id]


def test_threads_that_share_a_scope_do_not_mix_it_up(client: Rollscope, folder: Path) -> None:
    scope = client.trace("shared")
    begin, inside, out = threading.Event(), threading.Event(), threading.Event()
    seen = []

    def use() -> None:
        begin.wait(5)
        with scope as trace:
            inside.set()
            out.wait(5)
            seen.append(trace is current_trace())
        seen.append(here() is None)

    thread = threading.Thread(target=use)
    thread.start()  # here, as a thread is in the run that it is started in
    with scope as trace:
        begin.set()
        inside.wait(5)
    assert here() is None
    out.set()
    thread.join()

    assert seen == [True, True]
    assert {run.status for run in runs(folder)} == {"ok"}
    assert trace.ended


def test_threads_that_share_a_scope_many_times(client: Rollscope) -> None:
    scope = client.trace("shared")
    wrong = []

    def use() -> None:
        for _ in range(150):
            with scope as trace, client.span("s"):
                if trace is not current_trace():
                    wrong.append(trace)
            if here() is not None or not trace.ended:
                wrong.append(trace)

    threads = [threading.Thread(target=use) for _ in range(4)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def test_finalisers_that_enter_the_same_scope(client: Rollscope, folder: Path) -> None:
    scope = client.span("scope")

    class Dies:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            if current_trace() is not None:
                with scope, scope:
                    pass

    thresholds = gc.get_threshold()
    gc.set_threshold(5, 1 << 20, 1 << 20)
    gc.enable()
    try:
        with client.trace("t"):
            for _ in range(200):
                Dies()
                with scope, scope:
                    pass
    finally:
        gc.disable()
        gc.set_threshold(*thresholds)
        gc.collect(0)

    run = the_run(folder)
    assert len(run.all_steps) > 500
    assert {step.status for step in run.all_steps} == {"ok"}
