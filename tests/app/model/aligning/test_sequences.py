"""What two sequences have in common."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.aligning.sequences import common

numbers = st.lists(st.integers(0, 4), max_size=30)


@given(numbers, numbers)
def test_pairs_are_equal_and_grow(a: list[int], b: list[int]) -> None:
    pairs = common(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert all(i < k and j < n for (i, j), (k, n) in pairwise(pairs))


@given(numbers, st.integers(0, 30), st.integers(0, 4))
def test_one_more_is_found_as_one_more(a: list[int], at: int, new: int) -> None:
    assert len(common(a, [*a[:at], new, *a[at:]])) == len(a)


def test_the_longest_is_found_where_numbers_repeat() -> None:
    assert common([1, 2, 1, 2, 3], [2, 1, 2, 1, 3]) in (
        [(0, 1), (1, 2), (2, 3), (4, 4)], [(1, 0), (2, 1), (3, 2), (4, 4)],
    )  # fmt: skip


def test_what_is_unique_on_both_sides_holds_the_rest_in_place() -> None:
    assert common([5, 9, 5], [7, 9, 7]) == [(1, 1)]


def test_long_sequences_without_order_end_in_time_with_some_of_it() -> None:
    random = Random(1)
    a, b = ([random.randrange(4) for _ in range(3_000)] for _ in range(2))
    pairs = common(a, b)
    assert len(pairs) > 1_200
    assert all(a[i] == b[j] for i, j in pairs)
