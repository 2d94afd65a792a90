"""What could not be read, as rows of the problems panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model.remark import DROPPED, lost
from rollscope_desktop.model.rows import ProblemRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.query.connection import Reader

MOST = 10_000


def query_problems(reader: Reader, most: int = MOST) -> list[ProblemRow]:
    """Problems, errors first, then newest first; at most so many."""
    rows = reader.all(
        "SELECT p.id, f.shown, p.line, p.severity, p.reason, p.times FROM problems p "
        "LEFT JOIN files f ON f.id = p.file ORDER BY p.severity != 'error', p.id DESC LIMIT ?",
        (most,),
    )
    return [ProblemRow(*row) for row in rows]


def query_lost(reader: Reader, runs: Iterable[int]) -> dict[int, str]:
    """Which of these runs lack events that their recorder had to drop, and in words how many."""
    found: dict[int, list[str]] = {}
    sql = (
        "SELECT r.run, p.reason FROM problems p JOIN run_files r ON r.file = p.file "
        f"WHERE p.code = '{DROPPED}' AND r.run IN"
    )
    for run, reason in reader.among(sql, runs):
        found.setdefault(run, []).append(reason)
    return {run: lost(reasons) for run, reasons in found.items()}


def query_problem_count(reader: Reader) -> int:
    """How many there are in all, repetitions counted."""
    return int(reader.one("SELECT ifnull(sum(times), 0) FROM problems")[0])
