"""Looks up which words and texts of the index fit patterns, and writes comparisons as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from json import dumps
from typing import TYPE_CHECKING, Any

from rollscope_desktop.query.filter.patterns import Pattern, fold
from rollscope_desktop.query.spans import RUN_SHIFT

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.filter.tree import Bounds

_FEW = 16
"""Up to so many values are compared one by one, which is faster than a lookup in a set."""

Sql = tuple[str, tuple[Any, ...]]
"""An expression, and the parameters in it."""
Values = tuple[Any, ...]
Patterns = tuple[Pattern, ...]


def among(column: str, values: Sequence[Any]) -> Sql:
    """Whether a column is one of some values."""
    if not values:
        return "0", ()
    if len(values) <= _FEW:
        return f"{column} IN ({', '.join('?' * len(values))})", tuple(values)
    return f"{column} IN (SELECT value FROM json_each(?))", (dumps(values),)


def within(number: str, bounds: Bounds) -> Sql:
    """Whether a number is in a range."""
    if bounds.low is not None and bounds.low == bounds.high:
        return f"({number}) = ?", (bounds.low,)
    parts, values = [], []
    if bounds.low is not None:
        parts.append(f"({number}) {'>' if bounds.above else '>='} ?")
        values.append(bounds.low)
    if bounds.high is not None:
        parts.append(f"({number}) {'<' if bounds.below else '<='} ?")
        values.append(bounds.high)
    return f"({' AND '.join(parts)})", tuple(values)


class Lookup:
    """Answers from one reader, each remembered for as long as one filter is compiled."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[object, Values] = {}

    def words(self, patterns: Patterns, *, and_empty: bool = False) -> Values:
        """The numbers of all words that fit one of the patterns."""
        key = ("words", patterns, and_empty)
        if key not in self._known:
            found = self._fitting("SELECT text, id FROM words WHERE text", patterns)
            numbers = {number for _, number in found}
            if and_empty:
                numbers.update(self.exact(("",)))
            self._known[key] = tuple(sorted(numbers))
        return self._known[key]

    def exact(self, texts: Iterable[str]) -> Values:
        """The numbers of these very words, as far as there are any."""
        wanted = tuple(texts)
        sql = f"SELECT id FROM words WHERE text IN ({', '.join('?' * len(wanted))})"
        return tuple(number for (number,) in self._reader.all(sql, wanted))

    def same(self, text: str) -> Values:
        """The numbers of the words that are this text without regard to case."""
        return self.words((Pattern((text,), whole=True),))

    def run_texts(self, column: str, patterns: Patterns) -> Values:
        """The texts in a column of runs that fit one of the patterns."""
        key = ("runs", column, patterns)
        if key not in self._known:
            sql = f"SELECT DISTINCT {column} FROM runs r WHERE {column}"
            self._known[key] = tuple(text for (text,) in self._fitting(sql, patterns))
        return self._known[key]

    def of_run(self, run: int, column: str) -> Any:
        """What a column says of one run."""
        row = self._reader.one(f"SELECT {column} FROM runs r WHERE r.id = ?", (run,))
        return None if row is None else row[0]

    def note_texts(
        self, types: Values, names: Values, patterns: Patterns, runs: tuple[int, int] | None
    ) -> Values:
        """The texts among values of such notes that fit one of the patterns."""
        kept = [among('n."type"', types), among("n.name", names), in_runs(runs)]
        where = " AND ".join(sql for sql, _ in kept)
        before = tuple(value for _, values in kept for value in values)
        sql = f"SELECT DISTINCT n.value FROM notes n WHERE {where} AND n.value"
        return tuple(text for (text,) in self._fitting(sql, patterns, before))

    def _fitting(self, sql: str, patterns: Patterns, before: Values = ()) -> list[tuple[Any, ...]]:
        """Rows whose first column fits; the question ends in what is compared with ``LIKE``."""
        found: dict[tuple[Any, ...], None] = {}
        for pattern in patterns:
            finder = pattern.finder()
            rows = self._reader.all(rf"{sql} LIKE ? ESCAPE '\'", (*before, pattern.like()))
            for row in rows:
                if isinstance(row[0], str) and finder.search(fold(row[0])):
                    found[row] = None
        return list(found)


def in_runs(runs: tuple[int, int] | None) -> Sql:
    """Whether a note is one of these runs."""
    if runs is None:
        return "1", ()
    return "n.id >= ? AND n.id < ?", (runs[0] << RUN_SHIFT, runs[1] << RUN_SHIFT)
