"""The columns of the flat list of steps, a row each, and the record that they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rollscope_desktop.model import text
from rollscope_desktop.model.assemble import CANCELLED, ENDED, ERROR, OK, OPEN
from rollscope_desktop.query.span_list.orders import LEVEL, NUMBER, RUN, SIGNAL, STEP
from rollscope_desktop.viewmodels.lines import SpanLine
from rollscope_desktop.viewmodels.moment import Standing

STATUS = {OPEN: "open", OK: "ok", ERROR: "failed", CANCELLED: "cancelled", ENDED: "ended"}


@dataclass(frozen=True, slots=True)
class ListLine:
    """A row of the list. ``span`` is the step as the tree has it, its times relative to the start
    of its run; ``started`` is absolute. ``level`` is None where it is not known, and so is
    ``started`` in a log without times. ``run`` is the name of the run when all are listed.
    ``now`` is how far its run has come, while that is known; ``live``: it is at work then;
    ``cut_off``: it was interrupted."""

    span: SpanLine
    number: int
    started: int | None
    cached: int | None
    agent: str | None
    level: int | None
    run: str | None
    timeless: bool
    now: int | None = None
    standing: Standing = Standing.OVER
    signals: Mapping[str, str | float] = field(default_factory=dict)
    live: bool = False
    cut_off: bool = False

    @property
    def status(self) -> str:
        """How the step ended, in a word."""
        if self.cut_off and self.span.status == OPEN:
            return "interrupted"
        return STATUS.get(self.span.status, "")


@dataclass(frozen=True, slots=True)
class Column:
    """``widest`` is the longest text that is usual. Words stand at the left of their column,
    numbers at the right. ``full`` is what a tooltip says more exactly. Columns that nobody chose
    are shown as there is room, those of the lowest ``turn`` first; never those of turn 0.
    ``beside`` is the longest text where steps of several runs stand beside each other."""

    key: str
    title: str
    tip: str
    widest: str
    said: Callable[[ListLine], str]
    full: Callable[[ListLine], str] = lambda line: ""
    words: bool = False
    turn: int = 0
    beside: str = ""


def _started(line: ListLine) -> str:
    start = line.span.start
    if line.run is not None:
        return text.timestamp(line.started)[:19] if line.started is not None else ""
    if start is None:
        return ""
    if line.timeless:
        return f"{start:,}"
    return text.duration(start) if start else "0 s"


def _duration(line: ListLine) -> str:
    span = line.span
    end = line.now if span.end is None else span.end
    if span.start is None or end is None:
        return ""
    return text.length(max(end - span.start, 0), timeless=line.timeless)


def _first(line: ListLine) -> str:
    span = line.span
    if span.first_token is None or span.start is None or line.timeless:
        return ""
    return text.duration(span.first_token - span.start)


def _exact(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _short(number: int | None) -> str:
    return "" if number is None else text.short_count(number)


def _word(word: str | None) -> str:
    return text.one_line(word) if word else ""


COLUMNS = (
    Column(NUMBER, "No.", "The number of the step in its run", "000,000",
           lambda line: f"{line.number + 1:,}", turn=6),
    Column(STEP, "Step", "What was called, and what happened", "",
           lambda line: text.one_line(line.span.name or line.span.kind), words=True, turn=1),
    Column("kind", "Kind", "Kind of the step", "guardrail", lambda line: line.span.kind,
           words=True, turn=9),
    Column(RUN, "Run", "The run that the step is part of", "a name of a run",
           lambda line: _word(line.run), words=True, turn=1),
    Column("started", "Started", "When the step began", "00 m 00 s", _started,
           lambda line: text.timestamp(line.started), turn=7, beside="0000-00-00 00:00:00"),
    Column("duration", "Duration", "From start to end", "00 m 00 s", _duration, turn=2),
    Column("first", "First Token", "How long the model took to its first token", "000.00 ms",
           _first),
    Column("tokens_in", "Tokens In", "Tokens that went in", "000.0 k",
           lambda line: _short(line.span.tokens_in), lambda line: _exact(line.span.tokens_in),
           turn=3),
    Column("tokens_out", "Tokens Out", "Tokens that came out", "000.0 k",
           lambda line: _short(line.span.tokens_out), lambda line: _exact(line.span.tokens_out),
           turn=4),
    Column("cached", "Cached", "Tokens read from the cache", "000.0 k",
           lambda line: _short(line.cached), lambda line: _exact(line.cached)),
    Column("cost", "Cost", "What the step cost", "$0.0000",
           lambda line: text.cost(line.span.cost), turn=5),
    Column("saved", "Saved", "What the cache saved", "$0.0000",
           lambda line: text.cost(line.span.saved)),
    Column("model", "Model", "Model that was called", "a model's name",
           lambda line: _word(line.span.model), words=True, turn=8),
    Column("agent", "Agent", "Agent at work in the step", "an agent's name",
           lambda line: _word(line.agent), words=True),
    Column("status", "Status", "How the step ended", "interrupted",
           lambda line: line.status, words=True),
    Column(LEVEL, "Level", "How many steps the step is inside of, and itself", "000",
           lambda line: "" if line.level is None else f"{line.level + 1:,}"),
)  # fmt: skip


def signal_column(name: str) -> Column:
    """The column of the values of a signal."""
    title = text.one_line(name, 40)
    return Column(
        SIGNAL + name, title, f"Last value of the signal {title}", "0.000000",
        lambda line: _value(line.signals.get(name)), lambda line: _whole(line.signals.get(name)),
        turn=10,
    )  # fmt: skip


def _value(value: str | float | None) -> str:
    if value is None:
        return ""
    return text.one_line(value, 80) if isinstance(value, str) else f"{value:.6g}"


def _whole(value: str | float | None) -> str:
    return "" if value is None else text.one_line(str(value))


def described(line: ListLine, column: Column, shown: tuple[Column, ...]) -> str:
    """A cell for those who hear it: the column of the step says everything that is shown."""
    if column.key != STEP:
        return column.said(line)
    said = [
        line.span.kind,
        text.one_line(line.span.name),
        line.status,
        "still ahead" if line.standing is Standing.AHEAD else "",
        *(
            f"{c.title} {words}"
            for c in shown
            if c.key not in (STEP, "kind", "status") and (words := c.said(line))
        ),
        line.span.fragment,
    ]
    return ", ".join(word for word in said if word)
