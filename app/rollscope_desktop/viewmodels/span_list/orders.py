"""Asks for the order of the list in a job; keeps the last orders until they are wanted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollscope_desktop.query.span_list.orders import (
    Condition,
    First,
    Wanted,
    query_count,
    query_first,
    query_order,
    query_turned,
)
from rollscope_desktop.query.span_list.sums import Sums, query_sums

if TYPE_CHECKING:
    from collections.abc import Generator

    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.span_list.ranking import Order

HELD = 8.25
"""Bytes that are held for each span of the longest list: one order of whole ids, or two of the
numbers of one run."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is listed, and how; ``filter`` is the text of the filter bar."""

    wanted: Wanted
    filter: str

    def alike(self, other: Asked) -> bool:
        """Whether the other is the same list by the same column, in either direction."""
        mine, yours = self.wanted, other.wanted
        return (mine.run, mine.range, mine.column, self.filter) == (
            yours.run, yours.range, yours.column, other.filter,
        )  # fmt: skip


class KeptOrders:
    """The orders that were made last, the newest first, as many as there is room for."""

    def __init__(self) -> None:
        self._kept: list[tuple[Asked, Order]] = []

    def find(self, asked: Asked) -> tuple[Order, bool] | None:
        """An order that was kept, and whether it has to be turned round."""
        for known, order in self._kept:
            if asked.alike(known):
                return order, known.wanted.descending != asked.wanted.descending
        return None

    def keep(self, asked: Asked, order: Order) -> None:
        """Keep an order, and let go of the oldest that there is no more room for."""
        others = [(known, kept) for known, kept in self._kept if not asked.alike(known)]
        self._kept = [(asked, order)]
        room = HELD * max([len(order), *(len(kept) for _, kept in others)]) - order.size
        for known, kept in others:
            room -= kept.size
            if room < 0:
                break
            self._kept.append((known, kept))

    def clear(self) -> None:
        """The spans are others now."""
        self._kept.clear()

    @property
    def size(self) -> int:
        """Bytes that are held."""
        return sum(order.size for _, order in self._kept)


def read_first(reader: Reader, asked: Asked) -> First | None:
    """The first page of the order that is asked for, if that is to be had at once."""
    return query_first(reader, asked.wanted, condition(reader, asked))


def read_order(
    reader: Reader, asked: Asked, outline: Outline | None, turn: Order | None, page: bool
) -> Generator[Any, None, Order]:
    """The order that is asked for; ``turn`` is that of the other direction, if it is known."""
    if turn is not None:
        return (yield from query_turned(reader, turn))
    where = condition(reader, asked)
    return (yield from query_order(reader, asked.wanted, where, outline, page=page))


def read_count(reader: Reader, asked: Asked) -> int:
    """How many spans there are in the list by now."""
    return query_count(reader, asked.wanted, condition(reader, asked))


def read_sums(reader: Reader, asked: Asked) -> Sums:
    """What the spans of the list come to."""
    return query_sums(reader, asked.wanted, condition(reader, asked))


def condition(reader: Reader, asked: Asked) -> Condition | None:
    """The condition that the filter makes; None when everything fits."""
    if not asked.filter.strip():
        return None
    from rollscope_desktop.query.filter import compile_filter, parse

    parsed = parse(asked.filter)
    return None if parsed.is_empty else compile_filter(parsed, reader, asked.wanted.run)
