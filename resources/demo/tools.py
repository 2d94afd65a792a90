"""The tools of the demo agent: plain functions over the notes beside this file, and what may fail.

They know nothing of the run log; ``agent.py`` records their calls.
"""

from __future__ import annotations

import ast
import csv
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTES = Path(__file__).parent / "notes"


class ToolError(Exception):
    """What the model should hear, because it can do something about it."""


class TryAgain(Exception):
    """What passes by itself: the same call may work after ``wait`` seconds."""

    def __init__(self, message: str, wait: float = 1.0) -> None:
        super().__init__(message)
        self.wait = wait


class Unavailable(TryAgain):
    """A service did not answer."""


class RateLimited(TryAgain):
    """A service asked for patience."""


def search(query: str) -> list[dict[str, Any]]:
    """Find the paragraphs of the notes that match a few words best."""
    pages = [
        (path.name, number, text)
        for path in sorted(NOTES.glob("*.md"))
        for number, text in enumerate(path.read_text("utf-8").split("\n\n"), 1)
    ]
    words = [set(_words(text)) for _, _, text in pages]
    scores = [0.0] * len(pages)
    for word in set(_words(query)):
        known = sum(word in page for page in words)
        for number, page in enumerate(words):
            scores[number] += word in page and math.log(len(pages) / known)
    best = sorted(range(len(pages)), key=lambda number: -scores[number])[:3]
    return [
        {"file": file, "paragraph": paragraph, "score": round(scores[number], 2), "text": text}
        for number in best
        if scores[number] > 0
        for file, paragraph, text in [pages[number]]
    ]


def read_file(name: str) -> str:
    """Read one file of the notes."""
    return _path(name).read_text("utf-8")


def table(name: str, where: dict[str, str] | None = None) -> list[dict[str, str]]:
    """Rows of a table, all of them or those whose columns hold the given values."""
    with _path(name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = (where or {}).items()
    if rows and (unknown := [column for column, _ in wanted if column not in rows[0]]):
        raise ToolError(f"{name} has no column {unknown[0]!r}; it has {', '.join(rows[0])}")
    return [row for row in rows if all(row[column] == value for column, value in wanted)]


def total(name: str, column: str, where: dict[str, str] | None = None) -> float:
    """Add up a column of a table."""
    return round(sum(_number(row[column]) for row in table(name, where)), 2)


def _number(cell: str) -> float:
    return float(cell.replace(" ", ""))


def calculate(expression: str) -> float:
    """Work out an arithmetic expression such as ``(3 + 4) * 1.19``."""
    try:
        return round(_value(ast.parse(expression, mode="eval").body), 4)
    except (SyntaxError, KeyError, ZeroDivisionError) as error:
        raise ToolError(f"{expression!r} cannot be worked out: {error}") from error


_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def _value(node: ast.AST) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](_value(operand))
    raise ToolError(f"{type(node).__name__} is no arithmetic")


RATES = {"EUR": 1.0, "USD": 1.168, "GBP": 0.864, "SEK": 11.12, "CHF": 0.937}
"""What one euro buys; rates of the demo, not of today."""


def convert(amount: float, source: str, target: str) -> dict[str, Any]:
    """Convert an amount of money at today's rate."""
    for currency in (source, target):
        if currency not in RATES:
            raise ToolError(f"no rate for {currency}")
    rate = RATES[target] / RATES[source]
    return {"amount": round(amount * rate, 2), "currency": target, "rate": round(rate, 4)}


def write_note(title: str, text: str) -> dict[str, Any]:
    """Keep a draft for the user. (In the demo nothing is written to disk.)"""
    name = "-".join(_words(title)) + ".md"
    return {"saved": f"drafts/{name}", "characters": len(text)}


@dataclass(frozen=True, slots=True)
class Tool:
    """A function, what kind of step its call is, what it changes, and how long it takes."""

    function: Callable[..., Any]
    kind: str = "tool"
    effects: str = "none"
    seconds: float = 0.1

    def described(self) -> dict[str, Any]:
        """The tool as a model is told of it."""
        inner = self.function
        code = inner.__code__
        names = code.co_varnames[: code.co_argcount]
        types = {"float": "number", "str": "string"}
        said = {
            name: {"type": types.get(str(inner.__annotations__[name]), "object")} for name in names
        }
        return {
            "type": "function",
            "function": {
                "name": inner.__name__,
                "description": (inner.__doc__ or "").split(".")[0],
                "parameters": {"type": "object", "properties": said},
            },
        }


TOOLS = {
    "search": Tool(search, kind="retriever", seconds=0.35),
    "read_file": Tool(read_file, seconds=0.06),
    "table": Tool(table, seconds=0.12),
    "total": Tool(total, seconds=0.12),
    "calculate": Tool(calculate, seconds=0.004),
    "convert": Tool(convert, seconds=0.6),
    "write_note": Tool(write_note, effects="write", seconds=0.2),
}


def _path(name: str) -> Path:
    found = NOTES / Path(name).name
    if not found.is_file():
        there = ", ".join(sorted(path.name for path in NOTES.iterdir()))
        raise ToolError(f"there is no {name}; there is {there}")
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
