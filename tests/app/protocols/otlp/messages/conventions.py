"""How each convention tells of the conversation: attributes, and events of the span."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollscope_desktop.protocols.otlp.received import Event
from tests.app.protocols.otlp.messages.talk import (
    ADDRESS,
    ASKED,
    CALLS,
    DATA,
    FUNCTION,
    MESSAGES,
    SAID,
    SCHEMA,
    THOUGHT,
    TOOL,
    anthropic_body,
    anthropic_request,
    gemini_body,
    gemini_request,
    langchain_body,
    langchain_messages,
    openai_answer,
    openai_body,
    openai_messages,
    openai_request,
    responses_body,
    responses_request,
    text,
)

Told = tuple[dict[str, Any], list[Event]]


def flattened(prefix: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        pairs: Iterator[tuple[Any, Any]] = iter(value.items())
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        return {prefix: value}
    return {k: v for n, inner in pairs for k, v in flattened(f"{prefix}.{n}", inner).items()}


def semconv_messages(result: str) -> list[dict[str, Any]]:
    """The messages of OpenTelemetry's conventions; results of tools are in the field ``result``."""
    blob = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": DATA}
    return [
        {"role": "user", "parts": [{"type": "text", "content": ASKED}, blob]},
        {"role": "assistant", "parts": [CALLS[0]]},  # parallel calls, one a message
        {"role": "assistant", "parts": [{k: v for k, v in CALLS[1].items() if k != "arguments"}]},
        {
            "role": "user",
            "parts": [{"type": "tool_call_response", "id": "call_1", result: "21 °C"}],
        },
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "call_2", result: {"hour": 7}}],
        },
    ]


def semconv(structured: bool) -> Told:
    form = (lambda value: value) if structured else text
    parts = [{"type": "reasoning", "content": THOUGHT}, {"type": "text", "content": SAID}]
    if structured:
        parts.reverse()  # as OpenLLMetry writes them
    answer = {"role": "assistant", "parts": parts, "finish_reason": "a word of the convention"}
    return {
        "gen_ai.system_instructions": form([{"type": "text", "content": "Be terse."}]),
        "gen_ai.input.messages": form(semconv_messages("response" if structured else "result")),
        "gen_ai.output.messages": form([answer]),
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.tool.definitions": form([{"type": "function", **FUNCTION}]),
    }, []


def details_events() -> Told:
    attributes, _ = semconv(True)
    name = "gen_ai.client.inference.operation.details"
    one_each = [{key: value} for key, value in attributes.items() if "finish" not in key]
    one_each[-2]["gen_ai.response.finish_reasons"] = ["stop"]
    return {}, [Event(name, 1 + at, each) for at, each in enumerate(one_each)]


def openinference(reasons: bool = True) -> Told:
    asked = []
    for message in openai_messages():
        made = {k: v for k, v in message.items() if k not in ("tool_calls", "content")}
        content = message["content"]
        if isinstance(content, str):
            made["content"] = content
        for part in content if isinstance(content, list) else ():
            inner = {"type": "text", "text": part.get("text")}
            if "image_url" in part:
                inner = {"type": "image", "image": {"image": {"url": ADDRESS}}}
            made.setdefault("contents", []).append({"message_content": inner})
            made["content"] = ASKED  # both at once: it is said once
        if "tool_calls" in message:
            made["tool_calls"] = [{"tool_call": call} for call in message["tool_calls"]]
            made["contents"] = [
                {"message_content": {"type": "tool_use"}, "tool_call": call}
                for call in message["tool_calls"]
            ]
        asked.append({"message": made})
    thought = {"message_content": {"type": "reasoning", "text": THOUGHT, "id": "rs"}}
    said = {"message_content": {"type": "text", "text": SAID}}
    answered: list[dict[str, Any]] = [
        {"message": {"role": "assistant", "contents": [thought]}},
        {"message": {"role": "assistant", "contents": [said], "content": SAID}},
    ]
    attributes = {
        **flattened("llm.input_messages", asked),
        **flattened("llm.output_messages", answered if reasons else answered[1:]),
        "llm.finish_reason": "stop",
        "llm.tools.0.tool.json_schema": text(TOOL),
        "input.value": text(openai_request()),
        "input.mime_type": "application/json",
        "output.value": text(openai_body()),
        "output.mime_type": "application/json",
    }
    return dict(reversed(attributes.items())), []  # in no order


def openllmetry() -> Told:
    asked = []
    for message in openai_messages():
        made = {k: v for k, v in message.items() if k != "tool_calls" and v is not None}
        if isinstance(made.get("content"), list):
            made["content"] = text(made["content"])
        if "tool_calls" in message:
            made["tool_calls"] = [{"id": c["id"], **c["function"]} for c in message["tool_calls"]]
        asked.append(made)
    answered = [
        {"role": "thinking", "content": THOUGHT, "finish_reason": "stop"},
        {"role": "assistant", "content": SAID},
    ]
    tools = [{"name": "get_weather", "description": "The weather.", "parameters": text(SCHEMA)}]
    attributes = {
        **flattened("gen_ai.prompt", asked),
        **flattened("gen_ai.completion", answered),
        **flattened("llm.request.functions", tools),
    }
    holes = {"gen_ai.prompt.3.": "gen_ai.prompt.12.", "gen_ai.prompt.4.": "gen_ai.prompt.110."}
    for old, new in holes.items():
        attributes = {key.replace(old, new): value for key, value in attributes.items()}
    return attributes, []


def vercel() -> Told:
    asked = [
        {"type": "text", "text": ASKED},
        {"type": "file", "mediaType": "image/png", "data": DATA},
    ]
    calls = [
        {"type": "tool-call", "toolCallId": c["id"], "toolName": c["name"], "input": c["arguments"]}
        for c in CALLS
    ]
    outputs = ({"type": "text", "value": "21 °C"}, {"type": "json", "value": {"hour": 7}})
    results = [
        {
            "type": "tool-result",
            "toolCallId": call["id"],
            "toolName": call["name"],
            "output": output,
        }
        for call, output in zip(CALLS, outputs, strict=True)
    ]
    tool = {
        "type": "function",
        "name": "get_weather",
        "description": "The weather.",
        "inputSchema": SCHEMA,
    }
    return {
        "ai.prompt.messages": text(
            [
                MESSAGES[0],
                {"role": "user", "content": asked},
                {"role": "assistant", "content": calls},
                {"role": "tool", "content": results},
            ]
        ),
        "ai.prompt.tools": [text(tool)],
        "ai.response.reasoning": THOUGHT,
        "ai.response.text": SAID,
        "ai.response.finishReason": "stop",
        "gen_ai.response.finish_reasons": ["stop"],
    }, []


NAMES = {role: f"gen_ai.{role}.message" for role in ("system", "user", "assistant", "tool")}


def named_events() -> list[dict[str, Any]]:
    """The events of OpenTelemetry's older conventions."""
    events: list[dict[str, Any]] = []
    for message in openai_messages():
        made = {k: v for k, v in message.items() if v is not None}
        if "tool_call_id" in made:
            made["id"] = made.pop("tool_call_id")
        events.append({"event.name": NAMES[message["role"]], **made})
    choice = {"event.name": "gen_ai.choice", "index": 0, "message": openai_answer()}
    return [*events, {**choice, "finish_reason": "stop"}]


FUNCTIONS = flattened(
    "llm.request.functions",
    [{"name": "get_weather", "description": "The weather.", "parameters": text(SCHEMA)}],
)


def pydantic_ai() -> Told:
    tool = {"name": "get_weather", "description": "The weather.", "parameters_json_schema": SCHEMA}
    parameters = {"function_tools": [tool], "builtin_tools": [], "output_tools": []}
    events = named_events()
    picture = {"kind": "binary", "media_type": "image/png", "binary_content": DATA}
    events[1]["content"] = [ASKED, picture]
    parts = [{"kind": "thinking", "text": THOUGHT}, {"kind": "text", "text": SAID}]
    events[-1]["message"] = {"role": "assistant", "content": parts}
    return {
        "events": text(events),
        "model_request_parameters": text(parameters),
    }, []


def span_events() -> Told:
    events = []
    for at, event in enumerate(named_events()):
        name = event.pop("event.name")
        attributes = {k: v if isinstance(v, str | int) else text(v) for k, v in event.items()}
        events.append(Event(name, 100 + at, attributes))
    return FUNCTIONS, list(reversed(events))  # they have times


def strands() -> Told:
    blocks = [
        {"text": ASKED},
        {"image": {"format": "png", "source": {"bytes": DATA}}},
    ]
    calls = [
        {"toolUse": {"toolUseId": c["id"], "name": c["name"], "input": c["arguments"]}}
        for c in CALLS
    ]
    contents = ([{"text": "21 °C"}], [{"json": {"hour": 7}}])
    results = [
        {"toolResult": {"toolUseId": c["id"], "status": "success", "content": content}}
        for c, content in zip(CALLS, contents, strict=True)
    ]
    answer = [{"reasoningContent": {"reasoningText": {"text": THOUGHT}}}, {"text": SAID}]
    told = (
        ("system", {"content": text([{"text": "Be terse."}])}),
        ("user", {"content": text(blocks)}),
        ("assistant", {"content": text(calls)}),
        ("tool", {"content": text(results)}),
    )
    events = [Event(NAMES[role], 1, attributes) for role, attributes in told]
    choice = {"finish_reason": "stop", "message": text(answer)}
    return FUNCTIONS, [*events, Event("gen_ai.choice", 1, choice)]


def logfire() -> Told:
    return {
        "request_data": text(openai_request()),
        "response_data": text({"message": openai_answer(), "usage": {"total_tokens": 3}}),
        "gen_ai.response.finish_reasons": '["stop"]',
    }, []


def logfire_agents() -> Told:
    request, body = responses_request(), responses_body()
    body |= {"instructions": request["instructions"], "tools": request["tools"]}
    event = {"event.name": "gen_ai.user.message", "role": "user", "content": ASKED}
    return {
        "raw_input": text(request["input"]),
        "response": text(body),
        "events": text([event]),
        "gen_ai.response.finish_reasons": ["stop"],
    }, []


def livekit() -> Told:
    asked = [ASKED, {"id": "1", "type": "image_content", "image": ADDRESS}]
    request = responses_request()
    items = [
        {"type": "message", "role": "system", "content": ["Be terse."]},
        {"type": "message", "role": "user", "content": asked},
        *request["input"][1:],
    ]
    return {
        "lk.chat_ctx": text({"items": items}),
        "lk.function_tools": text([TOOL]),
        "lk.response.text": SAID,
        "gen_ai.response.finish_reasons": ["stop"],
    }, []


def bodies(names: tuple[str, str], request: Any, body: Any) -> Told:
    """Whole requests and answers as plain values."""
    told: dict[str, Any] = {names[0]: text(request), names[1]: text(body)}
    return told | {"gen_ai.response.finish_reasons": ["stop"]}, []


_VALUES = ("input.value", "output.value")
_LANGFUSE = ("langfuse.observation.input", "langfuse.observation.output")
_TRACELOOP = ("traceloop.entity.input", "traceloop.entity.output")
_MLFLOW = ("mlflow.spanInputs", "mlflow.spanOutputs")
_GOOGLE = ("gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response")

WITHOUT_REASONING = {"LiveKit"}
"""Conventions that have no place for it."""

CONVENTIONS: dict[str, Told] = {
    "OpenTelemetry, JSON": semconv(False),
    "OpenTelemetry, structured": semconv(True),
    "OpenTelemetry, span events": span_events(),
    "OpenTelemetry, details in events": details_events(),
    "OpenInference": openinference(),
    "OpenInference, reasoning elsewhere": openinference(reasons=False),
    "OpenLLMetry": openllmetry(),
    "Vercel AI": vercel(),
    "Pydantic AI": pydantic_ai(),
    "Strands": strands(),
    "Logfire": logfire(),
    "Logfire, agents": logfire_agents(),
    "LiveKit": livekit(),
    "OpenAI's chat as values": bodies(_VALUES, openai_request(), openai_body()),
    "OpenAI's responses as values": bodies(_VALUES, responses_request(), responses_body()),
    "Anthropic's bodies as values": bodies(_VALUES, anthropic_request(), anthropic_body()),
    "LangChain's messages as values": bodies(
        _VALUES, {"messages": [langchain_messages()], "tools": [TOOL]}, langchain_body()
    ),
    "Langfuse": bodies(_LANGFUSE, openai_request(), openai_answer()),
    "Traceloop's functions": bodies(
        _TRACELOOP, {"args": [], "kwargs": openai_request()}, openai_body()
    ),
    "MLflow": bodies(_MLFLOW, anthropic_request(), anthropic_body()),
    "Google's ADK": bodies(_GOOGLE, gemini_request(), gemini_body()),
}
