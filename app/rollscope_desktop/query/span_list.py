"""What a flat list of spans shows beside their rows: sums, and signals that were set on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import PAYING
from rollscope_desktop.query.orders import Condition, Wanted, source
from rollscope_desktop.query.spans import RUN_SHIFT, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

MOST_SIGNALS = 20
"""Names of signals that get a column."""
_SIGNAL = """n."type" = (SELECT id FROM words WHERE text = 'signal') AND n.span IS NOT NULL"""
_AT_ONCE = 400

Value = str | float


@dataclass(frozen=True, slots=True)
class Sums:
    """What the spans of a list come to; None where none of them says anything.

    Tokens and costs are those of calls: an agent's own sum would count its calls twice. ``time``
    adds up the lengths of the spans, also of those that ran beside or inside each other.
    """

    spans: int
    tokens: int | None
    cost: int | None
    saved: int | None
    time: int | None


def query_sums(reader: Reader, wanted: Wanted, where: Condition | None = None) -> Sums:
    """The sums of the spans that fit."""
    spans = source(wanted, where, runs=wanted.run is None)
    marks = ", ".join("?" * len(PAYING))
    paying = reader.all(f"SELECT id FROM words WHERE text IN ({marks})", sorted(PAYING))
    kinds = ", ".join(str(int(id)) for (id,) in paying)
    paid = f"FILTER (WHERE s.kind IN ({kinds}))"
    # Events of runs without times are no nanoseconds; in a run of its own they may be added up.
    timed = "FILTER (WHERE r.clock = 0)" if wanted.run is None else ""
    # total() and not sum(): what a log says may be more than an integer can hold.
    count, taken, given, cost, saved, time, *known = reader.one(
        f"SELECT count(*), total(s.tokens_in) {paid}, total(s.tokens_out) {paid}, "
        f'total(s.cost) {paid}, total(s.saved) {paid}, total(s."end" - s.start) {timed}, '
        f"count(ifnull(s.tokens_in, s.tokens_out)) {paid}, count(s.cost) {paid}, "
        f'count(s.saved) {paid}, count(s."end" - s.start) {timed} {spans.sql}',
        spans.between(spans.low),
    )
    sums = (taken + given, cost, saved, time)
    return Sums(count, *(int(s) if some else None for s, some in zip(sums, known, strict=True)))


def query_signal_names(reader: Reader, run: int | None) -> list[str]:
    """Names of the signals that were set on spans of a run, or of all; by name."""
    rows = reader.all(
        f"SELECT n.name, count(*) FROM notes n WHERE {_within(run)} AND {_SIGNAL} "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
        (MOST_SIGNALS,),
    )
    texts = reader.texts(name for name, _ in rows)
    return sorted((texts[name] for name, _ in rows), key=str.casefold)


def query_signal_values(reader: Reader, run: int | None, name: str) -> dict[int, dict[int, Value]]:
    """The last value of a signal by run, then by the key of the span that it was set on."""
    rows = reader.all(
        f"SELECT n.id, n.span, n.value FROM notes n WHERE {_within(run)} AND {_SIGNAL} "
        "AND n.name = (SELECT id FROM words WHERE text = ?) AND n.value IS NOT NULL ORDER BY n.id",
        (name,),
    )
    found: dict[int, dict[int, Value]] = {}
    for id, key, value in rows:
        found.setdefault(run_of(id), {})[key] = _plain(value)
    return found


def query_signals(reader: Reader, rows: Iterable[SpanRow]) -> dict[int, dict[str, Value]]:
    """The last values of all signals of these spans, by their ids; {} where there is none."""
    found: dict[int, dict[str, Value]] = {}
    by_run: dict[int, dict[int, int]] = {}
    for row in rows:
        found[row.id] = {}
        by_run.setdefault(run_of(row.id), {})[row.key] = row.id
    for run, mine in by_run.items():
        keys = list(mine)
        for at in range(0, len(keys), _AT_ONCE):
            some = keys[at : at + _AT_ONCE]
            notes = reader.all(
                f"SELECT n.span, n.name, n.value FROM notes n WHERE {_within(run)} AND {_SIGNAL} "
                f"AND n.value IS NOT NULL AND n.span IN ({', '.join('?' * len(some))}) "
                "ORDER BY n.id",
                some,
            )
            texts = reader.texts(name for _, name, _ in notes)
            for key, name, value in notes:
                found[mine[key]][texts[name]] = _plain(value)
    return found


def _within(run: int | None) -> str:
    if run is None:
        return "n.id >= 0"
    return f"n.id >= {run << RUN_SHIFT} AND n.id < {(run + 1) << RUN_SHIFT}"


def _plain(value: Any) -> Value:
    return value if isinstance(value, str | int | float) else str(value)
