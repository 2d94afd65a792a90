"""What a re-run is to do: the edit, the policies, what happens where it differs from the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rollscope.active import NOTHING

Scope = Literal["call", "later"]
Policy = Literal["live", "recorded", "ask", "deny"]
OnDivergence = Literal["stop", "ask", "live"]
Verdict = Literal["allow", "edit", "give", "stop", "serve", "live"]

POLICIES: tuple[Policy, ...] = ("live", "recorded", "ask", "deny")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a step. ``span`` None is the entry: the arguments of the run itself.

    ``input`` and ``output`` are JSON values: of a model call its request and answer in the normal
    form, else the arguments by name and the result. Exactly one of them is given. ``scope`` says
    whether a changed request is for this call, or for every later one as well.
    """

    span: str | None
    input: Any = NOTHING
    output: Any = NOTHING
    scope: Scope = "call"

    @classmethod
    def from_json(cls, value: Any) -> Edit:
        """The edit as protocols and logs hold it. Raises ValueError with a sentence."""
        if not isinstance(value, dict):
            raise ValueError("An edit is a JSON object.")
        span, scope = value.get("span"), value.get("scope", "call")
        if span is not None and not isinstance(span, str):
            raise ValueError("The span of an edit is the id of a step, or null for the entry.")
        if scope not in ("call", "later"):
            raise ValueError("The scope of an edit is call or later.")
        if ("input" in value) == ("output" in value):
            raise ValueError("An edit changes either the input or the output of a step.")
        if span is None and "output" in value:
            raise ValueError("Of the entry only the input can be changed.")
        return cls(span, value.get("input", NOTHING), value.get("output", NOTHING), scope)

    def to_json(self) -> dict[str, Any]:
        """The edit as protocols and logs hold it."""
        changed = {"input": self.input} if self.input is not NOTHING else {"output": self.output}
        scope = {"scope": self.scope} if self.scope != "call" else {}
        return {"span": self.span, **changed, **scope}


@dataclass(frozen=True, slots=True)
class Plan:
    """A re-run. Without an ``edit`` everything is expected to come as it was recorded.

    ``policies`` are by the name of a tool; ``others`` is for all tools that it does not name, ""
    for what their declared effects suggest. ``fresh``: after the edit no model call is answered
    from the record. ``offline``: nothing may go live at all; what the record does not hold is a
    divergence wherever it comes.
    """

    edit: Edit | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)
    others: Policy | Literal[""] = ""
    divergence: OnDivergence = "stop"
    fresh: bool = False
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What a re-run wants to know before it goes on.

    ``kind`` is "tool" (may it be called? allow, edit, give, stop) or "divergence" (serve, live,
    stop). ``span`` is the step of the record that was expected, and ``expected`` its input.
    """

    kind: Literal["tool", "divergence"]
    name: str
    input: Any
    reason: str
    span: str | None = None
    expected: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``value`` is the arguments for "edit", the result for "give"."""

    verdict: Verdict
    value: Any = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many calls came from the record, after the edit from the record, and live."""

    played: int = 0
    reused: int = 0
    live: int = 0
