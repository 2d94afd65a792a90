"""Which step of which run started a run, and which runs a step started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.model.columns import span_key
from rollscope_desktop.model.link import Link, hex_of
from rollscope_desktop.query.spans import query_span_by_key

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader

_MOST = 50


@dataclass(frozen=True, slots=True)
class Linked:
    """Another run, or a step of it; ``link`` is "" when the index does not have it."""

    name: str
    link: str = ""


def query_caller(reader: Reader, run: RunRow) -> Linked | None:
    """The step that started a run, or the run that it was in; None if nothing did."""
    if run.caller_run is None:
        return None
    row = reader.one("SELECT id, name FROM runs WHERE key = ?", (run.caller_run,))
    if row is None:
        return Linked(run.caller_run)
    id, name = row
    known = str(name or run.caller_run[:8])
    key = None if run.caller_span is None else span_key(run.caller_span)
    span = None if key is None else query_span_by_key(reader, id, key)
    if span is None:
        return Linked(known, str(Link(run.caller_run)))
    return Linked(f"{span.name or span.kind} of {known}", str(Link(run.caller_run, span.key)))


def query_started(reader: Reader, run: RunRow, span: int | None) -> tuple[Linked, ...]:
    """The runs that a run started, or only those of its span with this key, as they began."""
    where, more = ("", ()) if span is None else (" AND caller_span = ?", (hex_of(span),))
    rows = reader.all(
        f"SELECT key, name FROM runs WHERE caller_run = ?{where} "
        "ORDER BY ifnull(started, touched), id LIMIT ?",
        (run.key, *more, _MOST),
    )
    return tuple(Linked(str(name or key[:8]), str(Link(key))) for key, name in rows)


def query_original(reader: Reader, run: RunRow) -> Linked | None:
    """The run that a run is a fork of; None if it is none."""
    if run.fork_of is None:
        return None
    row = reader.one("SELECT name FROM runs WHERE key = ?", (run.fork_of,))
    if row is None:
        return Linked(run.fork_of)
    return Linked(str(row[0] or run.fork_of[:8]), str(Link(run.fork_of)))
