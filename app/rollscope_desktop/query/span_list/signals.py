"""Signals that were set on spans: which there are, and their values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rollscope_desktop.query.spans import RUN_SHIFT, run_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import SpanRow
    from rollscope_desktop.query.connection import Reader

MOST_SIGNALS = 20
"""Names of signals that get a column."""
_SIGNAL = """n."type" = (SELECT id FROM words WHERE text = 'signal') AND n.span IS NOT NULL"""
_AT_ONCE = 400

Value = str | float


def query_signal_names(reader: Reader, run: int | None) -> list[str]:
    """Names of the signals that were set on spans of a run, or of all; by name."""
    rows = reader.all(
        f"SELECT n.name, count(*) FROM notes n WHERE {_within(run)} AND {_SIGNAL} "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
        (MOST_SIGNALS,),
    )
    texts = reader.texts(name for name, _ in rows)
    return sorted((texts[name] for name, _ in rows), key=str.casefold)


def query_signal_values(reader: Reader, run: int | None, name: str) -> dict[int, dict[int, Value]]:
    """The last value of a signal by run, then by the key of the span that it was set on."""
    rows = reader.all(
        f"SELECT n.id, n.span, n.value FROM notes n WHERE {_within(run)} AND {_SIGNAL} "
        "AND n.name = (SELECT id FROM words WHERE text = ?) AND n.value IS NOT NULL ORDER BY n.id",
        (name,),
    )
    found: dict[int, dict[int, Value]] = {}
    for id, key, value in rows:
        found.setdefault(run_of(id), {})[key] = _plain(value)
    return found


def query_signals(reader: Reader, rows: Iterable[SpanRow]) -> dict[int, dict[str, Value]]:
    """The last values of all signals of these spans, by their ids; {} where there is none."""
    found: dict[int, dict[str, Value]] = {}
    by_run: dict[int, dict[int, int]] = {}
    for row in rows:
        found[row.id] = {}
        by_run.setdefault(run_of(row.id), {})[row.key] = row.id
    for run, mine in by_run.items():
        keys = list(mine)
        for at in range(0, len(keys), _AT_ONCE):
            some = keys[at : at + _AT_ONCE]
            notes = reader.all(
                f"SELECT n.span, n.name, n.value FROM notes n WHERE {_within(run)} AND {_SIGNAL} "
                f"AND n.value IS NOT NULL AND n.span IN ({', '.join('?' * len(some))}) "
                "ORDER BY n.id",
                some,
            )
            texts = reader.texts(name for _, name, _ in notes)
            for key, name, value in notes:
                found[mine[key]][texts[name]] = _plain(value)
    return found


def _within(run: int | None) -> str:
    if run is None:
        return "n.id >= 0"
    return f"n.id >= {run << RUN_SHIFT} AND n.id < {(run + 1) << RUN_SHIFT}"


def _plain(value: Any) -> Value:
    return value if isinstance(value, str | int | float) else str(value)
