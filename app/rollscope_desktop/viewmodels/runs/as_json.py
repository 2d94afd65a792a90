"""Runs as JSON for who copies them out of the list: what people ask about, and no inner numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.rows import TIME, RunRow
from rollscope_desktop.query.run_details import RunDetails, query_details
from rollscope_desktop.viewmodels.runs.words import lasted

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader


def query_json(reader: Reader, ids: Iterable[int], states: Mapping[int, str]) -> str:
    """An array of these runs in this order, with their signals and feedback."""
    ids = list(ids)
    found = {details.row.id: details for details in query_details(reader, ids, signals=True)}
    runs = [as_data(found[id], states.get(id, "")) for id in ids if id in found]
    return json.dumps(runs, indent=2, ensure_ascii=False)


def as_data(details: RunDetails, state: str) -> dict[str, Any]:
    """A run as plain data; what the log does not tell is left out."""
    run = details.row
    took = lasted(run)
    said: dict[str, Any] = {
        "run": run.key,
        "name": run.name,
        "agent": run.agent,
        "project": run.project,
        "environment": run.environment,
        "session": run.session,
        "group": _some({"id": run.group_id, "index": run.group_index, "chain": run.chain}),
        "rollout": run.rollout,
        "attempt": run.attempt,
        "state": state or None,
        "started": _moment(run, run.started),
        "ended": _moment(run, run.ended),
        "seconds": None if took is None else took / 1e9,
        "steps": run.spans,
        "model_calls": run.llm,
        "tool_calls": run.tools,
        "errors": run.errors,
        "input_tokens": run.tokens_in,
        "output_tokens": run.tokens_out,
        "cost_usd": run.cost / 1e9,
        "saved_usd": run.saved / 1e9 or None,
        "reward": run.reward if run.reward is None or isfinite(run.reward) else str(run.reward),
        "finish_reason": run.finish,
        "error": run.error,
        "fork": _some({"of": run.fork_of, "at": run.fork_at, "step": details.edited or None}),
        "caller": _some({"run": run.caller_run, "span": run.caller_span}),
        "signals": _named(details, "signal."),
        "feedback": _named(details, "feedback."),
        "format": run.format,
        "source_id": run.source_id,
    }
    return {name: value for name, value in said.items() if value is not None}


def _some(parts: dict[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in parts.items() if value is not None} or None


def _named(details: RunDetails, kind: str) -> dict[str, Any] | None:
    return {
        name.removeprefix(kind): value
        for name, value in details.signals.items()
        if name.startswith(kind)
    } or None


def _moment(run: RunRow, at: int | None) -> str | None:
    if at is None or run.clock != TIME:
        return None
    try:
        return datetime.fromtimestamp(at / 1e9, UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError, OSError):
        return None
