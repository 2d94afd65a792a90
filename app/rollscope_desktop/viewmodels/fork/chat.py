"""Messages of a model call as they are edited: a role, a text, and all other fields as JSON. Pure.

What is not touched stays as it was recorded, to the last field, and the order of parts as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from rollscope_desktop.viewmodels.fork.typed import Typed, parse_json, pretty

ROLES: Final = ("system", "user", "assistant", "tool")


ADDED: Final = object()
"""In place of what was recorded, for a message that was not."""


class BadMessage(ValueError):
    """What was typed makes no message; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message in the editor. ``text`` is None where it has several texts, which are then among
    the ``others``: its other fields and parts, as JSON text, "" for none. ``origin`` is the message
    as it was recorded, or ADDED."""

    role: str = "user"
    text: str | None = ""
    others: str = ""
    origin: Any = ADDED


class Split(NamedTuple):
    """A request (``several`` messages) or an answer (one), taken apart."""

    messages: list[Any]
    rest: dict[str, Any]
    several: bool


def bubble_of(message: Any) -> Bubble:
    """A recorded message, to be edited."""
    if not isinstance(message, dict):
        return Bubble("", None, pretty(message), message)
    role = message.get("role")
    fields = {k: v for k, v in message.items() if k not in ("role", "content", "form")}
    content = message.get("content")
    said, parts = _split(content)
    if parts:
        fields["parts"] = parts
    others = pretty(fields) if fields else ""
    return Bubble(role if isinstance(role, str) else "", said, others, message)


def message_of(bubble: Bubble) -> Any:
    """The message that an edited bubble stands for. Raises BadMessage."""
    if bubble.origin is not ADDED and bubble == bubble_of(bubble.origin):
        return bubble.origin
    fields = _fields(bubble.others)
    parts = fields.pop("parts", [])
    if not isinstance(parts, list):
        raise BadMessage("The parts of a message are a list.")
    if not bubble.role.strip():
        raise BadMessage("A message has a role.")
    before = bubble.origin if isinstance(bubble.origin, dict) else {}
    message: dict[str, Any] = {"role": bubble.role, "content": _content(bubble.text, parts, before)}
    if bubble.role == before.get("role") and "form" in before:
        message["form"] = before["form"]
    return {**message, **fields}


def split_request(request: Any) -> Split | None:
    """The messages of a request or of an answer, and its other fields; None where it has none to
    be edited as such."""
    if not isinstance(request, dict):
        return None
    messages, message = request.get("messages"), request.get("message")
    if isinstance(messages, list):
        return Split(messages, {k: v for k, v in request.items() if k != "messages"}, True)
    if isinstance(message, dict):
        return Split([message], {k: v for k, v in request.items() if k != "message"}, False)
    return None


def join_request(before: Any, messages: Sequence[Any], rest: Typed) -> Any:
    """The request or the answer with other messages and fields. Raises BadMessage."""
    if rest.problem:
        raise BadMessage(f"The other fields: {rest.problem}")
    if not isinstance(rest.value, dict):
        raise BadMessage("The other fields are a JSON object.")
    several = isinstance(before.get("messages"), list)
    key, value = ("messages", list(messages)) if several else ("message", messages[0])
    now = {**rest.value, key: value}
    # In the order of the record, so that what was not changed is the same text.
    return {name: now[name] for name in (*before, *now) if name in now}


def transcript(request: Any) -> str:
    """Messages to be read, one below the other, and the other fields at the end."""
    found = split_request(request)
    if found is None:
        return request if isinstance(request, str) else pretty(request)
    said = []
    for message in found.messages:
        bubble = bubble_of(message)
        parts = [part for part in (bubble.text, bubble.others) if part]
        said.append("\n".join([f"— {bubble.role or 'message'} —", *parts]))
    return "\n\n".join([*said, *(["— other fields —\n" + pretty(found.rest)] * bool(found.rest))])


def _split(content: Any) -> tuple[str | None, list[Any]]:
    """The one text of a content, and its other parts; None when it has several."""
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list):
        return None, [content]
    texts = [n for n, part in enumerate(content) if _is_text(part)]
    if len(texts) > 1:
        return None, content
    if not texts:
        return "", content
    return content[texts[0]]["text"], [p for n, p in enumerate(content) if n != texts[0]]


def _content(said: str | None, parts: list[Any], before: dict[str, Any]) -> Any:
    """The content made of a text and other parts, the text where it was among them."""
    if said is None:
        return parts
    was = before.get("content")
    if not parts and not (isinstance(was, list) and any(map(_is_text, was))):
        return said if said or was is not None else None
    if not said:
        return parts
    at = 0
    part: dict[str, Any] = {"type": "text", "text": said}
    if isinstance(was, list):
        at = next((n for n, each in enumerate(was) if _is_text(each)), _lead(parts))
        if at < len(was) and _is_text(was[at]):
            part = {**was[at], "text": said}
    return [*parts[:at], part, *parts[at:]]


def _lead(parts: list[Any]) -> int:
    """Where a first text goes: behind what was thought, before what was called."""
    kinds = [part.get("type") if isinstance(part, dict) else None for part in parts]
    return next((n for n, kind in enumerate(kinds) if kind != "reasoning"), len(parts))


def _is_text(part: Any) -> bool:
    return (
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
    )


def _fields(others: str) -> dict[str, Any]:
    if not others.strip():
        return {}
    found = parse_json(others)
    if found.problem:
        raise BadMessage(found.problem)
    if not isinstance(found.value, dict):
        raise BadMessage("The other fields of a message are a JSON object.")
    return found.value
