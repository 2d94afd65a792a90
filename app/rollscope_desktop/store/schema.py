"""The tables of the index, and what happens when the file on disk is of another time.

The index is a cache of the logs. So there are no migrations that move data: an older index is
emptied and filled again from the logs, a newer one is refused with a sentence, a broken one is set
aside. sqlite-utils makes and describes the tables; it is imported only when there is work for it,
because importing it takes longer than opening the index.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

VERSION = 6
RUN_SHIFT = 31
"""A span's id is ``run << 31 | n``: the table is clustered by run and needs no second index."""

TABLES: dict[str, dict[str, type]] = {
    "words": {"id": int, "text": str},
    "roots": {"id": int, "path": bytes, "shown": str, "opened": int},
    "files": {
        "id": int, "root": int, "path": bytes, "shown": str, "identity": str, "size": int,
        "mtime": int, "offset": int, "lines": int, "generation": int, "head": bytes,
        "head_length": int, "mark": bytes, "format": str, "state": bytes, "missing": int,
    },
    "runs": {
        "id": int, "key": str, "name": str, "agent": str, "session": str, "group_id": str,
        "group_index": int, "chain": int, "source_id": str, "rollout": str, "attempt": int,
        "started": int, "ended": int, "last": int, "clock": int, "status": int, "finish": str,
        "error": str, "reward": float, "spans": int, "notes": int, "errors": int, "llm": int,
        "tools": int, "tokens_in": int, "tokens_out": int, "cost": int, "saved": int,
        "fork_of": str, "fork_at": str, "caller_run": str, "caller_span": str,
        "environment": str, "project": str, "pid": int, "host": str, "format": str, "touched": int,
        "file": int, "head_offset": int, "head_length": int, "head_path": str,
        "end_file": int, "end_offset": int, "end_length": int, "end_path": str,
        "head_at": int, "end_at": int, "missing": int, "gone": int, "revision": int,
    },
    "procs": {"run": int, "proc": int, "seq": int, "left": int},
    "run_files": {"run": int, "file": int},
    "spans": {
        "id": int, "key": int, "parent": int, "kind": int, "name": int, "status": int,
        "start": int, "end": int, "in_offset": int, "in_length": int, "out_offset": int,
        "out_length": int, "model": int, "tokens_in": int, "tokens_out": int,
        "tokens_cached": int, "cost": int, "saved": int, "first_token": int, "branch": int,
        "how": int, "agent": int, "flags": int, "in_path": int, "out_path": int, "in_file": int,
        "out_file": int,
    },
    "sets": {
        "run": int, "span": int, "proc": int, "seq": int, "facts": int, "time": int, "file": int,
        "offset": int, "length": int, "model": int, "tokens_in": int, "tokens_out": int,
        "tokens_cached": int, "cost": int, "saved": int,
    },
    "notes": {
        "id": int, "proc": int, "seq": int, "type": int, "span": int, "name": int, "value": bytes,
        "time": int, "file": int, "offset": int, "length": int, "path": int,
    },
    "blobs": {
        "run": int, "hash": bytes, "file": int, "offset": int, "length": int, "path": int,
    },
    "problems": {
        "id": int, "file": int, "line": int, "offset": int, "severity": str, "code": str,
        "reason": str, "times": int,
    },
}  # fmt: skip

_KEYS: dict[str, Any] = {
    "procs": ("run", "proc"),
    "run_files": ("run", "file"),
    "blobs": ("run", "hash"),
    "sets": ("run", "span", "proc", "seq"),
}
_UNIQUE = {"words": ["text"], "roots": ["path"], "files": ["path"], "runs": ["key"]}
_INDEXES = {"run_files": ["file"], "problems": ["file"], "runs": ["fork_of", "caller_run"]}


class IndexProblem(Exception):
    """The index cannot be used; the text is a sentence for the user."""


class NewerIndex(IndexProblem):
    """The index was written by a newer Rollscope."""


class IndexDamaged(IndexProblem):
    """The index on disk is broken; it can be put aside and made again from the logs."""


_FULL = 13  # SQLITE_FULL
_BROKEN = frozenset({11, 26})  # SQLITE_CORRUPT, SQLITE_NOTADB


def trouble(error: sqlite3.Error) -> IndexProblem:
    """What went wrong while the index was written or asked, as a sentence."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BROKEN:
        return IndexDamaged(f"The index is damaged: {error}.")
    if code == _FULL:
        return IndexProblem("The index could not be written: the disk is full.")
    return IndexProblem(f"The index could not be written: {error}.")


# Between Python and SQLite a value that is no number or text is adapted first, which costs 0.25 µs
# unless its type has an adapter. These two return what they are given, at less than half of that.
sqlite3.register_adapter(type(None), dict[None, None]().get)
sqlite3.register_adapter(bytes, bytes)


def open_for_writing(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """A connection to a ready index, and a sentence if an old one had to be put aside.

    Raises NewerIndex when a newer version wrote it, IndexProblem when it cannot be made at all.
    """
    remark = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            connection, version = _connect(path)
        except sqlite3.DatabaseError as error:
            if not path.exists() or isinstance(error, sqlite3.OperationalError):
                raise
            aside = set_aside(path)
            remark = damage_remark(aside)
            connection, version = _connect(path)
        if version > VERSION:
            connection.close()
            raise NewerIndex(
                f"The index {path} was written by a newer Rollscope. "
                "Update this one, or delete the index: it is rebuilt from the logs."
            )
        if version < VERSION:
            if version:
                remark = "The index is of an older version and is being rebuilt."
            connection.close()
            if version:
                remove(path)
            connection, _ = _connect(path)
            _create(connection)
    except (OSError, sqlite3.Error) as error:
        raise IndexProblem(f"The index {path} cannot be opened: {error}.") from error
    return connection, remark


def remove(path: Path) -> None:
    """Delete an index with its side files."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _connect(path: Path) -> tuple[sqlite3.Connection, int]:
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except BaseException:
        connection.close()
        raise
    with contextlib.suppress(OSError):
        path.chmod(0o600)
    return connection, version


def set_aside(path: Path) -> Path:
    """Keep a damaged index under another name, for who wants to know why. Raises IndexProblem."""
    aside = path.with_suffix(".damaged")
    try:
        if path.exists():
            path.replace(aside)
        remove(path)
    except OSError as error:
        raise IndexProblem(f"The damaged index cannot be put aside: {error}.") from error
    return aside


def damage_remark(aside: Path) -> str:
    """What to say when an index was put aside."""
    return f"The index was damaged. It was kept as {aside.name} and is being rebuilt."


def _create(connection: sqlite3.Connection) -> None:
    import sqlite_utils

    database = sqlite_utils.Database(connection, execute_plugins=False)
    connection.execute("BEGIN IMMEDIATE")
    for name, columns in TABLES.items():
        if name in _KEYS:
            # sqlite-utils makes no WITHOUT ROWID tables, which save these a second copy.
            held = ", ".join(f'"{column}"' for column in columns)
            key = ", ".join(_KEYS[name])
            connection.execute(f'CREATE TABLE "{name}" ({held}, PRIMARY KEY ({key})) WITHOUT ROWID')
        else:
            database.table(name).create(columns, pk="id")
        for column in _UNIQUE.get(name, ()):
            database.table(name).create_index([column], unique=True)
        for column in _INDEXES.get(name, ()):
            database.table(name).create_index([column])
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
