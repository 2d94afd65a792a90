"""Forks of agents of 40 steps at step 30, with the packages that agents use."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest

from rollscope.active import NOTHING
from rollscope.client import Rollscope
from rollscope.replay import Edit
from tests.sdk_bridge.replay.forking import Bench, Done
from tests.sdk_bridge.stub import Reply

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server, Tools

Made = Callable[..., Any]
AGENTS: dict[str, Callable[[Rollscope, Tools, Server], Made]] = {}


def agent(make: Callable[[Rollscope, Tools, Server], Made]) -> Any:
    AGENTS[make.__name__] = make
    return make


def gpt(stub: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{stub.url}/v1", api_key="k")


def agpt(stub: Server) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{stub.url}/v1", api_key="k")


def claude(stub: Server) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=stub.url, api_key="k")


def aclaude(stub: Server) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=stub.url, api_key="k")


def ask_gpt(client: openai.OpenAI, messages: list[Any]) -> str:
    answer = client.chat.completions.create(model="gpt-x", messages=messages)
    return answer.choices[0].message.content or ""


def ask_claude(client: anthropic.Anthropic, messages: list[Any]) -> str:
    answer = client.messages.create(model="claude-x", max_tokens=9, messages=messages)
    return "".join(block.text for block in answer.content if block.type == "text")


def turns(tools: Tools, ask: Callable[[list[Any]], str]) -> str:
    """13 turns of three steps, and a last word: 40."""
    messages: list[Any] = []
    for n in range(13):
        messages.append({"role": "user", "content": f"turn {n}"})
        text = ask(messages)
        found = tools.search(text)
        tools.remember(str(found["n"]))
        messages.append({"role": "assistant", "content": text})
        messages.append({"role": "user", "content": f"{found}"})
    return ask(messages)


@agent
def plain(client: Rollscope, tools: Tools, stub: Server) -> Made:
    @client.agent
    def work() -> str:
        with gpt(stub) as model:
            return turns(tools, lambda said: ask_gpt(model, said))

    return work


@agent
def plain_claude(client: Rollscope, tools: Tools, stub: Server) -> Made:
    @client.agent
    def work() -> str:
        with claude(stub) as model:
            return turns(tools, lambda said: ask_claude(model, said))

    return work


@agent
def streamed(client: Rollscope, tools: Tools, stub: Server) -> Made:
    @client.agent
    def work() -> str:
        with gpt(stub) as model:

            def ask(said: list[Any]) -> str:
                parts = model.chat.completions.create(model="gpt-x", messages=said, stream=True)
                return "".join(p.choices[0].delta.content or "" for p in parts if p.choices)

            return turns(tools, ask)

    return work


@agent
def streamed_claude(client: Rollscope, tools: Tools, stub: Server) -> Made:
    @client.agent
    def work() -> str:
        with claude(stub) as model:

            def ask(said: list[Any]) -> str:
                asked: Any = {"model": "claude-x", "max_tokens": 9, "messages": said}
                with model.messages.stream(**asked) as stream:
                    return "".join(stream.text_stream)

            return turns(tools, ask)

    return work


@agent
def one_429(client: Rollscope, tools: Tools, stub: Server) -> Made:
    count = 0

    @client.agent
    def work() -> str:
        with gpt(stub) as model:

            def ask(said: list[Any]) -> str:
                nonlocal count
                count += 1
                if count == 6:
                    refusal = Reply(status=429, error="slow", headers={"retry-after": "0.1"})
                    stub.refusals.append(refusal)
                return ask_gpt(model, said)

            return turns(tools, ask)

    return work


@agent
def sequential_async(client: Rollscope, tools: Tools, stub: Server) -> Made:
    @client.agent
    async def work() -> str:
        async with aclaude(stub) as model:
            text = ""
            for n in range(20):
                answer = await model.messages.create(
                    model="claude-x", max_tokens=9,
                    messages=[{"role": "user", "content": f"{n} {text}"}],
                )  # fmt: skip
                text = getattr(answer.content[0], "text", "")
                text += str(await tools.look(text))
            return text

    return work


async def asked(model: openai.AsyncOpenAI, text: str) -> str:
    said: list[Any] = [{"role": "user", "content": text}]
    answer = await model.chat.completions.create(model="gpt-x", messages=said)
    return answer.choices[0].message.content or ""


@agent
def gathered(client: Rollscope, tools: Tools, stub: Server) -> Made:
    """Plain coroutines, which are no steps themselves."""

    async def worker(model: openai.AsyncOpenAI, n: int) -> str:
        text = f"worker {n}"
        for _ in range(4):
            text = await asked(model, text)
            what, number = await tools.look(text)
            text = f"{what} {number}"
        return text

    @client.agent
    async def work() -> str:
        async with agpt(stub) as model:
            parts = await asyncio.gather(*(worker(model, n) for n in range(5)))
            return await asked(model, f"{parts}")

    return work


@agent
def same_questions(client: Rollscope, tools: Tools, stub: Server) -> Made:
    """Workers that ask the very same: only their branches tell them apart."""

    async def worker(model: openai.AsyncOpenAI) -> str:
        out = []
        for _ in range(4):
            out.append(await asked(model, "the same"))
            out.append(str(await tools.look("the same")))
        return " ".join(out)

    @client.agent
    async def work() -> str:
        async with agpt(stub) as model:
            parts = await asyncio.gather(*(worker(model) for _ in range(5)))
            return await asked(model, f"{parts}")

    return work


@agent
def threads(client: Rollscope, tools: Tools, stub: Server) -> Made:
    def worker(n: int) -> str:
        text = f"worker {n}"
        with gpt(stub) as model:
            for _ in range(4):
                text = ask_gpt(model, [{"role": "user", "content": text}])
                text = str(tools.search(text))
        return text

    @client.agent
    def work() -> str:
        with ThreadPoolExecutor(5) as pool:
            parts = list(pool.map(worker, range(5)))
        more: list[str] = []
        thread = threading.Thread(target=lambda: more.append(worker(9)))
        thread.start()
        thread.join()
        with gpt(stub) as model:
            return ask_gpt(model, [{"role": "user", "content": f"{parts} {more}"}])

    return work


@agent
def nested(client: Rollscope, tools: Tools, stub: Server) -> Made:
    @client.agent
    def researcher(topic: str) -> str:
        with claude(stub) as model:
            for _ in range(5):
                topic = ask_claude(model, [{"role": "user", "content": topic}])
                topic = str(tools.search(topic))
        return topic

    @client.task
    def plan(n: int) -> str:
        tools.remember(f"plan {n}")
        return researcher(f"topic {n}")

    return client.agent("boss")(lambda: " ".join(plan(n) for n in range(4)))


@agent
def parallel_agents(client: Rollscope, tools: Tools, stub: Server) -> Made:
    @client.agent
    async def researcher(model: Any, topic: str) -> str:
        for _ in range(4):
            topic = await asked(model, topic)
            topic = str(await tools.look(topic))
        return topic

    @client.agent
    async def boss() -> str:
        async with agpt(stub) as model:
            first = await asyncio.gather(*(researcher(model, f"t{n}") for n in range(4)))
            async with asyncio.TaskGroup() as group:
                more = [group.create_task(researcher(model, f"{first} {n}")) for n in range(2)]
            return await asked(model, " ".join(task.result() for task in more))

    return boss


@agent
def tool_that_asks(client: Rollscope, tools: Tools, stub: Server) -> Made:
    """A tool with an agent inside: when it is played, what is inside is told of as well."""

    @client.tool
    def expert(what: str) -> str:
        tools.done("expert")
        tools.remember(what)
        with gpt(stub) as model:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(tools.search, what).result()
            return ask_gpt(model, [{"role": "user", "content": what}])

    @client.agent
    def work() -> str:
        text = "go"
        with gpt(stub) as model:
            for _ in range(7):
                text = ask_gpt(model, [{"role": "user", "content": text}])
                text = expert(text)
        return text

    return work


_FOR_THE_SOAK = ("tool input", "llm output", "llm input", "later")
EDITS = (
    "tool output",
    *(pytest.param(what, marks=pytest.mark.soak) for what in _FOR_THE_SOAK),
)
"""Each kind with each agent is for the soak; each kind is tested elsewhere, too."""


def edit_of(bench: Bench, what: str, at: int) -> Edit:
    kind = "tool" if what.startswith("tool") else "llm"
    inside = {child.id for span in bench.calls for child in span.children}
    span = next(
        span
        for span in bench.calls[at:]
        if span.kind == kind and span.effects != "state" and span.id not in inside
    )
    results = {"look": ["CHANGED", 1], "search": {"found": "CHANGED", "n": 1}}
    match what:
        case "tool output":
            return Edit(span.id, output=results.get(span.name, "CHANGED"))
        case "tool input":
            return Edit(span.id, input={"what": "CHANGED"})
        case "llm output":
            message = {"role": "assistant", "content": "CHANGED"}
            return Edit(span.id, output={"message": message, "finish_reason": "stop"})
        case _:
            first = {**span.input["messages"][0], "content": "CHANGED"}
            request = {**span.input, "messages": [first, *span.input["messages"][1:]]}
            return Edit(span.id, input=request, scope="later" if what == "later" else "call")


@pytest.mark.parametrize("what", EDITS)
@pytest.mark.parametrize("name", AGENTS)
def test_a_fork(
    name: str, what: str, client: Rollscope, tools: Tools, stub: Server, done: Done
) -> None:
    bench = Bench(client.settings.folder, stub, done, AGENTS[name](client, tools, stub))
    assert len(bench.calls) >= 28
    at = 30 if len(bench.calls) >= 40 else len(bench.calls) * 2 // 3
    edit = edit_of(bench, what, at)

    fork = bench.fork(edit)

    fork.check()
    assert edit.span is not None
    edited = fork.of(bench.record.spans[edit.span])
    assert edited is not None
    if edit.output is not NOTHING and edited.kind == "tool":
        assert edited.output == edit.output
    elif edit.output is not NOTHING:
        assert edited.output["message"]["content"] in (
            "CHANGED", [{"type": "text", "text": "CHANGED"}]
        )  # fmt: skip
    elif edited.kind == "tool":
        assert edited.input == {"what": "CHANGED"}
    else:
        assert "CHANGED" in str(fork.requests[0].json)
    later = [span for span in fork.record.spans.values() if span.began > edited.began]
    assert any(fork.how(span) == "live" for span in later if span.is_call) or not later
    if what == "later" and name == "plain":
        assert all("CHANGED" in str(request.json) for request in fork.requests)


@pytest.mark.parametrize("name", AGENTS)
def test_without_an_edit_nothing_is_sent(
    name: str, client: Rollscope, tools: Tools, stub: Server, done: Done
) -> None:
    bench = Bench(client.settings.folder, stub, done, AGENTS[name](client, tools, stub))

    fork = bench.fork(None)

    assert fork.outcome.status == "ok"
    assert fork.requests == []
    assert fork.counts.keys() <= {"remember"}
    for span in bench.record.spans.values():
        assert fork.of(span) is not None
    assert fork.record.end["output"] == bench.record.end["output"]


@pytest.mark.soak
@pytest.mark.parametrize("what", ["tool output", "tool input", "llm output", "llm input"])
@pytest.mark.parametrize("name", ["plain", "gathered", "tool_that_asks"])
def test_a_fork_can_be_forked(
    name: str, what: str, client: Rollscope, tools: Tools, stub: Server, done: Done
) -> None:
    bench = Bench(client.settings.folder, stub, done, AGENTS[name](client, tools, stub))
    first = bench.fork(edit_of(bench, what, len(bench.calls) // 3))
    bench.record = first.record
    bench.calls = [span for span in first.record.spans.values() if span.is_call]

    bench.fork(None).check()
    bench.fork(edit_of(bench, "tool output", len(bench.calls) * 2 // 3)).check()
