"""Where the index holds what the fields of a filter ask for: one row a field.

``s`` is a row of the spans, ``r`` one of the runs, ``n`` one of the notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.model.events import Fact, Flag
from rollscope_desktop.model.rows import TIME
from rollscope_desktop.query.spans import RUN_SHIFT

STATES: Final = {"ok": OK, "error": ERROR, "cancelled": CANCELLED, "ended": ENDED, "open": OPEN}


@dataclass(frozen=True, slots=True)
class Words:
    """Columns of spans that hold numbers of words, and columns of runs that hold texts."""

    span: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    when_unknown: str | None = None  # the word that a span without one stands for


@dataclass(frozen=True, slots=True)
class Number:
    """An expression over ``s`` or ``r``; ``timed``: only where the run's log has times."""

    sql: str
    of_run: bool = False
    timed: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A column with a status."""

    column: str
    of_run: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Conditions by word: of the step, of the run, and by types of notes."""

    span: dict[str, str]
    run: dict[str, str]
    notes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes of these types; ``valued``: their value is asked for, else their name."""

    types: tuple[str, ...]
    valued: bool = False


Source = Words | Number | State | Facts | Notes

_TOKENS = "ifnull(s.tokens_in + s.tokens_out, ifnull(s.tokens_in, s.tokens_out))"

FREE: Final = Words(("s.name", "s.model", "s.agent"), ("r.name", "r.agent", "r.error"))
"""Where a bare word is looked for."""

COLUMNS: Final[dict[str, Source]] = {
    "kind": Words(("s.kind",), when_unknown="span"),
    "name": Words(("s.name",)),
    "model": Words(("s.model",)),
    "status": State("s.status"),
    "dur": Number('s."end" - s.start', timed=True),
    "tokens": Number(_TOKENS),
    "tokens.in": Number("s.tokens_in"),
    "tokens.out": Number("s.tokens_out"),
    "tokens.cached": Number("s.tokens_cached"),
    "cost": Number("s.cost"),
    "saved": Number("s.saved"),
    "first_token": Number("s.first_token - s.start", timed=True),
    "agent": Words(("s.agent",), ("r.agent",)),
    "how": Words(("s.how",)),
    "has": Facts(
        span={
            "error": f"s.status = {ERROR}",
            "input": "s.in_offset IS NOT NULL",
            "output": "s.out_offset IS NOT NULL OR EXISTS (SELECT 1 FROM sets t "
            f"WHERE t.run = s.id >> {RUN_SHIFT} AND t.span = s.key AND t.facts & {Fact.OUTPUT})",
            "preview": f"s.flags & {Flag.INPUT_PREVIEW | Flag.OUTPUT_PREVIEW} > 0",
            "model": "s.model IS NOT NULL",
            "tokens": "s.tokens_in IS NOT NULL OR s.tokens_out IS NOT NULL",
            "cost": "s.cost IS NOT NULL",
            "saved": "s.saved IS NOT NULL",
            "agent": "s.agent IS NOT NULL",
            "fold": f"s.flags & {Flag.FOLDED} > 0",
        },
        run={
            "reward": "r.reward IS NOT NULL",
            "session": "r.session IS NOT NULL",
            "group": "r.group_id IS NOT NULL",
            "fork": "r.fork_of IS NOT NULL",
            "retry": "r.attempt > 1",
        },
        notes={
            "signal": ("signal",),
            "feedback": ("feedback",),
            "event": ("event",),
            "message": ("message",),
            "note": ("signal", "feedback", "event", "message"),
        },
    ),
    "tag": Notes(("signal", "feedback", "event")),
    "signal": Notes(("signal",), valued=True),
    "feedback": Notes(("feedback",), valued=True),
    "run": Words(run=("r.name",)),
    "id": Words(run=('r."key"',)),
    "project": Words(run=("r.project",)),
    "env": Words(run=("r.environment",)),
    "session": Words(run=("r.session",)),
    "group": Words(run=("r.group_id",)),
    "fork": Words(run=("r.fork_of",)),
    "reward": Number("r.reward", of_run=True),
    "error": Words(run=("r.error",)),
    "finish": Words(run=("r.finish",)),
    "format": Words(run=("r.format",)),
    "run.status": State("r.status", of_run=True),
    "run.dur": Number("ifnull(r.ended, r.last) - r.started", of_run=True, timed=True),
    "run.tokens": Number("r.tokens_in + r.tokens_out", of_run=True),
    "run.cost": Number("r.cost", of_run=True),
    "run.steps": Number("r.spans", of_run=True),
    "run.errors": Number("r.errors", of_run=True),
}

TIMED: Final = f"r.clock = {TIME}"
