"""What differs between one step of A and one of B, line by line and word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.difference import Difference, difference
from rollscope_desktop.model.messages import SENT, Message, messages_in, messages_out
from rollscope_desktop.query.compare.records import Pair
from rollscope_desktop.query.messages import input_of, output_of
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.spans import query_span, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader


def query_pair(reader: Reader, a: int | None, b: int | None) -> Pair:
    """What differs between two steps, by their ids in the index.

    Two model calls are compared by what was said and asked for, without the ids by which calls and
    results belong together; other steps by their values as they are.
    """
    rows = [None if id is None else query_span(reader, id) for id in (a, b)]
    talk = all(row is None or row.kind == "llm" for row in rows)
    sent, came, trouble = [], [], ""
    for row in rows:
        put_in = put_out = None
        if row is not None:
            try:
                put_in, put_out = _read(reader, row, talk=talk)
            except PayloadGone as error:
                trouble = str(error)
        sent.append(put_in)
        came.append(put_out)
    return Pair(rows[0], rows[1], _between(*sent), _between(*came), trouble)


def _read(reader: Reader, row: SpanRow, *, talk: bool) -> tuple[Any, Any]:
    with Payloads(reader, run_of(row.id)) as payloads:
        put_in, put_out = input_of(payloads, row), output_of(payloads, row)
    if not talk:
        return put_in, put_out
    asked, answered = messages_in(put_in), messages_out(put_out)
    if asked:
        about = put_in if isinstance(put_in, dict) else {}
        rest = {name: value for name, value in about.items() if name not in SENT and value}
        rest.pop("form", None)
        put_in = {"messages": [_said(message) for message in asked], **rest}
    return put_in, [_said(message) for message in answered] if answered else put_out


def _said(message: Message) -> dict[str, Any]:
    """A message as it is compared: who, what, and which calls."""
    calls = [{"name": call.name, "arguments": call.arguments} for call in message.calls]
    held = {
        "name": message.name,
        "reasoning": "\n".join(message.reasoning),
        "text": message.text,
        "calls": calls,
        "images": list(message.images),
        "failed": message.failed,
    }
    return {"role": message.role, **{name: value for name, value in held.items() if value}}


def _between(before: object, after: object) -> Difference | None:
    return None if before is None and after is None else difference(before, after)
