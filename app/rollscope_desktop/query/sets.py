"""What became known of runs and spans between their start and their end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rollscope_desktop.model.rows import Locator, SetRow

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

_RUN = 0
"""The place of a run among its spans: none of them has this id."""
_ASK = (
    "SELECT s.span, s.time, s.facts, s.file, f.generation, s.offset, s.length FROM sets s "
    "JOIN files f ON f.id = s.file WHERE s.run = ?"
)


def query_sets(
    reader: Reader, run: int, keys: Iterable[int] | None
) -> dict[int, tuple[SetRow, ...]]:
    """What was told of these spans by their keys, of each in order; None: of the run itself."""
    wanted = [_RUN] if keys is None else [key for key in keys if key != _RUN]
    if reader.one("SELECT 1 FROM sets WHERE run = ? LIMIT 1", (run,)) is None:
        return {}
    found: dict[int, list[SetRow]] = {}
    rows = reader.among(f"{_ASK} AND s.span IN", wanted, (run,))
    rows.sort(key=lambda row: (row[0], -1 if row[1] is None else row[1], row[3], row[5]))
    for span, time, facts, file, generation, offset, length in rows:
        row = SetRow(time, facts, Locator(file, generation, offset, length, ""))
        found.setdefault(span, []).append(row)
    return {span: tuple(told) for span, told in found.items()}


def query_run_sets(reader: Reader, run: int) -> tuple[SetRow, ...]:
    """What was told of a run itself."""
    return query_sets(reader, run, None).get(_RUN, ())
