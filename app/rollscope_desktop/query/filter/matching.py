"""Asks the index what fits a filter: which spans of a run, and which runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rollscope_desktop.query.filter.compiler import Compiler, Where, compile_filter
from rollscope_desktop.query.filter.fields import Level
from rollscope_desktop.query.filter.tree import All, Condition, Either, Filter, Node, Not
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.spans import RUN_SHIFT

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.structure import Int32

_SPANS_AT_ONCE = 100_000
_RUNS_AT_ONCE = 250
_NUMBER = (1 << RUN_SHIFT) - 1


def query_matching(reader: Reader, run: int, filter: Filter, first: int = 0) -> Job[Int32]:
    """Numbers (ids without the run) of the run's spans from ``first`` on that fit, ascending."""
    return (
        yield from query_matching_where(reader, run, compile_filter(filter, reader, run), first)
    )


def query_matching_where(
    reader: Reader, run: int, where: Where, first: int = 0, end: int | None = None
) -> Job[Int32]:
    """The same of a filter that was compiled for this run, for spans before ``end``."""
    import numpy as np

    base = run << RUN_SHIFT
    if end is None:
        top = reader.one(
            "SELECT max(id) FROM spans WHERE id >= ? AND id < ?", (base, (run + 1) << RUN_SHIFT)
        )[0]
        end = 0 if top is None else top - base + 1
    pieces = []
    sql = f"SELECT s.id & {_NUMBER} FROM spans s WHERE s.id >= ? AND s.id < ? AND {where.sql}"
    for low in range(first, end, _SPANS_AT_ONCE):
        high = min(low + _SPANS_AT_ONCE, end)
        yield Progress(low, end, "Filtering the steps")
        rows = reader.all(sql, (base + low, base + high, *where.parameters))
        pieces.append(np.fromiter((number for (number,) in rows), np.int32, len(rows)))
    return np.concatenate(pieces) if pieces else np.empty(0, np.int32)


def query_matching_among(
    reader: Reader, run: int, where: Where, numbers: Iterable[int]
) -> list[int]:
    """Which of these spans fit a filter that was compiled for their run."""
    rows = reader.among(
        f"SELECT s.id & {_NUMBER} FROM spans s WHERE {where.sql} AND s.id IN",
        (run << RUN_SHIFT | number for number in numbers),
        where.parameters,
    )
    return [number for (number,) in rows]


def query_matching_ids(reader: Reader, run: int, filter: Filter) -> set[int]:
    """Ids of the run's spans that fit, at once, and without numpy: for the command line."""
    where = compile_filter(filter, reader, run)
    rows = reader.all(
        f"SELECT s.id FROM spans s WHERE s.id >= ? AND s.id < ? AND {where.sql}",
        (run << RUN_SHIFT, (run + 1) << RUN_SHIFT, *where.parameters),
    )
    return {id for (id,) in rows}


def query_matching_runs(
    reader: Reader, filter: Filter, ids: Iterable[int] | None = None
) -> Job[set[int]]:
    """The runs of which a step fits, or that have no steps and fit themselves."""
    if ids is None:
        runs = [id for (id,) in reader.all("SELECT id FROM runs ORDER BY id")]
    else:
        runs = sorted(set(ids))
    compiler = Compiler(reader)
    own = _own_part(filter.root)
    found: set[int] = set()
    for at in range(0, len(runs), _RUNS_AT_ONCE):
        yield Progress(at, len(runs), "Filtering the runs")
        some = runs[at : at + _RUNS_AT_ONCE]
        if own is not None:
            some = _ask_runs(reader, compiler.compile(own, _between(some)), _ALONE, some)
        if some and own is not filter.root:
            where = compiler.compile(filter.root, _between(some))
            found.update(_ask_runs(reader, where, _WITH_STEPS, some))
            found.update(_ask_runs(reader, where, _WITHOUT, some))
        else:
            found.update(some)
    return found


_STEPS = "SELECT 1 FROM spans s WHERE s.id >= r.id << 31 AND s.id < (r.id + 1) << 31"
_WITH_STEPS = f"WHERE EXISTS ({_STEPS} AND {{sql}})"
_WITHOUT = f"LEFT JOIN spans s ON s.id = -1 WHERE NOT EXISTS ({_STEPS}) AND {{sql}}"
_ALONE = "WHERE {sql}"


def _ask_runs(reader: Reader, where: Where, how: str, runs: list[int]) -> list[int]:
    """Which of these runs fit."""
    sql = f"SELECT r.id FROM runs r {how.format(sql=where.sql)} AND r.id IN"
    return [id for (id,) in reader.among(sql, runs, where.parameters)]


def _between(runs: list[int]) -> tuple[int, int]:
    return runs[0], runs[-1] + 1


def _own_part(node: Node | None) -> Node | None:
    """The part of a filter that has to hold for the run, whatever its steps are."""
    if node is None or _is_of_run(node):
        return node
    if isinstance(node, All):
        parts = tuple(part for part in node.parts if _is_of_run(part))
        return All(parts) if parts else None
    return None


def _is_of_run(node: Node) -> bool:
    match node:
        case Condition():
            return node.field.level is Level.RUN
        case Not(part):
            return _is_of_run(part)
        case All(parts) | Either(parts):
            return all(_is_of_run(part) for part in parts)
        case _:
            return False
