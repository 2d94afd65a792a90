"""Sums over a part of a run, and how its tokens added up over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model.kinds import PAYING
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.spans import RUN_SHIFT

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.structure import Int64

_CHUNK = 50_000
_CALLS = ("llm", "tool")


@dataclass(frozen=True, slots=True)
class Sums:
    """What happened within a part of a run. ``calls`` counts calls of models and tools."""

    steps: int
    calls: int
    errors: int
    tokens: int
    cost: int


def query_sums(reader: Reader, run: int, start: int, end: int) -> Job[Sums]:
    """Sums over the spans that have a part between two absolute moments, which is what a range
    leaves of a run in every view.

    Tokens and cost count as in the sums of whole runs: where a step that only contains others
    repeats what they took, it is not counted twice.
    """
    paying, calls = _kinds(reader, PAYING), _kinds(reader, _CALLS)
    sums = [0] * 5
    low, high = run << RUN_SHIFT, (run + 1) << RUN_SHIFT
    while True:
        row = reader.one(
            "SELECT max(id), count(*) FILTER (WHERE fits), "
            f"count(*) FILTER (WHERE fits AND kind IN ({calls})), "
            "count(*) FILTER (WHERE fits AND status = 2), "
            "sum(ifnull(tokens_in, 0) + ifnull(tokens_out, 0)) FILTER (WHERE fits AND pays), "
            "sum(cost) FILTER (WHERE fits AND pays) FROM ("
            "SELECT id, kind, status, tokens_in, tokens_out, cost, "
            f"kind IS NULL OR kind IN ({paying}) AS pays, "
            'iif(start IS NULL, "end" >= ? AND "end" < ?, '
            'start < ? AND ("end" IS NULL OR "end" > ? OR start >= ?)) AS fits '
            "FROM spans WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)",
            (start, end, end, start, start, low, high, _CHUNK),
        )
        if row[0] is None:
            return Sums(*sums)
        sums = [a + (b or 0) for a, b in zip(sums, row[1:], strict=True)]
        low = row[0] + 1
        yield Progress(low, high)


def query_tokens(reader: Reader, run: int) -> Job[tuple[Int64, Int64]]:
    """When tokens were reported, ascending and absolute, and how many there were by then."""
    import numpy as np

    paying = _kinds(reader, PAYING)
    low, high = run << RUN_SHIFT, (run + 1) << RUN_SHIFT
    pieces = []
    while True:
        rows = reader.all(
            'SELECT id, ifnull("end", start), ifnull(tokens_in, 0) + ifnull(tokens_out, 0) '
            "FROM spans WHERE id >= ? AND id < ? AND tokens_in + tokens_out IS NOT NULL "
            f'AND (kind IS NULL OR kind IN ({paying})) AND ifnull("end", start) IS NOT NULL '
            "ORDER BY id LIMIT ?",
            (low, high, _CHUNK),
        )
        pieces.append(np.array(rows, np.int64).reshape(-1, 3)[:, 1:])
        if len(rows) < _CHUNK:
            break
        low = rows[-1][0] + 1
        yield Progress(low, high)
    table = np.concatenate(pieces)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return table[:, 0].copy(), np.cumsum(table[:, 1])


def _kinds(reader: Reader, kinds: tuple[str, ...] | frozenset[str]) -> str:
    """The numbers of these words as SQL."""
    marks = ", ".join("?" * len(kinds))
    found = reader.all(f"SELECT id FROM words WHERE text IN ({marks})", sorted(kinds))
    return ", ".join(str(int(number)) for (number,) in found)
