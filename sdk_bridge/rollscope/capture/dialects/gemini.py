"""Gemini's generateContent, also through Vertex AI: the request and the whole answer.

The model is named in the URL. ``generationConfig`` becomes the settings; all other fields beside
the conversation and the tools are ``extra``. The role "model" is "assistant" in the normal form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from rollscope.capture.dialects import gemini_stream as streams
from rollscope.capture.dialects.base import Answer, Choice, Dialect, Message, Request, Tool, Usage
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.gemini_parts import decode_part, encode_part
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

_REQUEST = {"contents", "systemInstruction", "generationConfig", "tools"}
_VERBS = (":generateContent", ":streamGenerateContent")
_SIGNS = {"candidates", "promptFeedback", "usageMetadata"}
_DECLARED = {"name", "description"}
_SCHEMAS = ("parameters", "parametersJsonSchema", "parameters_json_schema")  # clients send both


class Gemini(Dialect):
    """``…/models/X:generateContent``, and ``:streamGenerateContent`` with ``alt=sse`` or not."""

    name = "gemini"

    def claims(self, path: str) -> bool:
        return path.endswith(_VERBS)

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        return type(body.get("contents")) is list

    def is_stream(self, path: str, body: dict[str, Any]) -> bool:
        return path.endswith(_VERBS[1])

    @careful
    def decode_request(self, body: Any, url: str = "") -> Request:
        body_of(body, "contents")
        extra, messages = rest(body, _REQUEST), []
        told, settings, tools = (
            body.get(name) for name in ("systemInstruction", "generationConfig", "tools")
        )
        if type(told) is dict and type(told.get("parts")) is list:
            parts = [decode_part(part) for part in told["parts"]]
            messages.append(with_extra({"role": "system", "content": parts}, rest(told, {"parts"})))
        elif "systemInstruction" in body:
            extra["systemInstruction"] = told
        messages += [decode_message(content) for content in body["contents"]]
        if type(settings) is not dict or not settings:
            extra |= {"generationConfig": settings} if "generationConfig" in body else {}
            settings = {}
        if type(tools) is not list or not tools:
            extra |= {"tools": tools} if "tools" in body else {}
            tools = []
        return Request(_model_in(url), messages, _decode_tools(tools), settings, extra)

    @careful
    def encode_request(self, request: Request) -> Any:
        body = {**request.extra}
        messages = request.messages
        if messages and messages[0]["role"] == "system" and not is_raw(messages[0]):
            told = encode_message(messages[0])
            del told["role"]
            body["systemInstruction"] = {**told, **extra_of(messages[0])}
            messages = messages[1:]
        body["contents"] = [encode_message(message) for message in messages]
        if request.settings:
            body["generationConfig"] = request.settings
        if request.tools:
            body["tools"] = _encode_tools(request.tools)
        return body

    def encode_url(self, request: Request, url: str) -> str:
        named = _model_in(url)
        if named is None or not request.model or named == request.model:
            return url
        path, mark, query = url.partition("?")
        head, _, tail = path.rpartition("/")
        verb = tail.rpartition(":")[2]
        return f"{head}/{quote(request.model, safe='')}:{verb}{mark}{query}"

    @careful
    def decode_answer(self, body: Any) -> Answer:
        if type(body) is list:
            body = streams.joined([Event(None, chunk) for chunk in body])
        if type(body) is not dict or not _SIGNS & body.keys():
            body_of(body, "candidates")  # there are none when the prompt is refused
        choices, extras = [], []
        given = body.get("candidates")
        for candidate in given if type(given) is list else ():
            content, reason = candidate.get("content"), candidate.get("finishReason")
            message = decode_message(content) if "content" in candidate else _NOTHING
            choices.append(Choice(message, reason if type(reason) is str else None))
            known = {"content", "finishReason"} if type(reason) is str else {"content"}
            extras.append(rest(candidate, known))
        extra = {**body, "candidates": extras} if type(given) is list else body
        return Answer(tuple(choices), _usage(body), extra)

    @careful
    def encode_answer(self, answer: Answer) -> Any:
        extras = answer.extra.get("candidates")
        extras = extras if type(extras) is list else []
        candidates = []
        for index, choice in enumerate(answer.choices):
            candidate = {**(extras[index] if index < len(extras) else {"index": index})}
            if choice.message != _NOTHING:
                candidate["content"] = encode_message(choice.message)
            if choice.finish_reason is not None:
                candidate["finishReason"] = choice.finish_reason
            candidates.append(candidate)
        body = {**(answer.extra or _made(answer))}
        if candidates or type(body.get("candidates")) is list:
            body["candidates"] = candidates
        return body

    @careful
    def joined(self, events: Sequence[Event]) -> Any:
        return streams.joined(events)

    @careful
    def encode_stream(self, answer: Answer, url: str = "") -> list[bytes]:
        framed = not url or "alt=sse" in url.partition("?")[2]
        return streams.split(self.encode_answer(answer), framed)

    def is_first_token(self, event: Event) -> bool:
        return streams.is_first_token(event)


_NOTHING: Message = {"role": "assistant", "content": None, "form": "absent"}


def _model_in(url: str) -> str | None:
    name, _, verb = url.partition("?")[0].rpartition("/")[2].rpartition(":")
    return (unquote(name) or None) if f":{verb}" in _VERBS else None


def decode_message(content: Any) -> Message:
    """One content (a role and its parts) as a message."""
    if type(content) is not dict:
        return raw_message(content)
    role, parts = content.get("role"), content.get("parts")
    if role == "model":
        made: Message = {"role": "assistant"}
    elif role == "user":
        made = {"role": "user"}
    elif "role" not in content:
        made = {"role": "user", "form": "no role"}
    else:
        return raw_message(content)
    if type(parts) is list:
        made["content"] = [decode_part(part) for part in parts]
        return made if len(content) == 2 else with_extra(made, rest(content, {"role", "parts"}))
    made["content"] = []
    extra = rest(content, {"role"})  # "parts" is not there, or is something odd
    return with_extra({**made, "form": {"parts": False, "role": "role" in content}}, extra)


def encode_message(message: Message) -> Any:
    """The message as the provider writes it."""
    if is_raw(message):
        return raw_of(message)
    role, form = message["role"], message.get("form")
    said, extra = message.get("content"), extra_of(message)
    odd = form if type(form) is dict else {"parts": True, "role": form != "no role"}
    made = {**extra}
    if odd["role"]:
        made["role"] = "model" if role == "assistant" else "user" if role == "tool" else role
    if said or odd["parts"]:
        parts = [{"type": "text", "text": said}] if type(said) is str else said or []
        made["parts"] = [encode_part(part) for part in parts]
    return made


def _decode_tools(groups: list[Any]) -> list[Tool]:
    """The functions of all groups; the first of a group that follows on another says so."""
    tools: list[Tool] = []
    for group in groups:
        functions = group.get("functionDeclarations") if type(group) is dict else None
        if type(functions) is not list or not functions or len(group) != 1:
            tools.append(named_tool(group))
            continue
        declared = [_decode_function(function) for function in functions]
        if tools and "raw" not in tools[-1]:
            declared[0] = {**declared[0], "form": {**declared[0].get("form", {}), "group": True}}
        tools += declared
    return tools


def _decode_function(function: Any) -> Tool:
    if type(function) is not dict or type(function.get("name")) is not str:
        return {"name": "", "form": {"raw": function}}
    made: Tool = {"name": function["name"]}
    if "description" in function:
        made["description"] = function["description"]
    schema = next((name for name in _SCHEMAS if name in function), None)
    if schema:
        made["schema"] = function[schema]
        if schema != _SCHEMAS[0]:
            made["form"] = {"schema": schema}
    return with_extra(made, rest(function, {*_DECLARED, schema} if schema else _DECLARED))


def _encode_tools(tools: list[Tool]) -> list[Any]:
    groups: list[Any] = []
    functions: list[Any] | None = None
    for tool in tools:
        form = tool.get("form") or {}
        if "raw" in tool:
            groups.append(tool["raw"])
            functions = None
            continue
        if functions is None or form.get("group"):
            functions = []
            groups.append({"functionDeclarations": functions})
        functions.append(form["raw"] if "raw" in form else _encode_function(tool, form))
    return groups


def _encode_function(tool: Tool, form: dict[str, Any]) -> Any:
    made = {**extra_of(tool), "name": tool["name"]}
    if "description" in tool:
        made["description"] = tool["description"]
    if "schema" in tool:
        made[form.get("schema") or _SCHEMAS[0]] = tool["schema"]
    return made


def _usage(body: dict[str, Any]) -> Usage | None:
    said, model = body.get("usageMetadata"), body.get("modelVersion")
    if type(said) is not dict:
        return None
    thought = count(said, "thoughtsTokenCount")
    return Usage(
        model if type(model) is str else None,
        total(count(said, "promptTokenCount"), count(said, "toolUsePromptTokenCount")),
        total(count(said, "candidatesTokenCount"), thought),  # counted apart
        count(said, "cachedContentTokenCount"),
        None,
        thought,
    )


def _made(answer: Answer) -> dict[str, Any]:
    """What the provider would have said around an answer that was made by hand."""
    used = answer.usage or Usage()
    asked, given = used.input_tokens or 0, used.output_tokens or 0
    counted = {"promptTokenCount": asked, "candidatesTokenCount": given}
    return {
        "usageMetadata": {**counted, "totalTokenCount": asked + given},
        "modelVersion": used.model or "",
    }
