"""What is said of a call that waits for the user's word. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model import text

if TYPE_CHECKING:
    from rollscope_desktop.services.held_calls import Held

_LONGEST = 80
_CALLS = {"tool": ("call", "called", "tool")}
_MOST = 2_000


def question(held: Held) -> str:
    """``shop wants to call the tool pay``."""
    who = text.one_line(held.project, _LONGEST) or "A program"
    call, called, kind = _CALLS.get(held.kind, ("ask", "asked", "model"))
    what = f"the {kind} {text.one_line(held.name, _LONGEST) or 'without a name'}"
    if held.choices:
        return f"{who} waits before {what}"
    if held.made:
        return f"{who} has {called} {what}: may it go on?"
    return f"{who} wants to {call} {what}"


def circumstances(held: Held) -> str:
    """Since when it waits, whether it still does, and the sentence of the rules."""
    since = text.time_of_day(round(held.since * 1e9))
    if held.choices:
        until = text.time_of_day(round(held.expires * 1e9))
        return f"{text.one_line(held.reason)} Since {since}; goes on by itself at {until}."
    waits = (
        f"Waits since {since}."
        if held.waiting
        else f"Asked at {since} and waits no more: your word is for its next try."
    )
    return f"{waits} {text.one_line(held.reason)}".rstrip()


def arguments(held: Held) -> str:
    """What it would be called with, on one line; "" where the program does not say."""
    return text.one_line(held.arguments, 400)


def hint(held: Held) -> str:
    """The same in full, for a tooltip."""
    said = text.visible(text.end_cut(held.arguments, _MOST))
    until = text.time_of_day(round(held.expires * 1e9))
    end = "Waits" if held.choices else "Held"
    return "\n".join(line for line in (said, f"Run {held.run}", f"{end} until {until}") if line)


def more(count: int) -> str:
    """``2 more wait``; "" for none."""
    return f"{count:,} more {'waits' if count == 1 else 'wait'}" if count else ""
