"""Breakpoints as data: before which calls of a run a program is to wait for a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

Kind = Literal["tool", "model", "error", "cost"]

_MOST = 200
"""Breakpoints that are kept of one list."""


class Breakpoint(NamedTuple):
    """``tool`` and ``model``: before calls of this name, "" for any. ``error``: before the call
    that follows a failed step. ``cost``: before the call that follows when the run has cost so many
    US dollars, once."""

    kind: Kind
    name: str = ""
    usd: float = 0.0


class Standing(NamedTuple):
    """How it stands with a run before a call: what it has cost, the cost that it has stopped at
    already, and the last step that failed since it stopped, with its error; "" without one."""

    usd: float = 0.0
    stopped_usd: float = 0.0
    failed: str = ""


def read(value: Any) -> tuple[Breakpoint, ...]:
    """The breakpoints of a message. What makes no sense is passed over: a newer application may
    know more kinds."""
    found = []
    for said in value[:_MOST] if isinstance(value, list) else ():
        if not isinstance(said, dict):
            continue
        kind, name, usd = said.get("kind"), said.get("name") or "", said.get("usd")
        if kind in ("tool", "model") and isinstance(name, str):
            found.append(Breakpoint(kind, name))
        elif kind == "error":
            found.append(Breakpoint("error"))
        elif kind == "cost" and isinstance(usd, int | float) and usd > 0:
            found.append(Breakpoint("cost", usd=float(usd)))
    return tuple(found)


def hit(
    breakpoints: Sequence[Breakpoint], kind: str, name: str, standing: Standing
) -> tuple[Breakpoint, str] | None:
    """The first breakpoint that a call comes to, and a sentence that says so."""
    is_tool = kind == "tool"
    for each in breakpoints:
        match each.kind:
            case "tool" | "model":
                if (each.kind == "tool") is is_tool and each.name in ("", name):
                    return each, f"Breakpoint before {_what(each)}."
            case "error":
                if standing.failed:
                    return each, f"Breakpoint on an error: {standing.failed}"
            case "cost":
                if standing.usd >= each.usd > standing.stopped_usd:
                    said = f"the run has cost ${standing.usd:.4g}, and ${each.usd:.4g} was set"
                    return each, f"Breakpoint at a cost: {said}."
    return None


def _what(each: Breakpoint) -> str:
    return f"the {each.kind} {each.name}" if each.name else f"any {each.kind}"
