"""What a model answered: its choices, out of the messages that came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollscope_desktop.protocols.otlp.lenient import parsed
from rollscope_desktop.protocols.otlp.messages.message import read_message
from rollscope_desktop.protocols.otlp.messages.reading import (
    Message,
    Reading,
    first_text,
    text_of,
)
from rollscope_desktop.protocols.otlp.messages.thread import (
    goes_on,
    sources,
    together,
    whole,
)

Choice = dict[str, Any]

_REASONS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason")
REASONS = (
    "gen_ai.response.finish_reasons", "ai.response.finishReason", "ai.finishReason",
    "llm.finish_reason", "llm.response.finish_reason", "gen_ai.finish_reason",
    "anthropic.message.stop_reason",
)  # fmt: skip
_AROUND = ("response_metadata", "generation_info")


def read_choices(
    said: Any, reading: Reading, *, apart: bool = False
) -> tuple[list[Choice], list[Message]]:
    """The choices, and what else stands among the messages that came out: an agent may tell its
    whole conversation. Then only its last message is a choice.

    Messages that go on with the one before are one choice, unless they are known to stand
    ``apart``.
    """
    found: list[tuple[Message, str | None]] = []
    is_grown = False
    for source in sources(said, reading):
        message = read_message(source, reading, "assistant")
        if message is None:
            continue
        reason = reason_of(source)
        before, why = found[-1] if found else (None, None)
        if before is not None and _is_more(before, message, apart or why is not None):
            found[-1] = together(before, message, is_grown), reason or why
            is_grown = True
        else:
            found.append((message, reason))
            is_grown = False
    if any(message["role"] != "assistant" for message, _ in found):
        told = whole(message for message, _ in found)
        last = told.pop() if told[-1]["role"] == "assistant" else None
        found = [] if last is None else [(last, found[-1][1])]
    else:
        told = []
    choices = [choice_of(message, reason) for message, reason in found]
    return choices, told


def _is_more(before: Message, message: Message, apart: bool) -> bool:
    """Whether a message goes on with the answer before: items of one response do, texts do not."""
    head = before["content"]
    is_thought = type(head) is list and head[0]["type"] == head[-1]["type"] == "reasoning"
    return (is_thought or not apart) and goes_on(before, message)


def choice_of(message: Message, reason: str | None) -> Choice:
    """One choice in the normal form."""
    choice: Choice = {"message": message}
    if reason is not None:
        choice["finish_reason"] = reason
    return choice


def reason_of(said: Any) -> str | None:
    """Why an answer ended, in the provider's own word."""
    if type(said) is not dict:
        return None
    for held in (said, said.get(_AROUND[0]), said.get(_AROUND[1])):
        if type(held) is dict and (reason := first_text(held, _REASONS)) is not None:
            return reason
    for name in ("kwargs", "data"):
        if type(inner := said.get(name)) is dict and _AROUND[0] in inner:
            return reason_of(inner)
    return None


def reasons_of(attributes: Mapping[str, Any]) -> list[str]:
    """Why the choices of a call ended, where a span tells it of all of them together."""
    for name in REASONS:
        if name in attributes:
            said = parsed(attributes[name])
            found = said if type(said) is list else [said]
            return [reason for one in found if (reason := text_of(one)) is not None]
    return []


def with_reasons(choices: list[Choice], reasons: Sequence[str]) -> list[Choice]:
    """The choices, each with the reason told of it elsewhere, if one is told of each."""
    if len(reasons) != len(choices):
        return choices
    return [
        choice_of(choice["message"], reason)
        for choice, reason in zip(choices, reasons, strict=True)
    ]
