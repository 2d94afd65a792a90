"""Which folders were opened, which log files lie in them, and how far each has been read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollscope_desktop.store.schema import RUN_SHIFT

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class FileRow:
    """What the index knows of a log file; ``offset`` and ``lines`` say how far it has been read.

    ``head`` is a hash of its first ``head_length`` bytes, ``mark`` the last few before ``offset``.
    """

    id: int
    root: int
    path: bytes
    shown: str
    identity: str = ""
    size: int = 0
    mtime: int = 0
    offset: int = 0
    lines: int = 0
    generation: int = 1
    head: bytes = b""
    head_length: int = 0
    mark: bytes = b""
    format: str = ""
    state: bytes = b""
    missing: int = 0


class Files:
    """The tables ``roots`` and ``files``, on the writer's connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add_root(self, path: bytes, shown: str, opened: int) -> int:
        """The id of an opened folder or file."""
        self._db.execute(
            "INSERT INTO roots (path, shown, opened) VALUES (?, ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET opened = excluded.opened",
            (path, shown, opened),
        )
        row = self._db.execute("SELECT id FROM roots WHERE path = ?", (path,)).fetchone()
        return int(row[0])

    def roots(self) -> list[tuple[int, bytes]]:
        """Ids and paths of everything that was opened."""
        return self._db.execute("SELECT id, path FROM roots ORDER BY opened DESC").fetchall()

    def remove_root(self, root: int) -> None:
        """Forget an opened folder with its files and their runs."""
        for (file,) in self._db.execute("SELECT id FROM files WHERE root = ?", (root,)).fetchall():
            self.drop_rows(file)
        self._db.execute("DELETE FROM files WHERE root = ?", (root,))
        self._db.execute("DELETE FROM roots WHERE id = ?", (root,))

    def files(self, root: int | None = None) -> list[FileRow]:
        """The files of one root, or all."""
        where = "" if root is None else " WHERE root = ?"
        names = ", ".join(FileRow.__dataclass_fields__)
        rows = self._db.execute(
            f"SELECT {names} FROM files{where}", () if root is None else (root,)
        ).fetchall()
        return [FileRow(*row) for row in rows]

    def add_file(self, root: int, path: bytes, shown: str) -> FileRow:
        """A file that was not known."""
        cursor = self._db.execute(
            "INSERT INTO files (root, path, shown, identity, size, mtime, offset, lines, "
            "generation, head, head_length, mark, format, state, missing) "
            "VALUES (?, ?, ?, '', 0, 0, 0, 0, 1, x'', 0, x'', '', x'', 0)",
            (root, path, shown),
        )
        return FileRow(int(cursor.lastrowid or 0), root, path, shown)

    def remove_file(self, file: int) -> None:
        """Forget a file that has no rows any more."""
        self._db.execute("DELETE FROM files WHERE id = ?", (file,))

    def save_file(self, file: FileRow) -> None:
        """Write down how far a file was read; belongs into the transaction of its rows."""
        self._db.execute(
            "UPDATE files SET root = ?, path = ?, shown = ?, identity = ?, size = ?, mtime = ?, "
            "offset = ?, lines = ?, generation = ?, head = ?, head_length = ?, mark = ?, "
            "format = ?, state = ?, missing = ? WHERE id = ?",
            (
                file.root, file.path, file.shown, file.identity, file.size, file.mtime,
                file.offset, file.lines, file.generation, file.head, file.head_length,
                file.mark, file.format, file.state, file.missing, file.id,
            ),
        )  # fmt: skip

    def mark_missing(self, file: FileRow, missing: bool) -> FileRow:
        """Note that a log is gone, or back; its runs stay and are marked."""
        file = replace(file, missing=int(missing))
        self.save_file(file)
        self._db.execute(
            "UPDATE runs SET revision = revision + 1, missing = (SELECT min(f.missing) "
            "FROM files f JOIN run_files rf ON rf.file = f.id WHERE rf.run = runs.id) "
            "WHERE id IN (SELECT run FROM run_files WHERE file = ?)",
            (file.id,),
        )
        return file

    def runs_of(self, file: int) -> list[int]:
        """The runs that have lines in a file."""
        return [r for (r,) in self._db.execute("SELECT run FROM run_files WHERE file = ?", (file,))]

    def sharing(self, file: int) -> set[int]:
        """The other files that have lines of the same runs."""
        found = self._db.execute(
            "SELECT DISTINCT file FROM run_files WHERE file != ? "
            "AND run IN (SELECT run FROM run_files WHERE file = ?)",
            (file, file),
        )
        return {f for (f,) in found}

    def drop_rows(self, file: int) -> list[int]:
        """Delete every run that has lines in this file; the other files of those runs, to reread.

        Files share runs, and runs share files: all that hang together go together.
        """
        runs, files = self._together(file)
        for run in runs:
            low, high = run << RUN_SHIFT, (run + 1) << RUN_SHIFT
            for table in ("spans", "notes"):
                self._db.execute(f"DELETE FROM {table} WHERE id >= ? AND id < ?", (low, high))
            for table in ("blobs", "procs", "run_files", "sets"):
                self._db.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
            self._db.execute("DELETE FROM runs WHERE id = ?", (run,))
        self._db.executemany("DELETE FROM problems WHERE file = ?", [(f,) for f in files])
        return sorted(files - {file})

    def _together(self, file: int) -> tuple[set[int], set[int]]:
        runs: set[int] = set()
        files: set[int] = set()
        waiting = {file}
        while waiting:
            files.add(at := waiting.pop())
            for run in self.runs_of(at):
                if run not in runs:
                    runs.add(run)
                    sharing = self._db.execute("SELECT file FROM run_files WHERE run = ?", (run,))
                    waiting |= {f for (f,) in sharing} - files
        return runs, files
