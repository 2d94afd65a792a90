"""What is said of a fork before it is begun: what will happen, what it costs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rollscope_desktop.model import text

if TYPE_CHECKING:
    from rollscope_desktop.query.forks.plan import ForkPlan
    from rollscope_desktop.services.forks import Permission

POLICIES: Final[Mapping[str, str]] = {
    "live": "Call it",
    "recorded": "From the record",
    "ask": "Ask me first",
    "deny": "Refuse",
}
EFFECTS: Final[Mapping[str, str]] = {
    "none": "none", "state": "changes memory", "write": "changes the world", "": "not declared",
}  # fmt: skip
DIVERGENCE: Final[Mapping[str, str]] = {
    "stop": "Stop",
    "ask": "Ask me",
    "live": "Go live",
}
"""What to do where the fork differs from the record before the edited step."""
_CALLED: Final[Mapping[str, tuple[str, str]]] = {
    "live": ("is called again", "are called again"),
    "recorded": ("answers from the record", "answer from the record"),
    "ask": ("asks first", "ask first"),
    "deny": ("is refused", "are refused"),
}
_MOST: Final = 3


WAYS: Final[Mapping[str, str]] = {
    "process": "in a new process",
    "program": "in its own process, which goes on",
    "retrace": "by retrace-sdk, in its own process",
}


def place_of(plan: ForkPlan) -> str:
    """``step 30``, or ``the start``."""
    return "the start" if plan.span is None else f"step {plan.played + 1:,}"


def button(plan: ForkPlan, times: int) -> str:
    """``Fork from step 30``, ``Fork 5 times from step 30``."""
    again = f"{times} times " if times > 1 else ""
    return f"Fork {again}from {place_of(plan)}"


def edited(plan: ForkPlan, part: str) -> ForkPlan:
    """The plan when this part of the step is edited: with its output given nothing inside of it is
    called, and a tool with another input is called whatever becomes of its other calls."""
    if part == "output":
        return replace(
            plan,
            later_calls=plan.later_calls - plan.inside_calls,
            later_usd=max(plan.later_usd - plan.inside_usd, 0.0),
            tools=tuple(
                replace(tool, calls_after=tool.calls_after - tool.calls_inside, calls_inside=0)
                for tool in plan.tools
            ),
        )
    if plan.kind != "tool":
        return plan
    return replace(plan, tools=tuple(
        replace(tool, calls_after=tool.calls_after - 1) if tool.name == plan.name else tool
        for tool in plan.tools
    ))  # fmt: skip


def sentence(
    plan: ForkPlan, policies: Mapping[str, str], *, times: int, fresh: bool, part: str = "output"
) -> str:
    """``29 steps played back, then live: up to 11 model calls; “send_mail” asks first.`` The plan
    is as ``edited`` has it."""
    calls = text.count(plan.later_calls, "model call")
    if not plan.later_calls:
        calls = "no more model calls in the record"
    elif fresh:
        calls = f"about {calls}, each made anew"
    else:
        calls = f"up to {calls}"
    begin = (
        f"{text.count(plan.played, 'step')} played back, then live"
        if plan.played
        else "No step is played back, all is live"
    )
    each = f"{times} times: " if times > 1 else ""
    if each:
        begin = begin[:1].lower() + begin[1:]
    own = []
    if part == "input" and plan.kind == "tool":
        own.append(f"{_quoted(plan.name)} is called with this input")
    return "; ".join([f"{each}{begin}: {calls}", *own, *_tools(plan, policies)]) + "."


def money(plan: ForkPlan, times: int) -> str:
    """What playback saves, and what the rest may cost, as far as the record knows of costs."""
    said = []
    if plan.saves_usd:
        said.append(f"Playback saves {_dollars(plan.saves_usd * times)}.")
    if plan.later_usd:
        said.append(f"The rest cost {_dollars(plan.later_usd)} when it was recorded")
        said[-1] += f": about {_dollars(plan.later_usd * times)} in all." if times > 1 else "."
    return " ".join(said)


def warnings(plan: ForkPlan, permission: Permission | None) -> tuple[str, ...]:
    """What to know before a fork is begun, a sentence each."""
    said = list(plan.warnings)
    if permission is not None:
        if permission.changed:
            said.append("The source of the agent has changed since the recording.")
        if permission.missing:
            names = ", ".join(text.one_line(name, 60) for name in permission.missing[:8])
            more = len(permission.missing) - 8
            are = "is" if len(permission.missing) == 1 else "are"
            rest = f" and {more} more" if more > 0 else ""
            said.append(f"{names}{rest} {are} not set here, and had a value then.")
        if not permission.signed:
            said.append("This log was not signed on this machine: every tool asks first.")
    return tuple(dict.fromkeys(said))


def _tools(plan: ForkPlan, policies: Mapping[str, str]) -> list[str]:
    """What becomes of the tools that were called after the step, by policy."""
    said = []
    for policy, (one, several) in _CALLED.items():
        names = [
            _quoted(tool.name) for tool in plan.tools
            if tool.calls_after and policies.get(tool.name, tool.default) == policy
        ]  # fmt: skip
        if names:
            said.append(f"{_listed(names)} {one if len(names) == 1 else several}")
    return said


def _quoted(name: str) -> str:
    return f"“{text.one_line(name, 40)}”"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST:
        names = [*names[: _MOST - 1], f"{len(names) - _MOST + 1} more tools"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _dollars(usd: float) -> str:
    return text.cost(round(usd * 1e9))
