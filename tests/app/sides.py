"""Small runs to align, told as nested steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rollscope_desktop.model.alignment import Side
from rollscope_desktop.model.assemble import OK


@dataclass
class Made:
    """A step with what is inside of it; contents are any values that can be hashed."""

    kind: str
    name: str
    inside: list[Made] = field(default_factory=list)
    input: Any = 0
    output: Any = 0
    status: int = OK
    model: str = ""
    settings: Any = 0
    duration: int | None = None
    tokens: int | None = None
    cost: int | None = None
    how: str | None = None


def made(kind: str, name: str, *inside: Made, **more: Any) -> Made:
    """A step."""
    return Made(kind, name, list(inside), **more)


def tool(input: Any, output: Any = "found", name: str = "search", **more: Any) -> Made:
    """A call of a tool."""
    return Made("tool", name, [], input, output, **more)


def llm(input: Any, output: Any = "said", **more: Any) -> Made:
    """A call of a model."""
    return Made("llm", "chat", [], input, output, **more)


def agent(*inside: Made, **more: Any) -> Made:
    """An agent with these steps."""
    return Made("agent", "assistant", list(inside), **more)


def side(*tops: Made) -> Side:
    """A run of these steps."""
    steps: list[Made] = []
    parents: list[int] = []
    waiting = [(top, -1) for top in reversed(tops)]
    while waiting:
        step, parent = waiting.pop()
        waiting += [(inner, len(steps)) for inner in reversed(step.inside)]
        steps.append(step)
        parents.append(parent)
    return Side(
        list(range(len(steps))), parents, [s.kind for s in steps], [s.name for s in steps],
        [s.model for s in steps], [s.how for s in steps], [s.status for s in steps],
        [_hash(s.input) for s in steps], [_hash(s.settings) for s in steps],
        [_hash(s.output) for s in steps], [s.duration for s in steps],
        [s.tokens for s in steps], [s.cost for s in steps],
    )  # fmt: skip


def _hash(value: Any) -> int:
    if isinstance(value, int):
        return value
    return int.from_bytes(repr(value).encode(), "big")
