"""Streams of Anthropic's messages: events into the whole message, and the message into events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from rollscope.capture.dialects.base import NotThisDialect
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.parts import json_text, pieces
from rollscope.capture.dialects.sse import write

_TOKEN = ("text_delta", "thinking_delta", "input_json_delta")
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking"}
_STREAMED = ("tool_use", "server_tool_use", "mcp_tool_use")


def joined(events: Sequence[Event]) -> Any:
    """The message that the events add up to, as far as it had come."""
    body: dict[str, Any] | None = None
    blocks: dict[int, dict[str, Any]] = {}
    texts: dict[int, list[str]] = {}
    for _, event in events:
        kind = event.get("type") if type(event) is dict else None
        index, delta = (event.get("index"), event.get("delta")) if kind else (None, None)
        if kind == "message_start" and type(event.get("message")) is dict:
            body = dict(event["message"])
        elif kind == "content_block_start" and type(index) is int:
            if type(event.get("content_block")) is dict:
                blocks[index] = dict(event["content_block"])
        elif kind == "content_block_delta" and type(index) is int and type(delta) is dict:
            if index in blocks:
                _add(blocks[index], delta, texts.setdefault(index, []))
        elif kind == "message_delta" and body is not None:
            _update(body, event)
    if body is None:
        raise NotThisDialect("The stream holds no beginning of a message.")
    for index, text in texts.items():
        _put_input(blocks[index], "".join(text))
    content = [blocks[index] for index in sorted(blocks)]
    if content or type(body.get("content")) is not list:
        body["content"] = content
    return body


def _add(block: dict[str, Any], delta: dict[str, Any], texts: list[str]) -> None:
    kind = delta.get("type")
    if kind == "input_json_delta":
        if type(delta.get("partial_json")) is str:
            texts.append(delta["partial_json"])
    elif kind == "citations_delta":
        cited = block.get("citations")
        block["citations"] = [*(cited if type(cited) is list else ()), delta.get("citation")]
    elif kind == "signature_delta":
        block["signature"] = delta.get("signature")
    elif type(kind) is str and (name := _TEXTS.get(kind)) and type(delta.get(name)) is str:
        before = block.get(name)
        block[name] = (before if type(before) is str else "") + delta[name]


def _put_input(block: dict[str, Any], text: str) -> None:
    if text:
        try:
            block["input"] = orjson.loads(text)
        except orjson.JSONDecodeError:
            block["input"] = text  # the stream broke off inside it


def _update(body: dict[str, Any], event: dict[str, Any]) -> None:
    delta, usage = event.get("delta"), event.get("usage")
    if type(delta) is dict:
        body.update(delta)
    if type(usage) is dict:
        before = body.get("usage")
        known = before if type(before) is dict else {}
        body["usage"] = {
            **known,
            **{n: v for n, v in usage.items() if v is not None or n not in known},
        }
    for name in event.keys() - {"type", "delta", "usage"}:
        body[name] = event[name]


def split(body: dict[str, Any]) -> list[bytes]:
    """The events of a message, each as a server-sent event."""
    return [write(event, event["type"]) for event in _steps(body)]


def _steps(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**body, "content": []}
    last = {name: body[name] for name in ("stop_reason", "stop_sequence") if name in body}
    begun.update(dict.fromkeys(last))
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(body["content"]):
        at = {"index": index}
        empty, deltas = _deltas(block)
        yield {"type": "content_block_start", **at, "content_block": empty}
        for delta in deltas:
            yield {"type": "content_block_delta", **at, "delta": delta}
        yield {"type": "content_block_stop", **at}
    usage = body.get("usage")
    counted = usage.get("output_tokens") if type(usage) is dict else None
    said = {"usage": {"output_tokens": counted}} if counted is not None else {}
    yield {"type": "message_delta", "delta": last, **said}
    yield {"type": "message_stop"}


def _deltas(block: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The block as it begins, and what comes after."""
    if type(block) is not dict:
        return block, []
    kind, deltas = block.get("type"), []
    if kind == "text" and type(block.get("text")) is str:
        empty = {**block, "text": ""}
        if type(block.get("citations")) is list and block["citations"]:
            deltas += [{"type": "citations_delta", "citation": c} for c in block["citations"]]
            empty["citations"] = []
        deltas += [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        return empty, deltas
    if kind == "thinking" and type(block.get("thinking")) is str:
        empty = {**block, "thinking": ""}
        deltas += [{"type": "thinking_delta", "thinking": p} for p in pieces(block["thinking"])]
        if type(block.get("signature")) is str:
            empty["signature"] = ""
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return empty, deltas
    if kind in _STREAMED and type(block.get("input")) is dict and block["input"]:
        text = json_text(block["input"])
        deltas += [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(text)]
        return {**block, "input": {}}, deltas
    return block, deltas


def is_first_token(event: Event) -> bool:
    """Whether an event carries text, thinking, or arguments of a call."""
    delta = event.data.get("delta") if type(event.data) is dict else None
    if type(delta) is not dict or delta.get("type") not in _TOKEN:
        return False
    return any(delta.get(name) for name in ("text", "thinking", "partial_json"))
