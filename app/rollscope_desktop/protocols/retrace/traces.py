"""Traces of the SDK: runs that begin, end, break off, and are judged."""

from __future__ import annotations

from typing import Any

from rollscope import wire
from rollscope_desktop.protocols.lines import Lines
from rollscope_desktop.protocols.retrace.ids import run_of, source_of, span_of
from rollscope_desktop.protocols.retrace.memory import Memory
from rollscope_desktop.protocols.retrace.said import (
    Data,
    amount,
    count,
    failure,
    instant,
    lasting,
    table,
    text,
)
from rollscope_desktop.protocols.retrace.spans import Spans
from rollscope_desktop.protocols.run import Run

UNNAMED = "trace"
"""The name of a trace that has none."""

_LOST = "retrace-sdk could not deliver all of this trace"
_TOTALS = ("total_tokens", "total_cost", "total_duration_ms", "span_count")
_STATUSES = {"completed": "ok", "failed": "error", "cancelled": "cancelled"}


def begin(run: Run, data: Data, now: int, source: str | None = None) -> None:
    """Tell what is known of how a trace began. What was told before and is not told again stays."""
    if source is not None and run.has(source):
        return
    told = run.start
    said = {**told, **_fields(run, data)}
    said["name"] = text(data.get("name")) or told.get("name") or UNNAMED
    said["meta"] = {**table(told.get("meta")), **_meta(run, data)}
    if said != told:
        run.write("run.start", time=_began(data, now), source=source, v=wire.VERSION, **said)


def end(run: Run, memory: Memory, data: Data, now: int, source: str) -> None:
    """Tell how a trace ended. It may be told twice, over two connections; then what is new."""
    if run.has(source) or data.get("status") == "running":
        return
    Spans(run, memory, now).settle()
    time = instant(data.get("ended_at")) or now
    known = memory.trace(run.id)
    output, error = data.get("output"), failure(data.get("error"))
    status = _STATUSES.get(text(data.get("status")) or "", "ok" if error is None else "error")
    told = source_of("end", [status, output, error])
    is_new = told != known.end and (output is not None or error is not None)
    with Lines(run, source) as lines:
        if data.get("lossy") is True and not (known.lossy and run.ended):
            known.lossy = True
            lines.add("event", time, name="dropped", data={"reason": _LOST})
        flags = {name: True for name in ("lossy", "terminated_early") if data.get(name) is True}
        if flags:
            lines.add("run.set", time, meta=flags)
        if is_new or not run.ended:
            known.end = told
            totals = {name: n for name in _TOTALS if (n := _number(data.get(name))) is not None}
            lines.add(
                "run.end", time, status=status, output=run.plain(output), error=error,
                metrics=totals or None,
                finish_reason="terminated_early" if "terminated_early" in flags else None,
            )  # fmt: skip


def judge(run: Run, trace: str, is_golden: bool, now: int) -> None:
    """A trace was marked as one that others are compared with, or is so no more."""
    ensure(run, trace, {}, now)
    run.write("feedback", time=now, name="golden", value=is_golden)


def break_off(run: Run, memory: Memory, now: int) -> None:
    """The program is gone, and has not said how its trace ended."""
    Spans(run, memory, now).settle()
    run.write("event", time=now, name="disconnected")


def ensure(run: Run, trace: str, data: Data, now: int) -> None:
    """A run has a name and says where it is from, also where its beginning was lost."""
    if not run.start:
        begin(run, {**data, "id": trace}, now)


def _fields(run: Run, data: Data) -> Data:
    """The fields of ``run.start`` that a trace fills."""
    meta = table(data.get("metadata"))
    said = {
        "input": run.plain(_input(data.get("input"), meta)),
        "session": text(data.get("session_id")),
        "project": text(data.get("project_id")),
        "environment": text(meta.get("environment")),
        "fork": _fork(meta),
    }
    return {name: value for name, value in said.items() if value is not None}


def _input(value: Any, meta: Data) -> Any:
    """What the function was called with; a fork that we asked for has it in a list."""
    is_ours = "_fork_of" in meta and isinstance(value, list) and len(value) == 1
    return value[0] if is_ours and table(value[0]).keys() == {"args", "kwargs"} else value


def _meta(run: Run, data: Data) -> Data:
    """The user's own data; what is plain here is escaped by standing beside ``source_id``."""
    meta = {name: run.plain(value) for name, value in table(data.get("metadata")).items()}
    return {**{n: v for n, v in meta.items() if v is not None}, "source_id": data["id"]}


def _fork(meta: Data) -> Data | None:
    """What a trace is a fork of: run again with another input, or played from a recording."""
    for field, mode in (("_fork_of", "resume"), ("_replay_of", "replay")):
        if (of := text(meta.get(field))) is not None:
            at = text(meta.get("_fork_point"))
            made = {"of": run_of(of), "mode": mode}
            return made if at is None else {**made, "at": span_of(at)}
    return None


def _number(value: Any) -> float | None:
    whole = count(value)
    return amount(value) if whole is None else whole


def _began(data: Data, now: int) -> int:
    began, ended = instant(data.get("started_at")), instant(data.get("ended_at"))
    if began is not None:
        return began
    if ended is None:
        return now
    return max(0, ended - (lasting(data.get("total_duration_ms")) or 0))
