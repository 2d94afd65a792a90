"""Messages and values of a log in the shape in which a conversation shows them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from rollscope_desktop.model import text
from rollscope_desktop.model.messages import Message, Piece, read_piece
from rollscope_desktop.query.conversation.items import Card, Picture, Said, Words

LONGEST = 100_000
"""Characters of one text that a conversation shows; the inspector and the log have the rest."""
LARGEST = 16_000_000
"""Characters of a picture in base64 that is shown."""


@dataclass(slots=True)
class Paired:
    """Which results of tools are shown elsewhere: those with these ids, and so many without."""

    ids: set[str] = field(default_factory=set)
    free: int = 0

    def takes(self, message: Message) -> bool:
        """Whether a result is one of them; each of those without an id counts once."""
        if message.tool_call_id in self.ids:
            return True
        self.free -= 1
        return self.free >= 0


def said(message: Message, answer: bool = False, preview: bool = False) -> Said:
    """A message as it is shown."""
    texts = tuple(words(one) for one in message.texts if one.strip())
    cut = (preview or message.is_preview) and texts
    return Said(
        message.role or "message",
        text.one_line(message.name or "", 60),
        texts,
        tuple(words(one) for one in message.reasoning if one.strip()),
        pictures_of(message),
        tuple(text.one_line(call.name, 60) for call in message.calls),
        answer,
        sum(one.size for one in texts) if cut else None,
    )


def words(whole: str) -> Words:
    """A text as far as it is shown."""
    return Words(text.visible(whole[:LONGEST]), len(whole))


def fenced(value: Any) -> str:
    """A value that is no message, as a block of JSON."""
    try:
        written = orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
    except (TypeError, ValueError):
        written = str(value)
    return f"```json\n{written}\n```"


def result_of(value: Any) -> tuple[Any, tuple[Words, ...], tuple[Picture, ...]]:
    """A tool's result: a value as JSON has it, or texts and pictures if it is a message."""
    if value is None:
        return None, (), ()
    if isinstance(value, str):
        inner = parsed(value)
        return (inner, (), ()) if inner is not value else (None, (words(value),), ())
    if isinstance(value, dict) and _is_message(value):
        found = read_piece(Piece("tool", value))
    elif isinstance(value, list) and value and _are_parts(value):
        found = read_piece(Piece("tool", {"role": "tool", "content": value}))
    else:
        return value, (), ()
    whole = joined(found)
    if len(whole.texts) == 1 and not whole.images:
        inner = parsed(whole.texts[0])
        if inner is not whole.texts[0]:
            return inner, (), ()
    return None, tuple(words(one) for one in whole.texts if one.strip()), pictures_of(whole)


def _is_message(value: dict[str, Any]) -> bool:
    content = value.get("content")
    if "role" in value:
        return "content" in value or "content_preview" in value
    return isinstance(content, list) and set(value) <= _WRAPPED and _are_parts(content)


_WRAPPED = {"content", "isError", "is_error", "type", "name", "id", "tool_call_id"}


def _are_parts(value: list[Any]) -> bool:
    parts = ("text", "image", "image_url", "input_text", "output_text")
    return all(isinstance(part, dict) and part.get("type") in parts for part in value)


def pictures_of(message: Message) -> tuple[Picture, ...]:
    """The pictures of a message."""
    data = message.pictures + ("",) * (len(message.images) - len(message.pictures))
    found = []
    for name, each in zip(message.images, data, strict=False):
        said = text.one_line(name, 200)
        if len(each) > LARGEST:
            found.append(Picture(f"{said}, {text.short_count(len(each))} characters, not shown"))
        else:
            found.append(Picture(said, each))
    return tuple(found)


def is_said(message: Message) -> bool:
    """Whether there is anything in a message."""
    return bool(message.text.strip() or message.calls or message.reasoning or message.images)


def joined(messages: Sequence[Message]) -> Message:
    """Several messages of one speaker as one."""
    whole = Message(messages[0].role if messages else "assistant")
    return Message(
        whole.role,
        tuple(one for m in messages for one in m.texts),
        tuple(call for m in messages for call in m.calls),
        None,
        next((m.name for m in messages if m.name), None),
        tuple(one for m in messages for one in m.reasoning),
        tuple(one for m in messages for one in m.images),
        any(m.is_preview for m in messages),
        tuple(one for m in messages for one in m.pictures),
        any(m.failed for m in messages),
    )


def card_of(name: str, asked: Any, result: Message | None, missing: str) -> Card:
    """The card of a call that is known from messages alone."""
    if result is None:
        return Card(text.one_line(name, 80), "tool", asked, own=False, missing=missing)
    value, texts, pictures = result_of({"role": "tool", "content": list(result.texts)})
    if result.images:
        pictures = pictures_of(result)
    preview = sum(w.size for w in texts) if result.is_preview else None
    return Card(
        text.one_line(name, 80), "tool", asked, value, texts, pictures, False, preview, missing,
        failed=result.failed,
    )  # fmt: skip


def orphan(message: Message, preview: bool, later: bool) -> Card:
    """A result that no call before it is known to have asked for."""
    card = card_of(message.name or "tool result", None, message, "")
    missing = "Its call is not in the call before." if later else ""
    shown = card.preview
    if shown is None and preview:
        shown = sum(w.size for w in card.texts)
    return replace(card, preview=shown, missing=missing)


def parsed(value: Any) -> Any:
    """A text that is a JSON object or list, as that; anything else as it is."""
    if isinstance(value, str) and value[:1] in "{[" and value[-1:] in "}]" and len(value) < 400_000:
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value
