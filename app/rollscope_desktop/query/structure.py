"""The structure of one run as arrays: who is part of whom, when, and how it ended.

Everything else of a span is read when a view shows it. 41 bytes a span. Imports numpy, so it is
itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.spans import RUN_SHIFT

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Int8 = NDArray[np.int8]

NONE: Final = -(1 << 63)
"""Stands for a time that is not known."""

_CHUNK = 20_000
_FEW = 2_000
KIND_BITS = 24
"""Bits of a label that say the kind; those above say the name."""
# One integer for kind, name and status costs a third of three, and the width is what a row costs.
_COLUMNS = (
    'id, "key", ifnull(parent, "key"), '
    f"(ifnull(name, 0) << {KIND_BITS + 3}) | (ifnull(kind, 0) << 3) | status, "
    f'ifnull(start, {NONE}), ifnull("end", {NONE})'
)
_WIDTH = 6


@dataclass(frozen=True, slots=True)
class Structure:
    """The spans of one run in the order they came; all arrays have the same length.

    ``number`` is the span's id without its run. ``parent_key`` is the span's own key where it has
    no parent. ``label`` is one number for kind and name, 0 while the span's start is not known.
    """

    run: int
    number: Int32
    key: Int64
    parent_key: Int64
    label: Int64
    status: Int8
    start: Int64
    end: Int64

    def __len__(self) -> int:
        return len(self.key)

    def id_of(self, index: int) -> int:
        """The id of a span."""
        return self.run << RUN_SHIFT | int(self.number[index])

    def index_of(self, id: int) -> int | None:
        """Where a span is in the arrays; None when it is not there."""
        if id >> RUN_SHIFT != self.run:
            return None
        number = id & ((1 << RUN_SHIFT) - 1)
        # Of the array's own type: for any other, numpy converts a copy of the whole array.
        at = int(self.number.searchsorted(self.number.dtype.type(number)))
        return at if at < len(self.number) and self.number[at] == number else None

    def unfinished(self) -> Int32:
        """Indexes of spans that may still change: without an end, or without a start."""
        return np.flatnonzero((self.status == 0) | (self.label == 0)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Growth:
    """A structure that went on: where its new spans start, and which of the older ones changed."""

    structure: Structure
    added_from: int
    changed: Int32


def query_structure(reader: Reader, run: int, most: int | None = None) -> Job[Structure]:
    """All spans that a run has now, or the first ``most``."""
    low, high = run << RUN_SHIFT, (run + 1) << RUN_SHIFT
    top = reader.one("SELECT max(id) FROM spans WHERE id >= ? AND id < ?", (low, high))[0]
    # Ids of a run have no gaps; the arrays are made once, as pieces that are joined cost twice.
    room = 0 if top is None else top - low + 1
    if most is not None:
        room = min(room, most)
    whole = _empty(run, room)
    done = 0
    while done < room:
        size = min(_CHUNK, room - done)
        piece = _chunk(reader, low, high, size)
        count = len(piece)
        if not count:
            break
        for name in _ARRAYS:
            getattr(whole, name)[done : done + count] = getattr(piece, name)
        done += count
        low = piece.id_of(count - 1) + 1
        yield Progress(done, room, "Reading the steps")
    if done == room:
        return whole
    return Structure(run, *(getattr(whole, name)[:done].copy() for name in _ARRAYS))


def query_growth(reader: Reader, known: Structure) -> Job[Growth]:
    """What became of a structure: spans that came since, and older ones that have ended."""
    run = known.run
    first = run << RUN_SHIFT
    pieces = [known]
    low = (int(known.number[-1]) + 1 if len(known) else 0) + first
    while True:
        piece = _chunk(reader, low, (run + 1) << RUN_SHIFT, _CHUNK)
        if not len(piece):
            break
        pieces.append(piece)
        low = int(piece.number[-1]) + 1 + first
        if len(piece) < _CHUNK:
            break
        yield Progress(low - first, 0, "Reading the steps")
    waiting = known.unfinished()
    yield Progress(0, 0)
    if len(waiting) > _FEW:
        # More than one question each is worth: one look at the run says which are still as before.
        still = reader.all(
            "SELECT id FROM spans WHERE id >= ? AND id < ? AND (status = 0 OR name IS NULL)",
            (first, low),
        )
        same = np.array([id - first for (id,) in still], np.int64)
        waiting = waiting[~np.isin(known.number[waiting], same)]
    ids = [first | int(n) for n in known.number[waiting]]
    now = _table(reader.among(f"SELECT {_COLUMNS} FROM spans WHERE id IN", ids))
    fresh = _structure(run, now[np.argsort(now[:, 0], kind="stable")])
    at = np.searchsorted(known.number, fresh.number).astype(np.int32)
    moved = (
        (known.status[at] != fresh.status)
        | (known.label[at] != fresh.label)
        | (known.end[at] != fresh.end)
    )
    at = at[moved]
    whole = _join(run, pieces)
    if len(at):
        if whole is known:
            whole = _copy(known)
        for name in ("parent_key", "label", "status", "start", "end"):
            getattr(whole, name)[at] = getattr(fresh, name)[moved]
    return Growth(whole, len(known), at)


def _chunk(reader: Reader, low: int, high: int, size: int) -> Structure:
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM spans WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (low, high, size),
    )
    return _structure(high - 1 >> RUN_SHIFT, _table(rows))


def _table(rows: list[tuple[Any, ...]]) -> Int64:
    flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * _WIDTH)
    return flat.reshape(-1, _WIDTH)


def _structure(run: int, table: Int64) -> Structure:
    bits = table[:, 3]
    return Structure(
        run,
        (table[:, 0] & ((1 << RUN_SHIFT) - 1)).astype(np.int32),
        table[:, 1].copy(),
        table[:, 2].copy(),
        bits >> 3,
        (bits & 7).astype(np.int8),
        table[:, 4].copy(),
        table[:, 5].copy(),
    )


def _empty(run: int, count: int) -> Structure:
    return Structure(
        run,
        np.empty(count, np.int32),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int8),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
    )


_ARRAYS = ("number", "key", "parent_key", "label", "status", "start", "end")


def _join(run: int, pieces: list[Structure]) -> Structure:
    if not pieces:
        return _structure(run, np.empty((0, _WIDTH), np.int64))
    if len(pieces) == 1:
        return pieces[0]
    return Structure(
        run, *(np.concatenate([getattr(piece, name) for piece in pieces]) for name in _ARRAYS)
    )


def _copy(known: Structure) -> Structure:
    return Structure(known.run, *(getattr(known, name).copy() for name in _ARRAYS))
