"""Writes what a record has inside a step that was not called into the log of a re-run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollscope.capture.composed import composed, ready
from rollscope.replay.record import RecordedSpan
from rollscope.spans import Span

if TYPE_CHECKING:
    from rollscope.recorder import Recorder

_OF_LINES = frozenset({"type", "run", "proc", "seq", "time", "source", "span"})


def copy_inside(span: Span, found: RecordedSpan) -> None:
    """Write what was told of the recorded step, and the steps inside it, as played."""
    to = span.recorder
    if to is None:
        return
    _notes(to, span.id, found)
    span._usage = saved(found.usage)
    span._error = next((one["error"] for one in reversed(found.sets) if "error" in one), None)
    for child in found.children:
        _copy(to, span, span.id, child)


def _copy(to: Recorder, span: Span, parent: str, found: RecordedSpan) -> None:
    id = span.trace.client.span_id()
    start: dict[str, Any] = {
        "span": id,
        "parent": parent,
        "kind": found.kind,
        "name": found.name,
        "input": _content(to, found, "input"),
        "attrs": to.fact(found.attrs) if found.attrs else None,
        "branch": found.branch or None,
        "effects": found.effects,
        "fingerprint": found.fingerprint or None,
        "agent": found.agent,
        "replay": {"of": found.id, "how": "played"},
        "lossy": ["input"] if "input" in found.lossy else None,
    }
    to.write("span.start", **start)
    _notes(to, id, found)
    for child in found.children:
        _copy(to, span, id, child)
    if found.ended is not None:
        to.write(
            "span.end",
            span=id,
            status=found.status,
            output=_content(to, found, "output"),
            error=found.error,
            usage=saved(found.usage),
            branches=found.branches or None,
            **_exact(to, found),
        )


def _notes(to: Recorder, id: str, found: RecordedSpan) -> None:
    for one in found.sets:
        said = {name: to.value(one[name]) for name in ("input", "output", "attrs") if name in one}
        if said or "error" in one:
            to.write("span.set", span=id, error=one.get("error"), **said)
    for note in found.notes:
        fields = {name: value for name, value in note.items() if name not in _OF_LINES}
        for name in ("data", "content", "value"):
            if name in fields:
                fields[name] = to.value(fields[name])
        to.write(str(note["type"]), span=id, **fields)


def _content(to: Recorder, found: RecordedSpan, field: str) -> Any:
    value = found.input if field == "input" else found.output
    if value is None:
        return None
    if field in found.lossy:
        made = to.value(value)
        return None if made is None else made._replace(lossy=True)
    if isinstance(value, dict) and ("messages" in value or "message" in value):
        return ready(to, value) if field == "input" else composed(to, value)
    return to.value(value)


def _exact(to: Recorder, found: RecordedSpan) -> dict[str, Any]:
    """What a re-run of this re-run needs."""
    told = {"result": found.result, "response": found.response}
    if not to.may_show:
        return {"result": {"not": "A hook redacts this run."}} if found.is_call else {}
    return {name: to.fact(value) for name, value in told.items() if value is not None}


def saved(usage: Any) -> dict[str, Any] | None:
    """The usage of a step that was not paid again."""
    if not isinstance(usage, dict):
        return None
    cost = usage.get("cost_usd", usage.get("saved_usd"))
    told = {"model": usage.get("model"), "saved_usd": cost}
    return {name: value for name, value in told.items() if value is not None} or None
