"""OpenAI's responses: the request and the whole answer.

``instructions`` are a system message in front, ``input`` as text is one message of the user, and
each item of the input is a message: a call of a function or reasoning one of the assistant, the
output of a function one of role "tool". The items of an answer are the parts of one message; the
first part of each message among them has, as its ``form``, what else the item says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollscope.capture.dialects import openai_responses_stream as streams
from rollscope.capture.dialects.base import (
    Answer,
    Choice,
    Dialect,
    Failure,
    Message,
    Part,
    Request,
    Tool,
    Usage,
)
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.openai_items import decode_items, encode_items
from rollscope.capture.dialects.parts import (
    body_of,
    careful,
    count,
    extra_of,
    named_tool,
    rest,
    text_of,
    with_extra,
)

_REQUEST = {"model", "instructions", "input", "tools"}
_FUNCTION = {"type", "name", "description", "parameters"}
_SIGNS = ("input", "prompt", "previous_response_id", "conversation")


class OpenAIResponses(Dialect):
    """``…/responses``, on whichever server."""

    name = "openai.responses"

    def claims(self, path: str) -> bool:
        return path.endswith("/responses")

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        asked = body.get("input")
        return type(asked) in (str, list) or (
            asked is None and any(sign in body for sign in _SIGNS) and "messages" not in body
        )

    @careful
    def decode_request(self, body: Any, url: str = "") -> Request:
        if type(body) is not dict:
            body_of(body, "input")
        settings, extra = rest(body, _REQUEST), {}
        messages: list[Message] = []
        model, asked, tools = body.get("model"), body.get("input"), body.get("tools")
        told = body.get("instructions")
        form = None
        if type(told) is str:
            messages.append({"role": "system", "content": told, "form": "instructions"})
        elif "instructions" in body:
            settings["instructions"] = told
        if type(asked) is str:
            messages.append({"role": "user", "content": asked})
            form = "text"
        elif type(asked) is list:
            messages += decode_items(asked)
        else:
            form = "absent"
            extra = {"input": asked} if "input" in body else {}
        if type(model) is not str:
            extra |= {"model": model} if "model" in body else {}
            model = None
        if type(tools) is not list or not tools:
            extra |= {"tools": tools} if "tools" in body else {}
            tools = []
        return Request(model, messages, [_decode_tool(t) for t in tools], settings, extra, form)

    @careful
    def encode_request(self, request: Request) -> Any:
        body = {**request.extra, **request.settings}
        if request.model is not None:
            body["model"] = request.model
        messages = request.messages
        if messages and messages[0].get("form") == "instructions":
            body["instructions"] = text_of(messages[0])
            messages = messages[1:]
        only = messages[0] if len(messages) == 1 else {}
        if request.form == "text" and only.keys() == {"role", "content"} and _says(only):
            body["input"] = only["content"]
        elif messages or request.form != "absent":
            body["input"] = encode_items(messages)
        if request.tools:
            body["tools"] = [_encode_tool(tool) for tool in request.tools]
        return body

    @careful
    def decode_answer(self, body: Any) -> Answer:
        body_of(body, "output")
        parts: list[Part] = []
        for message in decode_items(body["output"], answer=True):
            parts += message["content"]
        status, why = body.get("status"), body.get("incomplete_details")
        if type(why) is dict and type(why.get("reason")) is str:
            status = why["reason"]
        choice = Choice(
            {"role": "assistant", "content": parts}, status if type(status) is str else None
        )
        return Answer((choice,), _usage(body), rest(body, {"output"}))

    @careful
    def encode_answer(self, answer: Answer) -> Any:
        output = encode_items([choice.message for choice in answer.choices], answer=True)
        return {**(answer.extra or _made(answer)), "output": output}

    @careful
    def joined(self, events: Sequence[Event]) -> Any:
        return streams.joined(events)

    @careful
    def encode_stream(self, answer: Answer, url: str = "") -> list[bytes]:
        return streams.split(self.encode_answer(answer))

    def stream_error(self, events: Sequence[Event]) -> Failure | None:
        for event in reversed(events):
            if type(event.data) is not dict:
                continue
            if event.data.get("type") == "error":
                return self.decode_error(200, event.data)
            response = event.data.get("response")
            if type(response) is dict and type(response.get("error")) is dict:
                return self.decode_error(200, response)
        return Dialect.stream_error(self, events)

    def is_first_token(self, event: Event) -> bool:
        return streams.is_first_token(event)


def _says(message: Message) -> bool:
    return message["role"] == "user" and type(message["content"]) is str


def _decode_tool(tool: Any) -> Tool:
    if (
        type(tool) is not dict
        or tool.get("type") != "function"
        or type(tool.get("name")) is not str
    ):
        return named_tool(tool)
    made: Tool = {"name": tool["name"]}
    if "description" in tool:
        made["description"] = tool["description"]
    if "parameters" in tool:
        made["schema"] = tool["parameters"]
    return with_extra(made, rest(tool, _FUNCTION))


def _encode_tool(tool: Tool) -> Any:
    if "raw" in tool:
        return tool["raw"]
    made = {**extra_of(tool), "type": "function", "name": tool["name"]}
    if "description" in tool:
        made["description"] = tool["description"]
    if "schema" in tool:
        made["parameters"] = tool["schema"]
    return made


def _usage(body: dict[str, Any]) -> Usage | None:
    said, model = body.get("usage"), body.get("model")
    if type(said) is not dict:
        return None
    return Usage(
        model if type(model) is str else None,
        count(said, "input_tokens"),
        count(said, "output_tokens"),
        count(said, "input_tokens_details", "cached_tokens"),
        count(said, "input_tokens_details", "cache_write_tokens"),
        count(said, "output_tokens_details", "reasoning_tokens"),
    )


def _made(answer: Answer) -> dict[str, Any]:
    """What the provider would have said around an answer that was made by hand."""
    used = answer.usage or Usage()
    asked, given = used.input_tokens or 0, used.output_tokens or 0
    return {
        "id": "resp_0",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": used.model or "",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "metadata": {},
        "usage": {
            "input_tokens": asked,
            "input_tokens_details": {"cached_tokens": used.cache_read_tokens or 0},
            "output_tokens": given,
            "output_tokens_details": {"reasoning_tokens": used.reasoning_tokens or 0},
            "total_tokens": asked + given,
        },
    }
