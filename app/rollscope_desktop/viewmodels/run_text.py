"""Lines of the run list in words: for plain views, tooltips and screen readers."""

from __future__ import annotations

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER, RunRow
from rollscope_desktop.viewmodels.lines import HeadingLine, RunLine


def name_of(run: RunRow) -> str:
    """What a run is called."""
    return text.one_line(run.name or run.agent or run.source_id or run.key[:8])


def shown(line: HeadingLine | RunLine) -> str:
    """The text of a cell."""
    return line.title if isinstance(line, HeadingLine) else name_of(line.run)


def tip(line: HeadingLine | RunLine) -> str:
    """The tooltip, as plain text."""
    if isinstance(line, HeadingLine):
        return f"{line.title}: {line.detail or text.count(line.count, 'run')}"
    run = line.run
    rows = [f"{name_of(run)}, {line.state}", run.error or "", *_figures(run)]
    return "\n".join(row for row in rows if row)


def described(line: HeadingLine | RunLine) -> str:
    """A cell for those who hear it."""
    if isinstance(line, HeadingLine):
        state = "expanded" if line.expanded else "collapsed"
        return f"{line.title}, {line.detail or text.count(line.count, 'run')}, {state}"
    run = line.run
    words = [
        f"run {name_of(run)}",
        line.state,
        f"attempt {run.attempt} of {line.attempts}" if line.attempts > 1 and run.attempt else "",
        "a fork" if run.fork_of else "",
        *_figures(run),
    ]
    return ", ".join(word for word in words if word)


def _figures(run: RunRow) -> list[str]:
    until = run.ended if run.ended is not None else run.last
    lasted = None if run.started is None or until is None else until - run.started
    timed = run.clock != ORDER
    tokens = run.tokens_in + run.tokens_out
    found = [
        f"started {text.timestamp(run.started)}" if timed and run.started else "",
        f"took {text.duration(lasted)}" if timed and lasted is not None else "",
        text.count(run.spans, "step"),
        text.count(run.errors, "error") if run.errors else "",
        f"{text.short_count(tokens)} tokens" if tokens else "",
        f"cost {text.cost(run.cost)}" if run.cost else "",
        f"reward {text.reward(run.reward)}" if run.reward is not None else "",
    ]
    return [said for said in found if said]
