"""Programs with the real retrace-sdk that can be told to run again: ``… <which> <model URL>``.

Each records once, prints ``ready``, and stays until its standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import openai
import retrace


def main(which: str, url: str) -> None:
    """Record a run, and wait."""
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0)

    def say(question: str) -> str:
        messages: list[Any] = [{"role": "user", "content": question}]
        done = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        return str(done.choices[0].message.content)

    @retrace.record(name="weather", resumable=True)
    def weather(city: str, *, depth: int = 1) -> str:
        return f"{city}/{depth}: {say(city)}"

    @retrace.record(name="later", resumable=True)
    async def later(city: str) -> str:
        return say(city)

    if which == "sync":
        weather("Paris", depth=2)
    elif which == "async":
        asyncio.run(later("Paris"))
    else:
        with retrace.record(name="block", input={"q": 1}, resumable=True) as run:
            run.output = say("Paris")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
