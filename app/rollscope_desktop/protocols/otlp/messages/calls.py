"""Calls of tools that a model asked for, in the normal form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rollscope_desktop.protocols.otlp.lenient import parsed
from rollscope_desktop.protocols.otlp.messages.reading import (
    Part,
    first_text,
    listed,
    literal,
    text_of,
)

_IDS = ("call_id", "tool_call_id", "toolCallId", "toolUseId", "tool_use_id", "id")
_NAMES = ("name", "toolName", "tool_name")
_ARGUMENTS = ("args", "input", "server_tool_call", "parameters", "arguments_json")
_INNER = ("tool_call", "function", "toolUse", "functionCall", "function_call")
_FEW = 100
_WRAPPED = frozenset({"args", "kwargs", "sanitize_inputs_outputs"})
"""Keys of the arguments of a Python function, as decorators and smolagents note them."""


def call_part(call: dict[str, Any]) -> Part | None:
    """The call in whichever shape a client writes it; None if it names no tool."""
    id = call_id(call)
    for name in _INNER:
        if name in call and type(inner := call[name]) is dict:
            id = call_id(inner) or id
            call = inner
    if (tool := tool_name(call)) is None:
        return None
    part: Part = {"type": "tool_call"}
    if id is not None:
        part["id"] = id
    part["name"] = tool
    said = call.get("arguments")
    if said is None:
        said = next((call[name] for name in _ARGUMENTS if call.get(name) is not None), None)
    part["arguments"] = arguments(said)
    return part


def call_id(said: dict[str, Any]) -> str | None:
    """The id of a call, in the call itself or in its result."""
    return first_text(said, _IDS)


def tool_name(said: dict[str, Any]) -> str | None:
    """The name of the tool, in a call or in its result."""
    return first_text(said, _NAMES)


def arguments(said: Any) -> Any:
    """The value of arguments, which may be written as JSON; ``{}`` where none are told."""
    if said is None or said == "":
        return {}
    value = literal(said)
    return {} if value is None else unwrapped(value)


def unwrapped(value: Any) -> Any:
    """What a Python function was called with, without ``args`` or ``kwargs`` that are empty."""
    if type(value) is not dict or "kwargs" not in value or not value.keys() <= _WRAPPED:
        return value
    args, kwargs = value.get("args"), value["kwargs"]
    if not args:
        return kwargs
    if not kwargs:
        return args
    return {"args": args, "kwargs": kwargs}


def calls_of(message: dict[str, Any]) -> Iterator[Part]:
    """The calls that stand beside the content of a message."""
    for name in ("tool_calls", "toolCalls", "invalid_tool_calls"):
        for call in listed(parsed(message.get(name))):
            if type(call) is dict and (part := call_part(call)) is not None:
                yield part
    call = message.get("function_call")
    if type(call) is dict and (part := call_part(call)) is not None:
        yield part
    elif (tool := text_of(message.get("function_call_name"))) is not None:
        said = message.get("function_call_arguments_json")
        yield {"type": "tool_call", "name": tool, "arguments": arguments(said)}


def with_calls(parts: list[Part], calls: list[Part]) -> list[Part]:
    """The parts and the calls, each once: some clients tell a call in both places."""
    told = [part for part in parts if part["type"] == "tool_call"]
    if told:
        ids = {call["id"] for call in told if "id" in call}
        bare = [call for call in told if "id" not in call]
        calls = [
            call
            for call in calls
            if (call["id"] not in ids if "id" in call else call not in bare[:_FEW])
        ]
    return parts + calls if calls else parts
