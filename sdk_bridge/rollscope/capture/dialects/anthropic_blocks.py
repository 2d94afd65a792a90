"""The blocks of Anthropic's messages: text, pictures, thinking, uses and results of tools."""

from __future__ import annotations

from typing import Any

from rollscope.capture.dialects.base import Part
from rollscope.capture.dialects.parts import extra_of, is_text, raw_part, rest, with_extra

_CALL = {"type", "id", "name", "input"}
_RESULT = {"type", "tool_use_id", "content"}


def decode_content(content: Any) -> Any:
    """Text as it is; blocks as parts, the same list if it holds nothing but text."""
    if type(content) is str or all(map(is_text, content)):
        return content
    return [_decode_block(block) for block in content]


def encode_content(content: Any) -> Any:
    """The content as the provider writes it; the same list if it holds nothing but text."""
    if type(content) is not list or all(map(is_text, content)):
        return content
    return [_encode_part(part) for part in content]


def _decode_block(block: Any, inner: bool = False) -> Part:
    if is_text(block):
        return block
    kind = block.get("type") if type(block) is dict else None
    if kind == "text" and type(block.get("text")) is str:
        return {"type": "text", "text": block["text"], "extra": rest(block, {"type", "text"})}
    source = block.get("source") if kind == "image" else None
    if type(source) is dict and "type" in source:
        made: Part = {"type": "image", "source": source}
        return with_extra(made, rest(block, {"type", "source"}))
    if inner:
        return raw_part(block)  # blocks inside the result of a tool hold no further ones
    if kind == "tool_use" and type(block.get("name")) is str and _has(block, "id", "input"):
        made = {"type": "tool_call", "id": block["id"], "name": block["name"]}
        return with_extra({**made, "arguments": block["input"]}, rest(block, _CALL))
    if kind == "tool_result" and _has(block, "tool_use_id"):
        return _decode_result(block)
    if kind == "thinking" and type(block.get("thinking")) is str:
        made = {"type": "reasoning", "text": block["thinking"]}
        return with_extra(made, rest(block, {"type", "thinking"}))
    if kind == "redacted_thinking":
        made = {"type": "reasoning", "text": "", "form": "redacted"}
        return with_extra(made, rest(block, {"type"}))
    return raw_part(block)


def _has(block: dict[str, Any], *names: str) -> bool:
    return all(name in block for name in names)


def _decode_result(block: dict[str, Any]) -> Part:
    made: Part = {"type": "tool_result", "tool_call_id": block["tool_use_id"]}
    content = block.get("content")
    if type(content) is list:
        made["content"] = [_decode_block(inner, inner=True) for inner in content]
    elif "content" in block:
        made["content"] = content
    return with_extra(made, rest(block, _RESULT))


def _encode_part(part: Part) -> Any:
    kind, extra = part.get("type"), extra_of(part)
    if kind == "text":
        return {**extra, "type": "text", "text": part["text"]}
    if kind == "tool_call":
        call = {"type": "tool_use", "id": part["id"], "name": part["name"]}
        return {**extra, **call, "input": part["arguments"]}
    if kind == "tool_result":
        result = {**extra, "type": "tool_result", "tool_use_id": part["tool_call_id"]}
        if "content" in part:
            content = part["content"]
            plain = type(content) is not list
            result["content"] = content if plain else [_encode_part(inner) for inner in content]
        return result
    if kind == "reasoning":
        if part.get("form") == "redacted":
            return {**extra, "type": "redacted_thinking"}
        return {**extra, "type": "thinking", "thinking": part["text"]}
    if kind == "image":
        return {**extra, "type": "image", "source": _source(part["source"])}
    return part.get("raw", part)


def _source(source: dict[str, Any]) -> dict[str, Any]:
    """The source of a picture; one that was made by hand lacks its type."""
    if "type" in source:
        return source
    return {"type": "url" if "url" in source else "base64", **source}
