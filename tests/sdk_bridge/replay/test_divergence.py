"""A re-run that does something else than its record: it stops, or asks, or goes on live."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from rollscope.playing import Divergence
from rollscope.replay import Edit
from tests.sdk_bridge.replay.differing import Maker, stopped, user
from tests.sdk_bridge.replay.test_fidelity import (
    aclaude,
    agpt,
    ask_claude,
    ask_gpt,
    asked,
    claude,
    gpt,
)  # fmt: skip
from tests.sdk_bridge.stub import Reply

CHANGED = {"message": {"role": "assistant", "content": "CHANGED"}, "finish_reason": "stop"}


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("another tool", "calls read, and in the record it called search here"),
        ("another argument", "calls search with something else"),
        ("another prompt", "calls gpt-x with something else"),
        ("another model", "calls gpt-y, and in the record it called gpt-x here"),
        ("one more", "the record holds no further call here"),
    ],
)
def test_it_stops_before_the_edit(maker: Maker, what: str, sentence: str) -> None:
    tools, world = maker.tools, maker.world

    def work() -> str:
        with gpt(maker.stub) as model:
            prompt = world("hello", "bye") if what == "another prompt" else "hello"
            name = world("gpt-x", "gpt-y") if what == "another model" else "gpt-x"
            model.chat.completions.create(model=name, messages=user(prompt))
            if what == "another tool" and world.again:
                tools.read("a")
            else:
                tools.search(world("a", "b") if what == "another argument" else "a")
            text = ask_gpt(model, user("last"))
            if what == "one more" and world.again:
                ask_gpt(model, user("one more"))
            return text

    bench = maker.bench(work)
    stopped(bench.fork(None), sentence)
    if what != "one more":
        last = bench.calls[-1]
        stopped(bench.fork(Edit(last.id, output=CHANGED)), sentence)


@pytest.mark.parametrize("what", ["skipped", "swapped"])
def test_what_the_record_holds_is_answered_in_any_order(maker: Maker, what: str) -> None:
    tools, world = maker.tools, maker.world

    def work() -> str:
        texts = ["one", "two", "three"]
        if world.again:
            texts = ["one", "three"] if what == "skipped" else ["two", "one", "three"]
        return " ".join(sorted(f"{tools.search(text)}" for text in texts))

    fork = maker.bench(work).fork(None)
    assert fork.outcome.status == "ok"
    assert fork.counts == {}
    assert fork.record.end["output"] != ""


def swallow(maker: Maker) -> Any:
    """An agent that goes on after every error."""

    def work() -> str:
        with gpt(maker.stub) as model:
            for n in range(3):
                try:
                    ask_gpt(model, user(maker.world(f"{n}", f"other {n}")))
                except Exception:  # noqa: BLE001 - as agents do
                    maker.tools.search("after an error")
        return "done"

    return work


def swallow_everything(maker: Maker) -> Any:
    """The same, and it catches what nobody should; each further call stops it again."""

    def work() -> str:
        for n in range(3):
            try:
                maker.tools.search(maker.world("a", f"{n}"))
            except BaseException:  # noqa: BLE001 - as agents do
                with gpt(maker.stub) as model, pytest.raises(Divergence):
                    ask_gpt(model, user("0"))
        return "done"

    return work


def openai_retries(maker: Maker) -> Any:
    def work() -> str:
        with openai.OpenAI(base_url=f"{maker.stub.url}/v1", api_key="k", max_retries=5) as model:
            try:
                return ask_gpt(model, user(maker.world("a", "b")))
            except openai.OpenAIError:
                return "an error"

    return work


def claude_retries(maker: Maker) -> Any:
    def work() -> str:
        with claude(maker.stub) as model:
            return ask_claude(model, user(maker.world("a", "b")))

    return work


def claude_async(maker: Maker) -> Any:
    async def work() -> str:
        async with aclaude(maker.stub) as model:
            said = await model.messages.create(
                model="claude-x", max_tokens=9, messages=user(maker.world("a", "b"))
            )
            return said.id

    return work


def gathered(maker: Maker) -> Any:
    async def work() -> str:
        async with agpt(maker.stub) as model:
            texts = [maker.world(f"{n}", f"other {n}") for n in range(4)]
            found = await asyncio.gather(
                *(asked(model, text) for text in texts), return_exceptions=True
            )
            if maker.world.again:
                assert any(isinstance(one, Divergence) for one in found)
            return str(await maker.tools.look("after"))

    return work


def task_group(maker: Maker) -> Any:
    async def work() -> str:
        async with agpt(maker.stub) as model, asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(asked(model, maker.world(f"{n}", f"other {n}")))
        return "done"

    return work


def pool(maker: Maker) -> Any:
    def work() -> str:
        with ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(maker.tools.search, maker.world(n, -n - 1)) for n in range(4)]
        return " ".join(str(job.result()) for job in jobs)

    return work


def plain_threads(maker: Maker) -> Any:
    def work() -> str:
        jobs = [
            threading.Thread(target=maker.tools.search, args=(maker.world(n, -n - 1),))
            for n in range(2)
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
        return str(maker.tools.search("after"))

    return work


def to_thread(maker: Maker) -> Any:
    async def work() -> str:
        return str(await asyncio.to_thread(maker.tools.search, maker.world("a", "b")))

    return work


def in_a_generator(maker: Maker) -> Any:
    @maker.client.task
    def parts() -> Any:
        yield maker.tools.search(maker.world("a", "b"))

    def work() -> str:
        return str(list(parts()))

    return work


AGENTS = [
    swallow, swallow_everything, openai_retries, claude_retries, claude_async, gathered, task_group,
    pool, plain_threads, to_thread, in_a_generator,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("make", AGENTS)
def test_nothing_holds_it_up(maker: Maker, make: Callable[[Maker], Any]) -> None:
    stopped(maker.bench(make(maker)).fork(None), "than in the record")


def test_a_retry_that_the_record_does_not_know_stops_the_run(maker: Maker) -> None:
    """The program itself tries again, and catches everything."""
    import httpx2

    def work() -> str:
        body = {"model": "gpt-x", "messages": user("hello")}
        with httpx2.Client() as http:
            for _ in range(maker.world(1, 2)):
                try:
                    http.post(f"{maker.stub.url}/v1/chat/completions", json=body)
                except BaseException:  # noqa: BLE001 - as agents do
                    continue
        return str(maker.tools.search("after")) if maker.world.again else "done"

    maker.stub.refusals.append(Reply(status=429))
    fork = maker.bench(work).fork(None)
    stopped(fork, "tried again, and in the record it was not")
