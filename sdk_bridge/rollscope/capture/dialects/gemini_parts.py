"""The parts of Gemini's contents: text, thoughts, pictures, function calls and their results."""

from __future__ import annotations

from typing import Any

from rollscope.capture.dialects.base import Part
from rollscope.capture.dialects.parts import extra_of, raw_part, rest, with_extra

_CALL = {"name", "args", "id"}
_RESULT = {"name", "response", "id"}


def decode_part(part: Any) -> Part:
    """One part; what is no text, picture, call or result stays raw."""
    if type(part) is not dict:
        return raw_part(part)
    if "text" in part:
        return _decode_text(part)
    for name, decode in _DECODERS.items():
        if type(inner := part.get(name)) is dict:
            made = decode(inner)
            return raw_part(part) if made is None else with_extra(made, rest(part, {name}))
    return raw_part(part)


def _decode_text(part: dict[str, Any]) -> Part:
    if type(part["text"]) is not str:
        return raw_part(part)
    if len(part) == 1:
        return {"type": "text", "text": part["text"]}
    if part.get("thought") is True:
        made = {"type": "reasoning", "text": part["text"]}
        return with_extra(made, rest(part, {"text", "thought"}))
    return {"type": "text", "text": part["text"], "extra": rest(part, {"text"})}


def _decode_call(call: dict[str, Any]) -> Part | None:
    if type(call.get("name")) is not str or not call.keys() <= _CALL:
        return None
    made: Part = {"type": "tool_call", "name": call["name"], "arguments": call.get("args", {})}
    if "args" not in call:
        made["form"] = "no args"
    if "id" in call:
        made["id"] = call["id"]
    return made


def _decode_result(result: dict[str, Any]) -> Part | None:
    if type(result.get("name")) is not str or not result.keys() <= _RESULT:
        return None
    made: Part = {"type": "tool_result", "name": result["name"]}
    if "response" in result:
        made["content"] = result["response"]
    if "id" in result:
        made["tool_call_id"] = result["id"]
    return made


def _decode_inline(data: dict[str, Any]) -> Part | None:
    if data.keys() != {"mimeType", "data"} or not _is_picture(data):
        return None
    source = {"media_type": data["mimeType"], "data": data["data"]}
    return {"type": "image", "source": source}


def _decode_file(file: dict[str, Any]) -> Part | None:
    if file.keys() != {"mimeType", "fileUri"} or not _is_picture(file):
        return None
    return {"type": "image", "source": {"media_type": file["mimeType"], "url": file["fileUri"]}}


def _is_picture(data: dict[str, Any]) -> bool:
    kind = data["mimeType"]
    return type(kind) is str and kind.startswith("image/")


_DECODERS = {
    "functionCall": _decode_call,
    "functionResponse": _decode_result,
    "inlineData": _decode_inline,
    "fileData": _decode_file,
}


def encode_part(part: Part) -> Any:
    """The part as the provider writes it."""
    kind, extra = part.get("type"), extra_of(part)
    if kind == "text":
        return {**extra, "text": part["text"]}
    if kind == "reasoning":
        return {**extra, "text": part["text"], "thought": True}
    if kind == "tool_call":
        call: dict[str, Any] = {"id": part["id"]} if part.get("id") is not None else {}
        call["name"] = part["name"]
        if part["arguments"] or part.get("form") != "no args":
            call["args"] = part["arguments"]
        return {**extra, "functionCall": call}
    if kind == "tool_result":
        return {**extra, "functionResponse": _encode_result(part)}
    if kind == "image":
        return {**extra, **_encode_image(part["source"])}
    return part.get("raw", part)


def _encode_result(part: Part) -> dict[str, Any]:
    result: dict[str, Any] = {"name": part.get("name", "")}
    if part.get("tool_call_id") is not None:
        result["id"] = part["tool_call_id"]
    if "content" in part:
        content = part["content"]
        result["response"] = {"result": content} if type(content) is str else content
    return result


def _encode_image(source: dict[str, Any]) -> dict[str, Any]:
    kind = source.get("media_type", "image/png")
    if "url" in source:
        return {"fileData": {"mimeType": kind, "fileUri": source["url"]}}
    return {"inlineData": {"mimeType": kind, "data": source.get("data", "")}}
