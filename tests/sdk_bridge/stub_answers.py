"""The bodies and events with which the stub server answers, in each provider's documented form."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

from tests.sdk_bridge.stub_openai import chat_body, chat_events, responses_body, responses_events
from tests.sdk_bridge.stub_replies import CREATED, Ask, Reply, calls_of, pieces


def answer_body(ask: Ask, reply: Reply) -> Any:
    """The whole answer as one JSON value."""
    return _BODIES[ask.form](ask, reply)


def answer_events(ask: Ask, reply: Reply) -> Iterator[Any]:
    """The answer as a stream: what each event or line carries; with a "type" that names it."""
    return _EVENTS[ask.form](ask, reply)


# Anthropic messages ------------------------------------------------------------------------------


def _anthropic_body(ask: Ask, reply: Reply) -> Any:
    content: list[Any] = []
    if reply.reasoning:
        content.append({"type": "thinking", "thinking": reply.reasoning, "signature": "c3R1Yg=="})
    if reply.text:
        content.append({"type": "text", "text": reply.text, "citations": None})
    content.extend(
        {"type": "tool_use", "id": id, "name": call.name, "input": dict(call.arguments)}
        for id, call in calls_of(ask, reply, "toolu")
    )
    tokens = reply.tokens
    return {
        "id": f"msg_{ask.number}",
        "type": "message",
        "role": "assistant",
        "model": ask.model,
        "content": content,
        "stop_reason": reply.finish or ("tool_use" if reply.calls else "end_turn"),
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens.input - tokens.cached - tokens.written,
            "cache_creation_input_tokens": tokens.written,
            "cache_read_input_tokens": tokens.cached,
            "output_tokens": tokens.output,
            "service_tier": "standard",
        },
    }


def _anthropic_events(ask: Ask, reply: Reply) -> Iterator[Any]:
    whole = _anthropic_body(ask, reply)
    begun = {**whole, "content": [], "stop_reason": None}
    begun["usage"] = {**whole["usage"], "output_tokens": 1}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(whole["content"]):
        empty: dict[str, Any]
        if block["type"] == "thinking":
            empty = {**block, "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": p} for p in pieces(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        elif block["type"] == "text":
            empty = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        else:
            empty = {**block, "input": {}}
            said = ["", *pieces(json.dumps(block["input"]))] if block["input"] else [""]
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in said]
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        if index == 0:
            yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    last = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": reply.tokens.output}
    yield {"type": "message_delta", "delta": last, "usage": usage}
    yield {"type": "message_stop"}


# Gemini ------------------------------------------------------------------------------------------


def _gemini_chunk(ask: Ask, reply: Reply, parts: list[Any], last: bool) -> Any:
    tokens = reply.tokens
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if last:
        candidate["finishReason"] = reply.finish or "STOP"
    usage = {
        "promptTokenCount": tokens.input,
        "candidatesTokenCount": tokens.output - tokens.reasoning,
        "totalTokenCount": tokens.input + tokens.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens.input}],
    }
    if tokens.cached:
        usage["cachedContentTokenCount"] = tokens.cached
    if tokens.reasoning:
        usage["thoughtsTokenCount"] = tokens.reasoning
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": ask.model,
        "responseId": f"gemini-{ask.number}",
    }


def _gemini_parts(ask: Ask, reply: Reply, split: bool) -> Iterator[dict[str, Any]]:
    for piece in pieces(reply.reasoning) if split else [reply.reasoning] * bool(reply.reasoning):
        yield {"text": piece, "thought": True}
    for piece in pieces(reply.text) if split else [reply.text] * bool(reply.text):
        yield {"text": piece}
    for call in reply.calls:
        said = {"name": call.name, "args": dict(call.arguments)}
        signed = {"thoughtSignature": "c3R1Yg=="} if reply.reasoning else {}
        yield {"functionCall": said, **signed}


def _gemini_body(ask: Ask, reply: Reply) -> Any:
    return _gemini_chunk(ask, reply, list(_gemini_parts(ask, reply, split=False)), True)


def _gemini_events(ask: Ask, reply: Reply) -> Iterator[Any]:
    parts = list(_gemini_parts(ask, reply, split=True)) or [{"text": ""}]
    for index, part in enumerate(parts):
        yield _gemini_chunk(ask, reply, [part], index == len(parts) - 1)


# Ollama, and what is no conversation -------------------------------------------------------------


def _ollama_body(ask: Ask, reply: Reply) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.reasoning:
        message["thinking"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {"function": {"name": call.name, "arguments": dict(call.arguments)}}
            for call in reply.calls
        ]
    return {**_ollama_line(ask, message), "done": True, **_ollama_end(reply)}


def _ollama_line(ask: Ask, message: dict[str, Any]) -> dict[str, Any]:
    return {"model": ask.model, "created_at": "2025-11-21T04:40:00Z", "message": message}


def _ollama_end(reply: Reply) -> dict[str, Any]:
    return {
        "done_reason": reply.finish or "stop",
        "total_duration": 5_000_000,
        "prompt_eval_count": reply.tokens.input,
        "eval_count": reply.tokens.output,
    }


def _ollama_events(ask: Ask, reply: Reply) -> Iterator[Any]:
    message = _ollama_body(ask, reply)["message"]
    for key, text in (("thinking", reply.reasoning), ("content", reply.text)):
        for piece in pieces(text):
            said = {"role": "assistant", "content": "", key: piece}
            yield {**_ollama_line(ask, said), "done": False}
    end = {key: message[key] for key in ("tool_calls",) if key in message}
    last = _ollama_line(ask, {"role": "assistant", "content": "", **end})
    yield {**last, "done": True, **_ollama_end(reply)}


def _embeddings_body(ask: Ask, reply: Reply) -> Any:
    asked = ask.body.get("input")
    count = len(asked) if isinstance(asked, list) and not all(type(i) is int for i in asked) else 1
    floats = [0.5, 0.25, -0.5, 1.0]
    packed = base64.b64encode(struct.pack("<4f", *floats)).decode()
    vector = packed if ask.body.get("encoding_format") == "base64" else floats
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": i, "embedding": vector} for i in range(count)],
        "model": ask.model,
        "usage": {"prompt_tokens": reply.tokens.input, "total_tokens": reply.tokens.input},
    }


def _count_body(ask: Ask, reply: Reply) -> Any:
    return {"input_tokens": reply.tokens.input}


def _models_body(ask: Ask, reply: Reply) -> Any:
    model = {"id": "stub-model", "object": "model", "created": CREATED, "owned_by": "stub"}
    return {"object": "list", "data": [model]}


def _no_events(ask: Ask, reply: Reply) -> Iterator[Any]:
    yield answer_body(ask, reply)


_BODIES = {
    "chat": chat_body,
    "responses": responses_body,
    "anthropic": _anthropic_body,
    "gemini": _gemini_body,
    "ollama": _ollama_body,
    "embeddings": _embeddings_body,
    "count": _count_body,
    "models": _models_body,
}
_EVENTS = {
    "chat": chat_events,
    "responses": responses_events,
    "anthropic": _anthropic_events,
    "gemini": _gemini_events,
    "ollama": _ollama_events,
    "embeddings": _no_events,
    "count": _no_events,
    "models": _no_events,
}
