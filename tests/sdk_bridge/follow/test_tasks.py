"""asyncio tasks: each is a branch of its own, and nothing else about them changes."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import random
import sys
import threading
from pathlib import Path

import anyio
import pytest

from rollscope import Rollscope, current_span
from rollscope.context import here
from tests.sdk_bridge.follow.logs import branches, spans


def test_numbers_repeat_however_long_things_take(client: Rollscope, tmp_path: Path) -> None:
    async def leaf(name: str) -> None:
        await asyncio.sleep(random.random() / 200)
        with client.span(name):
            await asyncio.sleep(random.random() / 200)

    async def worker(number: int) -> None:
        for turn in range(2):
            await asyncio.sleep(random.random() / 200)
            async with asyncio.TaskGroup() as group:
                for n in range(2):
                    group.create_task(leaf(f"{number}.{turn}.group {n}"))
            await asyncio.gather(*(leaf(f"{number}.{turn}.gather {n}") for n in range(2)))
            await asyncio.wait_for(leaf(f"{number}.{turn}.waited for"), 10)

    async def main() -> None:
        await asyncio.gather(*(worker(number) for number in range(5)))

    found = []
    for n in range(2):
        folder = tmp_path / str(n)
        asyncio.run(Rollscope(log_dir=folder).agent("five")(main)())
        found.append(branches(folder))

    assert found[0] == found[1]
    assert len(found[0]) == 5 * 2 * 5
    assert len(set(found[0].values())) >= 5 * 2 * 4  # and those of different tasks differ


def test_top_tasks_count_from_one(client: Rollscope, folder: Path) -> None:
    async def step(name: str) -> None:
        with client.span(name):
            await asyncio.sleep(0)

    @client.agent
    async def main() -> None:
        await step("main")
        await asyncio.gather(step("a"), step("b"))
        await asyncio.create_task(step("c"))
        with client.span("after"):
            pass

    asyncio.run(main())

    assert branches(folder) == {"main": 0, "a": 1, "b": 2, "c": 3, "after": 0}


def test_steps_of_a_task_are_part_of_the_step_that_created_it(
    client: Rollscope, folder: Path
) -> None:
    async def step() -> None:
        with client.span("inner"):
            pass

    @client.agent
    async def main() -> None:
        with client.span("outer"):
            task = asyncio.create_task(step())
        await task

    asyncio.run(main())

    found = spans(folder)
    assert found["inner"]["parent"] == found["outer"]["span"]


def test_a_context_of_the_program_is_left_alone(client: Rollscope) -> None:
    seen = []

    async def look() -> None:
        seen.append(here())

    @client.agent
    async def main() -> None:
        await asyncio.create_task(look(), context=contextvars.Context())

    asyncio.run(main())

    assert seen == [None]


def test_a_task_factory_that_knows_no_contexts(client: Rollscope, folder: Path) -> None:
    async def step() -> None:
        with client.span("step"):
            pass

    @client.agent
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(lambda loop, coro: asyncio.Task(coro, loop=loop))
        task = asyncio.create_task(step(), name="mine")
        assert task.get_name() == "mine"
        await task

    asyncio.run(main())

    assert branches(folder) == {"step": 1}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
def test_eager_tasks(client: Rollscope, folder: Path) -> None:
    async def step(name: str) -> None:
        with client.span(name):
            pass

    @client.agent
    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009 - new to mypy
        await asyncio.gather(step("a"), step("b"))
        await step("main")

    asyncio.run(main())

    assert branches(folder) == {"a": 1, "b": 2, "main": 0}


def test_results_exceptions_and_cancellation_stay_as_they_are(client: Rollscope) -> None:
    async def fail() -> None:
        raise KeyError("no")

    @client.agent
    async def main() -> list[str]:
        told = [await asyncio.create_task(asyncio.sleep(0, "result"))]
        with pytest.raises(KeyError):
            await asyncio.create_task(fail())
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError):
            await task
        assert here() is not None
        return told

    assert asyncio.run(main()) == ["result"]
    signature = inspect.signature(asyncio.BaseEventLoop.create_task)
    assert list(signature.parameters)[:2] == ["self", "coro"]


def test_a_loop_that_is_closed_complains_as_ever(client: Rollscope) -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    coroutine = asyncio.sleep(0)

    @client.agent
    def main() -> None:
        before = here()
        with pytest.raises(RuntimeError, match="closed"):
            loop.run_until_complete(loop.create_task(coroutine))
        assert here() is before

    main()
    coroutine.close()


def test_calls_into_a_loop_of_another_thread(client: Rollscope, folder: Path) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def step(name: str) -> None:
        with client.span(name):
            pass

    @client.agent
    def main() -> None:
        for name in ("a", "b"):
            asyncio.run_coroutine_threadsafe(step(name), loop).result(10)

    main()
    first = branches(folder)
    for path in folder.iterdir():
        path.unlink()
    main()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()

    assert branches(folder) == first
    assert len({*first.values(), 0}) == 3


def test_task_groups_of_anyio(client: Rollscope, folder: Path) -> None:
    async def step(name: str) -> None:
        await anyio.sleep(0)
        with client.span(name):
            pass

    def in_a_thread() -> None:
        with client.span("thread"):
            pass

    @client.agent
    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(step, "a")
            group.start_soon(step, "b")
        await anyio.to_thread.run_sync(in_a_thread)
        async with anyio.create_task_group() as group:
            group.start_soon(step, "c")

    asyncio.run(main())

    # The thread works for the code that waits for it, so it is no branch and takes no number.
    assert branches(folder) == {"a": 1, "b": 2, "thread": 0, "c": 3}


def test_looking_up_an_address_takes_no_number(client: Rollscope, folder: Path) -> None:
    async def step() -> None:
        with client.span("step"):
            pass

    @client.agent
    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.getaddrinfo("127.0.0.1", 80)
        await asyncio.create_task(step())

    asyncio.run(main())

    assert branches(folder) == {"step": 1}


def test_asking_for_a_new_token_takes_no_number(client: Rollscope, folder: Path) -> None:
    async def step() -> None:
        with client.span("step"):
            pass

    def refresh() -> None: ...

    refresh.__module__ = "google.genai._api_client"

    @client.agent
    async def main() -> None:
        await asyncio.to_thread(refresh)
        await asyncio.create_task(step())

    asyncio.run(main())

    assert branches(folder) == {"step": 1}


def test_outside_a_run_nothing_follows(client: Rollscope) -> None:
    async def main() -> object:
        return await asyncio.create_task(asyncio.sleep(0, here()))

    assert asyncio.run(main()) is None
    assert current_span() is None
