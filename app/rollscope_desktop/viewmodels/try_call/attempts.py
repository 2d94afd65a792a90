"""The answers that stand side by side: the recorded one, and one for each try. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollscope_desktop.model import text
from rollscope_desktop.model.difference import Line, difference
from rollscope_desktop.model.messages import messages_out

if TYPE_CHECKING:
    from rollscope_desktop.query.forks.recorded_call import RecordedCall
    from rollscope_desktop.services.trying import Answered

MOST: Final = 4
"""Tries beside the recorded answer."""
_QUOTES: Final = '"""'
RUNNING, DONE, FAILED = "running", "done", "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An answer, or why there is none (``said``), or that it is waited for.

    ``number`` is 0 for what was recorded. ``code`` is the engine's for a failure. Times are in
    seconds, and None is what is not known.
    """

    number: int
    state: str = RUNNING
    answer: str = ""
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    usd: float | None = None
    seconds: float | None = None
    said: str = ""
    code: str = ""

    @property
    def title(self) -> str:
        """What stands above it."""
        return f"Try {self.number}" if self.number else "Recorded"

    @property
    def facts(self) -> str:
        """Its cost, tokens and time in a line; "" where nothing is known."""
        known = self.tokens_in is not None or self.tokens_out is not None
        parts = [
            f"{text.tokens(self.tokens_in, self.tokens_out)} tokens" if known else "",
            "" if self.usd is None else text.cost(round(self.usd * 1e9)),
            "" if self.seconds is None else text.duration(round(self.seconds * 1e9)),
        ]
        return "  ·  ".join(filter(None, parts))


def recorded(call: RecordedCall) -> Attempt:
    """The answer of the log."""
    words = answer_text(call.answer)
    return Attempt(
        0, DONE if words else FAILED, words, call.request["model"],
        call.tokens_in, call.tokens_out, call.usd, call.seconds,
        "" if words else "The log holds no answer.",
    )  # fmt: skip


def answered(number: int, found: Answered) -> Attempt:
    """The answer of a try."""
    return Attempt(
        number, DONE, answer_text(found.answer) or "(The model said nothing.)", found.model,
        found.tokens_in, found.tokens_out, found.usd, found.seconds,
    )  # fmt: skip


def compare(before: Attempt, after: Attempt) -> tuple[Line, ...]:
    """How one answer became the other, as lines; none where they are word for word the same."""
    # With a line end, so that a text of one line is laid out as those of several are.
    found = difference(f"{before.answer}\n", f"{after.answer}\n", context=None)
    if found.equal:
        return ()
    last = len(found.lines) - 1
    return tuple(
        each for at, each in enumerate(found.lines) if at not in (0, last) or each.text != _QUOTES
    )


def answer_text(answer: Any) -> str:
    """What a model said as text: its reasoning in quotes, its words, the calls of tools."""
    parts: list[str] = []
    for message in messages_out(answer):
        parts += [
            "\n".join(f"> {line}" for line in said.splitlines()) for said in message.reasoning
        ]
        parts += message.texts
        parts += [f"[image {image}]" for image in message.images]
        parts += [f"{call.name}({_arguments(call.arguments)})" for call in message.calls]
    return "\n\n".join(filter(None, parts))


def _arguments(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
