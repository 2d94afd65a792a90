"""The order of a flat list of spans: its first page at once, then all of it as an array of ids.

Of one run or of all, those that fit a filter, by any column. Words sort by their text. What has no
value stands last in both directions; equal values stand as the spans came.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollscope_desktop.query.progress import Job, Partial, Progress
from rollscope_desktop.query.spans import RUN_SHIFT, query_spans

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.span_list.ranking import Order
    from rollscope_desktop.query.structure import Int64

PAGE = 200
"""Spans of the first page."""
ROWS = 60
"""Spans of it whose rows come along, so that a screen can be painted at once."""
_CHUNK = 20_000
_MOST_WORDS = 1_000
_MOST_RARE = 2_000
_FEWER = (PAGE, 25, 3)
_NOTHING = -(1 << 63)

NUMBER, STEP, RUN, LEVEL = "number", "step", "run", "level"
SIGNAL: Final = "signal."
"""Before the name of a signal, the column of its values."""

_WORDS: Final = {STEP: "s.name", "kind": "s.kind", "model": "s.model", "agent": "s.agent"}
_FIGURES: Final = {
    NUMBER: "s.id",
    "started": "s.start",
    "duration": 's."end" - s.start',
    "first": "s.first_token - s.start",
    "tokens_in": "s.tokens_in",
    "tokens_out": "s.tokens_out",
    "cached": "s.tokens_cached",
    "cost": "s.cost",
    "saved": "s.saved",
    "status": "s.status",
}
_INSIDE: Final = (
    '((s.start < ? AND (s."end" > ? OR s.start >= ? OR s."end" IS NULL)) '
    'OR (s.start IS NULL AND s."end" >= ? AND s."end" < ?))'
)
"""Whether a part of a span lies within a range, of which the last moment is none; one without an
end goes on. The same as the views of the open run say of it."""
_TIMES: Final = frozenset({"started", "duration", "first"})
"""Columns in which events of a run without times cannot stand beside nanoseconds of others."""
_OF_STRUCTURE: Final = frozenset({NUMBER, STEP, "kind", "status", "started", "duration", LEVEL})


class Condition(Protocol):
    """SQL over the spans ``s`` and their runs ``r``, as a compiled filter is."""

    @property
    def sql(self) -> str:
        """The condition."""

    @property
    def parameters(self) -> tuple[Any, ...]:
        """What its question marks stand for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Spans of a run, or of all when it is None. ``range`` is a part of the run, in absolute ns or
    event numbers: what lies outside is left out."""

    run: int | None = None
    column: str = NUMBER
    descending: bool = False
    range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class First:
    """The beginning of an order, with rows for a screen of it."""

    ids: list[int]
    rows: list[SpanRow]


@dataclass(frozen=True, slots=True)
class Source:
    """Where spans come from: what follows ``SELECT …`` up to the end of a WHERE."""

    sql: str
    parameters: tuple[Any, ...]
    low: int
    high: int

    def between(self, low: int) -> tuple[Any, ...]:
        """The parameters, to go on with the span ``low``."""
        return (low, self.high, *self.parameters)


def source(wanted: Wanted, where: Condition | None, *, runs: bool = False) -> Source:
    """The spans that are wanted; ``runs``: with their runs, whether the filter asks or not."""
    parts, values = ["s.id >= ? AND s.id < ?"], list[Any]()
    if wanted.range is not None:
        low, high = wanted.range
        parts.append(_INSIDE)
        values += [high, low, low, low, high]
    if where is not None:
        parts.append(f"({where.sql})")
        values += where.parameters
    asked = where is not None and "r." in where.sql
    join = " JOIN runs r ON r.id = s.id >> 31" if runs or asked else ""
    run = wanted.run
    low, high = (0, 1 << 62) if run is None else (run << RUN_SHIFT, (run + 1) << RUN_SHIFT)
    return Source(f"FROM spans s{join} WHERE {' AND '.join(parts)}", tuple(values), low, high)


def query_order(
    reader: Reader,
    wanted: Wanted,
    where: Condition | None = None,
    outline: Outline | None = None,
    *,
    page: bool = True,
) -> Job[Order]:
    """The order of the spans that are wanted, after its first page as a Partial, unless that is
    there already. ``outline`` is that of the run, if it is open: what its arrays hold is not asked
    again."""
    from rollscope_desktop.query.span_list import ranking

    run, column = wanted.run or 0, wanted.column
    if outline is not None and where is None and wanted.range is None and column in _OF_STRUCTURE:
        numbers: Any = outline.structure.number
        keys = _structure_keys(reader, outline, column)
        yield Progress(0, 0, "Sorting")
        found = ranking.first_of(keys, wanted.descending, PAGE) if page else None
        if found is not None:
            yield Partial(_first(reader, [run << RUN_SHIFT | int(n) for n in numbers[found]]))
        return ranking.order_by(run, numbers, keys, wanted.descending)
    first = query_first(reader, wanted, where) if page else None
    if first is not None:
        yield Partial(first)
    ids, keys = yield from _keys(reader, wanted, where, outline)
    yield Progress(len(ids), len(ids), "Sorting")
    if run:
        ids = (ids & ((1 << RUN_SHIFT) - 1)).astype("int32")
    return ranking.order_by(run, ids, keys, wanted.descending)


def query_first(reader: Reader, wanted: Wanted, where: Condition | None = None) -> First | None:
    """The first page of an order; None where it is not known before the order is."""
    column, descending = wanted.column, wanted.descending
    timed = _is_timed(reader, wanted)
    spans = source(wanted, where, runs=timed)
    if column in _WORDS:
        page = _first_by_word(reader, spans, _WORDS[column], descending)
    elif column == RUN:
        page = _first_by_run(reader, spans, _run_ranks(reader), descending)
    elif column in _FIGURES:
        page = _first_by_figure(reader, spans, _figure(column, timed), descending)
    else:
        return None  # a signal's values lie elsewhere, and a level is known to the arrays only
    return _first(reader, page) if page else None


def query_turned(reader: Reader, order: Order) -> Job[Order]:
    """An order that is known, in the other direction."""
    from rollscope_desktop.query.span_list import ranking

    yield Progress(0, 0, "Sorting")
    turned = ranking.reverse(order)
    yield Partial(_first(reader, turned.ids(0, PAGE)))
    return turned


def query_count(reader: Reader, wanted: Wanted, where: Condition | None = None) -> int:
    """How many spans fit."""
    spans = source(wanted, where)
    return int(reader.one(f"SELECT count(*) {spans.sql}", spans.between(spans.low))[0])


def _first(reader: Reader, ids: list[int]) -> First:
    return First(ids, query_spans(reader, ids[:ROWS]))


def _is_timed(reader: Reader, wanted: Wanted) -> bool:
    """Whether only runs that have times can be compared in this column."""
    if wanted.run is not None or wanted.column not in _TIMES:
        return False
    return reader.one("SELECT 1 FROM runs WHERE clock != 0 LIMIT 1") is not None


def _figure(column: str, timed: bool) -> str:
    figure = _FIGURES[column]
    return f"CASE WHEN r.clock = 0 THEN {figure} END" if timed else figure


# The first page


def _first_by_figure(reader: Reader, spans: Source, figure: str, descending: bool) -> list[int]:
    how = "DESC NULLS LAST" if descending else "NULLS LAST"
    order = f"ORDER BY {figure} {how}, s.id" if figure != "s.id" else (
        f"ORDER BY s.id {'DESC' if descending else ''}"
    )  # fmt: skip
    rows = reader.all(f"SELECT s.id {spans.sql} {order} LIMIT {PAGE}", spans.between(spans.low))
    return [id for (id,) in rows]


def _first_by_word(reader: Reader, spans: Source, word: str, descending: bool) -> list[int]:
    """Finds the words first: to look up the text of each span takes twice as long."""
    between = spans.between(spans.low)
    held = reader.all(f"SELECT DISTINCT {word} {spans.sql} LIMIT {_MOST_WORDS + 1}", between)
    numbers = [number for (number,) in held if number is not None]
    if not numbers:
        return _first_by_figure(reader, spans, "s.id", False)
    if len(held) > _MOST_WORDS:
        text = f"(SELECT w.text FROM words w WHERE w.id = {word})"
        return _first_by_figure(reader, spans, f"{text} COLLATE NOCASE", descending)
    rank = word_ranks(reader.texts(numbers))
    best = sorted(numbers, key=rank.__getitem__, reverse=descending)
    # Most often the first word alone fills the page; else all spans of as many as are few enough.
    single = _of_words(reader, spans, word, best[:1], PAGE)
    if len(single) < ROWS:
        for some in _FEWER:
            found = _of_words(reader, spans, word, best[:some], _MOST_RARE)
            if len(found) < _MOST_RARE:
                place = {number: at for at, number in enumerate(best)}
                found.sort(key=lambda row: (place[row[1]], row[0]))
                return [id for id, _ in found[:PAGE]]
    return [id for id, _ in single]


def _of_words(
    reader: Reader, spans: Source, word: str, numbers: list[int], most: int
) -> list[tuple[int, int]]:
    marks = ", ".join("?" * len(numbers))
    rows = reader.all(
        f"SELECT s.id, {word} {spans.sql} AND {word} IN ({marks}) ORDER BY s.id LIMIT {most}",
        (*spans.between(spans.low), *numbers),
    )
    return [(id, number) for id, number in rows]


def _first_by_run(
    reader: Reader, spans: Source, rank: Mapping[int, int], descending: bool
) -> list[int]:
    found: list[int] = []
    for run in sorted(rank, key=rank.__getitem__, reverse=descending):
        low, high = max(spans.low, run << RUN_SHIFT), min(spans.high, (run + 1) << RUN_SHIFT)
        rows = reader.all(
            f"SELECT s.id {spans.sql} ORDER BY s.id LIMIT {PAGE - len(found)}",
            (low, high, *spans.parameters),
        )
        found += [id for (id,) in rows]
        if len(found) >= PAGE:
            break
    return found


# All of it


def _keys(
    reader: Reader, wanted: Wanted, where: Condition | None, outline: Outline | None
) -> Generator[Progress | Partial, None, tuple[Int64, Int64]]:
    """The ids that fit, as they came, and by what each is sorted."""
    from rollscope_desktop.query.span_list import ranking

    column = wanted.column
    timed = _is_timed(reader, wanted)
    spans = source(wanted, where, runs=timed)
    if column.startswith(SIGNAL):
        return (yield from _signal_keys(reader, wanted, spans, column.removeprefix(SIGNAL)))
    if column in (NUMBER, RUN, LEVEL):
        ids, _ = yield from _read(reader, spans)
        if column == NUMBER:
            return ids, ids
        if column == RUN:
            return ids, ranking.ranks(ids >> RUN_SHIFT, _run_ranks(reader))
        return ids, _levels(ids, outline)
    if column in _WORDS:
        ids, words = yield from _read(reader, spans, f"ifnull({_WORDS[column]}, {_NOTHING})")
        texts = reader.texts(ranking.distinct(words))
        return ids, ranking.ranks(words, word_ranks(texts))
    # A difference of two times that no calendar has may be more than an integer can hold.
    figure = f"ifnull(CAST({_figure(column, timed)} AS INTEGER), {_NOTHING})"
    return (yield from _read(reader, spans, figure))


def _read(
    reader: Reader, spans: Source, key: str = ""
) -> Generator[Progress | Partial, None, tuple[Int64, Int64]]:
    """Ids and keys as the spans came; ids alone, when there is no key."""
    import numpy as np

    columns, width = (f"s.id, {key}", 2) if key else ("s.id", 1)
    ids, keys = list[Any](), list[Any]()
    low, done = spans.low, 0
    while True:
        rows = reader.all(
            f"SELECT {columns} {spans.sql} ORDER BY s.id LIMIT {_CHUNK}", spans.between(low)
        )
        table = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width)
        ids.append(table[::width].copy())
        keys.append(table[1::2].copy() if key else table[:0])
        done += len(rows)
        if len(rows) < _CHUNK:
            return np.concatenate(ids), np.concatenate(keys)
        low = rows[-1][0] + 1
        yield Progress(done, 0, "Sorting")


def _structure_keys(reader: Reader, outline: Outline, column: str) -> Int64:
    import numpy as np

    from rollscope_desktop.query.span_list import ranking
    from rollscope_desktop.query.structure import KIND_BITS

    made = outline.structure
    if column == NUMBER:
        return made.number.astype(np.int64)
    if column == "status":
        return made.status.astype(np.int64)
    if column == LEVEL:
        return outline.depth[outline.place].astype(np.int64)
    if column == "started":
        return made.start
    if column == "duration":
        known = (made.start != _NOTHING) & (made.end != _NOTHING)
        return np.where(known, made.end - made.start, _NOTHING)
    words = made.label >> KIND_BITS if column == STEP else made.label & ((1 << KIND_BITS) - 1)
    numbers = [number for number in ranking.distinct(words) if number]
    return ranking.ranks(words, word_ranks(reader.texts(numbers)))


def _levels(ids: Int64, outline: Outline | None) -> Int64:
    import numpy as np

    keys = np.full(len(ids), _NOTHING)
    if outline is not None and len(outline):
        made = outline.structure
        at = np.searchsorted(made.number, (ids & ((1 << RUN_SHIFT) - 1)).astype(np.int32))
        at[at == len(made)] = 0
        same = (ids >> RUN_SHIFT == made.run) & (made.number[at] == ids & ((1 << RUN_SHIFT) - 1))
        keys = np.where(same, outline.depth[outline.place[at]], keys)
    return keys


def word_ranks(texts: Mapping[Any, str]) -> dict[int, int]:
    """The place of each word by its text, whatever the case of its letters."""
    ordered = sorted(texts, key=lambda number: (texts[number].casefold(), texts[number]))
    return {number: place for place, number in enumerate(ordered)}


def _run_ranks(reader: Reader) -> dict[int, int]:
    """The place of each run by its name; runs of one name in the order of their start."""
    rows = reader.all("SELECT id, name, agent, started FROM runs")
    rows.sort(key=lambda row: (str(row[1] or row[2] or "Run").casefold(), row[3] or 0, row[0]))
    return {row[0]: place for place, row in enumerate(rows)}


def _signal_keys(
    reader: Reader, wanted: Wanted, spans: Source, name: str
) -> Generator[Progress | Partial, None, tuple[Int64, Int64]]:
    """Numbers stand before texts. Of several values of a span the last counts."""
    import numpy as np

    from rollscope_desktop.query.span_list.signals import query_signal_values

    values = query_signal_values(reader, wanted.run, name)
    yield Progress(0, 0, "Sorting")
    ordered = sorted(
        {value for of_run in values.values() for value in of_run.values()}, key=_by_value
    )
    rank = {value: place for place, value in enumerate(ordered)}
    ids, own = yield from _read(reader, spans, 's."key"')
    keys = np.full(len(ids), _NOTHING)
    runs = ids >> RUN_SHIFT
    for run, of_run in values.items():
        low, high = np.searchsorted(runs, (run, run + 1))
        for at, key in enumerate(own[low:high].tolist(), int(low)):
            if key in of_run:
                keys[at] = rank[of_run[key]]
        yield Progress(0, 0, "Sorting")
    return ids, keys


def _by_value(value: str | float) -> tuple[int, float, str, str]:
    return (1, 0.0, value.casefold(), value) if isinstance(value, str) else (0, value, "", "")
