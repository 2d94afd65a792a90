"""How much happened when in a run: a histogram of its events, and where other runs branched off.

Moments are relative to the start of the run's axis. Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK
from rollscope_desktop.model.columns import span_key
from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.spans import RUN_SHIFT
from rollscope_desktop.query.structure import NONE, Int8, Int32, Int64, Structure

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

BUCKETS = 2_048
_MOST_FORKS = 1_000


@dataclass(frozen=True, slots=True)
class Density:
    """``events`` counts the starts and ends of spans in each of several stretches of the run, all
    ``width`` long and the first from 0 on. ``worst`` is how the worst span that ended in it did:
    error, cancelled, else ok. ``failed`` counts the errors. ``forks`` are moments, in order."""

    width: int
    events: Int32
    worst: Int8
    failed: Int32
    forks: Int64

    def __len__(self) -> int:
        return len(self.events)

    @property
    def length(self) -> int:
        """How much of the run is counted."""
        return self.width * len(self)


def density(structure: Structure, zero: int, length: int) -> Density:
    """The histogram of a run from ``zero`` on. What lies outside is counted at its edges."""
    width = max(-(-max(length, 1) // BUCKETS), 1)
    count = length // width + 1
    events = np.zeros(count, np.int64)
    for times in (structure.start, structure.end):
        known = times[times != NONE]
        events += np.bincount(_spots(known, zero, width, count), minlength=count)
    worst = np.full(count, OK, np.int8)
    failed = np.zeros(count, np.int64)
    for status in (CANCELLED, ERROR):
        when = _when(structure, np.flatnonzero(structure.status == status))
        spots = _spots(when, zero, width, count)
        worst[spots] = status
        if status == ERROR:
            failed = np.bincount(spots, minlength=count)
    return Density(
        width, events.astype(np.int32), worst, failed.astype(np.int32), np.empty(0, np.int64)
    )


def query_density(reader: Reader, structure: Structure, zero: int, length: int) -> Job[Density]:
    """The histogram of a run, with the moments at which forks of it, or it itself, branched off."""
    yield Progress(0, 0)
    made = density(structure, zero, length)
    yield Progress(0, 0)
    forks = _forks(reader, structure)
    forks = np.unique(np.clip(forks[forks != NONE] - zero, 0, length))
    return Density(made.width, made.events, made.worst, made.failed, forks)


def _spots(times: Int64, zero: int, width: int, count: int) -> Int64:
    spots: Int64 = np.clip((times - zero) // width, 0, count - 1)
    return spots


def _when(structure: Structure, indexes: Int64) -> Int64:
    """When these spans ended, as far as is known."""
    ends = structure.end[indexes]
    when: Int64 = np.where(ends == NONE, structure.start[indexes], ends)
    known: Int64 = when[when != NONE]
    return known


def _forks(reader: Reader, structure: Structure) -> Int64:
    """The starts of spans that a fork began at: in other runs made from this one, and here."""
    low, high = structure.run << RUN_SHIFT, (structure.run + 1) << RUN_SHIFT
    made_from_it = reader.all(
        "SELECT f.fork_at FROM runs f JOIN runs r ON f.fork_of = r.key "
        "WHERE r.id = ? AND f.fork_at IS NOT NULL LIMIT ?",
        (structure.run, _MOST_FORKS),
    )
    keys = np.array([span_key(text) for (text,) in made_from_it], np.int64)
    at = structure.start[np.isin(structure.key, keys)] if len(keys) else keys
    own = reader.one("SELECT fork_of FROM runs WHERE id = ?", (structure.run,))
    if own is None or own[0] is None:
        return at
    edited = reader.all(
        "SELECT start FROM spans WHERE id >= ? AND id < ? AND start IS NOT NULL "
        "AND how = (SELECT id FROM words WHERE text = 'edited') LIMIT ?",
        (low, high, _MOST_FORKS),
    )
    return np.concatenate((at, np.array([start for (start,) in edited], np.int64)))
