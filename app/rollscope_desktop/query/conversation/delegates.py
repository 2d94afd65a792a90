"""Calls that went to another agent: which of the agents that begin after them, and what it gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import ERROR, OPEN
from rollscope_desktop.model.fragment import error_words
from rollscope_desktop.query.conversation.items import Card
from rollscope_desktop.query.conversation.shape import result_of

if TYPE_CHECKING:
    from rollscope_desktop.model.messages import ToolCall
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.conversation.talk import Calls
    from rollscope_desktop.query.payloads import Payloads


def delegates(asked: Sequence[ToolCall], agents: Sequence[SpanRow]) -> list[SpanRow | None]:
    """The agent that each call went to: one that the call names, else one after another."""
    free = list(agents)
    found: list[SpanRow | None] = []
    for number, call in enumerate(asked):
        named = {call.name, *_texts(call.arguments)}
        row = next((row for row in free if row.name in named), None)
        if row is None and len(agents) == len(asked) and agents[number] in free:
            row = agents[number]
        if row is not None:
            free.remove(row)
        found.append(row)
    return found


def card_of_delegate(
    payloads: Payloads, calls: Calls, call: ToolCall, row: SpanRow, even_big: bool
) -> Card:
    """The card of a call that went to an agent: what came out of that agent's own step."""
    got = payloads.first(row.outputs, even_big)
    error, missing = "", ""
    if row.status == ERROR:
        error = error_words(calls.error(row.output)) or "The agent failed."
    elif row.status == OPEN:
        missing = "No result so far."
    elif got.value is None and not got.too_big:
        missing = "The log does not say what came out of it."
    result, texts, pictures = result_of(got.value)
    return Card(
        text.one_line(call.name, 80), "tool", call.arguments, result, texts, pictures, False,
        None, missing, text.visible(error), got.size if got.too_big else 0,
    )  # fmt: skip


def _texts(arguments: Any) -> list[str]:
    values = arguments.values() if isinstance(arguments, dict) else ()
    return [value for value in values if isinstance(value, str)]
