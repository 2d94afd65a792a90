"""What a filter asks of notes, as SQL over ``n``, a row of the notes."""

from __future__ import annotations

from dataclasses import dataclass

from rollscope_desktop.query.filter.lookup import Sql, Values, among, in_runs, within
from rollscope_desktop.query.filter.tree import Bounds


@dataclass(frozen=True, slots=True)
class Value:
    """What the value of a note may be: a number in a range, or one of these texts."""

    bounds: tuple[Bounds, ...]
    texts: Values

    def where(self) -> Sql:
        """The condition, also for values that are neither."""
        parts = [within("n.value", bounds) for bounds in self.bounds]
        kinds = "typeof(n.value) IN ('integer', 'real')"
        numbers = " OR ".join(sql for sql, _ in parts)
        sql = f"({kinds} AND ({numbers}))" if parts else "0"
        values = tuple(value for _, given in parts for value in given)
        text, texts = among("n.value", self.texts)
        return f"({sql} OR {text})", values + texts


@dataclass(frozen=True, slots=True)
class NotesAsked:
    """Notes of some types, with some names and values; None: whatever it is."""

    types: Values
    names: Values | None = None
    value: Value | None = None

    def where(self, runs: tuple[int, int] | None) -> Sql:
        """The condition for notes of these runs."""
        parts = [in_runs(runs), among('n."type"', self.types)]
        if self.names is not None:
            parts.append(among("n.name", self.names))
        if self.value is not None:
            parts.append(self.value.where())
        sql = " AND ".join(sql for sql, _ in parts)
        return sql, tuple(value for _, values in parts for value in values)
