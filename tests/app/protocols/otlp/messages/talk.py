"""One conversation, in the normal form and in the bodies of providers."""

from __future__ import annotations

import json
from typing import Any

DATA = "iVBORw0KGgo="
ADDRESS = f"data:image/png;base64,{DATA}"
CALLS = [
    {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Paris"}},
    {"type": "tool_call", "id": "call_2", "name": "get_time", "arguments": {}},
]
ASKED = "How warm is Paris, and how late?"
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Be terse."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": ASKED},
            {"type": "image", "source": {"media_type": "image/png", "data": DATA}},
        ],
    },
    {"role": "assistant", "content": CALLS},
    {"role": "tool", "content": "21 °C", "tool_call_id": "call_1"},
    {"role": "tool", "content": '{"hour":7}', "tool_call_id": "call_2"},
]
THOUGHT = "The tools agree."
SAID = "21 °C, at 7."
ANSWER = {
    "message": {
        "role": "assistant",
        "content": [{"type": "reasoning", "text": THOUGHT}, {"type": "text", "text": SAID}],
    },
    "finish_reason": "stop",
}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"name": "get_weather", "description": "The weather.", "schema": SCHEMA}]
FUNCTION = {"name": "get_weather", "description": "The weather.", "parameters": SCHEMA}
TOOL = {"type": "function", "function": FUNCTION}


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def openai_calls() -> list[dict[str, Any]]:
    return [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": text(call["arguments"])},
        }
        for call in CALLS
    ]


def openai_messages() -> list[dict[str, Any]]:
    asked = [
        {"type": "text", "text": ASKED},
        {"type": "image_url", "image_url": {"url": ADDRESS}},
    ]
    return [
        MESSAGES[0],
        {"role": "user", "content": asked},
        {"role": "assistant", "content": None, "tool_calls": openai_calls()},
        *MESSAGES[3:],
    ]


def openai_answer() -> dict[str, Any]:
    return {"role": "assistant", "content": SAID, "refusal": None, "reasoning_content": THOUGHT}


def openai_request() -> dict[str, Any]:
    return {"model": "m", "messages": openai_messages(), "tools": [TOOL], "temperature": 0}


def openai_body() -> dict[str, Any]:
    choice = {"index": 0, "message": openai_answer(), "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "choices": [choice]}


def responses_request() -> dict[str, Any]:
    asked = [
        {"type": "input_text", "text": ASKED},
        {"type": "input_image", "image_url": ADDRESS},
    ]
    calls = [
        {
            "type": "function_call",
            "id": f"fc_{call['id']}",
            "call_id": call["id"],
            "name": call["name"],
            "arguments": text(call["arguments"]),
        }
        for call in CALLS
    ]
    results = [
        {"type": "function_call_output", "call_id": m["tool_call_id"], "output": m["content"]}
        for m in MESSAGES[3:]
    ]
    return {
        "model": "m",
        "instructions": "Be terse.",
        "input": [{"role": "user", "content": asked}, *calls, *results],
        "tools": [{"type": "function", **FUNCTION, "strict": None}],
    }


def responses_body() -> dict[str, Any]:
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT}]}
    said = {"type": "output_text", "text": SAID, "annotations": []}
    message = {"type": "message", "role": "assistant", "status": "completed", "content": [said]}
    return {"object": "response", "output": [{"id": "rs", **thought}, {"id": "m", **message}]}


def anthropic_request() -> dict[str, Any]:
    asked = [
        {"type": "text", "text": ASKED, "cache_control": {"type": "ephemeral"}},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": DATA},
        },
    ]
    calls = [
        {"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["arguments"]}
        for c in CALLS
    ]
    results = [
        {"type": "tool_result", "tool_use_id": "call_1", "content": "21 °C"},
        {
            "type": "tool_result",
            "tool_use_id": "call_2",
            "content": [{"type": "text", "text": '{"hour":7}'}],
        },
    ]
    return {
        "model": "m",
        "system": [{"type": "text", "text": "Be terse."}],
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": calls},
            {"role": "user", "content": results},
        ],
        "tools": [
            {"name": "get_weather", "description": "The weather.", "input_schema": SCHEMA},
        ],
    }


def anthropic_body() -> dict[str, Any]:
    thought = {"type": "thinking", "thinking": THOUGHT, "signature": "c2ln"}
    said = {"type": "text", "text": SAID, "citations": None}
    return {
        "type": "message",
        "role": "assistant",
        "content": [thought, said],
        "stop_reason": "stop",
    }


def gemini_request() -> dict[str, Any]:
    calls = [
        {"function_call": {"id": c["id"], "name": c["name"], "args": c["arguments"]}} for c in CALLS
    ]
    results = [
        {"function_response": {"id": "call_1", "name": "get_weather", "response": "21 °C"}},
        {"function_response": {"id": "call_2", "name": "get_time", "response": {"hour": 7}}},
    ]
    picture = {"inline_data": {"mime_type": "image/png", "data": DATA}}
    return {
        "model": "m",
        "config": {
            "system_instruction": "Be terse.",
            "tools": [{"function_declarations": [FUNCTION]}],
        },
        "contents": [
            {"role": "user", "parts": [{"text": ASKED}, picture]},
            {"role": "model", "parts": calls},
            {"role": "user", "parts": results},
        ],
    }


def gemini_body() -> dict[str, Any]:
    parts = [{"text": THOUGHT, "thought": True}, {"text": SAID}]
    return {"content": {"role": "model", "parts": parts}, "finish_reason": "stop"}


def langchain_messages() -> list[dict[str, Any]]:
    def serialised(kind: str, **fields: Any) -> dict[str, Any]:
        return {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "messages", f"{kind}Message"],
            "kwargs": {**fields, "type": kind.lower()},
        }

    calls = [
        {"name": c["name"], "args": c["arguments"], "id": c["id"], "type": "tool_call"}
        for c in CALLS
    ]
    results = [
        serialised(
            "Tool",
            content=m["content"],
            name=name,
            id="9a9e",
            tool_call_id=m["tool_call_id"],
            status="success",
        )
        for m, name in zip(MESSAGES[3:], ("get_weather", "get_time"), strict=True)
    ]
    return [
        serialised("System", content="Be terse."),
        serialised("Human", content=openai_messages()[1]["content"], id="2f01"),
        serialised(
            "AI",
            content="",
            id="lc_run--1",
            tool_calls=calls,
            additional_kwargs={"tool_calls": openai_calls(), "refusal": None},
            response_metadata={"finish_reason": "tool_calls"},
        ),
        *results,
    ]


def langchain_body() -> dict[str, Any]:
    kwargs = {
        "content": SAID,
        "type": "ai",
        "additional_kwargs": {"reasoning_content": THOUGHT},
        "response_metadata": {"finish_reason": "stop"},
        "tool_calls": [],
    }
    message = {"lc": 1, "type": "constructor", "id": ["AIMessage"], "kwargs": kwargs}
    return {
        "generations": [
            [{"text": SAID, "generation_info": {"finish_reason": "stop"}, "message": message}]
        ]
    }
