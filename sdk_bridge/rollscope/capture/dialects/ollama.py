"""Ollama's own chat: the request, the answer and its stream of JSON lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from rollscope.capture.dialects.base import (
    Answer,
    Choice,
    Dialect,
    Message,
    NotThisDialect,
    Part,
    Request,
    Usage,
)
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.openai_chat import decode_chat, encode_chat
from rollscope.capture.dialects.parts import (
    body_of,
    careful,
    count,
    extra_of,
    is_plain,
    is_raw,
    pieces,
    raw_message,
    raw_of,
    raw_part,
    rest,
    text_of,
    with_extra,
)

_MESSAGE = {"role", "content", "thinking", "images", "tool_calls"}
_MADE = {"created_at": "1970-01-01T00:00:00Z", "done": True}


class Ollama(Dialect):
    """``…/api/chat``. Streams unless the request says that it is not to."""

    name = "ollama"

    def claims(self, path: str) -> bool:
        return path.endswith("/api/chat")

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        return type(body.get("messages")) is list and type(body.get("model")) is str

    def is_stream(self, path: str, body: dict[str, Any]) -> bool:
        return body.get("stream") is not False

    @careful
    def decode_request(self, body: Any, url: str = "") -> Request:
        return decode_chat(body, _decode_message)

    @careful
    def encode_request(self, request: Request) -> Any:
        return encode_chat(request, _encode_message)

    @careful
    def decode_answer(self, body: Any) -> Answer:
        message, reason = body["message"], body.get("done_reason")
        if type(message) is not dict:
            raise NotThisDialect("The body holds no message.")
        reason = reason if type(reason) is str else None
        known = {"message"} if reason is None else {"message", "done_reason"}
        choice = Choice(_decode_message(message), reason)
        return Answer((choice,), _usage(body), rest(body, known))

    @careful
    def encode_answer(self, answer: Answer) -> Any:
        [choice] = answer.choices
        body = {**(answer.extra or _made(answer)), "message": _encode_message(choice.message)}
        if choice.finish_reason is not None:
            body["done_reason"] = choice.finish_reason
        return body

    @careful
    def joined(self, events: Sequence[Event]) -> Any:
        body: dict[str, Any] = {}
        message: dict[str, Any] = {}
        for _, line in events:
            if type(line) is dict:
                said = line.get("message")
                _add(message, said if type(said) is dict else {})
                body.update(line)
        return {**body, "message": message} if body else body_of(None, "message")

    @careful
    def encode_stream(self, answer: Answer, url: str = "") -> list[bytes]:
        body = self.encode_answer(answer)
        message = body["message"]
        head = {name: body[name] for name in ("model", "created_at") if name in body}
        lines: list[dict[str, Any]] = []
        last = {**message, "content": ""} if type(message.get("content")) is str else message
        for name in ("thinking", "content"):
            if type(text := message.get(name)) is str:
                said = {n: v for n, v in message.items() if n == "role"}
                said |= {"content": ""} if "content" in message else {}
                lines += [
                    {**head, "message": {**said, name: piece}, "done": False}
                    for piece in pieces(text)
                ]
                last = {n: v for n, v in last.items() if n != name or not text or n == "content"}
        lines.append({**body, "message": last})
        return [orjson.dumps(line) + b"\n" for line in lines]

    def is_first_token(self, event: Event) -> bool:
        said = event.data.get("message") if type(event.data) is dict else None
        names = ("content", "thinking", "tool_calls")
        return type(said) is dict and any(said.get(name) for name in names)


def _add(whole: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        there = whole.get(name)
        grows = list if type(there) is list else str if name in ("content", "thinking") else None
        if grows is not None and type(there) is grows and type(value) is grows:
            whole[name] = there + value
        elif value is not None or name not in whole:
            whole[name] = value


def _decode_message(message: Any) -> Message:
    if type(message) is not dict:
        return raw_message(message)
    if is_plain(message):
        return message
    role, content = message.get("role"), message.get("content")
    if type(role) is not str or type(content) is not str:
        return raw_message(message)
    extra = rest(message, _MESSAGE)
    parts: list[Part] = []
    for name in ("thinking", "images", "tool_calls"):
        value = message.get(name)
        if name == "thinking" and type(value) is str:
            parts.append({"type": "reasoning", "text": value})
        elif name == "images" and type(value) is list and value:
            parts += map(_decode_image, value)
        elif name == "tool_calls" and type(value) is list and value:
            parts.append({"type": "text", "text": content})
            parts += map(_decode_call, value)
        elif name in message:
            extra[name] = value
    if parts and not any(part["type"] == "text" for part in parts):
        parts.append({"type": "text", "text": content})
    return with_extra({"role": role, "content": parts or content}, extra)


def _decode_image(value: Any) -> Part:
    if type(value) is not str:
        return raw_part(value, "images")
    return {"type": "image", "source": {"media_type": "image/*", "data": value}}


def _decode_call(call: Any) -> Part:
    function = call.get("function") if type(call) is dict else None
    if type(function) is not dict or type(function.get("name")) is not str:
        return raw_part(call, "tool_calls")
    if "arguments" not in function:
        return raw_part(call, "tool_calls")
    made: Part = {"type": "tool_call", "name": function["name"]}
    made["arguments"] = function["arguments"]
    extra = rest(call, {"function", "id"})
    if inner := rest(function, {"name", "arguments"}):
        extra["function"] = inner  # e.g. its index
    if "id" in call:
        made["id"] = call["id"]
    return with_extra(made, extra)


def _encode_message(message: Message) -> Any:
    if is_raw(message):
        return raw_of(message)
    if is_plain(message):
        return message
    made = {**extra_of(message), "role": message["role"]}
    content = message["content"]
    if type(content) is not list:
        return {**made, "content": content}
    made["content"] = text_of({"content": [part for part in content if part["type"] == "text"]})
    for part in content:
        kind, form = part["type"], part.get("form")
        if kind == "reasoning":
            made["thinking"] = part["text"]
        elif kind == "image":
            made.setdefault("images", []).append(part["source"].get("data"))
        elif kind == "tool_call":
            made.setdefault("tool_calls", []).append(_encode_call(part))
        elif kind == "raw" and form in ("images", "tool_calls"):
            made.setdefault(form, []).append(part["raw"])
    return made


def _encode_call(part: Part) -> Any:
    call = extra_of(part)
    inner = call.get("function")
    call["function"] = {**(inner or {}), "name": part["name"], "arguments": part["arguments"]}
    return {**call, "id": part["id"]} if "id" in part else call


def _usage(body: dict[str, Any]) -> Usage | None:
    asked, given = count(body, "prompt_eval_count"), count(body, "eval_count")
    model = body.get("model")
    if asked is None and given is None:
        return None
    return Usage(model if type(model) is str else None, asked, given)


def _made(answer: Answer) -> dict[str, Any]:
    """What the server would have said around an answer that was made by hand."""
    used = answer.usage or Usage()
    counts = {"prompt_eval_count": used.input_tokens or 0, "eval_count": used.output_tokens or 0}
    return {**_MADE, "model": used.model or "", **counts}
