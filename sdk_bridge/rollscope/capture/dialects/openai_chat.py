"""OpenAI's chat completions, and every server that speaks them: the request and the whole answer.

A message's reasoning (``reasoning_content``, ``reasoning``), its refusal, ``tool_calls`` and the
older ``function_call`` are parts of its content, in this order around the content itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollscope.capture.dialects import openai_chat_stream as streams
from rollscope.capture.dialects.base import (
    Answer,
    Choice,
    Dialect,
    Message,
    NotThisDialect,
    Part,
    Request,
    Tool,
    Usage,
)
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.parts import (
    arguments_text,
    body_of,
    call_part,
    careful,
    count,
    extra_of,
    is_plain,
    is_raw,
    is_text,
    named_tool,
    raw_message,
    raw_of,
    raw_part,
    rest,
    with_extra,
)

_REQUEST = {"model", "messages", "tools"}
_PLACED = {"role", "content", "name", "tool_call_id"}
_REASONING = ("reasoning_content", "reasoning")
_FUNCTION = {"name", "description", "parameters"}
_CALL = {"id", "type", "function"}
_MADE = {"id": "chatcmpl-0", "object": "chat.completion", "created": 0}


class OpenAIChat(Dialect):
    """``…/chat/completions``, on whichever server, also under Azure's deployments."""

    name = "openai.chat"

    def claims(self, path: str) -> bool:
        return path.endswith("/completions")

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        return type(body.get("messages")) is list

    @careful
    def decode_request(self, body: Any, url: str = "") -> Request:
        return decode_chat(body, decode_message)

    @careful
    def encode_request(self, request: Request) -> Any:
        return encode_chat(request, encode_message)

    @careful
    def decode_answer(self, body: Any) -> Answer:
        body_of(body, "choices")
        choices, extras = [], []
        for choice in body["choices"]:
            if type(choice) is not dict or type(choice.get("message")) is not dict:
                raise NotThisDialect("A choice holds no message.")
            extra = rest(choice, {"message"})
            reason = extra.get("finish_reason")
            if type(reason) is str:
                del extra["finish_reason"]
            message = decode_message(choice["message"])
            choices.append(Choice(message, reason if type(reason) is str else None))
            extras.append(extra)
        extra = {**body, "choices": extras}
        if extras == [_usual(index) for index in range(len(extras))]:
            del extra["choices"]
        return Answer(tuple(choices), decode_usage(body), extra)

    @careful
    def encode_answer(self, answer: Answer) -> Any:
        extras = answer.extra.get("choices")
        extras = extras if type(extras) is list else []
        choices = []
        for index, choice in enumerate(answer.choices):
            extra = extras[index] if index < len(extras) else _usual(index)
            said = {"message": encode_message(choice.message)}
            if choice.finish_reason is not None:
                said["finish_reason"] = choice.finish_reason
            choices.append({**extra, **said})
        return {**(answer.extra or _made(answer)), "choices": choices}

    @careful
    def joined(self, events: Sequence[Event]) -> Any:
        return streams.joined(events)

    @careful
    def encode_stream(self, answer: Answer, url: str = "") -> list[bytes]:
        return streams.split(self.encode_answer(answer))

    def is_first_token(self, event: Event) -> bool:
        return streams.is_first_token(event)


def decode_chat(body: Any, message: Callable[[Any], Message]) -> Request:
    """The request of a body with messages and tools; ``message`` reads one of its messages."""
    body_of(body, "messages")
    model, tools = body.get("model"), body.get("tools")
    settings, extra = rest(body, _REQUEST), {}
    if type(model) is not str:
        extra = {"model": model} if "model" in body else {}
        model = None
    if type(tools) is not list or not tools:
        extra |= {"tools": tools} if "tools" in body else {}
        tools = []
    messages = [message(one) for one in body["messages"]]
    return Request(model, messages, [decode_tool(t) for t in tools], settings, extra)


def encode_chat(request: Request, message: Callable[[Message], Any]) -> dict[str, Any]:
    """The body of such a request."""
    body = {**request.extra}
    if request.model is not None:
        body["model"] = request.model
    body["messages"] = [message(one) for one in request.messages]
    if request.tools:
        body["tools"] = [encode_tool(tool) for tool in request.tools]
    return {**body, **request.settings}


def _usual(index: int) -> dict[str, Any]:
    """What stands beside a choice, unless something else was asked for."""
    return {"index": index, "logprobs": None}


def decode_message(message: Any) -> Message:
    """One message of a request or an answer in the normal form; the same dict if it is that."""
    if type(message) is not dict:
        return raw_message(message)
    if is_plain(message):
        return message
    role, content = message.get("role"), message.get("content")
    if type(role) is not str or not (content is None or type(content) in (str, list)):
        return raw_message(message)
    made: Message = {"role": role}
    for name in ("name", "tool_call_id"):
        if name in message:
            made[name] = message[name]
    extra = rest(message, _PLACED)
    before: list[Part] = []
    after: list[Part] = []
    for name in _REASONING:
        if type(extra.get(name)) is str and extra[name]:
            before.append({"type": "reasoning", "text": extra.pop(name)})
            if name != _REASONING[0]:
                before[0]["form"] = name
            break  # a server that gives both says the same in both
    if type(extra.get("refusal")) is str:
        after.append({"type": "refusal", "text": extra.pop("refusal")})
    call = extra.get("function_call")
    if type(call) is dict and _is_function(call):
        part = call_part(None, call["name"], call["arguments"])
        del part["id"]
        after.append({**part, "form": "function_call"})
        del extra["function_call"]
    calls = extra.get("tool_calls")
    if type(calls) is list and calls:
        after += map(_decode_call, calls)
        del extra["tool_calls"]
    if not before and not after:
        if type(content) is list:
            if made.keys() == message.keys() - {"content"} and all(map(is_text, content)):
                return message
            made["content"] = [_decode_part(part) for part in content]
        elif "content" in message:
            made["content"] = content
    else:
        made["content"] = before + _decode_content(message, made) + after
    return with_extra(made, extra)


def _decode_content(message: Message, made: Message) -> list[Part]:
    """The content as parts; a form where it is not what ``encode_message`` makes of them."""
    content = message.get("content")
    if content is None:
        if "content" not in message:
            made["form"] = "absent"
        return []
    if type(content) is str:
        return [{"type": "text", "text": content}]
    made["form"] = "list"
    return [_decode_part(part) for part in content]


def encode_message(message: Message) -> Any:
    """The message as the provider writes it; the same dict if it is that."""
    if is_raw(message):
        return raw_of(message)
    if is_plain(message):
        return message
    made = extra_of(message)
    for name in _PLACED:
        if name in message:
            made[name] = message[name]
    content = message.get("content")
    if type(content) is not list:
        return made
    said: list[Any] = []
    calls: list[Any] = []
    apart = False
    for part in content:
        kind = part.get("type")
        if kind == "tool_call" and part.get("form") == "function_call":
            made["function_call"] = {"name": part["name"], "arguments": arguments_text(part)}
        elif kind == "tool_call":
            calls.append(_encode_call(part))
        elif kind == "raw" and part.get("form") == "tool_calls":
            calls.append(part["raw"])
        elif kind == "reasoning":
            made[part.get("form") or _REASONING[0]] = part["text"]
        elif kind == "refusal":
            made["refusal"] = part["text"]
        else:
            said.append(_encode_part(part))
            continue
        apart = True
    if calls:
        made["tool_calls"] = calls
    form = message.get("form")
    made["content"] = said
    if apart and form != "list":
        if not said:
            made["content"] = None
            if form == "absent":
                del made["content"]
        elif len(said) == 1 and is_text(said[0]):
            made["content"] = said[0]["text"]
    return made


def _is_function(value: Any) -> bool:
    return (
        type(value) is dict
        and len(value) == 2
        and type(value.get("name")) is str
        and type(value.get("arguments")) is str
    )


def _decode_call(call: Any) -> Part:
    if type(call) is not dict or not _is_function(call.get("function")):
        return raw_part(call, "tool_calls")
    kind = call.get("type", "function")
    if kind != "function":
        return raw_part(call, "tool_calls")
    function = call["function"]
    part = call_part(call.get("id"), function["name"], function["arguments"])
    if "id" not in call:
        del part["id"]
    if "type" not in call:
        part["form"] = "untyped"
    return with_extra(part, rest(call, _CALL))


def _encode_call(part: Part) -> Any:
    call = extra_of(part)
    if "id" in part:
        call["id"] = part["id"]
    if part.get("form") != "untyped":
        call["type"] = "function"
    call["function"] = {"name": part["name"], "arguments": arguments_text(part)}
    return call


def _decode_part(part: Any) -> Part:
    if is_text(part):
        return part
    kind = part.get("type") if type(part) is dict else None
    if kind == "text" and type(part.get("text")) is str:
        return {"type": "text", "text": part["text"], "extra": rest(part, {"type", "text"})}
    if kind == "image_url" and part.keys() == {"type", "image_url"}:
        image = part["image_url"]
        if type(image) is dict and type(image.get("url")) is str:
            made: Part = {"type": "image", "source": {"url": image["url"]}}
            return with_extra(made, rest(image, {"url"}))
    return raw_part(part)


def _encode_part(part: Part) -> Any:
    kind = part.get("type")
    if kind == "text":
        return {**extra_of(part), "type": "text", "text": part["text"]}
    if kind == "image":
        return {"type": "image_url", "image_url": {**extra_of(part), "url": _address(part)}}
    return part.get("raw", part)


def _address(part: Part) -> Any:
    """Where a picture is; one that was given as data becomes a data URL."""
    source = part.get("source")
    if not isinstance(source, dict) or "url" in source:
        return source["url"] if source else ""
    return f"data:{source.get('media_type', 'image/png')};base64,{source.get('data', '')}"


def decode_tool(tool: Any) -> Tool:
    """One tool of a request."""
    if type(tool) is not dict or tool.get("type") != "function" or len(tool) != 2:
        return named_tool(tool)
    function = tool.get("function")
    if type(function) is not dict or type(function.get("name")) is not str:
        return named_tool(tool)
    made: Tool = {"name": function["name"]}
    if "description" in function:
        made["description"] = function["description"]
    if "parameters" in function:
        made["schema"] = function["parameters"]
    return with_extra(made, rest(function, _FUNCTION))


def encode_tool(tool: Tool) -> Any:
    """The tool as the provider writes it."""
    if "raw" in tool:
        return tool["raw"]
    function = {**extra_of(tool), "name": tool["name"]}
    if "description" in tool:
        function["description"] = tool["description"]
    if "schema" in tool:
        function["parameters"] = tool["schema"]
    return {"type": "function", "function": function}


def decode_usage(body: dict[str, Any]) -> Usage | None:
    """The usage of a chat completion, a completion or embeddings."""
    said, model = body.get("usage"), body.get("model")
    if type(said) is not dict:
        return None
    asked, given = count(said, "prompt_tokens"), count(said, "completion_tokens")
    thought = count(said, "completion_tokens_details", "reasoning_tokens")
    cached = count(said, "prompt_tokens_details", "cached_tokens")
    if cached is None:
        cached = count(said, "prompt_cache_hit_tokens")
    if thought and count(said, "total_tokens") == (asked or 0) + (given or 0) + thought:
        given = (given or 0) + thought  # some servers count reasoning apart, and the total tells
    written = count(said, "prompt_tokens_details", "cache_write_tokens")
    model = model if type(model) is str else None
    return Usage(model, asked, given, cached, written, thought)


def _made(answer: Answer) -> dict[str, Any]:
    """What the provider would have said around an answer that was made by hand."""
    used = answer.usage or Usage()
    asked, given = used.input_tokens or 0, used.output_tokens or 0
    usage = {"prompt_tokens": asked, "completion_tokens": given, "total_tokens": asked + given}
    return {**_MADE, "model": used.model or "", "usage": usage}
