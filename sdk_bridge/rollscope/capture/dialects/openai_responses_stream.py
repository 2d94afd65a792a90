"""Streams of OpenAI's responses: events into the whole response, and the response into events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rollscope.capture.dialects.base import NotThisDialect
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.parts import pieces
from rollscope.capture.dialects.sse import write

_ENDS = {"completed": "completed", "incomplete": "incomplete", "failed": "failed"}
# Which field of what a delta adds to: of the item itself, or of a part of one of its lists.
_OF_ITEM = {
    "response.function_call_arguments.delta": "arguments",
    "response.mcp_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
    "response.code_interpreter_call_code.delta": "code",
}
_OF_PART = {
    "response.output_text.delta": ("content", "content_index", "text", "output_text"),
    "response.refusal.delta": ("content", "content_index", "refusal", "refusal"),
    "response.reasoning_text.delta": ("content", "content_index", "text", "reasoning_text"),
    "response.reasoning_summary_text.delta": ("summary", "summary_index", "text", "summary_text"),
}
_FIRST = {*_OF_ITEM, *_OF_PART}


def joined(events: Sequence[Event]) -> Any:
    """The response: as its last event tells it, or as far as it had come."""
    body: dict[str, Any] | None = None
    items: dict[int, dict[str, Any]] = {}
    for _, event in events:
        if type(event) is not dict:
            continue
        response, kind = event.get("response"), event.get("type")
        if type(response) is dict and type(kind) is str:
            body = response
        elif type(index := event.get("output_index")) is int:
            _add(items, index, kind, event)
    if body is None:
        raise NotThisDialect("The stream holds no event of a response.")
    if items and not body.get("output"):
        body = {**body, "output": [items[index] for index in sorted(items)]}
    return body if type(body.get("output")) is list else {**body, "output": []}


def _add(items: dict[int, dict[str, Any]], index: int, kind: Any, event: dict[str, Any]) -> None:
    item, delta = event.get("item"), event.get("delta")
    if type(item) is dict and type(kind) is str:
        items[index] = {
            name: list(value) if type(value) is list else value for name, value in item.items()
        }
        return
    there = items.get(index)
    if there is None or type(kind) is not str or type(delta) is not str:
        return
    if kind in _OF_ITEM:
        name = _OF_ITEM[kind]
        before = there.get(name)
        there[name] = (before if type(before) is str else "") + delta
    elif kind in _OF_PART:
        name, number, field, type_ = _OF_PART[kind]
        at = event.get(number)
        parts = there.setdefault(name, [])
        if type(parts) is list and type(at) is int and 0 <= at <= len(parts):
            if at == len(parts):
                parts.append({"type": type_, field: ""})
            if type(parts[at].get(field)) is str:
                parts[at] = {**parts[at], field: parts[at][field] + delta}


def split(body: dict[str, Any]) -> list[bytes]:
    """The events of a response, each as a server-sent event."""
    return [
        write({**event, "sequence_number": number}, event["type"])
        for number, event in enumerate(_steps(body))
    ]


def _steps(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = {**body, "status": "in_progress", "output": []}
    if "usage" in body:
        begun["usage"] = None
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(body["output"]):
        at = {"output_index": index}
        shown = _bare(item) if type(item) is dict else item
        yield {"type": "response.output_item.added", **at, "item": shown}
        if type(item) is dict and shown is not item:
            yield from _inside(item, {"item_id": item.get("id", ""), **at})
        yield {"type": "response.output_item.done", **at, "item": item}
    status = body.get("status")
    end = _ENDS.get(status, "completed") if type(status) is str else "completed"
    yield {"type": f"response.{end}", "response": body}


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    """The item as it is when it begins; the same one if it comes as a whole."""
    kind = item.get("type")
    begun = {"status": "in_progress"} if "status" in item else {}
    if kind == "message" and _are_parts(item.get("content")):
        return {**item, **begun, "content": []}
    if kind == "function_call" and type(item.get("arguments")) is str:
        return {**item, **begun, "arguments": ""}
    if kind == "reasoning" and _are_parts(item.get("summary")) and item["summary"]:
        return {**item, **begun, "summary": []}
    return item


def _are_parts(parts: Any) -> bool:
    return type(parts) is list and all(type(part) is dict for part in parts)


def _inside(item: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = item["type"]
    if kind == "function_call":
        name = "response.function_call_arguments"
        for piece in pieces(item["arguments"]):
            yield {"type": f"{name}.delta", **at, "delta": piece}
        done = {"name": item.get("name"), "arguments": item["arguments"]}
        yield {"type": f"{name}.done", **at, **done}
    elif kind == "reasoning":
        name = "response.reasoning_summary"
        for number, part in enumerate(item["summary"]):
            yield from _part(part, {**at, "summary_index": number}, f"{name}_part", f"{name}_text")
    else:
        for number, part in enumerate(item["content"]):
            refused = part.get("type") == "refusal"
            text = "response.refusal" if refused else "response.output_text"
            yield from _part(part, {**at, "content_index": number}, "response.content_part", text)


def _part(
    part: dict[str, Any], at: dict[str, Any], name: str, text: str
) -> Iterator[dict[str, Any]]:
    field = "refusal" if part.get("type") == "refusal" else "text"
    said = part.get(field)
    shown = {**part, field: ""} if type(said) is str else part
    yield {"type": f"{name}.added", **at, "part": shown}
    if type(said) is str:
        more: dict[str, Any] = {"logprobs": []} if text == "response.output_text" else {}
        for piece in pieces(said):
            yield {"type": f"{text}.delta", **at, "delta": piece, **more}
        yield {"type": f"{text}.done", **at, field: said, **more}
    yield {"type": f"{name}.done", **at, "part": part}


def is_first_token(event: Event) -> bool:
    """Whether an event carries text, reasoning, or arguments of a call."""
    return type(event.data) is dict and event.data.get("type") in _FIRST
