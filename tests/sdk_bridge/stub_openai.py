"""OpenAI's chat completions and responses as the stub server gives them, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.sdk_bridge.stub_replies import CREATED, Ask, Reply, Tokens, calls_of, pieces

# OpenAI chat completions -------------------------------------------------------------------------


def _chat_usage(tokens: Tokens) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning, "audio_tokens": 0},
    }


def chat_body(ask: Ask, reply: Reply) -> Any:
    """A completion."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {
                "id": id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
            }
            for id, call in calls_of(ask, reply, "call")
        ]
    finish = reply.finish or ("tool_calls" if reply.calls else "stop")
    return {
        "id": f"chatcmpl-{ask.number}",
        "object": "chat.completion",
        "created": CREATED,
        "model": ask.model,
        "choices": [
            {"index": index, "message": message, "logprobs": None, "finish_reason": finish}
            for index in range(ask.body.get("n") or 1)
        ],
        "usage": _chat_usage(reply.tokens),
        "service_tier": "default",
        "system_fingerprint": "fp_stub",
    }


def chat_events(ask: Ask, reply: Reply) -> Iterator[Any]:
    """The chunks of a completion."""
    head = {
        "id": f"chatcmpl-{ask.number}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": ask.model,
        "service_tier": "default",
        "system_fingerprint": "fp_stub",
    }
    counts = bool((ask.body.get("stream_options") or {}).get("include_usage"))
    usage = {"usage": None} if counts else {}

    def chunk(index: int, delta: dict[str, Any], finish: str | None = None) -> Any:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [choice], **usage}

    several = range(ask.body.get("n") or 1)
    for index in several:
        empty = None if reply.calls and not reply.text else ""
        yield chunk(index, {"role": "assistant", "content": empty, "refusal": None})
    for piece in pieces(reply.reasoning):
        for index in several:
            yield chunk(index, {"reasoning_content": piece})
    for piece in pieces(reply.text):
        for index in several:
            yield chunk(index, {"content": piece})
    for at, (id, call) in enumerate(calls_of(ask, reply, "call")):
        function = {"name": call.name, "arguments": ""}
        for index in several:
            first = {"index": at, "id": id, "type": "function", "function": function}
            yield chunk(index, {"tool_calls": [first]})
            for piece in pieces(json.dumps(dict(call.arguments))):
                yield chunk(
                    index, {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}
                )
    for index in several:
        yield chunk(index, {}, reply.finish or ("tool_calls" if reply.calls else "stop"))
    if counts:
        yield {**head, "choices": [], "usage": _chat_usage(reply.tokens)}
    yield "[DONE]"


# OpenAI responses --------------------------------------------------------------------------------


def _response(ask: Ask, reply: Reply, output: list[Any], status: str) -> dict[str, Any]:
    tokens = reply.tokens
    usage = {
        "input_tokens": tokens.input,
        "input_tokens_details": {
            "cached_tokens": tokens.cached,
            "cache_write_tokens": tokens.written,
        },
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.input + tokens.output,
    }
    return {
        "id": f"resp_{ask.number}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": ask.body.get("instructions"),
        "max_output_tokens": None,
        "model": ask.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": ask.body.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": ask.body.get("tools") or [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage if status == "completed" else None,
        "user": None,
        "metadata": {},
    }


def _items(ask: Ask, reply: Reply) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        items.append(
            {
                "id": f"rs_{ask.number}",
                "type": "reasoning",
                "summary": summary,
                "encrypted_content": "c3R1Yg==",
            }
        )
    if reply.text:
        part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        items.append(
            {
                "id": f"msg_{ask.number}",
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [part],
            }
        )
    items.extend(
        {
            "id": f"fc_{ask.number}_{index}",
            "type": "function_call",
            "status": "completed",
            "call_id": id,
            "name": call.name,
            "arguments": json.dumps(dict(call.arguments)),
        }
        for index, (id, call) in enumerate(calls_of(ask, reply, "call"))
    )
    return items


def responses_body(ask: Ask, reply: Reply) -> Any:
    """A response."""
    return _response(ask, reply, _items(ask, reply), "completed")


def responses_events(ask: Ask, reply: Reply) -> Iterator[Any]:
    """The events of a response."""
    for number, event in enumerate(_response_steps(ask, reply)):
        yield {**event, "sequence_number": number}


def _response_steps(ask: Ask, reply: Reply) -> Iterator[dict[str, Any]]:
    begun = _response(ask, reply, [], "in_progress")
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    items = _items(ask, reply)
    for index, item in enumerate(items):
        at = {"item_id": item["id"], "output_index": index}
        if item["type"] == "reasoning":
            [part] = item["summary"]
            bare = {**item, "summary": []}
            yield {"type": "response.output_item.added", "output_index": index, "item": bare}
            name, inside = "response.reasoning_summary", {**at, "summary_index": 0}
            yield {"type": f"{name}_part.added", **inside, "part": {**part, "text": ""}}
            for piece in pieces(part["text"]):
                yield {"type": f"{name}_text.delta", **inside, "delta": piece}
            yield {"type": f"{name}_text.done", **inside, "text": part["text"]}
            yield {"type": f"{name}_part.done", **inside, "part": part}
        elif item["type"] == "message":
            [part] = item["content"]
            bare = {**item, "status": "in_progress", "content": []}
            yield {"type": "response.output_item.added", "output_index": index, "item": bare}
            inside = {**at, "content_index": 0}
            yield {"type": "response.content_part.added", **inside, "part": {**part, "text": ""}}
            for piece in pieces(part["text"]):
                yield {
                    "type": "response.output_text.delta", **inside, "delta": piece, "logprobs": [],
                }  # fmt: skip
            done = {"text": part["text"], "logprobs": []}
            yield {"type": "response.output_text.done", **inside, **done}
            yield {"type": "response.content_part.done", **inside, "part": part}
        else:
            bare = {**item, "status": "in_progress", "arguments": ""}
            yield {"type": "response.output_item.added", "output_index": index, "item": bare}
            name = "response.function_call_arguments"
            for piece in pieces(item["arguments"]):
                yield {"type": f"{name}.delta", **at, "delta": piece}
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield {"type": f"{name}.done", **at, **done}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": _response(ask, reply, items, "completed")}
