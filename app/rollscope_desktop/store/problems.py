"""What could not be read, file by file: nothing is dropped silently, no file floods the list."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from rollscope_desktop.model.events import Problem

if TYPE_CHECKING:
    import sqlite3

_PROBLEMS_A_FILE = 1000


class Problems:
    """The table ``problems``, on the writer's connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._counts: dict[int, int] = {}

    def forget(self) -> None:
        """Drop what is remembered: after a rollback, or when rows were deleted."""
        self._counts.clear()

    def add(self, file: int | None, problems: Iterable[Problem]) -> None:
        """List what could not be read; beyond a thousand of one file one row counts them."""
        more = 0
        for problem in problems:
            if self._count(file) >= _PROBLEMS_A_FILE:
                more += 1
                continue
            self._counts[file or 0] += 1
            self._insert(file, problem)
        if more:
            self._add_more(file, more)

    def passing(self, codes: Collection[str]) -> dict[int, str]:
        """The reasons that are listed under these codes, by file."""
        return dict(
            self._db.execute(
                "SELECT file, reason FROM problems WHERE file IS NOT NULL "
                f"AND code IN ({', '.join('?' * len(codes))})",
                tuple(codes),
            )
        )

    def clear(self, file: int | None, *codes: str) -> None:
        """Take back problems that have passed."""
        self._db.executemany(
            "DELETE FROM problems WHERE file IS ? AND code = ?", [(file, code) for code in codes]
        )
        self._counts.pop(file or 0, None)

    def _add_more(self, file: int | None, more: int) -> None:
        listed = self._db.execute(
            "SELECT id, times FROM problems WHERE file IS ? AND code = 'more'", (file,)
        ).fetchone()
        if listed is None:
            self._insert(file, Problem("", code="more"))
            id, times = self._db.execute("SELECT last_insert_rowid()").fetchone()[0], 0
        else:
            id, times = listed
        times += more
        reason = f"And {times:,} more line{'s' * (times > 1)} of this file."
        self._db.execute(
            "UPDATE problems SET times = ?, reason = ? WHERE id = ?", (times, reason, id)
        )

    def _insert(self, file: int | None, problem: Problem) -> None:
        reason = problem.reason.encode("utf-8", "replace").decode()
        self._db.execute(
            "INSERT INTO problems (file, line, offset, severity, code, reason, times) "
            "VALUES (?, ?, ?, ?, ?, ?, 1)",
            (file, problem.line, problem.offset, problem.severity, problem.code, reason),
        )

    def _count(self, file: int | None) -> int:
        key = file or 0
        if key not in self._counts:
            row = self._db.execute(
                "SELECT count(*) FROM problems WHERE file IS ?", (file,)
            ).fetchone()
            self._counts[key] = int(row[0])
        return self._counts[key]
