"""Small sums about rows that come and go."""

from __future__ import annotations

from collections.abc import Iterable


def blocks(marks: Iterable[bool]) -> list[tuple[int, int]]:
    """(first, count) of every stretch of marked rows."""
    out: list[tuple[int, int]] = []
    start = None
    row = 0
    for row, marked in enumerate([*marks, False]):
        if marked and start is None:
            start = row
        elif not marked and start is not None:
            out.append((start, row - start))
            start = None
    return out
