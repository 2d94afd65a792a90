"""One message, in whichever way a client writes it, in the normal form of a model call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from rollscope_desktop.protocols.otlp.messages.calls import call_id, call_part, calls_of, with_calls
from rollscope_desktop.protocols.otlp.messages.langchain import plain_message
from rollscope_desktop.protocols.otlp.messages.parts import (
    parts_in,
    read_part,
    read_parts,
    result_content,
    words,
)
from rollscope_desktop.protocols.otlp.messages.reading import (
    Message,
    Part,
    Reading,
    listed,
    text_of,
)

_ROLES = {
    "system": "system", "developer": "developer", "user": "user", "assistant": "assistant",
    "tool": "tool", "human": "user", "ai": "assistant", "model": "assistant",
    "chatbot": "assistant", "function": "tool", "tool-call": "assistant",
    "tool-response": "tool", "tool_call": "assistant", "tool_response": "tool",
}  # fmt: skip

_ITEMS = {
    **dict.fromkeys(("function_call_output", "custom_tool_call_output"), "tool"),
    **dict.fromkeys(
        ("function_call", "reasoning", "custom_tool_call", "mcp_call", "web_search_call"),
        "assistant",
    ),
}
"""Items of OpenAI's responses that are no messages, and whose they are."""

_CONTENTS = ("content", "parts", "contents", "blocks", "text", "value")
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
_PLAIN = frozenset({"role", "content"})
_BESIDE = frozenset(
    {*_THOUGHTS, "refusal", "tool_calls", "toolCalls", "invalid_tool_calls", "function_call",
     "function_call_name", "additional_kwargs"}
)  # fmt: skip
_TALKERS = frozenset({"system", "developer", "user", "assistant"})
_THINKERS = ("thinking", "reasoning")
"""Roles that OpenLLMetry gave to what a model thinks before it speaks."""

_CALLING = "Calling tools:\n"
_LONGEST = 1 << 16


def read_message(said: Any, reading: Reading, role: str = "user") -> Message | None:
    """The message; ``role`` is whose it is where it does not say. None if there is nothing.

    Results of tools that stand inside a message stay parts of it.
    """
    if type(said) is str:
        return _made(role, read_parts(said, reading))
    if type(said) is not dict:
        return None
    if type(inner := said.get("message")) is dict:  # as OpenInference nests it
        said = inner
    if ("lc" in said or "data" in said) and (plain := plain_message(said)) is not None:
        said = plain
    content = said.get("content")
    if said.keys() == _PLAIN and _is_plain(said["role"], content):
        return {"role": said["role"], "content": content}
    kind = said.get("type")
    if type(kind) is str and kind in _ITEMS and "role" not in said:
        part = read_part(said, reading)
        return None if part is None else _made(_ITEMS[kind], [part])
    role = _role(said.get("role"), role)
    if role == "tool":
        return _of_tool(said, reading)
    parts = _content(said, reading)
    if role in _THINKERS:
        role, parts = "assistant", [{"type": "reasoning", "text": words(said.get("content"))}]
    if said.get("role") in ("tool-call", "tool_call"):
        parts = _called(parts)
    if not _BESIDE.isdisjoint(said):
        parts = _with_what_stands_beside(said, parts, reading)
    if not parts and role != "assistant":  # some senders know parts that are text alone
        reading.is_lossy = True
    made = _made(role, _ordered(parts))
    if (name := text_of(said.get("name"))) is not None:
        made["name"] = name
    return made


def _with_what_stands_beside(
    said: dict[str, Any], parts: list[Part], reading: Reading
) -> list[Part]:
    """The parts of the content, with what is not told in it: reasoning, refusals, calls."""
    parts = _thoughts(said) + parts
    if (refused := text_of(said.get("refusal"))) is not None:
        parts.append({"type": "refusal", "text": refused})
    return with_calls(parts, reading.parts(list(_calls(said))))


def _is_plain(role: Any, content: Any) -> bool:
    """Whether there is nothing to be read in a message: it is said by one of the four, as text."""
    return (
        type(content) is str
        and type(role) is str
        and role in _TALKERS
        and content[:1] not in ("[", "_", "<")
    )


def _role(said: Any, other: str) -> str:
    if type(said) is not str or not said:
        return other
    if (known := _ROLES.get(said)) is not None:
        return known
    bare = said.strip().lower().rpartition(".")[2]
    bare = bare.removesuffix("chunk").removesuffix("message")
    return _ROLES.get(bare) or _ROLES.get(bare.replace("_", "-")) or said[:200]


def _content(said: dict[str, Any], reading: Reading) -> list[Part]:
    """The parts of the content. Some clients write it in two ways: then the fuller one counts."""
    if "contents" in said and type(said.get("content")) is str:
        parts = read_parts(listed(said["contents"]), reading)
        if said["content"] and not any(part["type"] == "text" for part in parts):
            parts[:0] = read_parts(said["content"], reading)
        return parts
    for name in _CONTENTS:
        if (content := said.get(name)) is not None:
            return read_parts(content, reading)
    return []


def _thoughts(said: dict[str, Any]) -> list[Part]:
    """Reasoning that stands beside the content; a server that tells it twice says the same."""
    more = said.get("additional_kwargs")
    for held in (said, more if type(more) is dict else {}):
        for name in _THOUGHTS:
            if text := words(held.get(name)):
                return [{"type": "reasoning", "text": text}]
    return []


def _calls(said: dict[str, Any]) -> Iterator[Part]:
    yield from calls_of(said)
    more = said.get("additional_kwargs")
    if type(more) is dict and not said.get("tool_calls"):
        yield from calls_of(more)


def _called(parts: list[Part]) -> list[Part]:
    """The calls that smolagents puts into a text, as Python writes them."""
    if len(parts) != 1 or not str(parts[0].get("text")).startswith(_CALLING):
        return parts
    text = parts[0]["text"][len(_CALLING) :]
    try:
        calls = ast.literal_eval(text) if len(text) <= _LONGEST else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return parts
    found = calls if type(calls) is list else []
    made = [part for one in found if type(one) is dict and (part := call_part(one)) is not None]
    return made if made and len(made) == len(found) else parts


def _of_tool(said: dict[str, Any], reading: Reading) -> Message:
    """A message of a tool: one result, unless its parts say that they are results themselves."""
    content = next((said[name] for name in _CONTENTS if said.get(name) is not None), None)
    held = parts_in(content) if type(content) is str else listed(content)
    parts = read_parts(held, reading) if held else []
    if any(part["type"] in ("tool_result", "tool_call") for part in parts):
        return {"role": "tool", "content": parts}
    nested = bool(parts) and ("parts" in said or "contents" in said)
    if nested:
        content = _collapsed(parts)
    if not nested or type(content) is str:
        content = result_content(content, reading)
    made: Message = {"role": "tool", "content": content}
    if (id := text_of(said.get("tool_call_id")) or call_id(said)) is not None:
        made["tool_call_id"] = id
    name = text_of(said.get("name")) or text_of(said.get("tool_name"))
    if name is not None:
        made["name"] = name
    if said.get("status") == "error" or said.get("is_error") is True:
        made["extra"] = {"is_error": True}
    return made


def _ordered(parts: list[Part]) -> list[Part]:
    """Some clients write reasoning behind what it led to."""
    if len(parts) < 2 or parts[-1]["type"] != "reasoning":
        return parts
    last = len(parts)
    while last and parts[last - 1]["type"] == "reasoning":
        last -= 1
    return parts[last:] + parts[:last]


def _made(role: str, parts: list[Part]) -> Message:
    return {"role": role, "content": _collapsed(parts)}


def _collapsed(parts: list[Part]) -> Any:
    """One text is told as such; texts that are empty say nothing beside other parts."""
    if len(parts) > 1:
        parts = [part for part in parts if part != {"type": "text", "text": ""}] or parts[:1]
    if len(parts) == 1 and parts[0]["type"] == "text":
        return parts[0]["text"]
    return parts or ""
