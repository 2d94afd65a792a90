"""What a fork of a run at one step would do, as far as the record tells before it is begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

from rollscope_desktop.model.link import hex_of
from rollscope_desktop.model.tree import preorder
from rollscope_desktop.query.forks.records import (
    Begun,
    Recorded,
    Unplayable,
    read_begun,
    read_step,
    read_unplayable,
)
from rollscope_desktop.query.payloads import PayloadGone, Payloads
from rollscope_desktop.query.runs import query_run, query_run_payloads
from rollscope_desktop.query.spans import query_run_spans, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

ForkKind = Literal["entry", "llm", "tool", "task", ""]
Part = Literal["input", "output"]

MODELS = frozenset({"llm", "embedding", "reranker"})
"""Kinds of steps that are calls of a model."""

FOREIGN = (
    "This step was recorded by another SDK, which does not say how to run the program again. "
    "Its model calls can be tried alone."
)
_RETRACE = (
    "The program that recorded this run with retrace-sdk is not connected, and only a running one "
    "can be started again. Its model calls can be tried alone."
)
_RETRACE_STEP = (
    "A program with retrace-sdk runs its agent again from the start: fork the run itself, with "
    "other arguments."
)
_NO_ENTRY = (
    "The run is not a call of a function that may be called again: decorate it with "
    "@rollscope.agent, or @rollscope.record(resumable=True). "
    "Its model calls can be tried alone."
)
_INEXACT = (
    "What the run was called with was not recorded in full, so it cannot be called with it again. "
    "Fork the run itself, with other arguments."
)
_BLOCK = (
    "Only calls of decorated functions and of models can be run again. This step is a with block, "
    "or it was recorded by an older Rollscope."
)
_BY_HAND = (
    "This model call was noted by the program itself, not seen on its way to the provider, so no "
    "answer can be given in its place."
)
_DEFAULTS = {"": "live", "none": "recorded", "state": "live", "write": "ask"}
_LOOKED_AT = 50
"""Steps on each side that are looked at for one that can be forked."""
_TOOLS = 200
_NAMED = 5


@dataclass(frozen=True, slots=True)
class ToolPolicy:
    """A tool of the run, and what happens to it after the fork unless the user says otherwise.

    ``effects`` is "none", "state", "write", or "" where it is not declared. ``default`` is one of
    ``rollscope.replay.plan.POLICIES``. Of a run that is not signed it is "ask" for every tool,
    which only the engine can tell (``fork_permission``). ``calls_after`` counts the recorded calls
    that had not ended when the step began; at the entry, all. ``calls_inside`` are those of them
    that are the step or inside of it: with another output in its place they are not made.
    """

    name: str
    effects: str
    default: str
    calls_after: int
    calls_inside: int = 0


@dataclass(frozen=True, slots=True)
class Nearest:
    """A step that can be forked, near one that cannot: the id of its row, and its name."""

    id: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class ForkPlan:
    """A fork at a step, before it is begun.

    ``run`` is the run's key (32 hex) and ``span`` the step's (16 hex), None for the entry: what the
    engine's ``fork`` request wants. ``possible`` is False where no fork can be made here; ``why``
    is then a sentence, and ``nearest`` holds the nearest steps above and below (in the order of the
    tree) that can be forked, as far as there are any. ``kind`` is "entry", "llm", "tool" or "task"
    ("task" also for nested agents and every other decorated function). ``parts`` is what can be
    edited: "input", "output". ``played`` counts the model and tool calls that ended before the step
    began, which come from the record; ``saves_usd`` is what these cost when they were recorded.
    ``later_calls`` and ``later_usd`` are the other recorded model calls (the step itself included),
    which may have to be paid again; of these are ``inside_calls`` and ``inside_usd`` the step and
    what is inside of it, which are not made when its output is given. ``tools`` are the tools of
    the run. ``warnings`` are sentences to show before the fork begins.

    Of a plan that is not possible only ``run``, ``span``, ``why`` and ``nearest`` count.
    """

    possible: bool
    run: str
    span: str | None
    why: str = ""
    nearest: tuple[Nearest, ...] = ()
    kind: ForkKind = ""
    name: str = ""
    parts: tuple[Part, ...] = ()
    played: int = 0
    saves_usd: float = 0.0
    later_calls: int = 0
    later_usd: float = 0.0
    inside_calls: int = 0
    inside_usd: float = 0.0
    tools: tuple[ToolPolicy, ...] = ()
    warnings: tuple[str, ...] = ()


def fork_plan(
    reader: Reader, run: int, span: int | None, *, connected: bool = False
) -> ForkPlan | None:
    """The plan for the step by its id in the index, or for the entry (None).

    None when the index has the run or the step no more. ``connected``: the program of the run
    listens, which only the engine knows; it matters for retrace-sdk alone. Reads one row per step
    of the run, and a bounded number of records.
    """
    known = query_run(reader, run if span is None else run_of(span))
    if known is None:
        return None
    rows = list(chain.from_iterable(query_run_spans(reader, known.id)))
    row = next((each for each in rows if each.id == span), None)
    if span is not None and row is None:
        return None
    plan = ForkPlan(False, known.key, None if row is None else hex_of(row.key))
    with Payloads(reader, known.id) as payloads:
        try:
            start = query_run_payloads(reader, known.id).input
            begun = read_begun(payloads, known.format, start)
            why = _refused(begun, row, connected)
            if why:
                return replace(plan, why=why)
            found = _step(payloads, row)
            if isinstance(found, str):
                return replace(plan, why=found, nearest=tuple(_nearest(payloads, rows, row)))
            name = (known.name or "") if row is None else (row.name or "")
            plan = replace(found, run=plan.run, span=plan.span, name=name)
            return _counted(payloads, plan, rows, row, begun)
        except PayloadGone as error:
            return replace(plan, why=str(error))


def _refused(begun: Begun, row: SpanRow | None, connected: bool) -> str:
    """Why no step of a run like this can be forked; "" where that depends on the step."""
    if begun.foreign == "retrace":
        return _RETRACE if not connected else _RETRACE_STEP if row is not None else ""
    if begun.foreign:
        return FOREIGN
    if not begun.resumable:
        return _NO_ENTRY
    return _INEXACT if row is not None and not begun.exact else ""


def _step(payloads: Payloads, row: SpanRow | None) -> ForkPlan | str:
    """What can be edited of a step, or why it cannot be forked."""
    if row is None:
        return ForkPlan(True, "", None, kind="entry", parts=("input",))
    said = read_step(payloads, row)
    kind = _kind(row, said)
    if kind == "":
        return _BY_HAND if row.kind == "llm" else _BLOCK
    parts: tuple[Part, ...] = ("input", "output")
    warnings: tuple[str, ...] = ()
    if "input" in said.lossy or not said.has_input:
        parts = ("output",)
    if "input" in said.lossy:
        warnings = ("What went in was not recorded in full, so only what came out can be changed.",)
    return ForkPlan(True, "", None, kind=kind, parts=parts, warnings=warnings)


def _kind(row: SpanRow, said: Recorded) -> ForkKind:
    if row.kind == "llm":
        return "llm" if said.dialect else ""
    if row.kind in MODELS or not said.fingerprint:
        return ""
    return "tool" if row.kind == "tool" else "task"


def _nearest(payloads: Payloads, rows: list[SpanRow], row: SpanRow | None) -> Iterator[Nearest]:
    """The nearest above and below that can be forked, in the order of the tree."""
    order = [rows[place] for place, _ in preorder(rows)]
    at = next(place for place, each in enumerate(order) if each is row)
    for side in (reversed(order[:at]), iter(order[at + 1 :])):
        for near in islice(side, _LOOKED_AT):
            if not isinstance(_step(payloads, near), str):
                yield Nearest(near.id, near.name or "", near.kind)
                break


def _counted(
    payloads: Payloads, plan: ForkPlan, rows: list[SpanRow], row: SpanRow | None, begun: Begun
) -> ForkPlan:
    """The plan with what comes from the record, what comes after it, and what to say of it."""
    before = [] if row is None else list(_before(rows, row))
    earlier = {each.id for each in before}
    calls = [each for each in rows if each.kind in MODELS or each.kind == "tool"]
    played = [each for each in calls if each.id in earlier]
    later = [each for each in calls if each.id not in earlier]
    models = [each for each in later if each.kind in MODELS]
    inside = _inside(rows, row)
    within = [each for each in models if each.id in inside]
    policies = _policies(payloads, calls, later, inside)
    warnings = list(plan.warnings)
    if begun.foreign == "retrace":
        tools = len(later) - len(models)
        warnings.append(
            f"retrace-sdk runs everything again: about {_count(len(models), 'model call')} are "
            f"paid for once more, and {_count(tools, 'tool call')} are made once more."
        )
    elif not begun.exact:
        warnings.append("What the run was called with was not recorded in full: look it through.")
    again = {tool.name for tool in policies if tool.effects == "state"}  # called, not answered for
    answered = [one for one in played if one.kind != "tool" or one.name not in again]
    warnings += _unplayable(read_unplayable(payloads, answered))
    return replace(
        plan,
        played=len(played),
        saves_usd=_usd(played),
        later_calls=len(models),
        later_usd=_usd(later),
        inside_calls=len(within),
        inside_usd=_usd(within),
        tools=policies,
        warnings=tuple(warnings),
    )


def _before(rows: Iterable[SpanRow], row: SpanRow) -> Iterator[SpanRow]:
    """The steps that ended before this one began: their order in the log tells it where two have
    one time."""
    for each in rows:
        if each.end is None or row.start is None:
            continue
        if each.end < row.start or (each.end == row.start and each.id < row.id):
            yield each


def _inside(rows: list[SpanRow], row: SpanRow | None) -> frozenset[int]:
    """The ids of the step and of all that is inside of it; none at the entry."""
    found: list[int] = []
    top = -1
    for place, depth in preorder(rows):
        if found and depth <= top:
            break
        if found or rows[place] is row:
            top = top if found else depth
            found.append(rows[place].id)
    return frozenset(found)


def _usd(rows: Iterable[SpanRow]) -> float:
    return sum(row.cost or 0 for row in rows if row.kind in MODELS) / 1e9


def _policies(
    payloads: Payloads, calls: list[SpanRow], later: list[SpanRow], inside: frozenset[int]
) -> tuple[ToolPolicy, ...]:
    """The tools of the run, those that were called most after the step first."""
    tools = [row for row in later if row.kind == "tool"]
    after = Counter(row.name or "" for row in tools)
    within = Counter(row.name or "" for row in tools if row.id in inside)
    first: dict[str, SpanRow] = {}
    for row in calls:
        if row.kind == "tool" and len(first) < _TOOLS:
            first.setdefault(row.name or "", row)
    found = []
    for name, row in first.items():
        effects = read_step(payloads, row).effects
        found.append(ToolPolicy(name, effects, _DEFAULTS[effects], after[name], within[name]))
    return tuple(sorted(found, key=lambda tool: (-tool.calls_after, tool.name)))


def _unplayable(found: Unplayable) -> Iterator[str]:
    if found.tools:
        yield (
            f"The results of {_named(found.tools)} cannot be given from the record. The fork stops "
            "where it needs one, unless the tool is called again."
        )
    if found.models:
        yield (
            f"Answers of {_named(found.models)} were not recorded in full. The fork stops where it "
            "needs one, unless the model is asked again."
        )
    if not found.all:
        yield "The run is long: not all of its steps were looked at for whether they can be played."


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
