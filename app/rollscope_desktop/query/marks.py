"""Notes of a run as arrays: when, of which type, at which span. Imports numpy: import it late."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.spans import RUN_SHIFT
from rollscope_desktop.query.structure import NONE, Int8, Int64, Structure

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

MOST = 100_000
"""Notes of a run that become ticks: its first ones. No view can tell more of them apart."""
_CHUNK = 20_000


class Mark(IntEnum):
    """What a tick is."""

    EVENT = 0
    SIGNAL = 1
    FEEDBACK = 2
    MESSAGE = 3


_TYPES = {mark.name.lower(): mark for mark in Mark}


@dataclass(frozen=True, slots=True)
class Ticks:
    """All arrays have one length and are ordered by time. ``time`` is relative to the run's axis.
    ``index`` is the index of the span in the outline's structure, -1 for notes of the run itself.
    ``id`` is the note's id. ``left_out`` says how many notes of the run are beyond the cap."""

    time: Int64
    type: Int8
    index: Int64
    id: Int64
    left_out: int = field(default=0, kw_only=True)

    def __len__(self) -> int:
        return len(self.time)


def query_ticks(reader: Reader, run: int, structure: Structure, zero: int) -> Job[Ticks]:
    """The first ``MOST`` notes of a run; ``zero`` is the start of its axis.

    A note without a time has that of the span it belongs to, one of the run that of its start. A
    note of a span that the structure does not have stands with those of the run.
    """
    low, high = run << RUN_SHIFT, (run + 1) << RUN_SHIFT
    pieces: list[Int64] = []
    found = 0
    while found < MOST:
        rows = reader.all(
            f'SELECT id, "type", ifnull(time, {NONE}), span IS NULL, ifnull(span, 0) FROM notes '
            "WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
            (low, high, min(_CHUNK, MOST - found)),
        )
        if not rows:
            break
        flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * 5)
        pieces.append(flat.reshape(-1, 5))
        found += len(rows)
        low = rows[-1][0] + 1
        yield Progress(found, 0, "Reading the notes")
    left = 0
    if found == MOST:
        (left,) = reader.one("SELECT count(*) FROM notes WHERE id >= ? AND id < ?", (low, high))
    table = np.concatenate(pieces) if pieces else np.empty((0, 5), np.int64)
    index = _index_of(structure, table[:, 4])
    index[table[:, 3] == 1] = -1
    time = table[:, 2].copy()
    timeless = time == NONE
    time[timeless] = _time_of(structure, index[timeless], zero)
    time -= zero
    words = reader.texts(np.unique(table[:, 1]).tolist())
    type = np.zeros(len(table), np.int8)
    for number, word in words.items():
        type[table[:, 1] == number] = _TYPES.get(word, Mark.EVENT)
    order = np.argsort(time, kind="stable")
    return Ticks(time[order], type[order], index[order], table[order, 0], left_out=int(left))


def _index_of(structure: Structure, keys: Int64) -> Int64:
    """The index of the span of each key, -1 where there is none."""
    if not len(structure) or not len(keys):
        return np.full(len(keys), -1, np.int64)
    # The notes are the fewer: to sort them is cheaper than to sort a million spans.
    wanted, which = np.unique(keys, return_inverse=True)
    at = np.searchsorted(wanted, structure.key)
    at[at == len(wanted)] = 0
    hit = np.flatnonzero(wanted[at] == structure.key)
    found = np.full(len(wanted), -1, np.int64)
    found[at[hit]] = hit
    return found[which]


def _time_of(structure: Structure, index: Int64, zero: int) -> Int64:
    """When the spans began, or ended, as far as the log says."""
    time = np.full(len(index), zero, np.int64)
    inside = np.flatnonzero(index >= 0)
    of = index[inside]
    start = np.where(structure.start[of] == NONE, structure.end[of], structure.start[of])
    time[inside] = np.where(start == NONE, zero, start)
    return time
