"""Conversations as real clients hold them, in tasks and threads: recorded, indexed, and read."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from rollscope.capture import install
from rollscope.client import Rollscope
from rollscope.context import Here, enter, here
from rollscope_desktop.ingest.pipeline import Pipeline
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.messages import query_conversation
from rollscope_desktop.query.runs import query_newest
from rollscope_desktop.store.writer import Writer
from tests.app.query.conversations import told
from tests.sdk_bridge.stub import Call, Reply, Request, StubModel

KEY = "sk-0"
ASKED: list[Any] = [{"role": "user", "content": "weather?"}]
ROME, OSLO, BERGEN = (Call("get_weather", {"city": city}) for city in ("Rome", "Oslo", "Bergen"))
CHAT = [
    "user: weather?", "assistant! one", "user: and 0?", "assistant! two", "user: and 1?",
    "assistant! three",
]  # fmt: skip


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with StubModel() as server:
        yield server


@pytest.fixture
def said(tmp_path: Path) -> Callable[[Callable[[], Any]], list[str]]:
    """Runs a program in a run of its own, and gives the conversation that the log then tells."""

    def read(program: Callable[[], Any]) -> list[str]:
        install()
        logs = tmp_path / "logs"
        before, place = here(), Rollscope(log_dir=logs, environ={}).begin("test")
        assert isinstance(place, Here)
        enter(place)
        try:
            program()
        finally:
            place.trace.finish()
            enter(before)
        return conversation(logs, tmp_path / "index.db")

    return read


def conversation(logs: Path, path: Path) -> list[str]:
    writer = Writer(path)
    pipeline = Pipeline(writer)
    pipeline.open(os.fsencode(logs))
    pipeline.drain()
    pipeline.close()
    writer.close()
    reader = Reader(path)
    try:
        [run] = query_newest(reader)
        lines = told(reader, run.id).splitlines()
        printed = [m for turn in query_conversation(reader, run.id) for m in turn.messages]
    finally:
        reader.close()
    assert lines[0] == "--- test"
    assert lines[-1] == "--- The run ended"
    # The command line tells the same, results of tools as messages.
    shown = [line for line in lines if not line.startswith("---")]
    assert len(printed) == len(shown)
    assert [m.role == "tool" for m in printed].count(True) == len(
        [line for line in shown if line.startswith("[")]
    )
    return lines[1:-1]


def chat(stub: StubModel) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{stub.url}/v1", api_key=KEY, max_retries=0)


def async_chat(stub: StubModel) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{stub.url}/v1", api_key=KEY, max_retries=0)


Way = Callable[[Any], Any]


async def in_task(call: Any) -> Any:
    return await asyncio.create_task(call)


async def with_limit(call: Any) -> Any:
    return await asyncio.wait_for(call, 10)


async def gathered(call: Any) -> Any:
    [found] = await asyncio.gather(call)
    return found


async def talk(client: openai.AsyncOpenAI, way: Way, first: str = "weather?") -> None:
    messages: list[Any] = [{"role": "user", "content": first}]
    for number in range(3):
        asked = client.chat.completions.create(model="gpt-4o", messages=messages)
        answer = await way(asked)
        messages.append(answer.choices[0].message.model_dump(exclude_none=True))
        messages.append({"role": "user", "content": f"and {number}?"})


@pytest.mark.parametrize("way", [in_task, with_limit, gathered])
def test_calls_in_tasks_of_their_own(said: Any, stub: StubModel, way: Way) -> None:
    async def program() -> None:
        async with async_chat(stub) as client:
            await talk(client, way)

    stub.script(Reply("one"), Reply("two"), Reply("three"))
    assert said(lambda: asyncio.run(program())) == CHAT


@pytest.mark.parametrize("own", [False, True])
def test_calls_in_threads(said: Any, stub: StubModel, own: bool) -> None:
    async def program(client: openai.OpenAI) -> None:
        messages = list(ASKED)
        for number in range(3):
            answers: list[Any] = []

            def ask(answers: list[Any] = answers) -> None:
                made = client.chat.completions.create(model="gpt-4o", messages=messages)
                answers.append(made)

            if own:
                thread = threading.Thread(target=copy_context().run, args=(ask,))
                thread.start()
                thread.join()
            else:
                await asyncio.to_thread(ask)
            messages.append({"role": "assistant", "content": answers[0].choices[0].message.content})
            messages.append({"role": "user", "content": f"and {number}?"})

    stub.script(Reply("one"), Reply("two"), Reply("three"))
    with chat(stub) as client:
        assert said(lambda: asyncio.run(program(client))) == CHAT


def test_talks_side_by_side_stay_apart(said: Any, stub: StubModel) -> None:
    """Each call in a task of its own, three talks at once: their calls alternate in one agent."""

    async def program() -> None:
        async with async_chat(stub) as client:
            await asyncio.gather(*(talk(client, in_task, f"talk {n}") for n in range(3)))

    def answer(request: Request) -> Reply:
        messages = request.json["messages"]
        return Reply(f"{messages[0]['content']}, answer {len(messages) // 2}")

    stub.script(*[answer] * 9)
    lines = said(lambda: asyncio.run(program()))
    for number in range(3):
        mine = [line for line in lines if f"talk {number}" in line]
        assert mine == [
            f"user: talk {number}",
            *(f"assistant! talk {number}, answer {n}" for n in range(3)),
        ]
    assert len(lines) == 3 * 6
    assert not [line for line in lines if line.startswith("---")]


def test_several_answers_to_one_prompt_stay_apart(said: Any, stub: StubModel) -> None:
    together = threading.Barrier(3, timeout=10)

    def answer(number: int) -> Callable[[Request], Reply]:
        def reply(request: Request) -> Reply:
            together.wait()
            return Reply(f"answer {number}")

        return reply

    async def one(client: openai.AsyncOpenAI) -> None:
        messages: list[Any] = list(ASKED)
        for _ in range(2):
            made = await client.chat.completions.create(model="gpt-4o", messages=messages)
            messages.append({"role": "assistant", "content": made.choices[0].message.content})
            messages.append({"role": "user", "content": f"why {messages[-1]['content']}?"})

    async def program() -> None:
        async with async_chat(stub) as client:
            await asyncio.gather(*(one(client) for _ in range(3)))

    stub.script(*(answer(n) for n in range(6)))
    lines = said(lambda: asyncio.run(program()))
    assert sorted(lines) == sorted(
        ["user: weather?"] * 3
        + [f"assistant! answer {n}" for n in range(6)]
        + [f"user: why answer {n}?" for n in range(3)]
    )


def test_tools_between_calls_in_tasks(said: Any, stub: StubModel) -> None:
    async def program() -> None:
        messages = list(ASKED)
        async with async_chat(stub) as client:
            while True:
                asked = client.chat.completions.create(model="gpt-4o", messages=messages)
                answer = (await in_task(asked)).choices[0].message
                messages.append(answer.model_dump(exclude_none=True))
                for call in answer.tool_calls or ():
                    told = {"role": "tool", "tool_call_id": call.id, "content": "sun"}
                    messages.append(told)
                if not answer.tool_calls:
                    return

    stub.script(Reply("", calls=(ROME, OSLO)), Reply("Wait.", calls=(BERGEN,)), Reply("Sunny."))
    assert said(lambda: asyncio.run(program())) == [
        "user: weather?",
        "assistant! calls get_weather, get_weather",
        "[get_weather (from messages)] {'city': 'Rome'} → sun",
        "[get_weather (from messages)] {'city': 'Oslo'} → sun",
        "assistant! Wait. calls get_weather",
        "[get_weather (from messages)] {'city': 'Bergen'} → sun",
        "assistant! Sunny.",
    ]


RESPONSES = [
    "system: help",
    "user: weather?",
    "assistant! (look) First Rome. calls get_weather",
    "[get_weather (from messages)] {'city': 'Rome'} → sun",
    "assistant! (think hard) calls get_weather, get_weather",
    "[get_weather (from messages)] {'city': 'Oslo'} → sun",
    "[get_weather (from messages)] {'city': 'Bergen'} → sun",
    "assistant! Sunny.",
    "user: thanks",
    "assistant! Bye.",
]
REPLIES = (
    Reply("First Rome.", calls=(ROME,), reasoning="look"),
    Reply("", calls=(OSLO, BERGEN), reasoning="think hard"),
    Reply("Sunny."),
    Reply("Bye."),
)


@pytest.mark.parametrize("back", ["all", "bare", "calls first"])
@pytest.mark.parametrize("tasks", [False, True])
def test_an_answer_of_several_items_is_shown_once(
    said: Any, stub: StubModel, back: str, tasks: bool
) -> None:
    def again(output: Any) -> list[Any]:
        items = [item.model_dump(exclude_none=True) for item in output]
        if back == "all":
            return items
        found: list[Any] = []
        for item in items:
            if item["type"] == "message":
                text = "".join(part["text"] for part in item["content"])
                found.append({"role": "assistant", "content": text})
            elif item["type"] == "function_call":
                wanted = ("type", "call_id", "name", "arguments")
                found.append({name: item[name] for name in wanted})
        return found[::-1] if back == "calls first" and len(found) == 2 else found

    async def program() -> None:
        items = list(ASKED)
        async with async_chat(stub) as client:
            while True:
                asked = client.responses.create(model="gpt-5", input=items, instructions="help")
                answer: Any = await (in_task(asked) if tasks else asked)
                items += again(answer.output)
                calls = [item for item in answer.output if item.type == "function_call"]
                for call in calls:
                    told = {"type": "function_call_output", "call_id": call.call_id}
                    items.append({**told, "output": "sun"})
                if answer.output_text == "Bye.":
                    return
                if not calls:
                    items.append({"role": "user", "content": "thanks"})

    stub.script(*REPLIES)
    assert said(lambda: asyncio.run(program())) == RESPONSES


def test_responses_that_the_provider_keeps(said: Any, stub: StubModel) -> None:
    def program() -> None:
        with chat(stub) as client:
            options: dict[str, Any] = {"model": "gpt-5", "instructions": "help"}
            answer: Any = client.responses.create(input="weather?", **options)
            call = answer.output[0]
            assert call.type == "function_call"
            told: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sun"}
            client.responses.create(input=[told], previous_response_id=answer.id, **options)

    stub.script(Reply("", calls=(ROME,)), Reply("Sunny."))
    assert said(program) == [
        "system: help",
        "user: weather?",
        "assistant! calls get_weather",
        "[get_weather (from messages)] {'city': 'Rome'} → sun",
        "assistant! Sunny.",
    ]


@pytest.mark.parametrize("bare", [False, True])
def test_blocks_of_anthropic_are_shown_once(said: Any, stub: StubModel, bare: bool) -> None:
    def program() -> None:
        messages = list(ASKED)
        with anthropic.Anthropic(base_url=stub.url, api_key=KEY) as client:
            while True:
                answer = client.messages.create(
                    model="claude", max_tokens=100, system="help", messages=messages
                )
                content: list[Any] = [block.model_dump() for block in answer.content]
                calls = [block for block in content if block["type"] == "tool_use"]
                if bare:
                    texts = [b["text"] for b in content if b["type"] == "text"]
                    content = [{"type": "text", "text": text} for text in texts] + calls
                messages.append({"role": "assistant", "content": content})
                if "Bye." in json.dumps(content):
                    return
                results = [
                    {"type": "tool_result", "tool_use_id": call["id"], "content": "sun"}
                    for call in calls
                ]
                messages.append({"role": "user", "content": results or "thanks"})

    stub.script(*REPLIES)
    assert said(program) == RESPONSES
