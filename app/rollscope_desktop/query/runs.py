"""Runs: the few columns of all of them that arranging needs, and whole rows of a few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.rows import Locator, RunRow
from rollscope_desktop.store.there import THERE, below

if TYPE_CHECKING:
    from pathlib import Path

    from rollscope_desktop.query.connection import Reader

_ROW = ", ".join(f'"{field.name}"' for field in fields(RunRow))


@dataclass(frozen=True, slots=True)
class RunHead:
    """What arranging the run list needs to know of a run; see ``RunRow`` for the fields.

    ``log`` is the file that its start stands in, as it is shown to people. ``alive`` is set when
    the run's process is one of this machine, which the engine watches: it is at work however quiet
    it is, until the engine says that it is gone.
    """

    id: int
    key: str
    name: str | None
    agent: str | None
    session: str | None
    group_id: str | None
    group_index: int | None
    chain: int | None
    rollout: str | None
    attempt: int | None
    started: int | None
    ended: int | None
    last: int | None
    clock: int
    status: int
    reward: float | None
    spans: int
    errors: int
    tokens_in: int
    tokens_out: int
    cost: int
    saved: int
    fork_of: str | None
    format: str
    touched: int | None
    gone: int
    revision: int
    log: str | None
    alive: bool

    @property
    def tokens(self) -> int:
        """Tokens in and out."""
        return self.tokens_in + self.tokens_out

    @property
    def at_work(self) -> bool:
        """Whether it is known that its process runs, and it has not ended: its time goes on."""
        return self.status == OPEN and self.alive and not self.gone


_HEAD = (
    "id, key, name, agent, session, group_id, group_index, chain, rollout, attempt, started, ended,"
    " last, clock, status, reward, spans, errors, tokens_in, tokens_out, cost, saved, fork_of, "
    "format, touched, gone, revision, (SELECT shown FROM files WHERE files.id = runs.file), "
    "pid IS NOT NULL AND host = ?"
)


def query_heads(reader: Reader, host: str = "", own: Path | None = None) -> list[RunHead]:
    """The heads of all runs, newest first; ``host`` is the name of this machine.

    ``own`` is the folder of our own logs: what is no longer there was thrown away, and its runs
    are left out. The log of a run that was recorded elsewhere may be gone for other reasons.
    """
    sql = f"SELECT {_HEAD} FROM runs WHERE {THERE} ORDER BY ifnull(started, touched) DESC, id DESC"
    return [_head(row) for row in reader.all(sql, (host, *below(own)))]


def query_heads_of(
    reader: Reader, ids: Iterable[int], host: str = "", own: Path | None = None
) -> list[RunHead]:
    """The heads of these runs, in no order; runs that are gone are left out."""
    sql = f"SELECT {_HEAD} FROM runs WHERE {THERE} AND id IN"
    return [_head(row) for row in reader.among(sql, ids, (host, *below(own)))]


def _head(row: Sequence[Any]) -> RunHead:
    values = list(row)
    values[-1] = bool(values[-1])
    return RunHead(*values)


def query_rows(reader: Reader, ids: Iterable[int]) -> list[RunRow]:
    """Whole rows of these runs, in no order; runs that are gone are left out."""
    return [RunRow(*row) for row in reader.among(f"SELECT {_ROW} FROM runs WHERE id IN", ids)]


def query_newest(
    reader: Reader, limit: int = -1, offset: int = 0, own: Path | None = None
) -> list[RunRow]:
    """Whole rows, newest first; see ``query_heads`` for ``own``."""
    order = "ifnull(started, touched) DESC, id DESC"
    sql = f"SELECT {_ROW} FROM runs WHERE {THERE} ORDER BY {order} LIMIT ? OFFSET ?"
    return [RunRow(*row) for row in reader.all(sql, (*below(own), limit, offset))]


def query_run(reader: Reader, id: int) -> RunRow | None:
    """One run by its id."""
    row = reader.one(f"SELECT {_ROW} FROM runs WHERE id = ?", (id,))
    return None if row is None else RunRow(*row)


def find_runs(reader: Reader, text: str, limit: int = 20) -> list[RunRow]:
    """The runs that a person may mean by ``text``: a key, the beginning of one, or a name.

    An exact key or id of the source wins over beginnings, and those over names; a part of a name
    counts when nothing else is found. Newest first.
    """
    beginning = f"{_like(text)}%"
    for where, value in (
        ("key = ?", text),
        ("source_id = ? OR rollout = ?", text),
        (r"key LIKE ? ESCAPE '\'", beginning.lower()),
        ("name = ?", text),
        (r"source_id LIKE ? ESCAPE '\' OR name LIKE ? ESCAPE '\'", beginning),
        (r"name LIKE ? ESCAPE '\'", f"%{beginning}"),
    ):
        sql = f"SELECT {_ROW} FROM runs WHERE {where} ORDER BY started DESC, id DESC LIMIT ?"
        rows = reader.all(sql, (*[value] * where.count("?"), limit))
        if rows:
            return [RunRow(*row) for row in rows]
    return []


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class RunPayloads:
    """Where what a run was called with and what it returned lie in its log."""

    input: Locator | None
    output: Locator | None


def query_run_payloads(reader: Reader, id: int) -> RunPayloads:
    """Locators of the run's own input and output."""
    row = reader.one(
        "SELECT file, head_offset, head_length, head_path, end_file, end_offset, end_length, "
        "end_path, (SELECT generation FROM files f WHERE f.id = runs.file), "
        "(SELECT generation FROM files f WHERE f.id = runs.end_file) FROM runs WHERE id = ?",
        (id,),
    )
    if row is None:
        return RunPayloads(None, None)
    file, at, size, path, end_file, end_at, end_size, end_path, generation, end_generation = row
    return RunPayloads(
        None
        if at is None or generation is None
        else Locator(file, generation, at, size, "input" if path is None else path),
        None
        if end_at is None or end_generation is None
        else Locator(
            end_file, end_generation, end_at, end_size, "output" if end_path is None else end_path
        ),
    )


def query_files(reader: Reader, run: int) -> list[str]:
    """The logs that have lines of this run, as they are shown to people."""
    rows = reader.all(
        "SELECT f.shown FROM run_files rf JOIN files f ON f.id = rf.file WHERE rf.run = ? "
        "ORDER BY f.id",
        (run,),
    )
    return [str(shown) for (shown,) in rows]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the index holds."""

    files: int
    runs: int
    spans: int
    problems: int


def query_counts(reader: Reader) -> Counts:
    """How much the index holds."""
    row = reader.one(
        "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM runs), "
        "(SELECT ifnull(sum(spans), 0) FROM runs), (SELECT ifnull(sum(times), 0) FROM problems)"
    )
    return Counts(*map(int, row))
