"""Sorting by whole arrays: keys in, an order out, which can be turned round without sorting again.

What has no value stands last in either direction, and equal values stand as the spans came. Imports
numpy, so it is itself imported late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rollscope_desktop.query.spans import RUN_SHIFT
from rollscope_desktop.query.structure import NONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.query.structure import Int64

_NARROW = 1 << 16


@dataclass(frozen=True, slots=True)
class Order:
    """Spans one after another. ``numbers`` are those of one run (int32, ``run`` is its id), or
    whole ids (int64, ``run`` is 0). The first ``known`` of them have a value; ``turns`` has a bit
    for each of these, set where the value is another than the one before."""

    run: int
    numbers: NDArray[Any]
    known: int
    turns: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def size(self) -> int:
        """Bytes that are held."""
        return int(self.numbers.nbytes + self.turns.nbytes)

    def id_at(self, row: int) -> int:
        """The id of the span in a row."""
        return self.run << RUN_SHIFT | int(self.numbers[row])

    def ids(self, first: int, last: int) -> list[int]:
        """The ids of the spans from one row up to another."""
        base = self.run << RUN_SHIFT
        return [base | number for number in self.numbers[first:last].tolist()]

    def all_ids(self) -> Int64:
        """The ids of all spans."""
        return self.numbers.astype(np.int64) | (self.run << RUN_SHIFT)

    def row_of(self, id: int) -> int:
        """The row of a span; -1 when it is not there."""
        if self.run:
            if id >> RUN_SHIFT != self.run:
                return -1
            id &= (1 << RUN_SHIFT) - 1
        # Of the array's own type: for any other, numpy converts a copy of the whole array.
        found = np.flatnonzero(self.numbers == self.numbers.dtype.type(id))
        return int(found[0]) if len(found) else -1


def as_they_came(run: int, numbers: NDArray[Any]) -> Order:
    """The order that needs no sorting; the numbers are not copied."""
    return Order(run, numbers, 0, np.empty(0, np.uint8))


def listed(ids: Iterable[int]) -> Order:
    """A few spans in the order in which they are given."""
    return as_they_came(0, np.fromiter(ids, np.int64))


def order_by(run: int, numbers: NDArray[Any], keys: Int64, descending: bool) -> Order:
    """Spans, given as they came, by their keys (NONE: no value)."""
    missing = keys == NONE
    if not missing.any():
        sequence = _argsort(keys, descending)
        return Order(run, numbers[sequence], len(keys), np.packbits(_turns(keys[sequence])))
    # Those without a value are left out early: often most spans are among them.
    kept, rest = keys[~missing], numbers[missing]
    have = numbers[~missing]
    sequence = _argsort(kept, descending)
    turns = np.packbits(_turns(kept[sequence]))
    return Order(run, np.concatenate((have[sequence], rest)), len(have), turns)


def reverse(order: Order) -> Order:
    """The same in the other direction."""
    starts = np.flatnonzero(np.unpackbits(order.turns, count=order.known))
    sizes = np.diff(starts, append=order.known)[::-1]
    first = np.cumsum(sizes) - sizes
    sequence = np.arange(order.known) + np.repeat(starts[::-1] - first, sizes)
    turns = np.zeros(order.known, np.bool_)
    turns[first] = True
    numbers = order.numbers.copy()
    numbers[: order.known] = order.numbers[: order.known][sequence]
    return Order(order.run, numbers, order.known, np.packbits(turns))


def first_of(keys: Int64, descending: bool, count: int) -> NDArray[np.int64] | None:
    """Where the first ``count`` stand that sorting would bring to the front, in their order; None
    when so few have a value that sorting takes no longer."""
    have = np.flatnonzero(keys != NONE)
    if len(have) <= count:
        return None
    wanted = ~keys[have] if descending else keys[have]
    last = np.partition(wanted, count - 1)[count - 1]
    before = np.flatnonzero(wanted < last)
    level = np.flatnonzero(wanted == last)[: count - len(before)]
    chosen = np.concatenate((before, level))
    return have[chosen[np.argsort(wanted[chosen], kind="stable")]]


def ranks(values: Int64, rank: dict[int, int]) -> Int64:
    """The rank of each value; NONE for values that have none."""
    if not rank:
        return np.full(len(values), NONE)
    known = np.array(sorted(rank), np.int64)
    of = np.array([rank[int(value)] for value in known], np.int64)
    at = np.searchsorted(known, values)
    at[at == len(known)] = 0
    return np.where(known[at] == values, of[at], NONE)


def distinct(values: Int64) -> list[int]:
    """The values that occur, without NONE; small numbers from 0 on are counted, not sorted."""
    given = values[values != NONE]
    if not len(given):
        return []
    if given.min() >= 0 and given.max() < 4 * len(given) + _NARROW:
        found = np.flatnonzero(np.bincount(given))
    else:
        found = np.unique(given)
    return [int(value) for value in found]


def _argsort(keys: Int64, descending: bool) -> NDArray[np.int64]:
    if len(keys):
        low, high = int(keys.min()), int(keys.max())
        if high - low < _NARROW:
            # Two bytes are sorted by counting, which takes a tenth.
            near = (high - keys) if descending else (keys - low)
            return np.argsort(near.astype(np.uint16), kind="stable")
    # The complement turns the order round and, other than a minus, never overflows.
    return np.argsort(~keys if descending else keys, kind="stable")


def _turns(keys: Int64) -> NDArray[np.bool_]:
    turns = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=turns[1:])
    return turns
