"""The start and the end of a run, made of its spans: they come in any order, the root last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rollscope.wire import VERSION
from rollscope_desktop.protocols.otlp import facts, logged
from rollscope_desktop.protocols.otlp.kind import CALLS
from rollscope_desktop.protocols.otlp.memory import Memory
from rollscope_desktop.protocols.otlp.naming import span_name
from rollscope_desktop.protocols.otlp.received import Attributes
from rollscope_desktop.protocols.otlp.step import Told
from rollscope_desktop.protocols.run import Run

RECORD, SPAN, WHOLE, REMOTE, ROOT = 1, 2, 3, 4, 5
"""How good the name of a run is: from a log record, from any span, from an agent or a workflow,
from a span whose parent is of another process, from the root."""


def rank(run: Run, told: Told, ids: frozenset[str]) -> int:
    """How much a span stands for its run; ``ids`` are the spans that come with it."""
    if told.parent is None:
        return ROOT
    if told.span.remote and told.parent == told.span.parent and told.parent not in ids:
        step = run.steps.get(told.parent)
        if step is None or not step.started:
            return REMOTE
    return WHOLE if told.kind in ("agent", "workflow") else SPAN


def begin(run: Run, memory: Memory, told: Sequence[Told], ranks: Sequence[int]) -> None:
    """Write ``run.start`` if these spans tell more of the run than is known."""
    known = run.start
    start: dict[str, Any] = dict(known)
    best = max(range(len(told)), key=lambda at: (ranks[at], -told[at].span.start))
    one, best_rank = told[best], ranks[best]
    is_better = best_rank > memory.named or one.span.id == memory.root
    is_root = best_rank >= REMOTE and is_better
    attributes = one.span.attributes
    if is_better:
        memory.named, memory.root = best_rank, one.span.id
        start["name"] = _name(one)
    if is_root and one.input is not None:
        start["input"] = logged.value(run, one.input, often=True)
        start.pop("lossy", None)
        if "input" in one.lossy:
            start["lossy"] = ["input"]
    _add_agent(start, memory, one if is_root else None, told)
    _add(start, "project", facts.project_of(one.span.resource), is_root)
    environment = facts.environment_of(one.span.resource, attributes)
    _add(start, "environment", environment, is_root)
    session = facts.session_of(attributes)
    if session is None and "session" not in start:
        found = (facts.session_of(each.span.attributes) for each in told)
        session = next(filter(None, found), None)
    _add(start, "session", session, is_root)
    if is_root or not known:
        before = {} if not known else known.get("meta")
        meta = facts.resource_meta(one.span.resource) | facts.user_meta(attributes)
        if meta:
            start["meta"] = {
                **(before if type(before) is dict else {}), **logged.attributes(run, meta),
            }  # fmt: skip
    if start != known:
        first = min(each.span.start for each in told)
        run.write("run.start", time=one.span.start if is_root else first, v=VERSION, **start)


def begin_bare(run: Run, resource: Attributes, name: str, time: int) -> None:
    """Write ``run.start`` of a run of which only log records are here."""
    project = facts.project_of(resource)
    meta = facts.resource_meta(resource)
    run.write(
        "run.start",
        time=time,
        v=VERSION,
        name=project or name,
        project=project,
        environment=facts.environment_of(resource, {}),
        meta=logged.attributes(run, meta) if meta else None,
    )


def ending(run: Run, memory: Memory, told: Told, standing: int) -> dict[str, Any] | None:
    """The fields of ``run.end``, if the run ends with this span, as far as is known."""
    end = told.span.end
    if standing < REMOTE or end is None or (standing, end) < memory.ended:
        return None
    memory.ended = (standing, end)
    return {
        "status": "error" if told.failed else "ok",
        "output": logged.value(run, told.output, often=True),
        "error": told.error,
        "lossy": ["output"] if "output" in told.lossy else None,
    }


def _name(told: Told) -> str:
    given = told.span.attributes.get("langfuse.trace.name")
    if type(given) is str and given:
        return given
    # Of a call it is no name that the run is called like the model.
    name = span_name(told.span) if told.kind in CALLS else told.name
    return name or facts.project_of(told.span.resource) or "trace"


def _add(start: dict[str, Any], field: str, value: str | None, is_root: bool) -> None:
    if value is not None and (is_root or field not in start):
        start[field] = value


def _add_agent(
    start: dict[str, Any], memory: Memory, root: Told | None, told: Sequence[Told]
) -> None:
    """The agent that the root names; else that of the outermost step that is a named agent; else
    the root or such a step, by its own name; else the agent that any step is of."""
    for each in told:
        is_agent, is_named = each.kind == "agent", each.agent is not None
        if not is_agent and not is_named:
            continue
        if each is root and is_named:
            rank = 0
        elif is_agent:
            rank = 1 if is_named else 2 if each is root else 3
        else:
            rank = 4
        if (rank, each.span.start) < memory.agent:
            memory.agent = (rank, each.span.start)
            start["agent"] = each.name if is_agent else each.agent
