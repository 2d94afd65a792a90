"""The rows of spans: added in bulk, begun and ended one by one, merged where some are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import assemble as a
from rollscope_desktop.model.assemble import Row
from rollscope_desktop.model.kinds import PAYING
from rollscope_desktop.store.schema import RUN_SHIFT
from rollscope_desktop.store.words import Words

if TYPE_CHECKING:
    import sqlite3

_PLAIN = ("id", *a.CORE, "in_file", "out_file")
_PAID = (*_PLAIN, *a.USAGE)
_MARKED = (*_PLAIN, *a.RARE)
_FULL = (*_PAID, *a.RARE)
_POINT = (
    "id", "key", "kind", "name", "status", "start", "end",
    "in_offset", "in_length", "in_path", "in_file",
)  # fmt: skip
"""The columns of rows without a parent, an output and a cost: the lines of a flat log."""


def _insert(columns: Sequence[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO spans ({names}) VALUES ({', '.join('?' * len(columns))})"


_INSERTS = {columns: _insert(columns) for columns in (_POINT, _PLAIN, _PAID, _MARKED, _FULL)}
_ENDING = ("status", "end", "out_offset", "out_length", "out_file", *a.USAGE, "out_path")
_STARTING = (
    "parent", "kind", "name", "start", "in_offset", "in_length", "in_file",
    "branch", "how", "agent", "in_path",
)  # fmt: skip


def _update(columns: Sequence[str]) -> str:
    sets = ", ".join(f'"{column}" = ?' for column in columns)
    return f"UPDATE spans SET {sets}, flags = nullif(ifnull(flags, 0) | ?, 0) WHERE id = ?"


_USED = f"SELECT {', '.join(a.USAGE)} FROM spans WHERE id = ?"
_END = _update(_ENDING)
_START = _update(_STARTING)


@dataclass(slots=True)
class Held:
    """What the writer remembers of a run between batches: counters, and spans that are not whole.

    ``head_at`` and ``end_at`` are the order of the start and the end that its row tells of;
    ``used`` has the keys of spans of which a usage was told before their end. ``procs`` has the
    number of the last event of each process, ``left`` that of the last with which one had left.
    """

    id: int
    notes: int = 0
    head_at: int = -1
    end_at: int = -1
    spans: int = 0
    procs: dict[int, int] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    open: dict[int, tuple[int, str]] = field(default_factory=dict)  # key: span id, kind
    headless: dict[int, int] = field(default_factory=dict)  # key: span id
    bare: dict[int, int] = field(default_factory=dict)  # neither begun nor ended; key: span id
    files: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)


class Spans:
    """The table ``spans``, on the writer's connection."""

    def __init__(self, db: sqlite3.Connection, words: Words) -> None:
        self._db = db
        self._words = words

    def recall(self, run: Held) -> None:
        """Fill in what must be remembered of the spans of a run."""
        low, high = run.id << RUN_SHIFT, (run.id + 1) << RUN_SHIFT
        top = self._db.execute(
            "SELECT max(id) FROM spans WHERE id >= ? AND id < ?", (low, high)
        ).fetchone()[0]
        if top is None:
            return
        run.spans = top - low + 1
        for span, key, kind, name, status in self._db.execute(
            "SELECT id, key, kind, name, status FROM spans WHERE id >= ? AND id < ? "
            "AND (status = 0 OR name IS NULL)",
            (low, high),
        ):
            if name is None:
                (run.bare if status == a.OPEN else run.headless)[key] = span
            else:
                run.open[key] = (span, self._words.text(kind))

    def add(self, run: Held, file: int, rows: list[Row]) -> list[tuple[Row, str]]:
        """Add rows that are known to be new; those that complete older ones, with their kinds."""
        base = run.id << RUN_SHIFT
        number = run.spans
        words = self._words
        open_, headless, bare = run.open, run.headless, run.bare
        point: list[tuple[Any, ...]] = []
        plain: list[tuple[Any, ...]] = []
        paid: list[tuple[Any, ...]] = []
        marked: list[tuple[Any, ...]] = []
        full: list[tuple[Any, ...]] = []
        late: list[tuple[Row, str]] = []
        rare: tuple[Any, ...] | None = None
        held: tuple[Any, ...] = ()  # what ``rare`` is in the table
        only_in = False  # whether it says nothing but where the input lies
        for row in rows:
            (key, parent, kind, name, state, start, end,
             at_in, in_len, at_out, out_len, cost, extra) = row  # fmt: skip
            if bare and key in bare:
                self._complete(run, file, row)
                continue
            if name is None:
                known = open_.pop(key, None)
                if known is not None:
                    self._end(known[0], file, row)
                    late.append((row, known[1]))
                    continue
                headless[key] = base + number
            elif headless and key in headless:
                span = headless.pop(key)
                self._begin(span, file, row)
                if kind not in PAYING:  # its usage was counted while its kind was not known
                    used = self._db.execute(_USED, (span,)).fetchone()
                    late.append(([*row[: a.PAID], used, None], kind))
                continue
            elif state == a.OPEN:
                open_[key] = (base + number, kind)
            if kind is not None:
                kind = words[kind]
            if name is not None:
                name = words[name]
            if extra is not rare:
                rare, held = extra, (None,) * 6 if extra is None else self._extra(extra)
                only_in = held.count(None) == 5 and held[4] is not None
            if only_in and cost is None and parent is None and at_out is None:
                point.append(
                    (base + number, key, kind, name, state, start, end,
                     at_in, in_len, held[4], file)
                )  # fmt: skip
                number += 1
                continue
            core = (
                base + number, key, parent, kind, name, state, start, end,
                at_in, in_len, at_out, out_len, file, file,
            )  # fmt: skip
            number += 1
            if cost is None:
                if extra is None:
                    plain.append(core)
                else:
                    marked.append(core + held)
            elif extra is None:
                model = cost[0]
                paid.append((*core, model and words[model], *cost[1:]))
            else:
                full.append((*core, *self._paid(cost), *held))
        run.spans = number
        for columns, added in (
            (_POINT, point), (_PLAIN, plain), (_PAID, paid), (_MARKED, marked), (_FULL, full),
        ):  # fmt: skip
            if added:
                self._db.executemany(_INSERTS[columns], added)
        return late

    def mention(self, run: Held, keys: set[int]) -> None:
        """Make rows for spans that something is told of, where there is none: the log may have
        lost their starts, or they are still to be read."""
        left = keys - run.open.keys() - run.headless.keys() - run.bare.keys()
        if not left:
            return
        low, high = run.id << RUN_SHIFT, (run.id + 1) << RUN_SHIFT
        known = self._db.execute("SELECT key FROM spans WHERE id >= ? AND id < ?", (low, high))
        left -= {key for (key,) in known}
        for key in left:
            run.bare[key] = low + run.spans
            run.spans += 1
        self._db.executemany(
            f"INSERT INTO spans (id, key, status) VALUES (?, ?, {a.OPEN})",
            [(run.bare[key], key) for key in left],
        )

    def _complete(self, run: Held, file: int, row: Row) -> None:
        """A span that was only mentioned so far begins, or ends, or both."""
        key = row[a.KEY]
        span = run.bare.pop(key)
        if row[a.NAME] is not None:
            self._begin(span, file, row)
            if row[a.STATE] == a.OPEN:
                run.open[key] = (span, row[a.KIND])
        else:
            run.headless[key] = span
        if row[a.STATE] != a.OPEN:
            self._end(span, file, row)

    def _paid(self, cost: tuple[Any, ...] | None) -> tuple[Any, ...]:
        if cost is None:
            return (None,) * len(a.USAGE)
        return (cost[0] and self._words.id(cost[0]), *cost[1:])

    def _extra(self, extra: tuple[Any, ...]) -> tuple[Any, ...]:
        branch, how, agent, flags, in_path, out_path = extra
        word = self._words.id
        return (
            branch, how and word(how), agent and word(agent), flags,
            in_path and word(in_path), out_path and word(out_path),
        )  # fmt: skip

    def _end(self, span: int, file: int, row: Row) -> None:
        extra = self._extra(row[a.EXTRA] or (None,) * 6)
        self._db.execute(
            _END,
            (row[a.STATE], row[a.END], row[a.OUT_OFFSET], row[a.OUT_LENGTH], file,
             *self._paid(row[a.PAID]), extra[5], extra[3] or 0, span),
        )  # fmt: skip

    def _begin(self, span: int, file: int, row: Row) -> None:
        extra = self._extra(row[a.EXTRA] or (None,) * 6)
        word = self._words.id
        self._db.execute(
            _START,
            (row[a.PARENT], word(row[a.KIND]), word(row[a.NAME]), row[a.START], row[a.IN_OFFSET],
             row[a.IN_LENGTH], file, extra[0], extra[1], extra[2], extra[4], extra[3] or 0, span),
        )  # fmt: skip

    def merge(self, run: Held, file: int, rows: list[Row]) -> None:
        """The careful road: only what the index does not have yet is taken from the change."""
        low, high = run.id << RUN_SHIFT, (run.id + 1) << RUN_SHIFT
        wanted = {row[a.KEY] for row in rows}
        known = {
            key: (span, status, name)
            for span, key, status, name in self._db.execute(
                "SELECT id, key, status, name FROM spans WHERE id >= ? AND id < ?", (low, high)
            )
            if key in wanted
        }
        fresh: list[Row] = []
        for row in rows:
            if row[a.KEY] not in known:
                fresh.append(row)
                continue
            if row[a.KEY] in run.bare:
                self._complete(run, file, row)
                continue
            span, status, name = known[row[a.KEY]]
            if name is None and row[a.NAME] is not None:
                self._begin(span, file, row)
                run.headless.pop(row[a.KEY], None)
            if status == a.OPEN and row[a.STATE] != a.OPEN:
                self._end(span, file, row)
                run.open.pop(row[a.KEY], None)
        self.add(run, file, fresh)
