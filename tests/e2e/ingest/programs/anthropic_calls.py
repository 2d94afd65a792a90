"""An agent of one's own on the anthropic package, which makes spans itself.

``python -m tests.e2e.ingest.programs.anthropic_calls <alone|openinference> <url of the model>``
"""

from __future__ import annotations

import sys
from typing import Any

from anthropic import Anthropic, BadRequestError
from openinference.instrumentation import TracerProvider, using_session
from openinference.instrumentation.anthropic import AnthropicInstrumentor

from tests.e2e.ingest.programs import talk
from tests.e2e.ingest.programs.exporting import exporting

TOOLS: Any = [
    {"name": talk.TOOL, "description": talk.DESCRIPTION, "input_schema": talk.SCHEMA},
]


def weather(client: Anthropic, tool: Any) -> str:
    """Ask, run what the model wants run, and ask again."""
    messages: list[Any] = [{"role": "user", "content": talk.QUESTION}]
    while True:
        answer = client.messages.create(
            model=talk.CLAUDE, max_tokens=99, system=talk.SYSTEM, messages=messages, tools=TOOLS
        )
        calls = [part for part in answer.content if part.type == "tool_use"]
        if not calls:
            return "".join(part.text for part in answer.content if part.type == "text")
        messages.append({"role": "assistant", "content": answer.content})
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": tool(**call.input)}
            for call in calls
        ]
        messages.append({"role": "user", "content": results})


def stream(client: Anthropic) -> None:
    """One answer, piece by piece."""
    asked: list[Any] = [{"role": "user", "content": talk.COUNT}]
    with client.messages.stream(model=talk.CLAUDE, max_tokens=99, messages=asked) as answer:
        answer.get_final_message()


def fail(client: Anthropic) -> None:
    """A call that the provider refuses."""
    try:
        client.messages.create(
            model=talk.CLAUDE, max_tokens=99, messages=[{"role": "user", "content": talk.WRONG}]
        )
    except BadRequestError:
        return
    raise AssertionError("the model answered")


def main(beside: str, url: str) -> None:
    with exporting(TracerProvider) as provider:
        if beside == "openinference":
            AnthropicInstrumentor().instrument(tracer_provider=provider)
        tracer: Any = provider.get_tracer("weather")
        tool = tracer.tool(talk.get_weather)
        with (
            Anthropic(base_url=url, api_key="none", max_retries=0) as client,
            using_session(talk.SESSION),
        ):
            tracer.agent(lambda question: weather(client, tool), name="ask")(talk.QUESTION)
            stream(client)
            fail(client)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
