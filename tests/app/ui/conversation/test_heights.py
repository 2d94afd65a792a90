"""Heights of rows: sums, and which row is where."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.ui.conversation.heights import Heights

ROWS = st.lists(st.integers(0, 300), min_size=1, max_size=1500)


def filled(rows: list[int]) -> Heights:
    made = Heights(len(rows), 7)
    for row, height in enumerate(rows):
        made.set(row, height)
    return made


@given(ROWS, st.data())
def test_rows_begin_where_those_before_end(rows: list[int], data: st.DataObject) -> None:
    made = filled(rows)
    row = data.draw(st.integers(0, len(rows) - 1))

    assert made.total == sum(rows)
    assert made.top(row) == sum(rows[:row])


@given(ROWS, st.data())
def test_the_row_at_a_height(rows: list[int], data: st.DataObject) -> None:
    made = filled(rows)
    y = data.draw(st.integers(-10, sum(rows) + 10))
    ends = list(accumulate(rows))
    expected = next((row for row, end in enumerate(ends) if end > max(y, 0)), None)

    found = made.at(y)
    if expected is not None:
        assert found == expected
    else:
        assert 0 <= found < len(rows)


def test_growing_and_following() -> None:
    made = filled([10, 20, 30])
    made.grow(600, 5)
    assert (len(made), made.total, made.top(3)) == (603, 60 + 3000, 60)

    made.follow(np.array([2, -1, 0], np.int32), 50)
    assert [made.get(row) for row in range(3)] == [30, 50, 10]
    assert (made.set(1, 20), made.total) == (-30, 60)


def test_no_rows_at_all() -> None:
    made = Heights()
    assert (len(made), made.total, made.at(10)) == (0, 0, 0)
