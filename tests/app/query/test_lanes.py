"""Lanes: whatever a log says, every span with a time has a row, and no two of a row overlap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import ERROR, OK, OPEN
from rollscope_desktop.query.outline import outline
from rollscope_desktop.query.structure import NONE, Structure
from rollscope_desktop.query.timeline.lanes import FAR, SAMPLE, Lanes, lanes_of

Span = tuple[int | None, int | None, int | None]
"""Parent (a number of a span), start, end."""


def structure(spans: Sequence[Span], failed: frozenset[int] = frozenset()) -> Structure:
    count = len(spans)
    key = np.arange(1, count + 1, dtype=np.int64)
    parents = [n + 1 if parent is None else parent + 1 for n, (parent, _, _) in enumerate(spans)]
    status = [ERROR if n in failed else OPEN if s[2] is None else OK for n, s in enumerate(spans)]
    return Structure(
        1,
        np.arange(count, dtype=np.int32),
        key,
        np.array(parents, np.int64),
        np.full(count, (1 << 24) + 1, np.int64),
        np.array(status, np.int8),
        np.array([NONE if s is None else s for _, s, _ in spans], np.int64),
        np.array([NONE if e is None else e for _, _, e in spans], np.int64),
    )


def arranged(spans: Sequence[Span], failed: frozenset[int] = frozenset()) -> Lanes:
    steps = lanes_of(outline(structure(spans, failed)))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def rows(spans: Sequence[Span]) -> list[int | None]:
    made = arranged(spans)
    return [made.row_of(n) for n in range(len(spans))]


def check(made: Lanes, spans: Sequence[Span]) -> None:
    timed = [n for n, (_, start, end) in enumerate(spans) if start is not None or end is not None]
    assert sorted(made.order.tolist()) == timed
    assert made.first[0] == 0
    assert made.first[-1] == len(timed)
    for row in range(made.rows):
        here = slice(int(made.first[row]), int(made.first[row + 1]))
        inside = made.order[here]
        assert {made.row_of(int(n)) for n in inside} <= {row}
        begins, ends = made.begins(inside), made.ends(inside)
        assert (begins == made.begin[here]).all()
        assert (ends >= begins).all()
        assert (ends[:-1] <= begins[1:]).all(), "two spans of a row overlap"
    for n in timed:
        at = made.position_of(n)
        assert at is not None
        assert made.order[at] == n


MOMENTS = st.none() | st.integers(0, 30)


@st.composite
def logs(draw: st.DrawFn) -> list[Span]:
    count = draw(st.integers(0, 24))
    return [
        (draw(st.none() | st.integers(0, count - 1)), draw(MOMENTS), draw(MOMENTS))
        for _ in range(count)
    ]


@settings(max_examples=200)
@given(logs())
def test_nothing_overlaps_whatever_the_log_says(spans: list[Span]) -> None:
    check(arranged(spans), spans)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), min_size=1, max_size=40))
def test_concurrent_steps_take_as_few_rows_as_can_be(parts: list[tuple[int, int]]) -> None:
    inside = [(start, start + length) for start, length in parts]
    spans: list[Span] = [(None, 0, 60), *((0, start, end) for start, end in inside)]
    made = arranged(spans)
    most = max(sum(a <= t < b or a == b == t for a, b in inside) for t in range(60))
    touching = sum(a == b for a, b in inside)
    check(made, spans)
    assert made.rows <= 1 + max(most, 1) + touching


def test_steps_that_follow_each_other_are_as_deep_as_they_are_nested() -> None:
    assert rows([(None, 0, 100), (0, 0, 40), (1, 5, 10), (0, 40, 90), (3, 50, 60)]) == [
        0, 1, 2, 1, 2,
    ]  # fmt: skip


def test_a_concurrent_agent_stands_with_its_steps_as_one_block() -> None:
    spans = [
        (None, 0, 100),
        (0, 0, 50), (1, 5, 20), (1, 25, 40),  # an agent with two steps
        (0, 10, 60), (4, 12, 30), (5, 13, 14),  # another beside it, two levels deep
        (0, 20, 70), (7, 22, 24),  # and a third
        (0, 70, 80), (9, 71, 72),  # later than all
    ]  # fmt: skip
    assert rows(spans) == [0, 1, 2, 2, 3, 4, 5, 6, 7, 1, 2]


def test_a_track_is_used_again_when_it_is_free() -> None:
    spans = [(None, 0, 100), (0, 0, 10), (0, 5, 12), (0, 20, 30), (0, 25, 28), (0, 26, 27)]
    assert rows(spans) == [0, 1, 2, 1, 2, 3]


def test_what_outlives_its_parent_is_in_nobodys_way() -> None:
    spans = [(None, 0, 100), (0, 0, 10), (1, 5, 50), (0, 20, 30), (3, 22, 25)]
    made = rows(spans)
    check(arranged(spans), spans)
    assert made[3] not in (made[1], made[2])


def test_a_step_without_an_end_lasts_as_long_as_what_it_is_part_of() -> None:
    made = arranged([(None, 0, None), (0, 10, 40), (1, 12, None), (2, 13, None), (0, 50, 60)])
    assert made.ends(np.arange(5)).tolist() == [FAR, 40, 40, 40, 60]
    assert [made.row_of(n) for n in range(5)] == [0, 1, 2, 3, 1]


def test_without_any_time_a_step_is_not_drawn() -> None:
    made = arranged([(None, None, None), (0, 5, 6), (0, None, 9)])
    assert [made.row_of(n) for n in range(3)] == [None, 1, 1]
    assert made.begins(np.array([2])).tolist() == [9]
    assert arranged([]).rows == 0


def test_positions_of_what_went_wrong() -> None:
    made = arranged([(None, 0, 9), (0, 1, 2), (0, 3, None), (0, 4, 5)], failed=frozenset({1}))
    assert made.order[made.errors].tolist() == [1]
    assert made.order[made.open].tolist() == [2]


def test_ten_thousand_levels() -> None:
    deep = [(n - 1 if n else None, n, 30_000 - n) for n in range(10_000)]
    assert rows(deep) == list(range(10_000))
    late = [(n - 1 if n else None, n, 10_000 + n) for n in range(10_000)]
    check(arranged(late), late)


@pytest.mark.parametrize("length", [1, 3])
def test_many_at_once(length: int) -> None:
    spans: list[Span] = [(None, 0, 10**6)]
    spans += [(0, n, n + length) for n in range(3_000)]
    made = arranged(spans)
    check(made, spans)
    assert made.rows == 1 + length


def test_work_is_summed_up_along_the_rows() -> None:
    spans: list[Span] = [(None, 0, 1000), *((0, 10 * n, 10 * n + 4) for n in range(100))]
    made = arranged(spans)
    took = made.ends(made.order) - made.begin
    sums = [0, *np.cumsum(took).tolist()]
    assert made.sampled.tolist() == [0, 1, *range(SAMPLE, 101, SAMPLE), 101]
    assert made.work.tolist() == [sums[at] for at in made.sampled]
    assert all(a <= b for a, b in pairwise(made.work.tolist()))
