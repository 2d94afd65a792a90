"""Messages, notes and raw records as blocks of text in a few styles; no widget, no HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from rollscope_desktop.model import text
from rollscope_desktop.model.messages import Message
from rollscope_desktop.query.payloads import Raw

KINDS = {"assistant": "llm", "user": "agent", "tool": "tool", "system": "workflow"}
"""Speakers have the colours of the kinds they are nearest to."""

PREVIEW = "Preview: the log holds only the first characters."

LOSSY = (
    "Not all of it: it was cut to the recording limit, hidden, or could only be written as a text."
)


class Style(Enum):
    """How a block looks."""

    HEADING = 1
    PROSE = 2
    CODE = 3
    MUTED = 4
    AROUND = 5  # code beside that which is meant


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text; ``kind`` gives a heading its colour."""

    style: Style
    text: str
    kind: str = "span"


def talk(messages: Iterable[Message]) -> tuple[Block, ...]:
    """What was said, each under who said it."""
    found: list[Block] = []
    for message in messages:
        who = message.role or "message"
        of = f" · {text.one_line(message.name)}" if message.name else ""
        of += " · failed" if message.failed else ""
        found.append(Block(Style.HEADING, text.one_line(who) + of, KINDS.get(who, "span")))
        found += [Block(Style.MUTED, said) for said in message.reasoning]
        found += [Block(Style.PROSE, said) for said in message.texts]
        if message.is_preview:
            found.append(Block(Style.MUTED, PREVIEW))
        found += [
            Block(Style.CODE, f"{call.name}({written(call.arguments)})") for call in message.calls
        ]
        found += [Block(Style.MUTED, f"[picture: {name}]") for name in message.images]
        if found[-1].style is Style.HEADING:
            found.append(Block(Style.MUTED, "nothing was said"))
    return tuple(found)


def written(arguments: Any) -> str:
    """The arguments of a call as the call would be written: ``city="Paris", days=2``."""
    if isinstance(arguments, str):
        return arguments
    if isinstance(arguments, dict):
        return ", ".join(f"{name}={as_json(value)}" for name, value in arguments.items())
    return as_json(arguments)


def as_json(value: Any, indent: bool = False) -> str:
    """A value as JSON where JSON can say it."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None).decode()
    except (TypeError, orjson.JSONEncodeError):
        return repr(value)


def raw(records: Iterable[Raw]) -> tuple[Block, ...]:
    """Records as they are in the log, each under where it is."""
    found: list[Block] = []
    for record in records:
        place = f"{text.middle_cut(text.visible(record.path), 80)} at byte {record.offset:,}"
        found.append(Block(Style.MUTED, f"{place}, {text.count(record.size, 'byte')}"))
        said = record.data.decode("utf-8", "backslashreplace").rstrip("\n")
        left = record.size - len(record.data)
        found.append(Block(Style.CODE, said if left <= 0 else f"{said}\n… {left:,} more bytes"))
    return tuple(found)
