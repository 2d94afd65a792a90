"""The main oracle: an index after any history says what an index made afresh from the folder says.

``dump`` writes an index down without what may differ between the two: row ids, numbers of words,
revisions, and when something was looked at. Where a row points into a log, the bytes there are
written down, so that it does not matter which of several copies it points to.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Any

from rollscope import wire
from rollscope_desktop.ingest.pipeline import Pipeline
from rollscope_desktop.store.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

_RUN = (
    "key, name, agent, session, group_id, group_index, chain, source_id, rollout, attempt, started,"
    "ended, last, clock, status, finish, error, reward, spans, notes, errors, llm, tools,"
    "tokens_in, tokens_out, cost, saved, fork_of, fork_at, pid, host, format, missing,"
    "caller_run, caller_span, environment, project, gone"
)
_SPAN = (
    "key, parent, k.text, n.text, status, start, end, m.text, tokens_in, tokens_out,"
    "tokens_cached, cost, saved, first_token, branch, h.text, g.text, flags"
)
_FILE = "path, size, offset, lines, head, head_length, mark, format, state, missing"
_PROBLEM = "f.path, line, p.offset, severity, code, reason, times"

Rows = Counter[Any]


def dump(index: Path) -> dict[str, Any]:
    """What an index says: runs by key, each with its spans, notes and blobs; files; problems."""
    db = sqlite3.connect(f"file:{index}?mode=ro", uri=True)
    try:
        db.execute("BEGIN")  # one moment of it, while it is being written
        return _dump(db)
    finally:
        db.close()


def _dump(db: sqlite3.Connection) -> dict[str, Any]:
    paths = dict(db.execute("SELECT id, path FROM files"))
    words = dict(db.execute("SELECT id, text FROM words"))
    logs: dict[int, bytes] = {}

    def said(file: int | None, offset: int | None, length: int | None) -> bytes | None:
        if file is None or offset is None or length is None:
            return None
        if file not in logs:
            logs[file] = b""
            if os.path.isfile(paths[file]):
                with open(paths[file], "rb") as log:
                    logs[file] = log.read()
        return logs[file][offset : offset + length].strip()  # a \r may still be coming

    runs = {}
    for run, *row in db.execute(f"SELECT id, {_RUN} FROM runs").fetchall():
        low, high = run << 31, (run + 1) << 31
        spans: Rows = Counter()
        for *span, in_file, i, ii, in_path, out_file, o, oo, out_path in db.execute(
            f"SELECT {_SPAN}, in_file, in_offset, in_length, in_path,"
            "out_file, out_offset, out_length, out_path FROM spans "
            "LEFT JOIN words k ON k.id = kind LEFT JOIN words n ON n.id = name "
            "LEFT JOIN words m ON m.id = model LEFT JOIN words h ON h.id = how "
            "LEFT JOIN words g ON g.id = agent WHERE spans.id >= ? AND spans.id < ?",
            (low, high),
        ):
            places = (words.get(in_path), words.get(out_path))
            spans[(*span, said(in_file, i, ii), said(out_file, o, oo), *places)] += 1
        notes: Rows = Counter()
        for proc, seq, kind, span, name, value, time, file, offset, length, path in db.execute(
            "SELECT proc, seq, type, span, name, value, time, file, offset, length, path "
            "FROM notes WHERE id >= ? AND id < ?",
            (low, high),
        ):
            texts = (words[kind], words[name], words[path])
            notes[(proc, seq, span, value, time, *texts, said(file, offset, length))] += 1
        blobs = {
            # Several processes may have written it: what they say is the same.
            name: (wire.shared(wire.decode(said(file, offset, length) or b"{}")), words.get(path))
            for name, file, offset, length, path in db.execute(
                "SELECT hash, file, offset, length, path FROM blobs WHERE run = ?", (run,)
            )
        }
        sets: Rows = Counter()
        for *told, model, file, offset, length in db.execute(
            "SELECT span, proc, seq, facts, time, tokens_in, tokens_out, tokens_cached, cost,"
            " saved, model, file, offset, length FROM sets WHERE run = ? AND file IS NOT NULL",
            (run,),
        ):
            sets[(*told, words.get(model), said(file, offset, length))] += 1
        head, tail = (
            db.execute(
                "SELECT file, head_offset, head_length FROM runs WHERE id = ?", (run,)
            ).fetchone(),
            db.execute(
                "SELECT end_file, end_offset, end_length FROM runs WHERE id = ?", (run,)
            ).fetchone(),
        )
        runs[row[0]] = {
            "run": dict(zip(_RUN.replace(" ", "").split(","), row, strict=True)),
            "head": said(*head),
            "end": said(*tail),
            "partly gone": db.execute(
                "SELECT max(missing) FROM files JOIN run_files ON file = files.id WHERE run = ?",
                (run,),
            ).fetchone()
            == (1,),
            "spans": spans,
            "notes": notes,
            "sets": sets,
            "blobs": blobs,
        }
    return {
        "runs": runs,
        "files": {row[0]: row[1:] for row in db.execute(f"SELECT {_FILE} FROM files")},
        "problems": Counter(
            db.execute(f"SELECT {_PROBLEM} FROM problems p LEFT JOIN files f ON f.id = p.file")
        ),
    }


def dump_fresh(folder: Path, scratch: Path, **options: Any) -> dict[str, Any]:
    """What an index says that is made afresh from a folder, by one process, all at once."""
    index = scratch / "fresh.db"
    for suffix in ("", "-wal", "-shm"):
        index.with_name(index.name + suffix).unlink(missing_ok=True)
    with Road(index, folder, **{"workers": 0, **options}) as road:
        road.drain()
    return dump(index)


class Road:
    """A pipeline over an index, for one folder; used as a context manager it ends cleanly."""

    def __init__(self, index: Path, folder: Path, **options: Any) -> None:
        self.index = index
        self.folder = folder
        self.options = {"workers": 0, **options}
        self.changes: list[Any] = []
        self.states: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.writer = Writer(self.index)
        try:
            self.pipeline = Pipeline(
                self.writer,
                self.changes.append,
                lambda progress: self.states.append(progress.state),
                **self.options,
            )
            self.root = self.pipeline.open(os.fsencode(self.folder))
        except BaseException:
            self.writer.close()
            raise

    def __enter__(self) -> Road:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipeline.close()
        self.writer.close()

    def restart(self) -> None:
        """End, and begin again over the same index."""
        self.__exit__()
        self._begin()

    def look(self) -> None:
        """Compare the folder with what is known of it, and read what is due."""
        self.pipeline.look_over(self.root, os.fsencode(self.folder))
        self.read()

    def read(self) -> None:
        """Read what is due, without a word about what is incomplete."""
        while not self.pipeline.idle:
            self.pipeline.step()

    def drain(self) -> None:
        """Read what is due, and list what then is incomplete."""
        self.pipeline.drain()

    def dump(self) -> dict[str, Any]:
        """What the index says now, with all that is incomplete listed."""
        self.drain()
        return dump(self.index)
