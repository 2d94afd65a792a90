"""Runs in a process of its own, with older packages: makes one call in every way, recorded.

``python -m tests.sdk_bridge.capture.older_calls <package> <url of a stub> <folder of logs>``
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.sdk_bridge.capture.runs import KEY, Runs

ASKED: Any = [{"role": "user", "content": "Hello."}]


def openai(url: str) -> None:
    from openai import AsyncOpenAI, OpenAI

    _stainless(OpenAI, AsyncOpenAI, f"{url}/v1")


def groq(url: str) -> None:
    from groq import AsyncGroq, Groq

    _stainless(Groq, AsyncGroq, url)


def _stainless(kind: Any, async_kind: Any, url: str) -> None:
    with kind(base_url=url, api_key=KEY) as client:
        client.chat.completions.create(model="m", messages=ASKED)
        list(client.chat.completions.create(model="m", messages=ASKED, stream=True))

    async def work() -> None:
        async with async_kind(base_url=url, api_key=KEY) as client:
            await client.chat.completions.create(model="m", messages=ASKED)
            stream = await client.chat.completions.create(model="m", messages=ASKED, stream=True)
            async for _ in stream:
                pass

    asyncio.run(work())


def anthropic(url: str) -> None:
    from anthropic import Anthropic, AsyncAnthropic

    asked: Any = {"model": "m", "max_tokens": 9, "messages": ASKED}
    with Anthropic(base_url=url, api_key=KEY) as client:
        client.messages.create(**asked)
        list(client.messages.create(**asked, stream=True))

    async def work() -> None:
        async with AsyncAnthropic(base_url=url, api_key=KEY) as client:
            await client.messages.create(**asked)
            async with client.messages.stream(**asked) as stream:
                await stream.get_final_message()

    asyncio.run(work())


def google(url: str) -> None:
    from google import genai
    from google.genai import types

    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.001, max_delay=0.002)
    options = types.HttpOptions(base_url=url, retry_options=retry)
    client = genai.Client(api_key=KEY, http_options=options)
    client.models.generate_content(model="m", contents="Hello.")
    list(client.models.generate_content_stream(model="m", contents="Hello."))

    async def work() -> None:
        await client.aio.models.generate_content(model="m", contents="Hello.")
        async for _ in await client.aio.models.generate_content_stream(model="m", contents="Hi."):
            pass

    asyncio.run(work())


def ollama(url: str) -> None:
    from ollama import AsyncClient, Client, ResponseError

    try:
        Client(host=url).chat(model="m", messages=ASKED)
    except ResponseError:  # it does not try again by itself
        Client(host=url).chat(model="m", messages=ASKED)
    list(Client(host=url).chat(model="m", messages=ASKED, stream=True))

    async def work() -> None:
        await AsyncClient(host=url).chat(model="m", messages=ASKED)
        async for _ in await AsyncClient(host=url).chat(model="m", messages=ASKED, stream=True):
            pass

    asyncio.run(work())


def litellm(url: str) -> None:
    import litellm as lite

    asked: Any = {"model": "openai/m", "messages": ASKED, "api_base": f"{url}/v1", "api_key": KEY}
    lite.completion(**asked, max_retries=2)
    list(lite.completion(**asked, stream=True))

    async def work() -> None:
        await lite.acompletion(**asked)
        async for _ in await lite.acompletion(**asked, stream=True):
            pass

    asyncio.run(work())


CALLS: dict[str, Callable[[str], None]] = {
    "openai": openai,
    "groq": groq,
    "anthropic": anthropic,
    "google": google,
    "ollama": ollama,
    "litellm": litellm,
}


def main() -> None:
    """Installs first: the packages are imported later, as in a program that records itself."""
    package, url, folder = sys.argv[1:]
    runs = Runs(Path(folder))
    with runs.run():
        CALLS[package](url)


if __name__ == "__main__":
    main()
