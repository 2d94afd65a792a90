"""The fields of a filter. Grammar checks, compiler, completion and the page about filters are made
from this one table; a new field is a row here and a row in ``columns``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What the values of a field are, in words for people."""

    TEXT = "a text"
    WORD = "a word"
    DURATION = "a duration"
    COUNT = "a count"
    MONEY = "an amount"
    NUMBER = "a number"
    VALUE = "a number or a text"


class Level(Enum):
    """What a field belongs to. A field of the run holds for all of its steps alike."""

    STEP = "step"
    RUN = "run"
    BOTH = "step or run"


@dataclass(frozen=True, slots=True)
class Field:
    """``words`` are the only values that there are, each with what it means. ``named``: a name
    follows after a dot. ``also`` are other names that people try."""

    name: str
    says: str
    kind: Kind
    level: Level
    example: str
    words: tuple[tuple[str, str], ...] = ()
    named: bool = False
    also: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """The signs that may stand after the field."""
        return OPERATORS[self.kind]

    @property
    def label(self) -> str:
        """The field as it is written in lists."""
        return f"{self.name}.NAME" if self.named else self.name


_ORDERED = (">", ">=", "<", "<=", ":", "=")

OPERATORS: Final = {
    Kind.TEXT: (":", "="),
    Kind.WORD: (":", "="),
    Kind.DURATION: (">", ">=", "<", "<=", ":"),
    Kind.COUNT: _ORDERED,
    Kind.MONEY: _ORDERED,
    Kind.NUMBER: _ORDERED,
    Kind.VALUE: (":", "=", ">", ">=", "<", "<="),
}

NEEDS: Final = {
    Kind.TEXT: "a text",
    Kind.WORD: "a word",
    Kind.DURATION: "a duration like 2s, 150ms or 3m",
    Kind.COUNT: "a count like 500, 1.5k or 2M",
    Kind.MONEY: "an amount like 0.01 or $2",
    Kind.NUMBER: "a number like 0.5 or -1",
    Kind.VALUE: "a number or a text",
}
"""What to say when a value is none."""

STATUS: Final = (
    ("ok", "ended well"),
    ("error", "failed"),
    ("cancelled", "was cancelled"),
    ("ended", "ended, but the log does not say how"),
    ("open", "has not ended, as far as the log says"),
)

HAS: Final = (
    ("error", "the step failed"),
    ("input", "the log holds what went in"),
    ("output", "the log holds what came out"),
    ("preview", "the log holds only the beginning of the input or the output"),
    ("model", "a model is named"),
    ("tokens", "tokens were counted"),
    ("cost", "a cost is known"),
    ("saved", "it is known what the cache saved"),
    ("agent", "the step names its agent"),
    ("fold", "the context was folded here"),
    ("signal", "a signal was set on the step or its run"),
    ("feedback", "the step or its run was judged"),
    ("event", "something was noted on the step or its run"),
    ("message", "something was said on the step or its run"),
    ("note", "any of these four"),
    ("reward", "the run has a reward"),
    ("session", "the run is part of a session"),
    ("group", "the run is part of a group"),
    ("fork", "the run is a fork of another"),
    ("retry", "the run is a second or later attempt"),
)

_S, _R, _B = Level.STEP, Level.RUN, Level.BOTH

FIELDS: Final = (
    Field("kind", "Kind of the step: llm, tool, agent …", Kind.WORD, _S, "kind:llm,tool",
          also=("type",)),
    Field("name", "Name of the step", Kind.TEXT, _S, "name:weather", also=("step", "span")),
    Field("model", "Model that was called", Kind.TEXT, _S, "model:gpt*"),
    Field("status", "How the step ended", Kind.WORD, _S, "status:error", STATUS, also=("state",)),
    Field("dur", "How long the step took", Kind.DURATION, _S, "dur>2s",
          also=("duration", "time", "took", "length")),
    Field("tokens", "Tokens in and out of the model together", Kind.COUNT, _S, "tokens>1.5k"),
    Field("tokens.in", "Tokens that went in", Kind.COUNT, _S, "tokens.in>8k",
          also=("input", "tokens_in")),
    Field("tokens.out", "Tokens that came out", Kind.COUNT, _S, "tokens.out<10",
          also=("output", "tokens_out")),
    Field("tokens.cached", "Tokens read from the cache", Kind.COUNT, _S, "tokens.cached:0",
          also=("cached", "cache")),
    Field("cost", "Cost of the step in dollars", Kind.MONEY, _S, "cost>0.01",
          also=("price", "usd")),
    Field("saved", "What the cache saved, in dollars", Kind.MONEY, _S, "saved>0"),
    Field("first_token", "How long the model took to its first token", Kind.DURATION, _S,
          "first_token>1s", also=("ttft", "wait")),
    Field("agent", "Agent at work in the step or the run", Kind.TEXT, _B, "agent:planner"),
    Field("how", "What a fork did with the step: played, reused, edited, live", Kind.WORD, _S,
          "how:edited", also=("replay",)),
    Field("has", "What is known", Kind.WORD, _B, "has:error", HAS, also=("is", "with")),
    Field("tag", "Name of a signal, feedback or event of the step or its run", Kind.TEXT, _B,
          "tag:score", also=("note", "event", "label")),
    Field("signal", "Value of a signal of the step or its run", Kind.VALUE, _B, "signal.score>0.5",
          named=True, also=("signals", "score")),
    Field("feedback", "Value of a feedback on the step or its run", Kind.VALUE, _B,
          "feedback.thumbs:up", named=True),
    Field("run", "Name of the run", Kind.TEXT, _R, "run:heron", also=("title",)),
    Field("id", "Id of the run, or a part of it", Kind.TEXT, _R, "id:0af765*", also=("key",)),
    Field("project", "Project of the run", Kind.TEXT, _R, "project:checkout"),
    Field("env", "Environment that the run was recorded in", Kind.TEXT, _R, "env:prod*",
          also=("environment",)),
    Field("session", "Session of the run", Kind.TEXT, _R, "session=s1"),
    Field("group", "Group of the run: the samples of one prompt", Kind.TEXT, _R, "group=g7",
          also=("prompt",)),
    Field("fork", "Id of the run that the run is a fork of", Kind.TEXT, _R, "fork:0af765*"),
    Field("reward", "Reward of the run", Kind.NUMBER, _R, "reward<0"),
    Field("error", "Error that ended the run", Kind.TEXT, _R, 'error:"timed out"',
          also=("exception",)),
    Field("finish", "Why the run ended, as its log says", Kind.TEXT, _R, "finish:length"),
    Field("format", "Format of the run's log", Kind.WORD, _R, "format:rollscope"),
    Field("run.status", "How the run ended", Kind.WORD, _R, "run.status:open", STATUS),
    Field("run.dur", "How long the run took", Kind.DURATION, _R, "run.dur:1m..5m"),
    Field("run.tokens", "Tokens of the run", Kind.COUNT, _R, "run.tokens>100k"),
    Field("run.cost", "Cost of the run in dollars", Kind.MONEY, _R, "run.cost>$1"),
    Field("run.steps", "Number of steps of the run", Kind.COUNT, _R, "run.steps>1k",
          also=("steps", "spans")),
    Field("run.errors", "Number of steps of the run that failed", Kind.COUNT, _R, "run.errors:0",
          also=("errors",)),
)  # fmt: skip

_BY_NAME: Final = {field.name: field for field in FIELDS}


def field_named(name: str) -> Field | None:
    """The field that is written so; for ``signal.score`` that of all signals."""
    low = name.lower()
    found = _BY_NAME.get(low)
    if found is None and "." in low:
        found = _BY_NAME.get(low.partition(".")[0])
        return found if found is not None and found.named else None
    return found


def likely(name: str) -> Field | None:
    """The field that was probably meant."""
    from difflib import get_close_matches

    low = name.lower()
    names = {also: field for field in FIELDS for also in (field.name, *field.also)}
    near = [low] if low in names else get_close_matches(low, names, 1, 0.6)
    return names[near[0]] if near else None
