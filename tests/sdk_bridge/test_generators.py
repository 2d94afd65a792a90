"""Generators that are recorded: driven, left and closed in every way."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope, current_span, current_trace
from tests.sdk_bridge.recorded import runs, the_run

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog


def test_a_generator_can_be_sent_to_and_thrown_into(client: Rollscope, folder: Path) -> None:
    @client.tool
    def talk() -> Any:
        heard: list[Any] = []
        while True:
            try:
                heard.append((yield len(heard)))
            except KeyError as error:
                heard.append(repr(error))
            if heard[-1] == "stop":
                return heard

    with client.trace("t"):
        generator = talk()
        assert next(generator) == 0
        assert generator.send("a") == 1
        assert generator.throw(KeyError("k")) == 2
        with pytest.raises(StopIteration) as end:
            generator.send("stop")

    assert end.value.value == ["a", "KeyError('k')", "stop"]
    assert the_run(folder).step("talk").output == {
        "yielded": [0, 1, 2], "returned": ["a", "KeyError('k')", "stop"],
    }  # fmt: skip


def test_an_async_generator_can_be_sent_to_and_thrown_into(client: Rollscope, folder: Path) -> None:
    @client.tool
    async def talk() -> Any:
        heard: list[Any] = []
        while "stop" not in heard:
            try:
                heard.append((yield len(heard)))
            except KeyError as error:
                heard.append(repr(error))

    async def drive() -> None:
        generator = talk()
        assert await anext(generator) == 0
        assert await generator.asend("a") == 1
        assert await generator.athrow(KeyError("k")) == 2
        with pytest.raises(StopAsyncIteration):
            await generator.asend("stop")

    with client.trace("t"):
        asyncio.run(drive())

    assert the_run(folder).step("talk").output == [0, 1, 2]


def test_text_that_is_yielded_is_one_text(client: Rollscope, folder: Path) -> None:
    @client.agent
    def answer() -> Iterator[str]:
        yield "It is "
        yield "21 °C."

    assert list(answer()) == ["It is ", "21 °C."]
    assert the_run(folder).end["output"] == "It is 21 °C."


def test_an_endless_generator_is_not_kept_whole(client: Rollscope, folder: Path) -> None:
    @client.agent
    def count() -> Iterator[int]:
        yield from range(10_100)

    assert sum(count()) == sum(range(10_100))
    output = the_run(folder).end["output"]
    assert output["count"] == 10_100
    assert len(output["items"]) == 10_000


def test_a_generator_that_nobody_starts_is_no_run(client: Rollscope, folder: Path) -> None:
    @client.agent
    def answer() -> Iterator[int]:
        yield 1

    answer()

    assert runs(folder) == []


@pytest.mark.parametrize("how", ["break", "close", "collected", "other thread"])
def test_a_generator_that_is_left_early(client: Rollscope, folder: Path, how: str) -> None:
    cleaned = []

    @client.tool
    def numbers() -> Iterator[int]:
        try:
            with client.span("inside"):
                yield 1
                yield 2
        finally:
            cleaned.append(current_span() and current_span().name)  # type: ignore[union-attr]

    with client.trace("t") as trace, client.span("around") as around:
        generator = numbers()
        if how == "break":
            for _ in generator:
                assert current_span() is around
                break
        else:
            assert next(generator) == 1
            assert current_span() is around
        if how == "close":
            generator.close()  # type: ignore[attr-defined]
        if how == "other thread":
            thread = threading.Thread(target=generator.close)  # type: ignore[attr-defined]
            thread.start()
            thread.join()
        del generator
        gc.collect(0)
        assert current_span() is around
        assert current_trace() is trace
        with client.span("later"):
            pass

    run = the_run(folder)
    assert cleaned == ["numbers"]
    assert run.tree() == "around(numbers(inside), later)"
    assert run.step("numbers").status == "cancelled"
    assert run.step("numbers").output == [1]
    assert run.step("inside").status == "cancelled"
    assert run.step("around").status == "ok"


def test_a_generator_is_itself_between_its_items(client: Rollscope, folder: Path) -> None:
    @client.tool
    def numbers() -> Iterator[int]:
        with client.span("first"):
            yield 1
        with client.span("second"):
            yield 2
            with client.span("third"):
                yield 3

    with client.trace("t"):
        for n in numbers():
            with client.span(f"user {n}"):
                pass
        assert current_span() is None

    run = the_run(folder)
    assert run.tree() == "numbers(first, second(third)), user 1, user 2, user 3"
    assert {step.status for step in run.all_steps} == {"ok"}


def test_an_async_generator_is_itself_between_its_items(client: Rollscope, folder: Path) -> None:
    @client.agent
    async def numbers() -> AsyncIterator[int]:
        async with client.span("first"):
            await asyncio.sleep(0)
            yield 1
            await asyncio.sleep(0)
        yield 2

    async def drive() -> None:
        async for n in numbers():
            assert current_trace() is None
            async with client.trace(f"user {n}"):
                pass

    asyncio.run(drive())

    of_numbers, *others = runs(folder)
    assert of_numbers.tree() == "first"
    assert of_numbers.end["output"] == [1, 2]
    assert [run.name for run in others] == ["user 1", "user 2"]


def test_two_generators_in_turns(client: Rollscope, folder: Path) -> None:
    @client.tool
    def numbers(name: str) -> Iterator[str]:
        for n in range(2):
            with client.span(f"{name}{n}"):
                yield name

    with client.trace("t"):
        for _ in zip(numbers("a"), numbers("b"), strict=True):
            assert current_span() is None

    assert the_run(folder).tree() == "numbers(a0, a1), numbers(b0, b1)"


def test_a_generator_that_is_driven_from_several_runs(client: Rollscope, folder: Path) -> None:
    @client.tool
    def numbers() -> Iterator[int]:
        for n in range(3):
            with client.span(f"s{n}"):
                pass
            yield n

    with client.trace("first"):
        generator = numbers()
        next(generator)
        with client.trace("second", new_run=True):
            next(generator)
            with client.span("of second"):
                next(generator)
        assert list(generator) == []

    first, second = runs(folder)
    assert first.tree() == "numbers(s0, s1, s2)"
    assert second.tree() == "of second"


def test_a_generator_closed_by_another_task(client: Rollscope, folder: Path) -> None:
    @client.tool
    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            with client.span("clean up"):
                await asyncio.sleep(0)

    async def drive() -> None:
        generator = numbers()
        await anext(generator)

        async def close() -> None:
            with client.span("closer") as closer:
                await generator.aclose()  # type: ignore[attr-defined]
                assert current_span() is closer

        await asyncio.create_task(close(), context=contextvars.copy_context())
        assert current_span() is None

    with client.trace("t"):
        asyncio.run(drive())

    run = the_run(folder)
    assert run.tree() == "numbers(clean up), closer"
    assert run.step("numbers").status == "cancelled"


def test_an_async_generator_that_its_loop_closes(client: Rollscope, folder: Path) -> None:
    kept = []

    @client.agent
    async def numbers() -> AsyncIterator[int]:
        kept.append("begun")
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            kept.append("cleaned")

    async def drive() -> None:
        async for _ in numbers():
            break
        await asyncio.sleep(0.001)

    asyncio.run(drive())

    assert kept == ["begun", "cleaned"]
    assert the_run(folder).status == "cancelled"


def test_a_generator_that_ignores_being_closed(client: Rollscope, folder: Path) -> None:
    @client.tool
    def stubborn() -> Iterator[int]:
        with contextlib.suppress(GeneratorExit):
            yield 1
        yield 2

    with client.trace("t"):
        generator = stubborn()
        next(generator)
        with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
            generator.close()  # type: ignore[attr-defined]

    assert the_run(folder).step("stubborn").status == "error"


def test_a_generator_that_fails_keeps_what_it_gave(client: Rollscope, folder: Path) -> None:
    @client.tool
    def numbers() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with client.trace("t"), pytest.raises(ValueError, match="no more"):
        list(numbers())

    step = the_run(folder).step("numbers")
    assert step.output == [1]
    assert step.end["error"]["message"] == "no more"


def test_generators_outside_of_a_run_work_as_ever(
    client: Rollscope, expected_log: ExpectedLog
) -> None:
    expected_log("outside of a run")

    @client.tool
    def talk() -> Any:
        return (yield (yield 1))

    @client.tool
    async def async_talk() -> Any:
        got = yield 1
        with contextlib.suppress(KeyError):
            yield got
        yield "caught"

    generator = talk()
    assert next(generator) == 1
    assert generator.send(2) == 2
    with pytest.raises(StopIteration, match="3"):
        generator.send(3)

    async def drive() -> None:
        generator = async_talk()
        assert await anext(generator) == 1
        assert await generator.asend(2) == 2
        assert await generator.athrow(KeyError) == "caught"
        await generator.aclose()

    asyncio.run(drive())
