"""What is asked for and what is told of it: an order for forks, a fork, and the checks of both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from rollscope import wire
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.model import text

State = Literal["starting", "running", "asking", "done", "failed", "cancelled"]

OVER: Final = frozenset({"done", "failed", "cancelled"})
"""States in which nothing more will come of a fork."""
MOST = 100
"""Forks of one order."""

_VERDICTS: Final = {
    "tool": ("allow", "edit", "give", "stop"),
    "divergence": ("serve", "live", "stop"),
}
_RUN = re.compile("[0-9a-f]{32}")
_SPAN = re.compile("[0-9a-f]{16}")
_SHOWN = 256 << 10
"""Bytes of JSON of a value that is shown with a question."""
_SENTENCE = 2_000


@dataclass(frozen=True, slots=True)
class Order:
    """Forks of a run. ``edit`` is JSON (see ``rollscope.replay.plan.Edit``); None to run again
    unchanged. ``allow`` is the user's word, "" without one."""

    run: str
    edit: dict[str, Any] | None = None
    times: int = 1
    policies: Mapping[str, str] = field(default_factory=dict)
    divergence: str = "stop"
    fresh: bool = False
    allow: str = ""

    @property
    def span(self) -> str | None:
        """The step that is edited; None for the entry, and without an edit."""
        return None if self.edit is None else self.edit.get("span")


@dataclass(frozen=True, slots=True)
class Fork:
    """One fork, as docs/engine-protocol.md tells of it. ``run`` is the new run, None until it has
    begun; ``details`` are the last lines of its standard error where something went wrong."""

    id: str
    batch: str
    number: int
    of: str
    at: str | None
    run: str | None = None
    state: State = "starting"
    status: str = ""
    sentence: str = ""
    details: str = ""
    played: int = 0
    reused: int = 0
    live: int = 0
    question: dict[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in OVER

    def told(self) -> dict[str, Any]:
        """As it is sent."""
        return {
            "id": self.id, "batch": self.batch, "number": self.number, "of": self.of,
            "at": self.at, "run": self.run, "state": self.state, "status": self.status,
            "sentence": self.sentence, "details": self.details, "played": self.played,
            "reused": self.reused, "live": self.live, "question": self.question,
        }  # fmt: skip


def read_order(request: Mapping[str, Any]) -> Order:
    """The order that a request makes. Raises Refused."""
    from rollscope.replay.plan import POLICIES, Edit  # late: few engines make forks

    edit = request.get("edit")
    if edit is not None:
        try:
            edit = Edit.from_json(edit).to_json()
        except ValueError as error:
            raise _odd(str(error)) from None
        if edit["span"] is not None and not _SPAN.fullmatch(edit["span"]):
            raise _odd("The span of an edit is 16 hex digits, or null for the entry.")
    times, policies = request.get("times", 1), request.get("policies") or {}
    if type(times) is not int or not 1 <= times <= MOST:
        raise _odd(f"times must be a whole number from 1 to {MOST}.")
    if not isinstance(policies, dict) or any(
        policy not in POLICIES for policy in policies.values()
    ):
        raise _odd(f"policies must give each tool one of {', '.join(POLICIES)}.")
    return Order(
        read_run(request), edit, times, policies,
        _one_of(request, "divergence", ("stop", "ask", "live"), "stop"),
        request.get("fresh") is True, _one_of(request, "allow", ("", "once", "always"), ""),
    )  # fmt: skip


def read_run(request: Mapping[str, Any]) -> str:
    """The key of a run that a request names. Raises Refused."""
    run = request.get("run")
    if not isinstance(run, str) or not is_run(run):
        raise _odd("run must be 32 hex digits.")
    return run


def read_question(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """The question that a bridge asks, with what is too long shown by its beginning; None for what
    is none."""
    asked, number = message.get("question"), message.get("id")
    if not isinstance(asked, dict) or asked.get("kind") not in _VERDICTS:
        return None
    if not isinstance(number, int | str):
        return None
    return {
        "id": number,
        "kind": asked["kind"],
        "name": word(asked.get("name")),
        "span": asked["span"] if isinstance(asked.get("span"), str) else None,
        "input": _shown(asked.get("input")),
        "expected": _shown(asked.get("expected")),
        "reason": word(asked.get("reason")),
    }


def read_answer(question: Mapping[str, Any], verdict: Any, value: Any) -> dict[str, Any]:
    """What a bridge is told. Raises Refused where it does not fit the question."""
    verdicts = _VERDICTS[question["kind"]]
    if verdict not in verdicts:
        raise _odd(f"The verdict on this question is one of {', '.join(verdicts)}.")
    if verdict == "edit" and not isinstance(value, dict):
        raise _odd("Edited arguments are a JSON object: their names and values.")
    return {"type": "answer", "id": question["id"], "verdict": verdict, "value": value}


def is_run(value: Any) -> bool:
    """Whether a value is the key of a run."""
    return isinstance(value, str) and _RUN.fullmatch(value) is not None


def word(value: Any) -> str:
    """A text of a bridge's, for people: short, nothing in it obeyed."""
    return text.visible(value[:_SENTENCE]) if isinstance(value, str) else ""


def _shown(value: Any) -> Any:
    data = wire.dump(value)
    return value if len(data) <= _SHOWN else f"{data[:1000].decode('utf-8', 'replace')}…"


def _one_of(request: Mapping[str, Any], name: str, words: tuple[str, ...], usual: str) -> str:
    value = request.get(name, usual)
    if value not in words:
        raise _odd(f"{name} must be one of {', '.join(filter(None, words))}.")
    return str(value)


def _odd(sentence: str) -> Refused:
    return Refused("argument", sentence)
