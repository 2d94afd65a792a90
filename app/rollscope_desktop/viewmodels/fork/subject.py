"""What the fork dialog is about: a step, its plan, what went in and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import text
from rollscope_desktop.query.call import read_attrs
from rollscope_desktop.query.forks.plan import ForkPlan, fork_plan
from rollscope_desktop.query.payloads import Payload, PayloadGone, Payloads
from rollscope_desktop.query.runs import query_run, query_run_payloads
from rollscope_desktop.query.spans import query_span
from rollscope_desktop.viewmodels.fork.typed import LONGEST, pretty

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import Locator
    from rollscope_desktop.query.connection import Reader


@dataclass(frozen=True, slots=True)
class Part:
    """What went in, or what came out. ``trouble`` says why it cannot be edited; ``lossy``: the log
    does not hold all of it."""

    value: Any = None
    trouble: str = ""
    lossy: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A step, or a run (``span`` is None), with ids of the index, and what a fork of it would do.

    ``parts`` are by "input" and "output"; ``given`` is what the run itself was called with.
    ``schema`` is that of the tool's arguments, if known.
    """

    run: int
    span: int | None
    run_name: str
    project: str
    plan: ForkPlan
    parts: dict[str, Part] = field(default_factory=dict)
    given: Part = Part()
    schema: Any = None


def read_subject(
    reader: Reader, run: int, span: int | None, connected: bool = False
) -> Subject | None:
    """All of it; None when the index has it no more. ``connected``: see ``fork_plan``."""
    plan = fork_plan(reader, run, span, connected=connected)
    row = query_run(reader, run)
    if plan is None or row is None:
        return None
    name = text.one_line(row.name or row.agent or "Run", 80)
    project = row.project or row.name or row.agent or ""
    if not plan.possible:
        return Subject(run, span, name, project, plan)
    schema = None
    with Payloads(reader, run, limits=None) as payloads:
        given = _given(query_run_payloads(reader, run).input)
        places: dict[str, tuple[Locator, ...]] = {"input": given, "output": ()}
        if span is not None:
            step = query_span(reader, span)
            if step is None:
                return None
            places = {"input": step.inputs, "output": step.outputs}
            schema = read_attrs(payloads, step).get("schema") if step.kind == "tool" else None
        parts: dict[str, Part] = {name: _read(payloads, places[name]) for name in plan.parts}
        called_with = parts["input"] if span is None else _read(payloads, given)
    return Subject(run, span, name, project, plan, parts, called_with, schema)


def _given(place: Locator | None) -> tuple[Locator, ...]:
    """Where the arguments of the entry lie: they may be other than what the run calls its input."""
    return () if place is None else (replace(place, path="entry/arguments"), place)


def _read(payloads: Payloads, places: tuple[Locator, ...]) -> Part:
    try:
        found = payloads.first(places)
    except PayloadGone as error:
        return Part(trouble=str(error))
    return Part(found.value, _trouble(found), found.lossy)


def _trouble(found: Payload) -> str:
    if found.too_big or len(pretty(found.value)) > LONGEST:
        return "It is too long to be edited here. The command rollscope fork takes it from a file."
    return ""
