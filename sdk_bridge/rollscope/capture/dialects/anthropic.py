"""Anthropic's messages, also through Vertex AI and Bedrock: the request and the whole answer.

``system`` is a system message in front. A message of role system that stands first in the list
itself has the form "listed". Where the model is named in the URL, the request has the form "url".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from rollscope.capture.dialects import anthropic_stream as streams
from rollscope.capture.dialects.anthropic_blocks import decode_content, encode_content
from rollscope.capture.dialects.base import (
    Answer,
    Choice,
    Dialect,
    Message,
    Request,
    Tool,
    Usage,
)
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.parts import (
    body_of,
    careful,
    count,
    extra_of,
    is_raw,
    named_tool,
    raw_message,
    raw_of,
    rest,
    total,
    with_extra,
)

_REQUEST = {"model", "system", "messages", "tools"}
_TOOL = {"name", "description", "input_schema"}
_ANSWER = {"role", "content", "stop_reason"}
_MADE = {"id": "msg_0", "type": "message", "stop_sequence": None}
_VERBS = (":rawPredict", ":streamRawPredict", "/invoke")


class Anthropic(Dialect):
    """``…/messages``; ``…/models/X:rawPredict`` of Vertex AI, ``…/model/X/invoke`` of Bedrock.

    Bedrock's streams have a binary framing that is not read.
    """

    name = "anthropic"

    def claims(self, path: str) -> bool:
        return path.endswith(("/messages", *_VERBS))

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        sign = "anthropic_version" if path.endswith(_VERBS) else "max_tokens"
        return type(body.get("messages")) is list and sign in body

    def is_stream(self, path: str, body: dict[str, Any]) -> bool:
        return body.get("stream") is True or path.endswith(_VERBS[1])

    @careful
    def decode_request(self, body: Any, url: str = "") -> Request:
        body_of(body, "messages")
        settings, extra = rest(body, _REQUEST), {}
        messages = [_decode_message(message) for message in body["messages"]]
        if messages and messages[0]["role"] == "system" and not is_raw(messages[0]):
            messages[0] = {**messages[0], "form": "listed"}
        system, model, tools = body.get("system"), body.get("model"), body.get("tools")
        if type(system) in (str, list):
            messages.insert(0, {"role": "system", "content": decode_content(system)})
        elif "system" in body:
            settings["system"] = system
        form = None
        if type(model) is not str:
            extra = {"model": model} if "model" in body else {}
            model = None if extra else _model_in(url)
            form = "url" if model is not None else None
        if type(tools) is not list or not tools:
            extra |= {"tools": tools} if "tools" in body else {}
            tools = []
        return Request(model, messages, [_decode_tool(t) for t in tools], settings, extra, form)

    @careful
    def encode_request(self, request: Request) -> Any:
        body = {**request.extra}
        if request.model is not None and request.form != "url":
            body["model"] = request.model
        messages = request.messages
        if messages and messages[0]["role"] == "system" and "form" not in messages[0]:
            body["system"] = encode_content(messages[0]["content"])
            messages = messages[1:]
        body["messages"] = [_encode_message(message) for message in messages]
        if request.tools:
            body["tools"] = [_encode_tool(tool) for tool in request.tools]
        return {**body, **request.settings}

    def encode_url(self, request: Request, url: str) -> str:
        named = _model_in(url)
        if named is None or not request.model or named == request.model:
            return url
        head, mark, tail = url.partition(_quoted(url))
        return head + quote(request.model, safe="@:") + tail if mark else url

    @careful
    def decode_answer(self, body: Any) -> Answer:
        body_of(body, "content")
        extra, reason = rest(body, {"content"}), body.get("stop_reason")
        if type(reason) is str:
            del extra["stop_reason"]
        role = body.get("role")
        if type(role) is str:
            del extra["role"]
        message: Message = {"role": "assistant", "content": decode_content(body["content"])}
        if role != "assistant":
            message |= {"role": role} if type(role) is str else {"form": "no role"}
        choice = Choice(message, reason if type(reason) is str else None)
        return Answer((choice,), _usage(body), extra)

    @careful
    def encode_answer(self, answer: Answer) -> Any:
        [choice] = answer.choices
        content = choice.message["content"]
        if type(content) is str:
            content = [{"type": "text", "text": content}]
        body = {"role": choice.message["role"], "content": encode_content(content)}
        if choice.message.get("form") == "no role":
            del body["role"]
        if choice.finish_reason is not None:
            body["stop_reason"] = choice.finish_reason
        return {**body, **(answer.extra or _made(answer))}

    @careful
    def joined(self, events: Sequence[Event]) -> Any:
        return streams.joined(events)

    @careful
    def encode_stream(self, answer: Answer, url: str = "") -> list[bytes]:
        return streams.split(self.encode_answer(answer))

    def is_first_token(self, event: Event) -> bool:
        return streams.is_first_token(event)


def _quoted(url: str) -> str:
    """The model in a URL as it stands there, "" if it names none."""
    path = url.partition("?")[0]
    for mark, ends in (("/models/", _VERBS[:2]), ("/model/", ("/invoke",))):
        _, found, name = path.rpartition(mark)
        end = next((end for end in ends if name.endswith(end)), "")
        if found and end:
            return name.removesuffix(end)
    return ""


def _model_in(url: str) -> str | None:
    return unquote(_quoted(url)) or None


def _decode_message(message: Any) -> Message:
    if (
        type(message) is not dict
        or type(message.get("role")) is not str
        or message["role"] == "tool"
    ):
        return raw_message(message)
    content = message.get("content")
    if type(content) is str:
        if len(message) == 2:
            return message
    elif type(content) is not list:
        return raw_message(message)
    else:
        parts = decode_content(content)
        if parts is content and len(message) == 2:
            return message
        content = parts
    made = {"role": message["role"], "content": content}
    return with_extra(made, rest(message, {"role", "content"}))


def _encode_message(message: Message) -> Any:
    if is_raw(message):
        return raw_of(message)
    content = encode_content(message["content"])
    if content is message["content"] and len(message) == 2:
        return message
    role = message["role"]
    if role == "tool":  # as other providers have it
        id = message.get("tool_call_id")
        result = {"type": "tool_result", "tool_use_id": id, "content": content}
        return {"role": "user", "content": [result]}
    return {**extra_of(message), "role": role, "content": content}


def _decode_tool(tool: Any) -> Tool:
    if type(tool) is not dict or type(tool.get("name")) is not str or "input_schema" not in tool:
        return named_tool(tool)
    made: Tool = {"name": tool["name"]}
    if "description" in tool:
        made["description"] = tool["description"]
    made["schema"] = tool["input_schema"]
    return with_extra(made, rest(tool, _TOOL))


def _encode_tool(tool: Tool) -> Any:
    if "raw" in tool:
        return tool["raw"]
    made = {**extra_of(tool), "name": tool["name"]}
    if "description" in tool:
        made["description"] = tool["description"]
    made["input_schema"] = tool.get("schema", {"type": "object"})
    return made


def _usage(body: dict[str, Any]) -> Usage | None:
    said, model = body.get("usage"), body.get("model")
    if type(said) is not dict:
        return None
    read, written = (
        count(said, f"cache_{way}_input_tokens") for way in ("read", "creation")
    )  # counted apart from what was read anew
    return Usage(
        model if type(model) is str else None,
        total(count(said, "input_tokens"), read, written),
        count(said, "output_tokens"),
        read,
        written,
        count(said, "output_tokens_details", "thinking_tokens"),
    )


def _made(answer: Answer) -> dict[str, Any]:
    """What the provider would have said around an answer that was made by hand."""
    used = answer.usage or Usage()
    fresh = (
        (used.input_tokens or 0) - (used.cache_read_tokens or 0) - (used.cache_write_tokens or 0)
    )
    usage = {
        "input_tokens": max(fresh, 0),
        "cache_creation_input_tokens": used.cache_write_tokens or 0,
        "cache_read_input_tokens": used.cache_read_tokens or 0,
        "output_tokens": used.output_tokens or 0,
    }
    return {**_MADE, "model": used.model or "", "usage": usage}
