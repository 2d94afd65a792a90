"""What the start and the end of a run say, as columns of its row."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.model import assemble as a
from rollscope_desktop.model.events import Event, RunEnd, RunStart
from rollscope_desktop.store.words import clean


def order(event: Event) -> int:
    """Where an event stands among those of its run, in whatever order they are read."""
    if event.seq < 0:
        return -1
    return min(max(event.proc, 0), (1 << 20) - 1) << 40 | min(event.seq, (1 << 40) - 1)


def head_columns(start: RunStart) -> dict[str, Any]:
    """The columns that the start of a run fills; what it does not say stays as it was."""
    group, process, fork, caller = start.group, start.process, start.fork, start.caller
    said = {
        "name": start.name,
        "agent": start.agent,
        "session": start.session,
        "group_id": group and group.id,
        "group_index": group and group.index,
        "chain": group and group.chain,
        "source_id": start.source_id,
        "rollout": start.rollout,
        "attempt": start.attempt,
        "clock": 1 if start.ordered else None,
        "pid": process and process.pid,
        "host": process and process.host,
        "fork_of": fork and fork.of,
        "fork_at": fork and fork.at,
        "caller_run": caller and caller.run,
        "caller_span": caller and caller.span,
        "environment": start.environment,
        "project": start.project,
    }
    return {name: _held(value) for name, value in said.items() if value is not None}


def end_columns(end: RunEnd) -> dict[str, Any]:
    """The columns that the end of a run fills."""
    error = end.error and (end.error.message or end.error.type)
    said = {
        "status": a.STATUS.get(end.status, a.ENDED),
        "ended": end.time,
        "finish": end.finish_reason,
        "reward": end.reward,
        "error": error and error[:300],
    }
    return {name: _held(value) for name, value in said.items() if value is not None}


def _held(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value
