"""An agent of one's own on the openai package: a loop with a tool, a stream, a call that fails.

``python -m tests.e2e.ingest.programs.openai_calls <instrumentation> <url of the model>``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from openai import BadRequestError, OpenAI
from opentelemetry import trace

from tests.e2e.ingest.programs import talk
from tests.e2e.ingest.programs.exporting import exporting

TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": talk.TOOL,
            "description": talk.DESCRIPTION,
            "parameters": talk.SCHEMA,
        },
    }
]

Step = Callable[..., Any]


def weather(client: OpenAI, tool: Step) -> str:
    """Ask, run what the model wants run, and ask again."""
    messages: list[Any] = [
        {"role": "system", "content": talk.SYSTEM},
        {"role": "user", "content": talk.QUESTION},
    ]
    while True:
        answer = client.chat.completions.create(
            model=talk.MODEL, messages=messages, tools=TOOLS, temperature=0.5
        )
        said = answer.choices[0].message
        if not said.tool_calls:
            return said.content or ""
        messages.append(said.model_dump(exclude_none=True))
        for call in said.tool_calls:
            assert call.type == "function"
            result = tool(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def stream(client: OpenAI) -> None:
    """One answer, piece by piece."""
    for _ in client.chat.completions.create(
        model=talk.MODEL,
        messages=[{"role": "user", "content": talk.COUNT}],
        stream=True,
        stream_options={"include_usage": True},
    ):
        pass


def fail(client: OpenAI) -> None:
    """A call that the provider refuses."""
    try:
        client.chat.completions.create(
            model=talk.MODEL, messages=[{"role": "user", "content": talk.WRONG}]
        )
    except BadRequestError:
        return
    raise AssertionError("the model answered")


def openinference(url: str) -> None:
    """Its own tracer marks agents and tools, and carries the session."""
    from openinference.instrumentation import TracerProvider, using_session
    from openinference.instrumentation.openai import OpenAIInstrumentor

    with exporting(TracerProvider) as provider, _client(url) as client:
        OpenAIInstrumentor().instrument(tracer_provider=provider)
        tracer: Any = provider.get_tracer("weather")
        tool = tracer.tool(talk.get_weather)
        with using_session(talk.SESSION):
            tracer.agent(lambda question: weather(client, tool), name="ask")(talk.QUESTION)
            stream(client)
            fail(client)


def openai_v2(url: str) -> None:
    """The project's own; around it, spans that say nothing but their names."""
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    _plain(url, OpenAIInstrumentor())


def openllmetry(url: str) -> None:
    """Traceloop's; around it, spans that say nothing but their names."""
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    _plain(url, OpenAIInstrumentor())


def _plain(url: str, instrumentor: Any) -> None:
    with exporting(), _client(url) as client:
        instrumentor.instrument()
        tracer = trace.get_tracer("weather")

        def tool(**arguments: Any) -> Any:
            with tracer.start_as_current_span(talk.TOOL):
                return talk.get_weather(**arguments)

        with tracer.start_as_current_span("ask"):
            weather(client, tool)
        stream(client)
        fail(client)


def genai_openai(url: str) -> None:
    """The project's own under its new name, with what it offers to mark agents and tools."""
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
    from opentelemetry.util.genai.handler import get_telemetry_handler

    with exporting(), _client(url) as client:
        OpenAIInstrumentor().instrument()
        handler = get_telemetry_handler()

        def tool(**arguments: Any) -> Any:
            with handler.tool(talk.TOOL, tool_type="function") as call:
                call.tool_call_id = talk.CALL
                call.arguments = arguments
                call.tool_result = talk.get_weather(**arguments)
                return call.tool_result

        with handler.invoke_local_agent(agent_name="ask", conversation_id=talk.SESSION):
            weather(client, tool)
        stream(client)
        fail(client)


def _client(url: str) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


KINDS = {
    "openinference": openinference,
    "openai_v2": openai_v2,
    "genai_openai": genai_openai,
    "openllmetry": openllmetry,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](sys.argv[2])
