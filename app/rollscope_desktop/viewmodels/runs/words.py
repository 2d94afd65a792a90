"""The words of the run list: of its lines, tooltips and sums, and for those who hear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER, RunRow
from rollscope_desktop.viewmodels.lines import HeadingLine, RunLine

if TYPE_CHECKING:
    from rollscope_desktop.viewmodels.runs.sums import Sums

STATES = {
    "running": "Running",
    "ok": "Ended well",
    "error": "Failed",
    "held": "Held at a breakpoint",
    "cancelled": "Cancelled",
    "interrupted": "Interrupted: its program has left",
    "quiet": "Quiet: nothing was heard for a while, and the log does not say that it ended",
    "ended": "Ended; the log does not say how",
}

_TOOK = {
    "running": "at work for",
    "interrupted": "last heard of after",
    "quiet": "last heard of after",
}


def name_of(run: RunRow) -> str:
    """What a run is called."""
    return text.one_line(run.name or run.agent or run.source_id or run.key[:8])


def chain_of(run: RunRow) -> str:
    """``chain 3``; forks are numbered as the bar and the table of their batch number them."""
    chain = run.chain or 0
    return f"fork {chain + 1}" if run.fork_of else f"chain {chain}"


def shown(line: HeadingLine | RunLine) -> str:
    """The text of a cell."""
    return line.title if isinstance(line, HeadingLine) else name_of(line.run)


def marks(line: RunLine) -> list[str]:
    """What stands behind a run's name, from the right: that it was interrupted, attempts, place in
    its group, the fork."""
    found = ["interrupted"] if line.state == "interrupted" else []
    run = line.run
    if line.attempts > 1:
        place = "" if run.attempt is None else f"{run.attempt}/"
        found.append(f"{text.TIMES}{line.attempts}" if not place else f"try {place}{line.attempts}")
    if run.chain is not None:
        found.append(chain_of(run))
    elif run.group_index is not None:
        found.append(f"#{run.group_index}")
    return found


def lasted(run: RunRow, now: int | None = None) -> int | None:
    """How long a run took, or has been seen to take so far; None without times. ``now`` (ns since
    the epoch) if it is known to be at work."""
    until = run.ended if run.ended is not None else run.last
    if run.ended is None and now is not None:
        until = max(until or 0, now)
    if run.clock == ORDER or run.started is None or until is None:
        return None
    return max(until - run.started, 0)


def tip(line: HeadingLine | RunLine) -> str:
    """The tooltip, as plain text; its first line is the title."""
    if isinstance(line, HeadingLine):
        rows = [text.visible(line.title), line.detail, text.count(line.count, "run")]
    else:
        rows = _about(line)
    return "\n".join(text.end_cut(text.visible(row), 600) for row in rows if row)


def described(line: HeadingLine | RunLine) -> str:
    """A cell for those who hear it."""
    if isinstance(line, HeadingLine):
        state = "expanded" if line.expanded else "collapsed"
        words = [line.title, text.count(line.count, "run"), line.detail, state]
    else:
        run = line.run
        words = [
            f"run {name_of(run)}",
            line.state,
            "pinned" if line.pinned else "",
            f"attempt {run.attempt} of {line.attempts}"
            if line.attempts > 1 and run.attempt else "",
            f"a fork at {text.one_line(line.edited, 80)}" if line.edited
            else "a fork" if run.fork_of else "",
            f"warning: {line.lost}" if line.lost else "",
            *_figures(line),
            *(f"{name.partition('.')[2]} {signal(value)}" for name, value in line.signals.items()),
        ]  # fmt: skip
    return ", ".join(word for word in words if word)


def signal(value: str | float) -> str:
    """The value of a signal: a number with the digits that count, or a few words."""
    return text.one_line(value, 60) if isinstance(value, str) else f"{value:.4g}"


def heading_detail(kind: str, sums: Sums) -> str:
    """What the runs below a heading come to, the most telling first."""
    parts = [text.count(sums.runs, "chain")] if kind == "group" else []
    if kind == "session":
        parts.append(_stretch(sums))
    parts.append(rewards(sums))
    parts += [
        f"{sums.failed:,} failed" if sums.failed else "",
        text.cost(sums.cost) if sums.cost else "",
        _tokens(sums) if kind != "group" else "",
    ]
    return ", ".join(part for part in parts if part)


def rewards(sums: Sums) -> str:
    """The mean reward, and the worst and best if they differ."""
    if sums.mean is None:
        return ""
    mean = f"reward {text.reward(sums.mean)}"
    if sums.worst == sums.best:
        return mean
    return f"{mean} ({text.reward(sums.worst)} to {text.reward(sums.best)})"


def summed(sums: Sums) -> str:
    """What the selected runs come to, in one line."""
    used = sums.tokens_in or sums.tokens_out
    parts = [
        text.count(sums.runs, "run"),
        text.duration(sums.lasted) if sums.lasted else "",
        f"{text.short_count(sums.tokens_in)} tokens in, {text.short_count(sums.tokens_out)} out"
        if used else "",
        text.cost(sums.cost) if sums.cost else "",
        f"{text.cost(sums.saved)} saved" if sums.saved else "",
        text.count(sums.errors, "error") if sums.errors else "",
        rewards(sums),
    ]  # fmt: skip
    return "  ·  ".join(part for part in parts if part)


def _tokens(sums: Sums) -> str:
    tokens = sums.tokens_in + sums.tokens_out
    return f"{text.short_count(tokens)} tokens" if tokens else ""


def _stretch(sums: Sums) -> str:
    """From when to when: two times of a day, or two dates."""
    first, last = text.timestamp(sums.first), text.timestamp(sums.last)
    if not first or not last:
        return ""
    if first[:10] == last[:10]:
        return f"{first[11:16]} to {last[11:16]}"
    return f"{first[:16]} to {last[:16]}"


def _took(line: RunLine, *, loud: bool = False) -> str:
    """How long it took; of what has not ended, no more is said than is known."""
    took = lasted(line.run, line.now)
    if took is None:
        return ""
    verb = _TOOK.get(line.state, "took")
    return f"{verb[0].upper() + verb[1:] if loud else verb} {text.duration(took)}"


def _figures(line: RunLine) -> list[str]:
    run = line.run
    tokens = run.tokens_in + run.tokens_out
    timed = run.clock != ORDER
    found = [
        f"started {text.timestamp(run.started)}" if timed and run.started else "",
        _took(line),
        text.count(run.spans, "step"),
        text.count(run.errors, "error") if run.errors else "",
        f"{text.short_count(tokens)} tokens" if tokens else "",
        f"cost {text.cost(run.cost)}" if run.cost else "",
        f"reward {text.reward(run.reward)}" if run.reward is not None else "",
    ]
    return [said for said in found if said]


def _about(line: RunLine) -> list[str]:
    run = line.run
    used = run.tokens_in + run.tokens_out
    fork = f"Forked at {line.edited}" if line.edited else "A fork" if run.fork_of else ""
    return [
        run.name or run.agent or run.source_id or run.key,
        STATES.get(line.state, line.state),
        line.lost,
        run.error or "",
        f"Ended because: {run.finish}" if run.finish else "",
        f"Started {text.timestamp(run.started)}" if run.clock != ORDER else "The log has no times",
        _took(line, loud=True),
        f"{text.count(run.spans, 'step')}, {text.count(run.llm, 'model call')}, "
        f"{text.count(run.tools, 'tool call')}, {text.count(run.errors, 'error')}",
        f"{run.tokens_in:,} tokens in, {run.tokens_out:,} out" if used else "",
        f"Cost {text.cost(run.cost)}" if run.cost else "",
        f"Saved {text.cost(run.saved)}" if run.saved else "",
        f"Reward {run.reward:g}" if run.reward is not None else "",
        *(f"{name}: {signal(value)}" for name, value in line.signals.items()),
        f"Agent {run.agent}" if run.agent and run.name else "",
        f"Project {run.project}" if run.project else "",
        f"Environment {run.environment}" if run.environment else "",
        f"Session {run.session}" if run.session else "",
        f"Group {run.group_id}" if run.group_id else "",
        f"Attempt {run.attempt} of {line.attempts}" if run.attempt and line.attempts > 1 else "",
        fork,
        "Started by another run" if run.caller_run else "",
        "The log is gone; what was indexed of it is still here" if run.missing else "",
        f"{run.format}, {run.source_id or run.key}",
    ]
