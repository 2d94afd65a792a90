"""What the run list shows of single runs beside their rows: signals, and the step of a fork."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rollscope_desktop.model.columns import span_key
from rollscope_desktop.query.problems import query_lost
from rollscope_desktop.query.runs import query_rows
from rollscope_desktop.query.spans import RUN_SHIFT

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader

Value = str | float
TYPES = ("signal", "feedback")
_FAR = 200_000
"""How many spans of the original are looked through for the one that was edited."""


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run as the list shows it.

    ``signals`` holds the last value of each signal and feedback, by ``signal.name`` or
    ``feedback.name``; the first ``read`` notes of the run were looked at for it. ``edited`` is the
    name of the step that a fork begins with, if that is known. ``lost`` says how many events were
    not recorded.
    """

    row: RunRow
    signals: Mapping[str, Value] = field(default_factory=dict)
    read: int = 0
    edited: str = ""
    lost: str = ""


def query_details(
    reader: Reader,
    ids: Iterable[int],
    known: Mapping[int, RunDetails] | None = None,
    *,
    signals: bool = False,
) -> list[RunDetails]:
    """These runs in no order, without those that are gone. ``known``: what was read of them before,
    so that only what has come since is read. Without ``signals`` these are left as they were."""
    known = known or {}
    found = []
    rows = query_rows(reader, ids)
    lost = query_lost(reader, [row.id for row in rows])
    for row in rows:
        before = known.get(row.id)
        if before is None or before.row.key != row.key or before.read > row.notes:
            before = RunDetails(row, edited=_edited(reader, row))
        details = replace(before, row=row, lost=lost.get(row.id, ""))
        if signals and details.read < row.notes:
            values = query_signals(reader, row.id, details.read)
            details = replace(details, signals={**details.signals, **values}, read=row.notes)
        found.append(details)
    return found


def query_signals(reader: Reader, run: int, first: int = 0) -> dict[str, Value]:
    """The last value of every signal and feedback among the notes of a run, from the first on."""
    kinds = _kinds(reader)
    if not kinds:
        return {}
    rows = reader.all(
        "SELECT type, name, value FROM notes WHERE id >= ? AND id < ? AND value IS NOT NULL "
        f"AND type IN ({', '.join('?' * len(kinds))}) ORDER BY id",
        ((run << RUN_SHIFT) + first, (run + 1) << RUN_SHIFT, *kinds),
    )
    names = reader.texts(name for _, name, _ in rows)
    return {f"{kinds[kind]}.{names[name]}": value for kind, name, value in rows}


def query_signal_names(reader: Reader) -> list[str]:
    """``signal.name`` and ``feedback.name`` of whatever any run was judged by, in order."""
    kinds = _kinds(reader)
    if not kinds:
        return []
    pairs = reader.all(
        f"SELECT DISTINCT type, name FROM notes WHERE type IN ({', '.join('?' * len(kinds))})",
        tuple(kinds),
    )
    names = reader.texts(name for _, name in pairs)
    return sorted(f"{kinds[kind]}.{names[name]}" for kind, name in pairs)


def _kinds(reader: Reader) -> dict[int, str]:
    found = reader.all("SELECT id, text FROM words WHERE text IN (?, ?)", TYPES)
    return {int(number): str(text) for number, text in found}


def _edited(reader: Reader, row: RunRow) -> str:
    """The name of the step of the original at which a fork was edited; "" when it is not found."""
    if not row.fork_of or not row.fork_at:
        return ""
    base = reader.one("SELECT id FROM runs WHERE key = ?", (row.fork_of,))
    if base is None:
        return ""
    first = int(base[0]) << RUN_SHIFT
    span = reader.one(
        "SELECT name FROM spans WHERE id >= ? AND id < ? AND key = ? LIMIT 1",
        (first, first + _FAR, span_key(row.fork_at)),
    )
    return "" if span is None else reader.texts([span[0]])[span[0]]
