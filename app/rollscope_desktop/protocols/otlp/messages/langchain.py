"""LangChain's messages as they are serialised: objects, ``{"type", "data"}``, and Python's repr."""

from __future__ import annotations

import ast
import re
from typing import Any

_REPR = re.compile(r"content=('|\")")
_FIELD = re.compile(r"\s(name|tool_call_id|status|id|additional_kwargs|artifact)=")
_LONGEST = 1 << 20
"""Characters of a repr that is read."""

_KINDS = frozenset(
    {"human", "ai", "system", "tool", "function", "chat", "developer", "AIMessageChunk",
     "HumanMessageChunk", "SystemMessageChunk", "ToolMessageChunk"}
)  # fmt: skip


def plain_message(value: dict[str, Any]) -> dict[str, Any] | None:
    """The fields of a serialised message, with its role; None if the value is none."""
    inner = value.get("kwargs") if "lc" in value else value.get("data")
    if type(inner) is not dict or "content" not in inner:
        return None
    told = (inner.get("role"), inner.get("type"), value.get("type"))
    said = next((one for one in told if type(one) is str and one in _KINDS), None)
    if said is None and "lc" in value:
        path = value.get("id")
        said = path[-1] if type(path) is list and path else "human"  # the class
    if type(said) is not str:
        return None
    return {**inner, "role": said, "type": None}


def result_in(text: str) -> Any:
    """The content of a tool's message that was made text by Python; None if the text is none."""
    if not text.startswith("content=") or len(text) > _LONGEST:
        return None
    found = _REPR.match(text)
    if found is None:
        return None
    quote, at = found[1], found.end()
    while (end := text.find(quote, at)) >= 0:
        escapes = 0
        while text[end - 1 - escapes] == "\\":
            escapes += 1
        if escapes % 2 == 0:
            break
        at = end + 1
    if end < 0 or not (end + 1 == len(text) or _FIELD.match(text, end + 1)):
        return None
    try:
        return ast.literal_eval(text[len("content=") : end + 1])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
