"""Folds a batch of events into one change per run: starts and ends paired, totals added up.

Pure: what it returns depends on the batch alone. Whatever the batch does not settle (an end whose
start came earlier, a line seen before) is left for the writer, which knows the index.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET, Raw
from msgspec.json import decode

from rollscope_desktop.model.columns import LONGEST, blob_key, nano_dollars, short, span_key
from rollscope_desktop.model.events import (
    Any_Event,
    Batch,
    Blob,
    Fact,
    Feedback,
    Message,
    Occurrence,
    RunEnd,
    RunSet,
    RunStart,
    Signal,
    Span,
    SpanEnd,
    SpanSet,
    SpanStart,
    Usage,
)
from rollscope_desktop.model.kinds import PAYING
from rollscope_desktop.model.remark import DISCONNECTED, REMARKS, left

OPEN, OK, ERROR, CANCELLED, ENDED = range(5)
"""Status of a span or a run in the index; ENDED is an end that does not say how."""

STATUS = {"ok": OK, "error": ERROR, "cancelled": CANCELLED}

CORE = (
    "key", "parent", "kind", "name", "status", "start", "end",
    "in_offset", "in_length", "out_offset", "out_length",
)  # fmt: skip
USAGE = ("model", "tokens_in", "tokens_out", "tokens_cached", "cost", "saved", "first_token")
RARE = ("branch", "how", "agent", "flags", "in_path", "out_path")
"""Columns of a row of a change: those that every span has, and two tuples that most spans lack
(binding a None costs the database as much as binding three numbers). Costs are nano-dollars. A row
without a start carries no name (None), one without an end has the status OPEN."""

(KEY, PARENT, KIND, NAME, STATE, START, END,
 IN_OFFSET, IN_LENGTH, OUT_OFFSET, OUT_LENGTH, PAID, EXTRA) = range(len(CORE) + 2)  # fmt: skip

Row = list[Any]
"""One span: the columns of CORE, then its USAGE or None, then its RARE or None."""


@dataclass(slots=True)
class Totals:
    """Sums over the spans of a run, or over what one batch adds to them. Costs in nano-dollars."""

    spans: int = 0
    errors: int = 0
    llm: int = 0
    tools: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: int = 0
    saved: int = 0


@dataclass(slots=True)
class Change:
    """What one batch says about one run.

    ``left`` names the processes whose connection was closed, with the highest number of an event
    that they had left with.
    """

    run: str
    spans: list[Row] = field(default_factory=list)
    notes: list[tuple[int, int, str, int | None, str, object, int | None, int, int, str]] = field(
        default_factory=list
    )  # proc, seq, type, span, name, value, time, offset, length, path
    blobs: list[tuple[bytes, int, int, str]] = field(default_factory=list)
    sets: list[tuple[int, int, int, int, int | None, int, int, tuple[Any, ...] | None]] = field(
        default_factory=list
    )  # span (0: the run), proc, seq, facts, time, offset, length, usage
    starts: list[tuple[RunStart, int, int]] = field(default_factory=list)
    ends: list[tuple[RunEnd, int, int]] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    procs: dict[int, tuple[int, int]] = field(default_factory=dict)  # process: first and last seq
    left: dict[int, int] = field(default_factory=dict)
    in_order: bool = True
    totals: Totals = field(default_factory=Totals)


def assemble(batch: Batch) -> list[Change]:
    """One change per run that the batch mentions, in order of first mention."""
    folds: dict[str, _Fold] = {}
    place, end = 0, len(batch.events)
    while place < end:
        run = batch.events[place].run
        fold = folds.get(run)
        if fold is None:
            fold = folds[run] = _Fold(run)
        place = fold.take(batch, place)
    return [fold.change() for fold in folds.values()]


class _Fold:
    """One run's part of a batch while it is folded."""

    __slots__ = ("_change", "_extra", "_first", "_last", "_parent", "_proc", "_rows", "_seq")

    def __init__(self, run: str) -> None:
        self._change = Change(run)
        self._rows: dict[str, Row] = {}
        self._first: int | None = None
        self._last: int | None = None
        self._proc = 0
        self._seq = -1
        self._parent: tuple[str, int] = ("", 0)
        self._extra: tuple[Any, ...] = ()

    def take(self, batch: Batch, place: int) -> int:
        """Fold events in from ``place`` on, as long as they are of this run; where that ended."""
        run, proc, seq = self._change.run, self._proc, self._seq
        first, last = self._first, self._last
        events, offsets, lengths = batch.events, batch.offsets, batch.lengths
        for place in range(place, len(events)):  # noqa: B020 - where it ends is the result
            event = events[place]
            if event.run != run:
                break
            number = event.seq
            if number >= 0:
                if number <= seq or event.proc != proc:
                    self._seq = seq
                    proc = event.proc
                    self._turn(proc, number)
                elif seq < 0:
                    self._change.procs.setdefault(proc, (number, number))
                seq = number
            time = event.time
            if time is not None:
                if last is None or time > last:
                    last = time
                if first is None or time < first:
                    first = time
            kind = event.__class__
            if kind is SpanStart:
                self._start(event, offsets[place], lengths[place])  # type: ignore[arg-type]
            elif kind is SpanEnd:
                self._end(event, offsets[place], lengths[place])  # type: ignore[arg-type]
            elif kind is Span:
                end = self._whole(event, offsets[place], lengths[place])  # type: ignore[arg-type]
                if end is not None and (last is None or end > last):
                    last = end
            else:
                self._other(event, offsets[place], lengths[place])
        else:
            place += 1
        self._proc, self._seq, self._first, self._last = proc, seq, first, last
        return place

    def change(self) -> Change:
        """The run's change, with what adds up over its rows."""
        change = self._change
        self._mark()
        change.first, change.last = self._first, self._last
        change.spans = list(self._rows.values())
        add_up(change.spans, change.totals)
        return change

    def _turn(self, proc: int, seq: int) -> None:
        """Another process speaks, or a number does not grow."""
        procs = self._change.procs
        self._mark()
        if proc == self._proc:
            self._change.in_order = False
            return
        self._proc = proc
        if proc not in procs:
            procs[proc] = (seq, seq)
        elif seq <= procs[proc][1]:
            self._change.in_order = False

    def _mark(self) -> None:
        """Remember the highest number of the process that spoke last."""
        seq = self._seq
        if seq >= 0:
            first, last = self._change.procs.get(self._proc, (seq, seq))
            self._change.procs[self._proc] = (first, max(last, seq))

    def _start(self, event: SpanStart, offset: int, length: int) -> None:
        text = event.span
        if event.listed:
            place = (blob_key(text), offset, length, f"{event.path}/messages")
            self._change.blobs.append(place)
        row = self._rows.get(text)
        if row is not None and row[NAME] is not None:
            return
        parent: int | None = None
        if event.parent is not None:
            if event.parent != self._parent[0]:  # most siblings come one after another
                self._parent = (event.parent, span_key(event.parent))
            parent = self._parent[1]
        extra: tuple[Any, ...] | None = None
        if (
            event.branch
            or event.replay is not None
            or event.agent is not None
            or event.flags
            or event.path != "input"
        ):
            extra = _extra(None if row is None else row[EXTRA], event)
        if row is None:
            self._rows[text] = [
                span_key(text), parent, event.kind, event.name[:LONGEST], OPEN, event.time,
                None, offset, length, None, None, None, extra,
            ]  # fmt: skip
            return
        row[PARENT], row[KIND], row[NAME] = parent, event.kind, event.name[:LONGEST]
        row[START], row[IN_OFFSET], row[IN_LENGTH] = event.time, offset, length
        row[EXTRA] = extra or row[EXTRA]

    def _end(self, event: SpanEnd, offset: int, length: int) -> None:
        text = event.span
        row = self._rows.get(text)
        if row is None:
            row = self._rows[text] = [span_key(text), *_BLANK]
        elif row[STATE] != OPEN:
            return
        row[STATE] = STATUS.get(event.status, ENDED)
        row[END] = event.time
        row[OUT_OFFSET] = offset
        row[OUT_LENGTH] = length
        usage = event.usage
        if usage is not None or event.first_token is not None:
            row[PAID] = _paid(usage, event.first_token)
        if event.flags or event.path != "output":
            row[EXTRA] = _extra(row[EXTRA], event)

    def _whole(self, event: Span, offset: int, length: int) -> int | None:
        """Fold a whole span in; when it ended."""
        text = event.span
        if text in self._rows:
            return None
        has_in, has_out = event.input is not None, event.output is not None
        agent = None if event.agent is None else event.agent.id
        extra: tuple[Any, ...] | None = None
        if has_in or has_out or event.flags or event.branch or agent:
            extra = (event.branch, None, agent, event.flags or None, event.input, event.output)
            if extra == self._extra:
                extra = self._extra  # one and the same: it is packed, and looked up, only once
            self._extra = extra
        self._rows[text] = [
            span_key(text),
            None if event.parent is None else span_key(event.parent),
            event.kind,
            event.name[:LONGEST],
            STATUS.get(event.status, ENDED),
            event.time,
            event.end,
            offset if has_in else None,
            length if has_in else None,
            offset if has_out else None,
            length if has_out else None,
            None if event.usage is None else _paid(event.usage, None),
            extra,
        ]
        return event.end

    def _other(self, event: Any_Event, offset: int, length: int) -> None:
        change = self._change
        if isinstance(event, Blob):
            change.blobs.append((blob_key(event.hash), offset, length, event.path))
        elif isinstance(event, RunStart):
            change.starts.append((event, offset, length))
        elif isinstance(event, RunEnd):
            change.ends.append((event, offset, length))
        elif isinstance(event, SpanSet | RunSet):
            change.sets.append(_set(event, offset, length))
        elif isinstance(event, Message | Occurrence | Signal | Feedback):
            name = event.role if isinstance(event, Message) else event.name
            value = None
            if isinstance(event, Signal | Feedback):
                value = event.value
            elif isinstance(event, Occurrence) and event.name in REMARKS:
                value = _remark(event)
                if event.name == DISCONNECTED:
                    _leave(change, event)
            span = None if event.span is None else span_key(event.span)
            kind = event.__struct_config__.tag
            change.notes.append(
                (event.proc, event.seq, str(kind), span, name[:LONGEST], short(value),
                 event.time, offset, length, event.path)
            )  # fmt: skip


_BLANK: Row = [None, None, None, OPEN, None, None, None, None, None, None, None, None]


def _paid(usage: Usage | None, first_token: int | None) -> tuple[Any, ...]:
    if usage is None:
        return (None, None, None, None, None, None, first_token)
    return (
        usage.model,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        None if usage.cost_usd is None else nano_dollars(usage.cost_usd),
        None if usage.saved_usd is None else nano_dollars(usage.saved_usd),
        first_token,
    )


def _set(event: SpanSet | RunSet, offset: int, length: int) -> tuple[Any, ...]:
    facts, span, paid = 0, 0, None
    if event.input is not UNSET:
        facts |= Fact.INPUT
    if event.output is not UNSET:
        facts |= Fact.OUTPUT
    if isinstance(event, RunSet):
        facts |= Fact.ATTRS if event.meta is not UNSET else 0
    else:
        span = span_key(event.span)
        facts |= Fact.ATTRS if event.attrs is not UNSET else 0
        facts |= Fact.ERROR if event.error is not UNSET else 0
        if event.usage is not None:
            facts |= Fact.USAGE
            paid = _paid(event.usage, None)[:-1]
    # An event without a number is told from others by where it stands.
    seq = event.seq if event.seq >= 0 else -1 - offset
    return (span, event.proc, seq, facts, event.time, offset, length, paid)


def _extra(known: tuple[Any, ...] | None, event: SpanStart | SpanEnd) -> tuple[Any, ...]:
    branch, how, agent, flags, in_path, out_path = known or (None,) * 6
    if isinstance(event, SpanStart):
        branch = event.branch or None
        how = None if event.replay is None else event.replay.how
        agent = None if event.agent is None else event.agent.id
        in_path = None if event.path == "input" else event.path
    else:
        out_path = None if event.path == "output" else event.path
    return (branch, how, agent, (flags or 0) | event.flags or None, in_path, out_path)


def add_up(rows: list[Row], totals: Totals) -> None:
    """Add what ``rows`` say to ``totals``."""
    spans = errors = llm = tools = 0
    for row in rows:
        kind = row[KIND]
        if kind is not None:
            spans += 1
            if kind == "llm":
                llm += 1
            elif kind == "tool":
                tools += 1
        if row[STATE] == ERROR:
            errors += 1
        if row[PAID] is not None and (kind is None or kind in PAYING):
            _, tokens_in, tokens_out, _, cost, saved, _ = row[PAID]
            totals.tokens_in += tokens_in or 0
            totals.tokens_out += tokens_out or 0
            totals.cost += cost or 0
            totals.saved += saved or 0
    totals.spans += spans
    totals.errors += errors
    totals.llm += llm
    totals.tools += tools


def _remark(event: Occurrence) -> str | None:
    """What an event of the recorder says, in words."""
    try:
        return REMARKS[event.name](_data(event)) or None
    except (ValueError, RecursionError):
        return None


def _leave(change: Change, event: Occurrence) -> None:
    """Note whose connection was closed, and after which of its events."""
    told = {event.proc: event.seq}
    with suppress(ValueError, RecursionError):
        told |= left(_data(event))
    for proc, seq in told.items():
        change.left[proc] = max(seq, change.left.get(proc, -1))


def _data(event: Occurrence) -> Any:
    return decode(event.data) if isinstance(event.data, Raw) else None
