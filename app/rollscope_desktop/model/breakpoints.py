"""Breakpoints: before which calls a running program is to wait for a word. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["tool", "model", "error", "cost"]
KINDS: tuple[Kind, ...] = ("tool", "model", "error", "cost")
MOST = 200
"""Breakpoints of one project."""
_LONGEST = 500

ByProject = dict[str, list[dict[str, Any]]]
"""Breakpoints as JSON; "" is for programs of every project."""


class BreakpointError(ValueError):
    """What was given are no breakpoints; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """``name`` of a tool or a model, "" for any; ``usd`` is for a cost of the run."""

    kind: Kind
    name: str = ""
    usd: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """As files and protocols hold it."""
        said: dict[str, Any] = {"kind": self.kind}
        if self.name:
            said["name"] = self.name
        if self.kind == "cost":
            said["usd"] = self.usd
        return said


def read_breakpoint(said: Any) -> Breakpoint:
    """One of them. Raises BreakpointError."""
    if not isinstance(said, dict) or said.get("kind") not in KINDS:
        raise BreakpointError(f"A breakpoint is an object with a kind: {', '.join(KINDS)}.")
    kind, name, usd = said["kind"], said.get("name", ""), said.get("usd")
    if not isinstance(name, str) or len(name) > _LONGEST:
        raise BreakpointError(f"The name in a breakpoint is a text of up to {_LONGEST} characters.")
    if kind != "cost":
        return Breakpoint(kind, name if kind in ("tool", "model") else "")
    if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 < usd < 1e9:
        raise BreakpointError("A breakpoint at a cost needs a number of US dollars above 0.")
    return Breakpoint(kind, usd=float(usd))


def read_breakpoints(said: Any) -> dict[str, tuple[Breakpoint, ...]]:
    """The breakpoints by project. Raises BreakpointError."""
    if not isinstance(said, dict) or not all(isinstance(each, list) for each in said.values()):
        raise BreakpointError("Breakpoints are lists by project.")
    if any(len(each) > MOST for each in said.values()):
        raise BreakpointError(f"A project has at most {MOST} breakpoints.")
    read = {name: tuple(read_breakpoint(one) for one in each) for name, each in said.items()}
    return {name: each for name, each in read.items() if each}


def kept_breakpoints(said: Any) -> dict[str, tuple[Breakpoint, ...]]:
    """The breakpoints of settings; those that make no sense are left out."""
    found: dict[str, tuple[Breakpoint, ...]] = {}
    for name, each in said.items() if isinstance(said, dict) else ():
        kept = []
        for one in each[:MOST] if isinstance(each, list) else ():
            try:
                kept.append(read_breakpoint(one))
            except BreakpointError:
                continue
        if kept:
            found[name] = tuple(kept)
    return found
