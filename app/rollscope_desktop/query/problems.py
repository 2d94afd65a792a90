"""What could not be read, as rows of the problems panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.model.rows import ProblemRow

if TYPE_CHECKING:
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


def query_problem_count(reader: Reader) -> int:
    """How many there are in all, repetitions counted."""
    return int(reader.one("SELECT ifnull(sum(times), 0) FROM problems")[0])
