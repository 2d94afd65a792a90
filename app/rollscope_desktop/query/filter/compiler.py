"""The one compiler of filters to SQL.

Texts are looked up first, as words and as texts of runs: what is compared for each span is numbers.
What a person wrote never becomes part of the SQL, only of its parameters. A condition about what is
not known does not hold, and its negation does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollscope_desktop.query.filter.columns import (
    COLUMNS,
    FREE,
    STATES,
    TIMED,
    Facts,
    Notes,
    Number,
    State,
    Words,
)
from rollscope_desktop.query.filter.lookup import Lookup, Sql, among, within
from rollscope_desktop.query.filter.notes import NotesAsked, Value
from rollscope_desktop.query.filter.tree import (
    All,
    Check,
    Condition,
    Either,
    Filter,
    Node,
    Not,
    Text,
)

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader


@dataclass(frozen=True, slots=True)
class Where:
    """A condition over ``s``, a row of spans, and ``r``, the row of its run.

    If it was compiled for one run, ``r`` does not occur in it; ``facts`` are then what it took from
    the run and its notes. While they are the same, what it says of a span changes only with that
    span.
    """

    sql: str
    parameters: tuple[Any, ...] = ()
    facts: tuple[Any, ...] = ()


def compile_filter(filter: Filter, reader: Reader, run: int | None = None) -> Where:
    """The filter as a condition, for spans of all runs or of one."""
    return Compiler(reader).compile(filter.root, None if run is None else (run, run + 1))


TRUE: Final = ("1", ())
FALSE: Final = ("0", ())


class Compiler:
    """Compiles parts of filters; what was looked up once is remembered."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lookup = Lookup(reader)
        self._runs: tuple[int, int] | None = None
        self._facts: list[Any] = []

    def compile(self, node: Node | None, runs: tuple[int, int] | None = None) -> Where:
        """A condition that is asked only of spans of these runs: from the first to before the last.

        For a single run, everything that is the run's own is settled here.
        """
        self._runs = runs
        self._facts = []
        sql, parameters = TRUE if node is None else self._node(node)
        return Where(f"({sql})", parameters, tuple(self._facts))

    def _node(self, node: Node) -> Sql:
        match node:
            case All(parts):
                return _join(" AND ", [self._node(part) for part in parts])
            case Either(parts):
                return _join(" OR ", [self._node(part) for part in parts])
            case Not(part):
                sql, parameters = self._node(part)
                return f"NOT ifnull({sql}, 0)", parameters
            case Text(pattern):
                return self._words(FREE, (Check(pattern),))
            case Condition():
                return self._condition(node)

    def _condition(self, asked: Condition) -> Sql:
        source = COLUMNS[asked.field.name]
        match source:
            case Words():
                return self._words(source, asked.checks)
            case Number():
                return self._number(source, asked.checks)
            case State():
                numbers = {n for word, n in STATES.items() if _any_fits(asked.checks, word)}
                return self._settled(among(source.column, sorted(numbers)), source.of_run)
            case Facts():
                return self._has(source, asked.checks)
            case Notes():
                return self._noted(source, asked)

    def _words(self, source: Words, checks: tuple[Check, ...]) -> Sql:
        patterns = tuple(check.pattern for check in checks if check.pattern is not None)
        parts: list[Sql] = []
        if source.span:
            unknown = source.when_unknown is not None and _any_fits(checks, source.when_unknown)
            numbers = self._lookup.words(patterns, and_empty=unknown)
            for column in source.span:
                parts.append(among(column, numbers))
                if unknown:
                    parts.append((f"s.id IS NOT NULL AND {column} IS NULL", ()))
        for column in source.run:
            if self._runs is None or not self._is_single():
                parts.append(among(column, self._lookup.run_texts(column, patterns)))
            else:
                text = self._lookup.of_run(self._runs[0], column)
                fits = isinstance(text, str) and any(p.fits(text) for p in patterns)
                parts.append(self._known(fits))
        return _join(" OR ", parts)

    def _number(self, source: Number, checks: tuple[Check, ...]) -> Sql:
        found = _join(
            " OR ",
            [within(source.sql, check.bounds) for check in checks if check.bounds is not None],
        )
        if source.timed:
            timed = self._settled((TIMED, ()), of_run=True)
            found = _join(" AND ", [timed, found])
        return self._settled(found, source.of_run)

    def _has(self, source: Facts, checks: tuple[Check, ...]) -> Sql:
        parts: list[Sql] = [
            (f"({sql})", ()) for word, sql in source.span.items() if _any_fits(checks, word)
        ]
        parts += [
            self._settled((sql, ()), of_run=True)
            for word, sql in source.run.items()
            if _any_fits(checks, word)
        ]
        for word, types in source.notes.items():
            if _any_fits(checks, word):
                parts.append(self._noted_as(NotesAsked(self._lookup.exact(types))))
        return _join(" OR ", parts)

    def _noted(self, source: Notes, asked: Condition) -> Sql:
        types = self._lookup.exact(source.types)
        patterns = tuple(check.pattern for check in asked.checks if check.pattern is not None)
        if not source.valued:
            return self._noted_as(NotesAsked(types, self._lookup.words(patterns)))
        names = self._lookup.same(asked.name)
        bounds = tuple(check.bounds for check in asked.checks if check.bounds is not None)
        texts = self._lookup.note_texts(types, names, patterns, self._runs) if patterns else ()
        return self._noted_as(NotesAsked(types, names, Value(bounds, texts)))

    def _noted_as(self, asked: NotesAsked) -> Sql:
        """Spans that have such a note, or whose run has."""
        where, parameters = asked.where(self._runs)
        if self._is_single():
            rows = self._reader.all(
                f"SELECT DISTINCT n.span FROM notes n WHERE {where}", parameters
            )
            keys = tuple(sorted(key for (key,) in rows if key is not None))
            if len(keys) < len(rows):
                return self._known(True)
            self._facts.append(keys)
            return among('s."key"', keys)
        noted = f"FROM notes n WHERE {where} AND n.span IS"
        return (
            f'((s.id >> 31, s."key") IN (SELECT n.id >> 31, n.span {noted} NOT NULL) '
            f"OR r.id IN (SELECT n.id >> 31 {noted} NULL))",
            parameters * 2,
        )

    def _settled(self, condition: Sql, of_run: bool) -> Sql:
        """A condition of the run, answered already if there is only one."""
        if not of_run or self._runs is None or not self._is_single():
            return condition
        sql, parameters = condition
        row = self._reader.one(
            f"SELECT ifnull({sql}, 0) FROM runs r WHERE r.id = ?", (*parameters, self._runs[0])
        )
        return self._known(row is not None and bool(row[0]))

    def _known(self, holds: bool) -> Sql:
        self._facts.append(holds)
        return TRUE if holds else FALSE

    def _is_single(self) -> bool:
        return self._runs is not None and self._runs[1] - self._runs[0] == 1


def _any_fits(checks: tuple[Check, ...], word: str) -> bool:
    return any(check.pattern is not None and check.pattern.fits(word) for check in checks)


def _join(how: str, parts: list[Sql]) -> Sql:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return FALSE
    sql = how.join(sql for sql, _ in parts)
    return f"({sql})", tuple(value for _, values in parts for value in values)
