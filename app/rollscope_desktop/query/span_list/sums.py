"""What the spans of a flat list come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model.kinds import PAYING
from rollscope_desktop.query.span_list.orders import Condition, Wanted, source

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader


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
