"""Breakpoints as a person reads and types them. Pure."""

from __future__ import annotations

from typing import Final

from rollscope_desktop.model import text
from rollscope_desktop.model.breakpoints import (
    Breakpoint,
    BreakpointError,
    Kind,
    read_breakpoint,
)

KINDS: Final[tuple[tuple[Kind, str, str], ...]] = (
    ("tool", "Before a tool", "Name of the tool; nothing for any"),
    ("model", "Before a model", "Name of the model; nothing for any"),
    ("error", "After an error", ""),
    ("cost", "At a cost", "US dollars of the run, like 0.50"),
)
"""Each kind with its title, and what is to be typed with it; "" for nothing."""

_TITLES: Final = {kind: title for kind, title, _ in KINDS}


def words(each: Breakpoint) -> str:
    """``Before the tool pay``."""
    if each.kind == "cost":
        amount = f"{each.usd:,.2f}" if each.usd >= 0.01 else f"{each.usd:.4g}"
        return f"When the run has cost ${amount}"
    if each.kind == "error":
        return "After a step that failed, before the next call"
    name = text.one_line(each.name, 80)
    return f"Before the {each.kind} {name}" if name else f"Before any {each.kind}"


def where(project: str) -> str:
    """The project that it holds for."""
    return text.one_line(project, 80) if project else "All projects"


def typed(kind: Kind, said: str) -> Breakpoint:
    """The breakpoint of a kind with what was typed. Raises BreakpointError with a sentence."""
    said = said.strip()
    if kind != "cost":
        return read_breakpoint({"kind": kind, "name": said})
    plain = said.replace(",", "").replace(" ", "").removeprefix("$")
    try:
        usd = float(plain)
    except ValueError:
        usd = -1.0
    if not 0 < usd < 1e9:
        raise BreakpointError(f"“{text.one_line(said, 40)}” is not an amount, like 0.50.")
    return Breakpoint("cost", usd=usd)
