"""Chat messages out of what went into and came out of a model, in the shapes that providers use.

Pure. Reads OpenAI's and Anthropic's requests and answers, the summaries of osmosis logs (previews),
and AgentFly's turns; what it does not know it leaves out rather than guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model asked for. ``arguments`` is parsed where it was JSON, else its text."""

    id: str | None
    name: str
    arguments: Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    ``images`` names pictures, and ``pictures`` has beside each its content in base64, or "" where
    the message does not hold it. ``is_preview`` is set when the log holds only the beginning of the
    text, ``failed`` when a tool's result says that it is an error.
    """

    role: str
    texts: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    reasoning: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    is_preview: bool = False
    pictures: tuple[str, ...] = field(default=(), compare=False)
    failed: bool = False

    @property
    def text(self) -> str:
        """All texts, a blank line between them."""
        return "\n\n".join(self.texts)


@dataclass(frozen=True, slots=True)
class Piece:
    """One message, or a few, as the log writes them; ``role`` says who speaks if they do not."""

    role: str
    value: Any


NOT_SHOWN = "(not shown)"
"""What stands for reasoning that a provider keeps to itself."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,64}={0,2}$")
_USUAL = str.maketrans("-_", "+/")
"""Some clients write base64 as it stands in addresses."""
_LISTS = ("messages", "messages_summary", "input", "prompt", "contents")
SENT = ("system", "instructions", *_LISTS)
"""Fields of a request that hold messages."""
_ROLES = {"function": "tool"}
"""What speakers were called before."""
_RESULT_IDS = ("tool_call_id", "tool_use_id", "call_id")
_INNER = ("message", "result_message", "choices", "output", "response", "delta")
_RESULTS = ("tool_results_summary", "results_summary")
_LOST = {
    "$blob": ("message", "(This message is not in the log.)"),
    "$list": ("messages", "(The messages before these are not in the log.)"),
}
"""What stands for a reference to content that the log does not have: who speaks, and what."""


def messages_in(value: Any) -> list[Message]:
    """The conversation that was sent to a model."""
    return [message for piece in pieces_in(value) for message in read_piece(piece)]


def messages_out(value: Any) -> list[Message]:
    """What a model answered."""
    return _of(value, "assistant")


def pieces_in(value: Any) -> list[Piece]:
    """What was sent to a model, message for message, without looking into any."""
    if isinstance(value, dict):
        found: list[Piece] = []
        if value.get("system"):
            found.append(Piece("system", value["system"]))
        if isinstance(value.get("instructions"), str):
            found.append(Piece("system", value["instructions"]))
        for key in _LISTS:
            if isinstance(value.get(key), list | str):
                return found + _split(value[key], "user")
        return found + ([Piece("user", value)] if "role" in value or "content" in value else [])
    return _split(value, "user")


def pieces_out(value: Any) -> list[Piece]:
    """What a model answered, message for message, without looking into any."""
    if isinstance(value, list) and not _are_parts(value):
        return [piece for item in value for piece in pieces_out(item)]
    if isinstance(value, dict) and "role" not in value:
        for key in _INNER:
            if isinstance(value.get(key), dict | list):
                return pieces_out(value[key])
    return _split(value, "assistant")


def read_piece(piece: Piece) -> list[Message]:
    """The messages of a piece."""
    return _of(piece.value, piece.role)


def _split(value: Any, role: str) -> list[Piece]:
    if isinstance(value, list) and not _are_parts(value):
        return [Piece(role, item) for item in value]
    return [] if value is None or value == "" else [Piece(role, value)]


def results_in(value: Any) -> list[Message]:
    """The tool results that a record sums up."""
    if isinstance(value, dict):
        for key in _RESULTS:
            if isinstance(value.get(key), list):
                return _of(value[key], "tool")
    return []


def first_text(value: Any) -> str:
    """The first words of an answer, whatever its shape; "" if it has none."""
    for message in _of(value, "assistant"):
        for text in message.texts:
            if text.strip():
                return text
    return ""


def _of(value: Any, role: str) -> list[Message]:
    if isinstance(value, str):
        return [Message(role, (value,))] if value else []
    if isinstance(value, list):
        if _are_parts(value):
            return _joined([Message(role), *_parts(value, role)])
        return [message for item in value for message in _of(item, role)]
    if not isinstance(value, dict):
        return []
    if len(value) == 1:
        [(key, name)] = value.items()
        if key in _LOST and isinstance(name, str):
            who, said = _LOST[key]
            return [Message(who, (said,))]
    for key in _RESULTS:
        if isinstance(value.get(key), list):
            return _of(value[key], "tool")
    if "role" not in value:
        for key in _INNER:
            if isinstance(value.get(key), dict | list):
                return _of(value[key], role)
    return _one(value, role)


def _are_parts(value: list[Any]) -> bool:
    """Whether a list is the content of one message, and not a list of messages."""
    return bool(value) and all(
        isinstance(i, dict) and "type" in i and "role" not in i for i in value
    )


def _one(value: dict[str, Any], role: str) -> list[Message]:
    """One message object, which may hold results of tools that are messages of their own."""
    kind = value.get("type")
    if kind in ("function_call", "function_call_output", "reasoning") and "role" not in value:
        return _parts([value], role)
    said = value.get("role")
    head = Message(
        _ROLES.get(said, said) if isinstance(said, str) and said else role,
        calls=tuple(_calls(value.get("tool_calls"))) + tuple(_calls([value.get("function_call")])),
        tool_call_id=_text_or_none(value.get("tool_call_id")),
        name=_text_or_none(value.get("tool_name") or value.get("name")),
        reasoning=tuple(
            text
            for key in ("reasoning_content", "reasoning", "thinking")
            if isinstance(text := value.get(key), str) and text
        ),
        is_preview="content_preview" in value and "content" not in value,
        failed=_failed(value),
    )
    content = value.get("content", value.get("content_preview", value.get("text")))
    if content is None and isinstance(value.get("parts"), list):
        content = value["parts"]
    if isinstance(value.get("refusal"), str) and value["refusal"]:
        head = replace(head, texts=(value["refusal"],))
    inner = _parts(content if isinstance(content, list) else [content], head.role)
    found = _joined([head, *inner])
    empty = Message(head.role)
    known = "role" in value or "content" in value or "content_preview" in value
    return found if known or any(replace(m, role=empty.role) != empty for m in found) else []


def _joined(pieces: list[Message]) -> list[Message]:
    """The head with its parts; results of tools are messages of their own, before it."""
    head, results = pieces[0], []
    for piece in pieces[1:]:
        own = head.role != "tool" or head.tool_call_id is None
        if piece.role == "tool" and piece.tool_call_id is not None and own:
            results.append(piece)
            continue
        head = replace(
            head,
            texts=head.texts + piece.texts,
            calls=head.calls + piece.calls,
            reasoning=head.reasoning + piece.reasoning,
            images=head.images + piece.images,
            pictures=head.pictures + piece.pictures,
        )
    bare = not (head.texts or head.calls or head.reasoning or head.images)
    return results if results and bare else [*results, head]


def _parts(content: list[Any], role: str) -> list[Message]:
    return [made for part in content if (made := _part(part, role)) is not None]


def _part(part: Any, role: str) -> Message | None:
    """One part of a message's content."""
    if isinstance(part, str):
        return Message(role, (part,))
    if not isinstance(part, dict):
        return None if part is None else Message(role, (_json(part),))
    kind = str(part.get("type", ""))
    if kind in ("thinking", "reasoning", "redacted_thinking"):
        said = part.get("thinking") or part.get("text") or _summary(part.get("summary"))
        return Message(role, reasoning=(said if said and isinstance(said, str) else NOT_SHOWN,))
    if kind in ("tool_use", "function_call", "tool_call"):
        arguments = part.get("input", part.get("arguments"))
        id = _text_or_none(part.get("call_id") or part.get("id"))
        return Message(role, calls=(ToolCall(id, str(part.get("name", "")), _parsed(arguments)),))
    if kind in ("tool_result", "function_call_output"):
        said = part.get("content", part.get("output"))
        if isinstance(said, dict) and "type" not in said:
            said = _json(said)  # an object is the result itself
        inner = _joined(
            [Message("tool"), *_parts(said if isinstance(said, list) else [said], "tool")]
        )
        id = next((part[k] for k in _RESULT_IDS if part.get(k)), None)
        return replace(
            inner[0],
            tool_call_id=_text_or_none(id) or "",
            name=_text_or_none(part.get("name")),
            failed=_failed(part),
        )
    if kind == "raw" and "raw" in part:
        # What the provider wrote and has no place in the common form: read as the provider's.
        inside = part["raw"]
        odd = not isinstance(inside, dict) or inside.get("type") == "raw"
        return Message(role, (_json(inside),)) if odd else _part(inside, role)
    if (picture := _inline(part)) is not None:
        part, kind = picture, "image"
    if "image" in kind or "__image__" in part:
        return Message(role, images=(_picture(part),), pictures=(_content(part),))
    for key in ("text", "content", "refusal"):
        if isinstance(part.get(key), str):
            return Message(role, (part[key],))
    return Message(role, (_json(part),))


def _failed(value: dict[str, Any]) -> bool:
    """Whether the result of a tool says that it is an error."""
    extra = value.get("extra")
    return value.get("is_error") is True or (
        isinstance(extra, dict) and extra.get("is_error") is True
    )


def _summary(value: Any) -> str:
    if not isinstance(value, list):
        return ""
    return "\n\n".join(
        str(item["text"]) for item in value if isinstance(item, dict) and "text" in item
    )


def _inline(part: dict[str, Any]) -> dict[str, Any] | None:
    """A picture as Gemini writes it, as a part like others; None for anything else."""
    data = part.get("inlineData") or part.get("inline_data")
    if not isinstance(data, dict):
        return None
    kind = data.get("mimeType") or data.get("mime_type")
    if not isinstance(kind, str) or not kind.startswith("image/"):
        return None
    return {"source": {"media_type": kind, "data": data.get("data")}}


def _source(part: dict[str, Any]) -> Any:
    return part.get("image_url") or part.get("image") or part.get("source") or part.get("__image__")


def _content(part: dict[str, Any]) -> str:
    """A picture in base64, if the message holds it; an address is not followed."""
    source = _source(part)
    if isinstance(source, dict):
        source = source.get("url") or source.get("data")
    if not isinstance(source, str):
        return ""
    if source.startswith("data:"):
        head, _, data = source.partition(",")
        return data if head.endswith(";base64") else ""
    if not _BASE64.match(source[:64]):
        return ""
    return source.translate(_USUAL)


def _picture(part: dict[str, Any]) -> str:
    """What is said of a picture in place of it."""
    source = _source(part)
    if isinstance(source, dict):
        kind = source.get("media_type")
        if isinstance(kind, str):
            return kind
        source = source.get("url") or source.get("data")
    if isinstance(source, str):
        if source.startswith("data:"):
            return source[5:].partition(";")[0].partition(",")[0] or "image"
        return source[:200] if source.startswith(("http:", "https:", "file:")) else "image"
    return "image"


def _calls(value: Any) -> Iterator[ToolCall]:
    for call in value if isinstance(value, list) else ():
        if not isinstance(call, dict):
            continue
        inner: dict[str, Any] = call
        if isinstance(call.get("function"), dict):
            inner = call["function"]
        arguments = inner.get("arguments", inner.get("args", inner.get("input")))
        yield ToolCall(
            _text_or_none(call.get("id")), str(inner.get("name") or ""), _parsed(arguments)
        )


def _parsed(arguments: Any) -> Any:
    if isinstance(arguments, str):
        try:
            return orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return arguments
    return arguments


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value, default=str).decode()
    except (TypeError, ValueError):
        return str(value)
