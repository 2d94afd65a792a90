"""Sorting by arrays: against Python's own sort, in both directions, and turned round."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.query.span_list.ranking import (
    as_they_came,
    distinct,
    first_of,
    listed,
    order_by,
    ranks,
    reverse,
)
from rollscope_desktop.query.structure import NONE

KEY = st.one_of(
    st.none(),
    st.integers(-3, 3),
    st.integers(-(1 << 63) + 1, (1 << 63) - 1),
    st.sampled_from([(1 << 63) - 1, -(1 << 63) + 1, 1 << 16, -(1 << 16)]),
)


def array(keys: list[int | None]) -> np.ndarray:
    return np.array([NONE if key is None else key for key in keys], np.int64)


def expected(keys: list[int | None], descending: bool) -> list[int]:
    known = [n for n, key in enumerate(keys) if key is not None]
    known.sort(key=lambda n: (-keys[n] if descending else keys[n], n))  # type: ignore[operator]
    return known + [n for n, key in enumerate(keys) if key is None]


@given(st.lists(KEY, max_size=60), st.booleans())
def test_an_order_is_that_of_a_plain_sort_with_the_unknown_last(keys, descending) -> None:
    numbers = np.arange(len(keys), dtype=np.int32)
    order = order_by(3, numbers, array(keys), descending)
    assert order.numbers.tolist() == expected(keys, descending)
    assert order.known == sum(key is not None for key in keys)
    assert order.ids(0, 5) == [3 << 31 | n for n in expected(keys, descending)[:5]]


@given(st.lists(KEY, max_size=60), st.booleans())
def test_turned_round_it_is_the_order_of_the_other_direction(keys, descending) -> None:
    numbers = np.arange(len(keys), dtype=np.int64)
    turned = reverse(order_by(0, numbers, array(keys), descending))
    other = order_by(0, numbers, array(keys), not descending)
    assert turned.numbers.tolist() == other.numbers.tolist()
    assert (turned.known, turned.turns.tolist()) == (other.known, other.turns.tolist())
    again = reverse(turned)
    assert again.numbers.tolist() == expected(keys, descending)


@given(st.lists(KEY, max_size=60), st.booleans(), st.integers(1, 20))
def test_the_first_are_those_that_sorting_brings_to_the_front(keys, descending, count) -> None:
    found = first_of(array(keys), descending, count)
    if sum(key is not None for key in keys) <= count:
        assert found is None
    else:
        assert found is not None
        assert found.tolist() == expected(keys, descending)[:count]


def test_a_row_is_found_by_its_id() -> None:
    order = order_by(2, np.array([0, 4, 9], np.int32), array([5, 3, 4]), False)
    assert [order.id_at(row) & 15 for row in range(3)] == [4, 9, 0]
    assert [order.row_of(2 << 31 | n) for n in (0, 4, 9, 5)] == [2, 0, 1, -1]
    assert order.row_of(3 << 31 | 4) == -1
    several = listed([1 << 31 | 7, 5 << 31])
    assert (several.row_of(5 << 31), several.row_of(5)) == (1, -1)
    assert several.all_ids().tolist() == [1 << 31 | 7, 5 << 31]


def test_what_is_held_is_small() -> None:
    numbers = np.arange(10_000, dtype=np.int32)
    assert order_by(1, numbers, array(list(range(10_000))), True).size <= 4.2 * 10_000
    assert as_they_came(1, numbers).numbers is numbers


@given(st.lists(st.integers(0, 40), max_size=40))
def test_ranks_and_what_occurs(values) -> None:
    array_of = np.array([*values, NONE], np.int64)
    assert distinct(array_of) == sorted(set(values))
    rank = {value: 100 - value for value in set(values) if value % 2}
    wanted = [rank.get(value, NONE) for value in values]
    assert ranks(array_of, rank).tolist() == [*wanted, NONE]


def test_large_and_negative_values_occur_too() -> None:
    assert distinct(np.array([1 << 60, -5, 1 << 60, NONE], np.int64)) == [-5, 1 << 60]
    assert distinct(np.array([NONE], np.int64)) == []
