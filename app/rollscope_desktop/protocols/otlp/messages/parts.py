"""One part of a message's content, in whichever way a client writes it, in the normal form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollscope_desktop.protocols.otlp.lenient import parsed
from rollscope_desktop.protocols.otlp.messages.calls import call_id, call_part, tool_name
from rollscope_desktop.protocols.otlp.messages.langchain import plain_message, result_in
from rollscope_desktop.protocols.otlp.messages.media import media_part
from rollscope_desktop.protocols.otlp.messages.reading import (
    REPLACED,
    Part,
    Reading,
    json_text,
    listed,
    text_of,
)

_DEEPEST = 4
"""Results within results that are read; what is deeper is told as JSON."""

Reader = Callable[[dict[str, Any], Reading], Part | None]


def read_parts(content: Any, reading: Reading) -> list[Part]:
    """The parts of a content: text, JSON of parts in a text, a part, a list of them."""
    if type(content) is str:
        held = parts_in(content)
        if held is None:
            if content in REPLACED:
                reading.is_lossy = True
            return [{"type": "text", "text": content}]
        content = held
    if content is None:
        return []
    found = content if type(content) is list else listed(content) or [content]
    return [p for one in reading.parts(found) if (p := read_part(one, reading)) is not None]


def parts_in(text: str) -> list[Any] | None:
    """The parts that a text is the JSON of; None if it is any other text."""
    if text[:1] != "[" or text[1:2] not in ("{", "\n", " "):
        return None
    found = parsed(text)
    if type(found) is list and found and all(map(is_part, found)):
        return found
    return None


def is_part(value: Any) -> bool:
    """Whether a value is a part of a content, and not any object that a tool gave back."""
    if type(value) is not dict:
        return False
    kind = value.get("type")
    if type(kind) is str:
        said = value.get("text", value.get("content"))
        wordless = kind in _TEXTS and type(said) is not str
        return kind in _CERTAIN and not wordless and value.keys() <= _CERTAIN_KEYS
    if len(value) != 1:
        return False
    [(key, inner)] = value.items()
    return key in _BLOCKS and (type(inner) is dict or (key == "text" and type(inner) is str))


def read_part(value: Any, reading: Reading) -> Part | None:
    """The part; None if there is nothing in it. What is not known stays raw."""
    if type(value) is not dict:
        return None if value is None else {"type": "text", "text": json_text(value)}
    if value.keys() == _TOLD_TEXT and value["type"] == "text" and type(value["content"]) is str:
        return {"type": "text", "text": value["content"]}
    if "message_content" in value or "tool_call" in value:  # as OpenInference nests them
        if type(call := value.get("tool_call")) is dict:
            return call_part(call)
        inner = value.get("message_content")
        if type(inner) is not dict:
            return None
        value = inner
        if type(call := value.get("tool_call")) is dict:
            return call_part(call)
    kind = _kind(value)
    read = _READERS.get(kind) if kind is not None else None
    if read is not None:
        return read(value, reading)
    if kind is not None:
        if kind.endswith("_tool_result"):
            return _result(value, reading)
        return {"type": "raw", "raw": value}
    for key, read in _BLOCKS.items():
        if value.get(key) is not None:
            return read(value, reading)
    return {"type": "raw", "raw": value} if value else None


def result_content(value: Any, reading: Reading) -> Any:
    """What a tool gave back: text, or parts where there is more than text in it."""
    if reading.depth >= _DEEPEST:
        return json_text(value)
    reading.depth += 1
    content = _given(value, reading)
    reading.depth -= 1
    return content


def _given(value: Any, reading: Reading) -> Any:
    if type(value) is str:
        if (inner := result_in(value)) is not None:
            return inner if type(inner) is str else json_text(inner)
        if value[:1] == "{" and '"content"' in value:
            held = parsed(value)
            if type(held) is dict and (message := plain_message(held)) is not None:
                return result_content(message["content"], reading)
        held = parts_in(value)
        if held is None:
            return value
        value = held
    if value is None:
        return ""
    if type(value) is dict:
        if (message := plain_message(value)) is not None:
            return result_content(message["content"], reading)
        if is_part(value) and value.get("type") not in _CALLS:
            value = [value]
        elif type(value.get("content")) is list and value.keys() <= _TOLD_RESULT:
            value = value["content"]
    if type(value) is not list or not value or not all(map(is_part, value)):
        return json_text(value)
    parts = read_parts(value, reading)
    if len(parts) == 1 and parts[0]["type"] == "text":
        return parts[0]["text"]
    return parts


_TOLD_RESULT = frozenset({"content", "isError", "structuredContent", "_meta", "meta"})
"""Keys of a tool's result in the Model Context Protocol."""

_OUTPUT = frozenset({"type", "value", "providerOptions"})
_OUTPUTS = ("text", "json", "content", "error-text", "error-json")
"""How the AI SDK wraps what a tool gave back."""

_TOLD_TEXT = frozenset({"type", "content"})
_GIVEN = (
    "response", "result", "content", "output", "server_tool_call_response", "tool_result", "value",
)  # fmt: skip
_GIVEN_SET = frozenset(_GIVEN)
_WORDS = (
    "content",
    "text",
    "thinking",
    "reasoning",
    "reasoningText",
    "summary",
    "reasoningContent",
)


def _kind(part: dict[str, Any]) -> str | None:
    for name in ("type", "kind", "part_kind", "block_type"):
        if type(found := part.get(name)) is str:
            return found
    return None


def _text(part: dict[str, Any], reading: Reading) -> Part | None:
    said = part.get("text")
    if type(said) is not str:
        said = part.get("content", part.get("value")) if said is None else said
        if type(said) is dict:
            said = said.get("value", said.get("text"))
    if part.get("thought") is True:
        return _reasoning(part, reading)
    if part.get("visible") is False:  # told for completeness: the model did not get it
        return None
    if type(said) is not str:
        reading.is_lossy = True
        return None
    if said in REPLACED:
        reading.is_lossy = True
    return {"type": "text", "text": said}


def _reasoning(part: dict[str, Any], reading: Reading) -> Part:
    said = next((w for name in _WORDS if (w := words(part.get(name)))), "")
    return {"type": "reasoning", "text": said}


def words(value: Any, depth: int = 4) -> str:
    """The words of reasoning, which may be a text, JSON, a summary in pieces, or deeper inside."""
    if type(value) is str:
        held = parts_in(value)
        return value if held is None else words(held, depth - 1)
    if depth <= 0:
        return ""
    if type(value) is list:
        return "\n\n".join(said for one in value if (said := words(one, depth - 1)))
    if type(value) is dict:
        return next((w for name in _WORDS if (w := words(value.get(name), depth - 1))), "")
    return ""


def _refusal(part: dict[str, Any], reading: Reading) -> Part | None:
    said = text_of(part.get("refusal")) or text_of(part.get("text")) or text_of(part.get("content"))
    return None if said is None else {"type": "refusal", "text": said}


def _call(part: dict[str, Any], reading: Reading) -> Part | None:
    made = call_part(part)
    return {"type": "raw", "raw": part} if made is None else made


def _result(part: dict[str, Any], reading: Reading) -> Part:
    inner = next(
        (found for key in _RESULTS if type(found := part.get(key)) is dict), part
    )  # as Bedrock and Gemini nest it
    made: Part = {"type": "tool_result"}
    if (id := call_id(inner) or call_id(part)) is not None:
        made["tool_call_id"] = id
    given = next((inner[name] for name in _GIVEN if inner.get(name) is not None), None)
    if given is None and _GIVEN_SET.isdisjoint(inner):
        reading.is_lossy = True
    is_error = inner.get("is_error") is True or inner.get("status") == "error"
    if type(given) is dict and given.keys() <= _OUTPUT and given.get("type") in _OUTPUTS:
        is_error = is_error or given["type"].startswith("error")
        given = given.get("value")
    made["content"] = result_content(given, reading)
    if (name := tool_name(inner)) is not None:
        made["name"] = name
    if is_error:
        made["extra"] = {"is_error": True}
    return made


def _json(part: dict[str, Any], reading: Reading) -> Part:
    return {"type": "text", "text": json_text(part["json"])}


def _nothing(part: dict[str, Any], reading: Reading) -> None:
    """A mark for the provider, such as one of its cache's."""


_TEXTS = ("text", "input_text", "output_text")
_CERTAIN = frozenset(
    {*_TEXTS, "reasoning", "thinking", "redacted_thinking", "summary_text", "refusal", "tool_use",
     "tool_result", "tool_call", "tool_call_response", "tool-call", "tool-result", "image",
     "image_url", "input_image"}
)  # fmt: skip
_CERTAIN_KEYS = frozenset(
    {"type", "text", "content", "thinking", "signature", "reasoning", "summary", "data", "refusal",
     "annotations", "citations", "cache_control", "id", "name", "input", "arguments", "args",
     "tool_use_id", "tool_call_id", "is_error", "image_url", "source", "image", "mime_type",
     "media_type", "mediaType", "detail", "index", "logprobs", "encrypted_content", "status",
     "result", "response", "toolCallId", "toolName", "output", "extras", "meta", "_meta",
     "providerOptions"}
)  # fmt: skip
_CALLS = frozenset(
    {"tool_call", "tool_use", "tool-call", "function_call", "server_tool_call", "server_tool_use",
     "custom_tool_call", "tool_call_request", "builtin-tool-call", "mcp_call"}
)  # fmt: skip
_RESULTS = ("toolResult", "functionResponse", "function_response")

_READERS: dict[str, Reader] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(
        ("reasoning", "thinking", "redacted_thinking", "reasoning_content", "reasoningContent",
         "reasoning_text", "summary_text", "thought"), _reasoning
    ),
    "refusal": _refusal,
    **dict.fromkeys(_CALLS, _call),
    **dict.fromkeys(
        ("tool_call_response", "tool_result", "tool-result", "function_call_output",
         "function_response", "server_tool_call_response", "custom_tool_call_output",
         "tool-return", "builtin-tool-return"), _result
    ),
    **dict.fromkeys(
        ("image", "image_url", "input_image", "image-url", "image_file", "image_content", "blob",
         "uri", "file", "input_file", "binary", "media", "audio", "input_audio", "audio-url",
         "video", "video-url", "document", "document-url"), media_part
    ),
}  # fmt: skip
"""How parts are read that say their type."""

_BLOCKS: dict[str, Reader] = {
    **dict.fromkeys(("toolUse", "functionCall", "function_call"), _call),
    **dict.fromkeys(_RESULTS, _result),
    **dict.fromkeys(
        ("image", "inlineData", "inline_data", "fileData", "file_data", "document", "video"),
        media_part,
    ),
    "reasoningContent": _reasoning,
    "text": _text,
    "json": _json,
    "cachePoint": _nothing,
}
"""How parts are read whose only key says it: those of Bedrock and Gemini."""
