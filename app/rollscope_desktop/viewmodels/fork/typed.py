"""What is typed as JSON or as text, as a value; or why it is none, and where. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LONGEST = 2 << 20
"""Characters. Longer values are not edited in the window: it would be held up at each key."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A value, or the ``problem`` with it as a sentence. ``line`` and ``column`` count from 1; 0:
    nowhere in particular."""

    value: Any = None
    problem: str = ""
    line: int = 0
    column: int = 0


def parse_json(typed: str) -> Typed:
    """The value of a text in JSON."""
    if not typed.strip():
        return Typed(problem="There is nothing. An empty value is written as null.")
    try:
        return Typed(json.loads(typed, parse_constant=_refuse))
    except json.JSONDecodeError as error:
        at = f"Line {error.lineno}, column {error.colno}"
        return Typed(None, f"{at}: {_said(error.msg)}.", error.lineno, error.colno)
    except RecursionError:
        return Typed(problem="This is nested too deeply.")
    except ValueError as error:
        return Typed(problem=f"{error}.")


def pretty(value: Any) -> str:
    """A value as it stands in an editor."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _refuse(word: str) -> Any:
    raise ValueError(f"JSON has no {word}")


def _said(message: str) -> str:
    """What Python's parser says, without its capital and its commonest oddities."""
    message = message.partition(":")[0].replace("delimiter", "").strip()
    return {
        "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
        "Expecting value": "a value is missing",
        "Expecting ','": "a comma is missing",
        "Expecting '": "a colon is missing",
        "Extra data": "there is more after the end",
        "Unterminated string starting at": "this text has no end",
        "Invalid control character at": "a line break or control character inside a text",
        "Illegal trailing comma before end of object": "a comma before the end",
        "Illegal trailing comma before end of array": "a comma before the end",
    }.get(message, message[:1].lower() + message[1:])
