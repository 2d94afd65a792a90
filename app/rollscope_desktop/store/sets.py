"""What became known of runs and spans between their start and their end, and the usage among it.

A row of the table ``sets`` is one such event; the row 0 of a run's spans is the run itself, as no
span has that id. Whatever the order in which events are read, a span's usage is, field by field,
what its end says, or else what was told last before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import assemble as a
from rollscope_desktop.model.events import Fact
from rollscope_desktop.model.kinds import PAYING
from rollscope_desktop.store.schema import RUN_SHIFT

if TYPE_CHECKING:
    import sqlite3

    from rollscope_desktop.model.assemble import Change
    from rollscope_desktop.store.spans import Held
    from rollscope_desktop.store.words import Words

_USAGE = a.USAGE[:-1]  # a first token is told only at the end
_COLUMNS = ("run", "span", "proc", "seq", "facts", "time", "file", "offset", "length", *_USAGE)
_INSERT = (
    f"INSERT OR IGNORE INTO sets ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_END = -(1 << 63)
"""The process of the row that keeps what the end of a span said, where both are to be merged."""


class Sets:
    """The table ``sets``, on the writer's connection."""

    def __init__(self, db: sqlite3.Connection, words: Words) -> None:
        self._db = db
        self._words = words
        self._pays: frozenset[int | None] = frozenset()

    def recall(self, run: Held) -> None:
        """Fill in the spans of a run of which a usage was told before their end."""
        found = self._db.execute(
            f"SELECT DISTINCT span FROM sets WHERE run = ? AND facts & {Fact.USAGE}", (run.id,)
        )
        run.used = {span for (span,) in found}

    def add(self, run: Held, file: int, change: Change) -> set[int]:
        """Add what a change says; the keys of spans whose usage is to be settled after it."""
        rows = []
        told = set()
        for span, proc, seq, facts, time, offset, length, paid in change.sets:
            usage: tuple[Any, ...] = (None,) * len(_USAGE)
            if paid is not None:
                usage = (paid[0] and self._words[paid[0]], *paid[1:])
                told.add(span)
            rows.append((run.id, span, proc, seq, facts, time, file, offset, length, *usage))
        self._db.executemany(_INSERT, rows)
        run.used |= told
        return told | {row[a.KEY] for row in change.spans if row[a.KEY] in run.used}

    def places(self, run: Held, keys: set[int], first: int = 0) -> dict[int, int]:
        """The ids of spans by their keys; of those that are whole, from the number ``first`` on."""
        found = {}
        for key in keys:
            if key in run.open:
                found[key] = run.open[key][0]
            elif key in run.headless:
                found[key] = run.headless[key]
            elif key in run.bare:
                found[key] = run.bare[key]
        left = keys - found.keys()
        if left:
            low, high = (run.id << RUN_SHIFT) + first, (run.id + 1) << RUN_SHIFT
            rows = self._db.execute(
                "SELECT key, id FROM spans WHERE id >= ? AND id < ?", (low, high)
            )
            found |= {key: id for key, id in rows if key in left}
        return found

    def paid(self, spans: Iterable[int]) -> tuple[int, int, int, int]:
        """Tokens in and out, cost and savings of these spans, as far as they count for the run."""
        sums = [0, 0, 0, 0]
        for span in spans:
            kind, *usage = self._db.execute(
                "SELECT kind, tokens_in, tokens_out, cost, saved FROM spans WHERE id = ?", (span,)
            ).fetchone()
            if kind is None or kind in self._paying():
                sums = [known + (more or 0) for known, more in zip(sums, usage, strict=True)]
        return sums[0], sums[1], sums[2], sums[3]

    def settle(self, run: Held, spans: dict[int, int]) -> None:
        """Write into these spans (key: id) what was told of their usage, their ends included."""
        names = ", ".join(_USAGE)
        for key, span in spans.items():
            status, *own = self._db.execute(
                f"SELECT status, {names} FROM spans WHERE id = ?", (span,)
            ).fetchone()
            if status != a.OPEN:
                # The end has written its own usage over the row: kept once, for what comes later.
                values = (run.id, key, _END, 0, 0, None, None, None, None, *own)
                self._db.execute(_INSERT, values)
            told = self._db.execute(
                f"SELECT {names} FROM sets WHERE run = ? AND span = ? "
                f"AND (facts & {Fact.USAGE} OR proc = {_END}) "
                f"ORDER BY proc = {_END}, ifnull(time, -1), proc, seq",
                (run.id, key),
            ).fetchall()
            merged = [
                next((v for v in reversed(column) if v is not None), None)
                for column in zip(*told, strict=True)
            ]
            self._db.execute(
                f"UPDATE spans SET {', '.join(f'{name} = ?' for name in _USAGE)} WHERE id = ?",
                (*merged, span),
            )

    def _paying(self) -> frozenset[int | None]:
        if not self._pays:
            self._pays = frozenset(self._words[kind] for kind in PAYING)
        return self._pays
