"""The figures that the run list can show of a run, and their sums in headings: a row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.viewmodels.lines import RunLine
from rollscope_desktop.viewmodels.runs.sums import Sums
from rollscope_desktop.viewmodels.runs.words import lasted, signal

SIGNS = ("signal.", "feedback.")


@dataclass(frozen=True, slots=True)
class Column:
    """``widest`` is the longest text that is usual, so that figures stand still while a run grows.
    ``order`` is the order of the list that a click on the title chooses. Words stand at the left
    of their column, numbers at the right."""

    key: str
    title: str
    widest: str
    said: Callable[[RunLine], str]
    summed: Callable[[Sums], str] = lambda sums: ""
    order: str = ""
    words: bool = False


def _started(line: RunLine) -> str:
    run = line.run
    if run.clock == ORDER:
        return "no times"
    return text.time_of_day(run.started)


def _date(line: RunLine) -> str:
    return text.timestamp(line.run.started)[:10] if line.run.clock != ORDER else ""


def _number(number: int) -> str:
    return f"{number:,}" if number else ""


def _tokens(taken: int, given: int) -> str:
    return text.short_count(taken + given) if taken or given else ""


def _cost(nano: int) -> str:
    return text.cost(nano) if nano else ""


_ALL = (
    Column("state", "State", "interrupted", lambda line: line.state, words=True),
    Column("started", "Started", "00:00:00", _started, order="newest"),
    Column("date", "Date", "0000-00-00", _date),
    Column("duration", "Duration", "00 m 00 s",
           lambda line: text.duration(lasted(line.run, line.now)),
           lambda sums: text.duration(sums.lasted or None), "duration"),
    Column("steps", "Steps", "000,000", lambda line: _number(line.run.spans),
           lambda sums: _number(sums.spans)),
    Column("llm", "Model Calls", "00,000", lambda line: _number(line.run.llm)),
    Column("tools", "Tool Calls", "00,000", lambda line: _number(line.run.tools)),
    Column("tokens", "Tokens", "00.0 k",
           lambda line: _tokens(line.run.tokens_in, line.run.tokens_out),
           lambda sums: _tokens(sums.tokens_in, sums.tokens_out), "tokens"),
    Column("tokens_in", "Tokens In", "00.0 k", lambda line: _tokens(line.run.tokens_in, 0),
           lambda sums: _tokens(sums.tokens_in, 0)),
    Column("tokens_out", "Tokens Out", "00.0 k", lambda line: _tokens(0, line.run.tokens_out),
           lambda sums: _tokens(0, sums.tokens_out)),
    Column("cost", "Cost", "$0.0000", lambda line: _cost(line.run.cost),
           lambda sums: _cost(sums.cost), "cost"),
    Column("saved", "Saved", "$0.0000", lambda line: _cost(line.run.saved),
           lambda sums: _cost(sums.saved)),
    Column("errors", "Errors", "0,000", lambda line: _number(line.run.errors),
           lambda sums: _number(sums.errors), "errors"),
    Column("reward", "Reward", "0.00", lambda line: text.reward(line.run.reward),
           lambda sums: text.reward(sums.mean), "reward"),
    Column("session", "Session", "a session's name",
           lambda line: text.one_line(line.run.session or "", 80), words=True),
    Column("project", "Project", "a-project",
           lambda line: text.one_line(line.run.project or "", 80), words=True),
    Column("environment", "Environment", "production",
           lambda line: text.one_line(line.run.environment or "", 80), words=True),
    Column("agent", "Agent", "an-agents-name",
           lambda line: text.one_line(line.run.agent or "", 80), words=True),
)  # fmt: skip

COLUMNS = {column.key: column for column in _ALL}
"""Every figure but signals, of which each run may have others."""


def column_of(key: str) -> Column | None:
    """The figure with this key; one of a signal or of feedback is made for its name."""
    if key.startswith(SIGNS):
        name = key.partition(".")[2]
        return Column(key, text.one_line(name, 30), "00.000", _signal(key)) if name else None
    return COLUMNS.get(key)


def columns_of(keys: tuple[str, ...]) -> tuple[Column, ...]:
    """The figures with these keys; unknown ones are left out, settings may hold anything."""
    return tuple(column for key in keys if (column := column_of(key)) is not None)


def in_place(keys: set[str]) -> tuple[str, ...]:
    """These keys in the order of the columns; signals last, by name."""
    usual = [key for key in COLUMNS if key in keys]
    return (*usual, *sorted(key for key in keys if key.startswith(SIGNS)))


def wants_signals(keys: tuple[str, ...]) -> bool:
    """Whether signals must be read for these figures."""
    return any(key.startswith(SIGNS) for key in keys)


def _signal(key: str) -> Callable[[RunLine], str]:
    def said(line: RunLine) -> str:
        value = line.signals.get(key)
        return "" if value is None else signal(value)

    return said
