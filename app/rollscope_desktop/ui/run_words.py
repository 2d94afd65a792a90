"""The words of a run's two lines and of its tooltip."""

from __future__ import annotations

from html import escape

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER, RunRow
from rollscope_desktop.viewmodels.lines import HeadingLine, RunLine

STATES = {
    "running": "Running",
    "ok": "Ended well",
    "error": "Failed",
    "held": "Held at a breakpoint",
    "cancelled": "Cancelled",
    "interrupted": "Interrupted: its process is gone",
    "quiet": "Quiet: nothing was heard for a while, and the log does not say that it ended",
    "ended": "Ended; the log does not say how",
}


def marks(line: RunLine) -> list[str]:
    """What stands at the right of a run's name, from the right: attempts, place in its group."""
    found = []
    run = line.run
    if line.attempts > 1:
        place = "" if run.attempt is None else f"{run.attempt}/"
        found.append(f"{text.TIMES}{line.attempts}" if not place else f"try {place}{line.attempts}")
    if run.chain is not None:
        found.append(f"chain {run.chain}")
    elif run.group_index is not None:
        found.append(f"#{run.group_index}")
    return found


def figures(line: RunLine) -> tuple[str, str, str, str]:
    """Started, duration, tokens and cost. Without times the log's events are counted instead."""
    run = line.run
    used = run.tokens_in + run.tokens_out
    tokens = text.short_count(used) if used else ""
    cost = text.cost(run.cost) if run.cost else ""
    if run.clock == ORDER:
        return f"no times, {text.count(run.spans, 'step')}", "", tokens, cost
    return text.time_of_day(run.started), text.duration(lasted(run)), tokens, cost


def lasted(run: RunRow) -> int | None:
    """How long a run took, or has been seen to take so far."""
    until = run.ended if run.ended is not None else run.last
    return None if run.started is None or until is None else max(until - run.started, 0)


def tooltip(line: HeadingLine | RunLine) -> str:
    """Everything about a line, in full; HTML of our own around escaped text."""
    if isinstance(line, HeadingLine):
        rows = [text.visible(line.title), line.detail, text.count(line.count, "run")]
    else:
        rows = _about(line)
    said = [escape(text.end_cut(text.visible(row), 600)) for row in rows if row]
    return "<br>".join([f"<b>{said[0]}</b>", *said[1:]]) if said else ""


def _about(line: RunLine) -> list[str]:
    run = line.run
    used = run.tokens_in + run.tokens_out
    return [
        run.name or run.agent or run.key,
        STATES.get(line.state, line.state),
        run.error or "",
        f"Ended because: {run.finish}" if run.finish else "",
        f"Started {text.timestamp(run.started)}" if run.clock != ORDER else "The log has no times",
        f"{text.count(run.spans, 'step')}, {text.count(run.llm, 'model call')}, "
        f"{text.count(run.tools, 'tool call')}, {text.count(run.errors, 'error')}",
        f"{run.tokens_in:,} tokens in, {run.tokens_out:,} out" if used else "",
        f"Cost {text.cost(run.cost)}" if run.cost else "",
        f"Saved {text.cost(run.saved)}" if run.saved else "",
        f"Reward {run.reward:g}" if run.reward is not None else "",
        f"Group {run.group_id}" if run.group_id else "",
        f"Attempt {run.attempt} of {line.attempts}" if run.attempt and line.attempts > 1 else "",
        "The log is gone; what was indexed of it is still here" if run.missing else "",
        f"{run.format}, {run.source_id or run.key}",
    ]
