"""Whether messages say the same, however a log cuts and writes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from rollscope_desktop.model.messages import Message, ToolCall

_PREVIEW = 12
"""Characters that the beginnings of two texts must share for one to be a preview of the other."""
_MODEL = ("assistant", "model")


def is_of_model(message: Message) -> bool:
    """Whether a model said it."""
    return message.role in _MODEL


class Speech:
    """What one speaker says in one go, in however many messages; equal if the same is said."""

    __slots__ = ("calls", "messages", "role", "text")

    def __init__(self, messages: Sequence[Message]) -> None:
        first = messages[0]
        self.messages = tuple(messages)
        self.role = ("assistant" if is_of_model(first) else first.role, first.tool_call_id)
        self.text = _squeezed(one for m in messages for one in m.texts)
        self.calls = tuple(call for m in messages for call in m.calls)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Speech):
            return NotImplemented
        if self.role != other.role or len(self.calls) != len(other.calls):
            return False
        if not all(map(_same_call, self.calls, other.calls)):
            return False
        return _same_text(self, other)

    __hash__ = None  # type: ignore[assignment]


def speeches(messages: Sequence[Message]) -> list[Speech]:
    """Messages by speaker: what a model says in several messages is one speech."""
    found: list[Speech] = []
    for said_by_model, group in groupby(messages, is_of_model):
        some = tuple(group)
        found += [Speech(some)] if said_by_model else [Speech((m,)) for m in some]
    return found


class Beyond(NamedTuple):
    """What messages say beyond an answer, and whether they say that answer at all."""

    messages: tuple[Message, ...]
    answered: bool


def beyond(answer: Sequence[Message], now: Sequence[Message]) -> Beyond:
    """Compare what a model answered with what a program says that it did, part for part.

    The program may leave out parts of the answer: reasoning, or the text beside a call. Of several
    answers to choose from, it may go on with one.
    """
    found = _beyond(answer, now)
    if not found.answered and len(answer) > 1:
        for one in answer:
            chosen = _beyond((one,), now)
            if chosen.answered:
                return chosen
    return found


def _beyond(answer: Sequence[Message], now: Sequence[Message]) -> Beyond:
    whole = _squeezed(one for m in answer for one in m.texts)
    asked = [call for m in answer for call in m.calls]
    cut = any(m.is_preview for m in answer)
    texts = _covering(whole, cut, now)
    images = [name for m in answer for name in m.images]
    left: list[Message] = []
    answered = texts > 0 or not (whole or asked or images)
    for message in now:
        known = min(texts, len(message.texts))
        texts -= known
        calls = []
        for call in message.calls:
            same = next((one for one in asked if _same_call(one, call)), None)
            if same is None:
                calls.append(call)
            else:
                asked.remove(same)
                answered = True
        pictured = bool(message.images) and list(message.images) == images[: len(message.images)]
        answered = answered or pictured
        rest = replace(message, texts=message.texts[known:], calls=tuple(calls))
        if pictured:
            images = images[len(message.images) :]
            rest = replace(rest, images=(), pictures=())
        if rest.calls or rest.images or any(one.strip() for one in rest.texts):
            left.append(rest)
    return Beyond(tuple(left), True) if answered else Beyond(tuple(now), False)


def _covering(whole: str, cut: bool, now: Sequence[Message]) -> int:
    """How many texts at the beginning of messages say a text, all of it and nothing else."""
    if not whole:
        return 0
    said = ""
    parts = [one for m in now for one in m.texts]
    for number, part in enumerate(parts, 1):
        said += _squeezed((part,))
        if said == whole or ((cut or any(m.is_preview for m in now)) and _begins(said, whole)):
            return number
        if len(said) > len(whole) and not cut:
            break
    return 0


def _same_call(one: ToolCall, other: ToolCall) -> bool:
    if one.id is not None and other.id is not None and one.id != other.id:
        return False
    return one.name == other.name and one.arguments == other.arguments


def _same_text(one: Speech, other: Speech) -> bool:
    if one.text == other.text:
        return True
    cut = any(m.is_preview for m in one.messages + other.messages)
    return cut and _begins(one.text, other.text)


def _begins(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    short = short.rstrip("….")
    return len(short) >= _PREVIEW and long.startswith(short)


def _squeezed(texts: Iterator[str] | Sequence[str]) -> str:
    """Texts in one piece without spaces: where they are cut, some are lost and others added."""
    return "".join("".join(texts).split())
