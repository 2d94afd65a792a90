"""A program whose agent may be run again in its own process: ``python -m … <url of the model>``.

It records one run, prints ``ready``, and stays until its standard input ends. Each call of a tool
is printed, with the process that makes it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import openai

import rollscope

client = openai.OpenAI(base_url=f"{sys.argv[1]}/v1", api_key="k", max_retries=0)


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ask(question: str) -> str:
    """What the model says."""
    messages: list[Any] = [{"role": "user", "content": question}]
    done = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    return str(done.choices[0].message.content)


@rollscope.tool(effects="none")
def look_up(city: str) -> str:
    """A tool."""
    say(f"look_up {city} {os.getpid()}")
    return f"{city} is wet"


@rollscope.agent(name="guide")
def guide(city: str) -> str:
    """Two calls of the model, with a tool between them."""
    first = ask(f"Where is {city}?")
    found = look_up(first)
    return ask(f"{first}: {found}")


if __name__ == "__main__":
    guide("Paris")
    rollscope.flush(20)
    say("ready")
    sys.stdin.read()
