"""Rules for calls: what a run may use, what is denied or held, and what that says to a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import isfinite
from typing import Any, Final, Literal

from rollscope_desktop.model import text

Value = int | float | str | tuple[str, ...] | None

MOST_PROJECTS: Final = 1_000
MOST_NAMES: Final = 1_000
LONGEST: Final = 500
"""Characters of a project's name, of a tool's or model's, and of a reason."""
_MOST: Final = 1 << 53
_NANO: Final = 10**9


class RulesError(ValueError):
    """Rules, or a word about a call, that cannot be taken; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a run has used: model and tool calls, tokens in and out, US dollars."""

    steps: int = 0
    tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """A call that a program asks about. ``kind`` is "tool", or that of a model call.

    ``tokens`` and ``usd`` are what it uses. ``made``: it has been made already, and the question is
    whether the run may go on. ``arguments`` are the beginning of them as text, for people.
    """

    run: str
    kind: str
    name: str
    project: str | None = None
    arguments_hash: str = ""
    tokens: int | None = None
    usd: float | None = None
    span: str | None = None
    made: bool = False
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``block``: a ceiling is reached; ``deny``: never this call; ``hold``: somebody has to allow
    it, and ``hold`` is the id to ask about. ``reason`` is a sentence."""

    verdict: Literal["allow", "block", "deny", "hold"]
    reason: str = ""
    hold: str = ""


ALLOW: Final = Verdict("allow")


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for a project; None: no limit. Names may have * and ? in them."""

    max_steps: int | None = None
    max_tokens: int | None = None
    max_usd: float | None = None
    denied_tools: tuple[str, ...] = ()
    held_tools: tuple[str, ...] = ()
    held_models: tuple[str, ...] = ()
    reason: str = ""

    @property
    def has_ceiling(self) -> bool:
        """Whether it matters what a run has used."""
        return (self.max_steps, self.max_tokens, self.max_usd) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Rules:
    """``said`` has the fields of Limits that are set, by project; "" stands for all others."""

    said: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def of(self, project: str | None) -> Limits:
        """What holds for a project: its own fields, and where it has none, those of all others."""
        own = self.said.get(project, {}) if project else {}
        return replace(Limits(), **{**self.said.get("", {}), **own})  # type: ignore[arg-type]

    def as_json(self) -> dict[str, dict[str, Any]]:
        """As ``read_rules`` takes them."""
        return {
            project: {n: list(v) if isinstance(v, tuple) else v for n, v in said.items()}
            for project, said in self.said.items()
        }


def read_rules(value: Any) -> Rules:
    """The rules that a JSON value is: an object by project, of objects with fields of Limits.

    Raises RulesError. What is not known is refused: a rule that is passed over allows something.
    """
    if not isinstance(value, dict):
        raise RulesError("Rules are an object with a name for each project.")
    if len(value) > MOST_PROJECTS:
        raise RulesError(f"There can be rules for {MOST_PROJECTS:,} projects, and no more.")
    return Rules({_text(name, "The name of a project"): _fields(value[name]) for name in value})


def judge(limits: Limits, question: Question, used: Totals) -> Verdict:
    """What rules say to a call. ``used`` is what its run has used, with this call if it is made.

    A verdict to hold has no id yet.
    """
    is_tool = question.kind == "tool"
    what = f"the {'tool' if is_tool else 'model'} {text.one_line(question.name, 80)}"
    verdict: Literal["block", "deny", "hold"]
    if is_tool and _is_among(question.name, limits.denied_tools):
        verdict, why = "deny", f"The rules deny {what}."
    elif over := _over(limits, question, used):
        verdict, why = "block", over
    elif _is_among(question.name, limits.held_tools if is_tool else limits.held_models):
        verdict, why = "hold", f"Somebody has to allow {what}."
    else:
        return ALLOW
    return Verdict(verdict, f"{why} {limits.reason}".rstrip())


def _is_among(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _over(limits: Limits, question: Question, used: Totals) -> str:
    """Which ceiling a call is beyond, and how far; "" if it is beneath all.

    A call that is to be made needs room for at least something; one that is made has used it.
    """
    # fmt: off
    ceilings = (
        (limits.max_steps, used.steps, 1, "made {} of {} steps", "{:,}".format),
        (limits.max_tokens, used.tokens, question.tokens, "used {} of {} tokens", "{:,}".format),
        (_nano(limits.max_usd), _nano(used.usd), _nano(question.usd), "cost {} of {}", text.cost),
    )
    # fmt: on
    for most, so_far, wanted, words, shown in ceilings:
        if most is None or so_far is None:
            continue
        more = 0 if question.made else max(wanted or 0, 1)
        if so_far + more > most:
            said = words.format(shown(so_far), shown(most))
            if more <= 1 or so_far >= most:
                return f"This run has {said}."
            return f"This run has {said}, and this call may take {shown(more)}."
    return ""


def _nano(usd: float | None) -> int | None:
    """Whole nano-dollars: 0.1 + 0.2 is not more than 0.3."""
    return None if usd is None else round(usd * _NANO) if isfinite(usd) else 0


def _fields(said: Any) -> dict[str, Value]:
    if not isinstance(said, dict):
        raise RulesError("The rules of a project are an object.")
    for name in said:
        if name not in _READ:
            known = ", ".join(_READ)
            raise RulesError(f"There is no rule {str(name)[:40]!r}. There are: {known}.")
    return {name: _READ[name](value, name) for name, value in said.items()}


def _count(value: Any, name: str) -> int | None:
    if value is None or (type(value) is int and 0 <= value < _MOST):
        return value
    raise RulesError(f"{name} must be a whole number that is not negative, or null for no limit.")


def _amount(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if type(value) in (int, float) and 0 <= value < _MOST:
        return float(value)
    raise RulesError(f"{name} must be a number that is not negative, or null for no limit.")


def _names(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise RulesError(f"{name} must be a list of names.")
    if len(value) > MOST_NAMES:
        raise RulesError(f"{name} can have {MOST_NAMES:,} names, and no more.")
    names = tuple(_text(each, f"A name in {name}") for each in value)
    if "" in names:
        raise RulesError(f"A name in {name} is empty.")
    return names


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise RulesError(f"{name} must be a text of at most {LONGEST} characters.")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise RulesError(f"{name} holds half of a character.")
    return value


_READ: Final[dict[str, Callable[[Any, str], Value]]] = {
    "max_steps": _count, "max_tokens": _count, "max_usd": _amount, "denied_tools": _names,
    "held_tools": _names, "held_models": _names, "reason": _text,
}  # fmt: skip
