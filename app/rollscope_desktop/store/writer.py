"""The one writer of the index: changes, file positions and problems, a transaction at a time."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollscope_desktop.store.files import Files
from rollscope_desktop.store.problems import Problems
from rollscope_desktop.store.runs import Runs
from rollscope_desktop.store.schema import open_for_writing, trouble
from rollscope_desktop.store.there import THERE, below


class Writer:
    """Owns the writing connection. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db, self.remark = open_for_writing(path)
        self.files = Files(self._db)
        self.problems = Problems(self._db)
        self.runs = Runs(self._db)

    def close(self) -> None:
        """Fold the write-ahead log into the index and close it."""
        self.fold()
        self._db.close()

    def fold_every(self, pages: int) -> None:
        """How many pages may pile up before they are folded in: many while a folder is opened."""
        self._db.execute(f"PRAGMA wal_autocheckpoint = {pages}")

    def fold(self) -> None:
        """Fold the write-ahead log into the index, as far as disk and readers let it."""
        with contextlib.suppress(sqlite3.Error):  # a full disk: the log beside it is still good
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: rows and file positions move together.

        Raises IndexProblem with a sentence when the disk or the index does not take them.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
            self.runs.forget()
            self.problems.forget()
            if isinstance(error, sqlite3.Error):
                self.fold()  # the write-ahead log may be what fills the disk
                raise trouble(error) from error
            raise

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around questions: raises IndexProblem with a sentence when the index cannot answer."""
        try:
            yield
        except sqlite3.Error as error:
            raise trouble(error) from error

    def drop_rows(self, file: int) -> list[int]:
        """Delete every run that has lines in this file; the files that shared them, to reread."""
        others = self.files.drop_rows(file)
        self.runs.forget()
        self.problems.forget()
        return others

    def remove_root(self, root: int) -> None:
        """Forget an opened folder with its files and their runs."""
        self.files.remove_root(root)
        self.runs.forget()
        self.problems.forget()

    def counts(self, own: Path | None = None) -> dict[str, int]:
        """How much the index holds, without what was thrown away from our own folder."""
        with self.asking():
            row = self._db.execute(
                "SELECT (SELECT count(*) FROM files), count(*), ifnull(sum(spans), 0), "
                f"(SELECT ifnull(sum(times), 0) FROM problems) FROM runs WHERE {THERE}",
                below(own),
            ).fetchone()
        return dict(zip(("files", "runs", "spans", "problems"), map(int, row), strict=True))
