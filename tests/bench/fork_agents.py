"""The agents that are forked, as a user's program: ``python fork_agents.py NAME ADDRESS``.

Each takes 40 steps: rounds of a model call, a search, and something that is noted or sent, then a
last model call. What tools do in the world is a line in the file ``done`` of the working folder.
Only the decorators know of Rollscope.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import openai

import rollscope

Messages = list[Any]
Ask = Callable[[Messages], str]
ROUNDS = 13
WORKERS = 3
PAUSE = float(os.environ.get("AGENT_PAUSE", "0"))
"""Seconds that a search takes at most; each takes another time."""


def do(tool: str, what: str) -> None:
    with open("done", "a", encoding="utf-8") as file:
        file.write(json.dumps([tool, what]) + "\n")


@rollscope.tool
def search(what: str) -> dict[str, Any]:
    do("search", what)
    time.sleep(random.random() * PAUSE)
    return {"found": f"{what}: a page", "score": random.random()}


@rollscope.tool(name="search")
async def search_later(what: str) -> dict[str, Any]:
    do("search", what)
    await asyncio.sleep(random.random() * PAUSE)
    return {"found": f"{what}: a page", "score": random.random()}


@rollscope.tool(effects="state")
def note(what: str) -> int:
    return len(what)


@rollscope.tool(effects="write")
def send(what: str) -> str:
    do("send", what)
    return f"sent {what}"


def rounds(ask: Ask, who: str, count: int) -> str:
    """``3 * count + 1`` steps."""
    said: Messages = []
    for turn in range(count):
        said.append({"role": "user", "content": f"{who}, round {turn}"})
        text = ask(said)
        found = search(text)
        kept = note(text) if turn % 3 else send(text)
        said.append({"role": "assistant", "content": text})
        said.append({"role": "user", "content": f"{found} {kept}"})
    return ask(said)


async def rounds_later(ask: Callable[[Messages], Awaitable[str]], who: str, count: int) -> str:
    """The same, beside others."""
    said: Messages = []
    for turn in range(count):
        said.append({"role": "user", "content": f"{who}, round {turn}"})
        text = await ask(said)
        found = await search_later(text)
        kept = note(text) if turn % 3 else send(text)
        said.append({"role": "assistant", "content": text})
        said.append({"role": "user", "content": f"{found} {kept}"})
    return await ask(said)


def gpt(client: openai.OpenAI, said: Messages) -> str:
    answer = client.chat.completions.create(model="gpt-x", messages=said)
    return answer.choices[0].message.content or ""


def gpt_streamed(client: openai.OpenAI, said: Messages) -> str:
    parts = client.chat.completions.create(model="gpt-x", messages=said, stream=True)
    return "".join(part.choices[0].delta.content or "" for part in parts if part.choices)


def claude(client: anthropic.Anthropic, said: Messages) -> str:
    answer = client.messages.create(model="claude-x", max_tokens=99, messages=said)
    return "".join(block.text for block in answer.content if block.type == "text")


def final(parts: list[str]) -> Messages:
    return [{"role": "user", "content": " and ".join(parts)}]


@rollscope.agent
def plain(address: str) -> str:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="k") as client:
        return rounds(lambda said: gpt(client, said), "plain", ROUNDS)


@rollscope.agent
def streamed(address: str) -> str:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="k") as client:
        return rounds(lambda said: gpt_streamed(client, said), "streamed", ROUNDS)


@rollscope.agent
def retried(address: str) -> str:
    """The server refuses once with a 429."""
    with anthropic.Anthropic(base_url=address, api_key="k") as client:
        return rounds(lambda said: claude(client, said), "retried", ROUNDS)


@rollscope.agent
async def gathered(address: str) -> str:
    """Plain coroutines beside each other, which are no steps themselves."""
    async with anthropic.AsyncAnthropic(base_url=address, api_key="k") as client:

        async def ask(said: Messages) -> str:
            answer = await client.messages.create(model="claude-x", max_tokens=99, messages=said)
            return "".join(block.text for block in answer.content if block.type == "text")

        workers = (rounds_later(ask, f"worker {n}", 4) for n in range(WORKERS))
        return await ask(final(await asyncio.gather(*workers)))


@rollscope.agent
def threads(address: str) -> str:
    with (
        openai.OpenAI(base_url=f"{address}/v1", api_key="k") as client,
        ThreadPoolExecutor(WORKERS) as pool,
    ):

        def worker(n: int) -> str:
            return rounds(lambda said: gpt(client, said), f"worker {n}", 4)

        return gpt(client, final(list(pool.map(worker, range(WORKERS)))))


@rollscope.agent
def researcher(client: Any, topic: str) -> str:
    return rounds(lambda said: claude(client, said), topic, 4)


@rollscope.task
def chapter(client: Any, number: int) -> str:
    return researcher(client, f"topic {number}")


@rollscope.agent
def nested(address: str) -> str:
    """Agents within tasks within an agent, one after the other."""
    with anthropic.Anthropic(base_url=address, api_key="k") as client:
        return claude(client, final([chapter(client, n) for n in range(WORKERS)]))


@rollscope.agent
async def reader(client: Any, topic: str) -> str:
    async def ask(said: Messages) -> str:
        answer = await client.chat.completions.create(model="gpt-x", messages=said)
        return str(answer.choices[0].message.content)

    return await rounds_later(ask, topic, 4)


@rollscope.agent
async def parallel(address: str) -> str:
    """Sub-agents beside each other."""
    async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="k") as client:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(reader(client, f"topic {n}")) for n in range(WORKERS)]
        last: Messages = final([task.result() for task in tasks])
        answer = await client.chat.completions.create(model="gpt-x", messages=last)
        return str(answer.choices[0].message.content)


AGENTS: dict[str, Callable[[str], Any]] = {
    "plain": plain, "gather": gathered, "streamed": streamed, "threads": threads,
    "429": retried, "nested": nested, "parallel": parallel,
}  # fmt: skip

if __name__ == "__main__":
    result = AGENTS[sys.argv[1]](sys.argv[2])
    if asyncio.iscoroutine(result):
        asyncio.run(result)
