"""Requests and answers as clients note them whole: bodies of providers, states of chains, texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rollscope_desktop.protocols.otlp.messages.answers import (
    Choice,
    read_choices,
    reason_of,
    with_reasons,
)
from rollscope_desktop.protocols.otlp.messages.calls import unwrapped
from rollscope_desktop.protocols.otlp.messages.langchain import plain_message
from rollscope_desktop.protocols.otlp.messages.message import read_message
from rollscope_desktop.protocols.otlp.messages.parts import is_part, result_content
from rollscope_desktop.protocols.otlp.messages.reading import Message, Reading, text_of
from rollscope_desktop.protocols.otlp.messages.thread import in_front, read_thread, whole
from rollscope_desktop.protocols.otlp.messages.tools import Tool, read_tools

_SYSTEM = ("system", "instructions", "system_instruction", "systemInstruction")
_MESSAGES = ("messages", "input", "contents", "items", "prompt", "prompts", "chat_history")
_TOOLS = ("tools", "functions")
_AROUND_REQUEST = ("inputs", "kwargs", "request", "body", "llm_request", "input")
_AROUND_ANSWER = ("outputs", "response", "llm_response", "message", "output", "result", "answer")
_ITEMS = frozenset(
    {"message", "reasoning", "function_call", "function_call_output", "custom_tool_call"}
)
_SPOKEN = frozenset({"content", "name", "tool_calls", "finish_reason", "refusal"})
"""Keys of a message whose role goes without saying."""

_BESIDE = frozenset({"tags", "metadata", "kwargs", "inputs", "outputs", "output", "input_str"})
"""Keys of what LangChain's callbacks are called with, which OpenLLMetry notes."""
_DEPTH = 4
_FEW = 100
"""Items of a list or an object that are looked into."""


class Asked(NamedTuple):
    """What a request says; the system prompt stands in front of the messages."""

    messages: list[Message]
    tools: list[Tool]


def request_in(said: Any, reading: Reading, depth: int = _DEPTH) -> Asked | None:
    """The request in a value; None if it is none."""
    if type(said) is str:
        return Asked(read_thread(said, reading), []) if said else None
    if type(said) is list:
        return Asked(read_thread(said, reading), []) if is_thread(said) else None
    if type(said) is not dict or depth <= 0:
        return None
    if is_message(said):
        return Asked(read_thread(said, reading), [])
    config = held if type(held := said.get("config")) is dict else {}
    for name in _MESSAGES:
        found = said.get(name)
        if (type(found) is str and found) or (
            type(found) is list and (is_thread(found) or all(type(one) is str for one in found))
        ):
            messages = read_thread(found, reading)
            told = next((v for k in _SYSTEM if (v := said.get(k) or config.get(k))), None)
            tools = next((v for k in _TOOLS if (v := said.get(k) or config.get(k))), None)
            return Asked(in_front(system_in(told, reading), messages), read_tools(tools))
    for name in _AROUND_REQUEST:
        found = said.get(name)
        if type(found) in (dict, list) and (inner := request_in(found, reading, depth - 1)):
            return inner
    return None


def system_in(said: Any, reading: Reading) -> list[Message]:
    """The system prompt, told apart from the messages."""
    if type(said) is dict and not is_part(said):
        said = said.get("parts", said.get("content"))
    if not said:
        return []
    parts = type(said) is not list or all(type(one) is str or is_part(one) for one in said)
    read = [
        read_message(one, reading, "system") for one in ([{"content": said}] if parts else said)
    ]
    return whole(message for message in read if message is not None and message["content"])


def answer_in(
    said: Any, reading: Reading, reasons: Sequence[str] = (), depth: int = _DEPTH
) -> list[Choice]:
    """The choices in a value; none if it is no answer."""
    if depth <= 0:
        return []
    if type(said) is str:
        return _choices(said, reading, reasons) if said else []
    if type(said) is list:
        if len(said) == 1 and type(said[0]) is list:  # LangChain's generations of one prompt
            said = said[0]
        if not is_thread(said):
            return [c for one in said[:1] for c in answer_in(one, reading, reasons, depth - 1)]
        return _choices(said, reading, reasons)
    if type(said) is not dict:
        return []
    for name in ("choices", "candidates", "generations"):
        if type(several := said.get(name)) is list:
            return _several(several, reading, reasons, depth)
    reason = reason_of(said)
    told = reasons if reason is None else [reason]
    if type(said.get("content")) is dict:  # Gemini's, whose content is the message
        return _choices(said["content"], reading, told)
    if is_message(said) or type(said.get("content")) is list:
        return _choices(said, reading, told)
    for name in _AROUND_ANSWER:
        if type(found := said.get(name)) in (dict, list):
            return answer_in(found, reading, told, depth - 1)
    if type(messages := said.get("messages")) is list and is_thread(messages):
        return _choices(messages[-1:], reading, told)
    for name in ("text", "combined_chunk_content", "completion", *_AROUND_ANSWER):
        if (text := text_of(said.get(name))) is not None:
            return _choices(text, reading, told)
    return []


def _several(
    several: list[Any], reading: Reading, reasons: Sequence[str], depth: int
) -> list[Choice]:
    found: list[Choice] = []
    if len(several) == 1 and type(several[0]) is list:
        several = several[0]
    for number, one in enumerate(reading.parts(several)):
        own = reason_of(one)
        reason = own or next(iter(reasons[number : number + 1]), None)
        inner = one.get("message") or one.get("delta") if type(one) is dict else None
        held = inner if type(inner) is dict else one
        found += answer_in(held, reading, [] if reason is None else [reason], depth - 1)[:1]
    return found


def _choices(said: Any, reading: Reading, reasons: Sequence[str]) -> list[Choice]:
    choices, _ = read_choices(said, reading)
    return with_reasons(choices, reasons)


def is_message(said: Any) -> bool:
    """Whether a value is a message, or an item of a response, and not any object."""
    if type(said) is not dict:
        return False
    if type(said.get("role")) is str:
        return any(name in said for name in ("content", "parts", "tool_calls", "function_call"))
    if "content" in said and said.keys() <= _SPOKEN:
        return True
    if plain_message(said) is not None:
        return True
    return type(kind := said.get("type")) is str and kind in _ITEMS and len(said) > 1


def is_thread(said: Any) -> bool:
    """Whether a list is one of messages, or of lists of them."""
    if type(said) is not list or not said:
        return False
    first = said[0][0] if type(said[0]) is list and said[0] else said[0]
    return is_message(first)


def bare(said: Any) -> Any:
    """What a function was called with, or gave back, without what is put around it."""
    if type(said) is not dict:
        return said
    if "kwargs" in said and said.keys() <= _BESIDE:
        for name in ("inputs", "outputs", "output", "input_str"):
            if said.get(name) is not None:
                return said[name]
        return said
    return unwrapped(said)


def simplified(said: Any, reading: Reading, depth: int = _DEPTH) -> Any:
    """A plain value in which a serialised message of a tool is its content, and other messages are
    in the normal form."""
    if depth <= 0 or type(said) not in (dict, list):
        return said
    if type(said) is list:
        if said and all(map(_is_serialised, said)):
            return read_thread(said, reading)
        held = [simplified(one, reading, depth - 1) for one in said[:_FEW]]
        return [*held, *said[_FEW:]]
    if (message := plain_message(said)) is not None:
        if message["role"] in ("tool", "ToolMessage"):
            return result_content(message["content"], reading)
        return read_message(said, reading)
    if len(said) > _FEW:
        return said
    return {name: simplified(one, reading, depth - 1) for name, one in said.items()}


def _is_serialised(one: Any) -> bool:
    return type(one) is dict and plain_message(one) is not None
