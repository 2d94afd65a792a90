"""Runs and what belongs to them: what a batch says about a run goes into its rows.

Two roads lead into a run. Events whose numbers are all new are simply added. Anything else (a copy
of a log, lines out of order) takes the careful road, which looks at every row it would touch; both
end in the same rows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model import assemble as a
from rollscope_desktop.model.assemble import Change, Row, Totals
from rollscope_desktop.model.kinds import PAYING
from rollscope_desktop.store.heads import end_columns, head_columns, order
from rollscope_desktop.store.schema import RUN_SHIFT
from rollscope_desktop.store.sets import Sets
from rollscope_desktop.store.spans import Held, Spans
from rollscope_desktop.store.words import Words, clean

if TYPE_CHECKING:
    import sqlite3

_KEPT_RUNS = 4096
_KEPT_OPEN = 400_000


class Runs:
    """Runs, and the tables of what belongs to them, on the writer's connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.forget()

    def forget(self) -> None:
        """Drop what is remembered: after a rollback, or when rows were deleted."""
        self._runs: OrderedDict[str, Held] = OrderedDict()
        self._words = Words(self._db)
        self._spans = Spans(self._db, self._words)
        self._sets = Sets(self._db, self._words)

    def apply(self, file: int, format: str, changes: Iterable[Change], touched: int) -> list[int]:
        """Write what one batch of one file says; the ids of the runs it touched.

        ``touched`` is when the file last grew, ns since the epoch.
        """
        return [self._apply(file, format, change, touched) for change in changes]

    def _apply(self, file: int, format: str, change: Change, touched: int) -> int:
        run = self._run(change.run, format)
        if file not in run.files:
            run.files.add(file)
            self._db.execute("INSERT OR IGNORE INTO run_files VALUES (?, ?)", (run.id, file))
        fresh = change.in_order and all(
            first > run.procs.get(proc, -1) for proc, (first, _) in change.procs.items()
        )
        totals: Totals | None = None
        used = self._sets.add(run, file, change) if change.sets or run.used else set()
        if fresh:
            totals = self._add(run, file, change, used)
            self._add_notes(run, file, change.notes)
        else:
            self._spans.merge(run, file, change.spans)
            self._spans.mention(run, _told(change))
            self._sets.settle(run, self._sets.places(run, used))
            self._add_notes(run, file, self._unseen(run, change.notes))
        if change.blobs:
            self._add_blobs(run, file, change.blobs)
        self._go_on(run, change)
        self._save(run, file, change, totals, touched)
        return run.id

    def _go_on(self, run: Held, change: Change) -> None:
        """Note how far each process has come, and after which event it had left."""
        for proc in change.procs.keys() | change.left.keys():
            seq, left = run.procs.get(proc, -1), run.left.get(proc, -1)
            last = max(seq, change.procs.get(proc, (-1, -1))[1])
            gone = max(left, change.left.get(proc, -1))
            if (last, gone) != (seq, left):
                run.procs[proc], run.left[proc] = last, gone
                self._db.execute(
                    "INSERT OR REPLACE INTO procs VALUES (?, ?, ?, ?)", (run.id, proc, last, gone)
                )

    def _add(self, run: Held, file: int, change: Change, used: set[int]) -> Totals:
        """Add the spans of a change that is new as a whole; what that adds to the run's totals.

        The usage of spans in ``used`` is what they cost after it, less what they cost before.
        """
        sets = self._sets
        begun = {row[a.KEY] for row in change.spans if row[a.NAME] is not None} if used else set()
        begun -= run.headless.keys() | run.bare.keys()
        known = sets.places(run, used - begun)
        paid = sets.paid(known.values())
        first = run.spans
        late = self._spans.add(run, file, change.spans)
        self._spans.mention(run, _told(change))
        totals = change.totals
        for row, kind in late:
            if row[a.PAID] is not None and kind not in PAYING and row[a.KEY] not in used:
                totals = _minus(totals, row)
        if not used:
            return totals
        for row in change.spans:
            pays = row[a.KIND] is None or row[a.KIND] in PAYING
            if row[a.KEY] in used and row[a.PAID] is not None and pays:
                totals = _minus(totals, row)
        known |= sets.places(run, used - known.keys(), first)
        sets.settle(run, known)
        more = (now - then for now, then in zip(sets.paid(known.values()), paid, strict=True))
        tokens_in, tokens_out, cost, saved = more
        return replace(
            totals,
            tokens_in=totals.tokens_in + tokens_in,
            tokens_out=totals.tokens_out + tokens_out,
            cost=totals.cost + cost,
            saved=totals.saved + saved,
        )

    def _run(self, key: str, format: str) -> Held:
        run = self._runs.get(key)
        if run is not None:
            self._runs.move_to_end(key)
            return run
        key = clean(key)
        row = self._db.execute(
            "SELECT id, notes, head_at, end_at FROM runs WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            cursor = self._db.execute(
                "INSERT INTO runs (key, clock, status, spans, notes, errors, llm, tools, "
                "tokens_in, tokens_out, cost, saved, format, head_at, end_at, missing, gone, "
                "revision) "
                "VALUES (?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?, -1, -1, 0, 0, 0)",
                (key, format),
            )
            run = Held(int(cursor.lastrowid or 0))
        else:
            run = self._recall(Held(*row))
        self._runs[key] = run
        if len(self._runs) > _KEPT_RUNS:
            self._runs.popitem(last=False)
        if len(run.open) > _KEPT_OPEN:
            self._runs.pop(key)
        return run

    def _recall(self, run: Held) -> Held:
        self._spans.recall(run)
        self._sets.recall(run)
        for proc, seq, left in self._db.execute(
            'SELECT proc, seq, "left" FROM procs WHERE run = ?', (run.id,)
        ):
            run.procs[proc], run.left[proc] = seq, left
        run.files = {
            f for (f,) in self._db.execute("SELECT file FROM run_files WHERE run = ?", (run.id,))
        }
        return run

    def _unseen(self, run: Held, notes: list[Any]) -> list[Any]:
        """The notes that the index does not have yet; those without a number are always new."""
        if not notes:
            return []
        low, high = run.id << RUN_SHIFT, (run.id + 1) << RUN_SHIFT
        seen = set(
            self._db.execute("SELECT proc, seq FROM notes WHERE id >= ? AND id < ?", (low, high))
        )
        unseen = []
        for note in notes:
            if note[1] < 0 or note[:2] not in seen:
                seen.add(note[:2])
                unseen.append(note)
        return unseen

    def _add_notes(self, run: Held, file: int, notes: list[Any]) -> None:
        base, word = run.id << RUN_SHIFT, self._words.id
        rows = []
        for proc, seq, kind, span, name, value, time, offset, length, path in notes:
            rows.append(
                (base + run.notes, proc, seq, word(kind), span, word(name), value, time, file,
                 offset, length, word(path))
            )  # fmt: skip
            run.notes += 1
        self._db.executemany(f"INSERT INTO notes VALUES ({', '.join('?' * 12)})", rows)

    def _add_blobs(self, run: Held, file: int, blobs: list[tuple[bytes, int, int, str]]) -> None:
        word = self._words.id
        self._db.executemany(
            "INSERT OR IGNORE INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
            [
                (run.id, hash, file, offset, length, 0 if path == "data" else word(path))
                for hash, offset, length, path in blobs
            ],
        )

    def _save(
        self, run: Held, file: int, change: Change, totals: Totals | None, touched: int
    ) -> None:
        sets, gaps = _row(run, file, change)
        columns = [f'"{name}" = ?' for name in sets]
        values = list(sets.values())
        if "file" not in sets:
            gaps["file"] = file
        for name, value in gaps.items():
            columns.append(f'"{name}" = ifnull("{name}", ?)')
            values.append(value)
        if change.first is not None:
            columns.append("started = min(ifnull(started, ?), ?)")
            columns.append("last = max(ifnull(last, ?), ?)")
            values += [change.first, change.first, change.last, change.last]
        columns += ["notes = ?", "touched = max(ifnull(touched, 0), ?)", "revision = revision + 1"]
        columns += ["missing = 0", "gone = ?"]  # whose log grows is there, and as a rule at work
        values += [run.notes, touched, _is_cut_off(run)]
        if totals is not None:
            for name in Totals.__dataclass_fields__:
                if amount := getattr(totals, name):
                    columns.append(f"{name} = {name} + ?")
                    values.append(amount)
        self._db.execute(f"UPDATE runs SET {', '.join(columns)} WHERE id = ?", (*values, run.id))
        if totals is None:
            self._recount(run.id)

    def _recount(self, run: int) -> None:
        """Sum a run up from its rows, where adding what is new would count something twice."""
        pays = ", ".join(str(self._words.id(kind)) for kind in sorted(PAYING))
        paid = f"CASE WHEN kind IS NULL OR kind IN ({pays}) THEN"
        self._db.execute(
            "UPDATE runs SET (spans, errors, llm, tools, tokens_in, tokens_out, cost, saved) = ("
            "SELECT count(name), count(CASE WHEN status = 2 THEN 1 END), "
            "count(CASE WHEN kind = ? THEN 1 END), count(CASE WHEN kind = ? THEN 1 END), "
            f"ifnull(sum({paid} tokens_in END), 0), ifnull(sum({paid} tokens_out END), 0), "
            f"ifnull(sum({paid} cost END), 0), ifnull(sum({paid} saved END), 0) "
            "FROM spans WHERE id >= ? AND id < ?) WHERE id = ?",
            (
                self._words.id("llm"), self._words.id("tool"),
                run << RUN_SHIFT, (run + 1) << RUN_SHIFT, run,
            ),
        )  # fmt: skip

    def set_gone(self, runs: Iterable[int]) -> None:
        """Mark runs whose process is known to be gone."""
        self._db.executemany(
            "UPDATE runs SET gone = 1, revision = revision + 1 WHERE id = ?", [(r,) for r in runs]
        )

    def unfinished_here(self, host: str) -> list[tuple[int, int]]:
        """Runs of this machine that have not ended, with the process that wrote them."""
        return self._db.execute(
            "SELECT id, pid FROM runs "
            "WHERE status = 0 AND gone = 0 AND host = ? AND pid IS NOT NULL",
            (host,),
        ).fetchall()


def _is_cut_off(run: Held) -> bool:
    """Whether the process that started a run, the one with the lowest number, had left after its
    last event. Others come and go.

    Numbers and not times decide: clocks of two machines differ, and any order of reading comes to
    the same.
    """
    first = min(run.procs, default=None)
    return first is not None and run.left.get(first, -1) >= run.procs[first]


def _told(change: Change) -> set[int]:
    """The spans that a change tells something of without their start or end beside it."""
    if not change.sets:
        return set()
    return {told[0] for told in change.sets} - {row[a.KEY] for row in change.spans} - {0}


def _minus(totals: Totals, row: Row) -> Totals:
    _, tokens_in, tokens_out, _, cost, saved, _ = row[a.PAID]
    return replace(
        totals,
        tokens_in=totals.tokens_in - (tokens_in or 0),
        tokens_out=totals.tokens_out - (tokens_out or 0),
        cost=totals.cost - (cost or 0),
        saved=totals.saved - (saved or 0),
    )


def _row(run: Held, file: int, change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a change says of the run itself, and what of that only fills gaps.

    The later start and the later end tell, in whatever order files and lines are read.
    """
    sets: dict[str, Any] = {}
    gaps: dict[str, Any] = {}
    for start, offset, length in sorted(change.starts, key=lambda item: order(item[0])):
        said = head_columns(start)
        if order(start) < run.head_at:
            gaps |= said
            continue
        run.head_at = order(start)
        sets |= {**said, "head_at": run.head_at}
        if length:
            sets |= {"head_offset": offset, "head_length": length, "head_path": start.path}
            sets["file"] = file
    for end, offset, length in sorted(change.ends, key=lambda item: order(item[0])):
        said = end_columns(end)
        if order(end) < run.end_at:
            gaps |= {name: said[name] for name in ("finish", "reward", "error") if name in said}
            continue
        run.end_at = order(end)
        sets |= {**said, "end_at": run.end_at}
        sets |= {"end_file": file, "end_offset": offset, "end_length": length}
        sets["end_path"] = end.path
    return sets, {name: value for name, value in gaps.items() if name not in sets}
