"""The critical path, idle gaps, how busy a run was, and which model's call a tool belongs to."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from rollscope_desktop.query.outline import Outline, outline
from rollscope_desktop.query.timeline.calls import Kinds, called_by, caller_of, calls_among
from rollscope_desktop.query.timeline.critical import critical_path_of
from rollscope_desktop.query.timeline.idle import gaps_of, overview_of
from tests.app.query.test_lanes import Span, logs, structure

SECOND = 10**9
LLM, TOOL = 7, 8


def answer(steps: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def path(spans: Sequence[Span], latest: int = 1000) -> list[tuple[int, int, int]]:
    made = answer(critical_path_of(outline(structure(spans)), latest))
    return list(zip(made.index.tolist(), made.begin.tolist(), made.end.tolist(), strict=True))


def test_the_path_goes_through_what_was_waited_for() -> None:
    spans: list[Span] = [
        (None, 0, 100),
        (0, 5, 30),  # a model's call
        (0, 30, 50), (0, 30, 80), (0, 31, 60),  # three tools at once: the second took longest
        (0, 85, 95),
    ]  # fmt: skip
    assert path(spans) == [
        (0, 0, 5), (1, 5, 30), (3, 30, 80), (0, 80, 85), (5, 85, 95), (0, 95, 100),
    ]  # fmt: skip


def test_the_path_goes_into_what_is_nested_and_through_several_tops() -> None:
    spans: list[Span] = [(None, 0, 40), (0, 10, 40), (1, 15, 35), (None, 50, 60)]
    assert path(spans) == [(0, 0, 10), (1, 10, 15), (2, 15, 35), (1, 35, 40), (3, 50, 60)]


def test_what_has_not_ended_ends_now() -> None:
    assert path([(None, 0, None), (0, 10, None)], 50) == [(0, 0, 10), (1, 10, 50)]
    assert path([]) == []
    assert path([(None, None, None)]) == []


@settings(max_examples=120)
@given(logs())
def test_pieces_never_overlap_and_lie_within_their_spans(spans: list[Span]) -> None:
    found = path(spans, 40)
    assert all(a[2] <= b[1] for a, b in pairwise(found))
    for index, begin, end in found:
        known = [moment for moment in spans[index][1:] if moment is not None]
        assert known[0] <= begin < end <= max(40, *known)


def test_ten_thousand_levels_and_many_siblings() -> None:
    deep: list[Span] = [(n - 1 if n else None, n, 30_000 - n) for n in range(10_000)]
    assert len(path(deep)) == 2 * 10_000 - 1
    wide: list[Span] = [(None, 0, 10_000), *((0, n, n + 1) for n in range(10_000))]
    assert len(path(wide)) == 10_000


def gaps(spans: Sequence[Span], length: int, live: bool = False) -> list[tuple[int, int]]:
    absolute = [
        (p, None if s is None else (100 + s) * SECOND, None if e is None else (100 + e) * SECOND)
        for p, s, e in spans
    ]
    found = answer(gaps_of(outline(structure(absolute)), 100 * SECOND, length * SECOND, live))
    return [(a // SECOND, b // SECOND) for a, b in found]


def test_nobody_at_work_for_two_seconds_is_a_gap() -> None:
    spans: list[Span] = [
        (None, 0, 100), (0, 3, 10), (0, 12, 20), (0, 15, 30), (0, 60, 70),
    ]  # fmt: skip
    assert gaps(spans, 100) == [(0, 3), (30, 60), (70, 100)]
    assert gaps(spans, 100, live=True) == [(0, 3), (30, 60)]


def test_what_is_open_is_at_work_until_now() -> None:
    assert gaps([(None, 0, None), (0, 5, None)], 100) == [(0, 5)]
    assert gaps([(None, None, None)], 100) == []


def test_how_busy_a_run_was() -> None:
    spans: list[Span] = [(None, 0, 1000), (0, 0, 500), (0, 250, 500), (0, 750, 1000)]
    made = answer(overview_of(outline(structure(spans, frozenset({3}))), 0, 1000, ()))
    middle = (made.edges[1:] + made.edges[:-1]) / 2

    def around(moment: float) -> float:
        return float(made.busy[np.abs(middle - moment).argmin()])

    assert [round(around(at)) for at in (100, 400, 600, 900)] == [1, 2, 0, 1]
    total = float((made.busy * np.diff(made.edges)).sum())
    assert total == pytest.approx(500 + 250 + 250, rel=0.001)
    assert np.flatnonzero(made.failed).tolist() == [len(made.busy) - 1]


def test_gaps_take_no_room_in_the_overview() -> None:
    spans: list[Span] = [(None, 0, 10_000), (0, 0, 100), (0, 9_900, 10_000)]
    made = answer(overview_of(outline(structure(spans)), 0, 10_000, ((100, 9_900),)))
    inside = (made.edges[:-1] > 100) & (made.edges[1:] < 9_900)
    assert not inside.any()
    assert made.busy.mean() == pytest.approx(1, abs=0.01)


def kinds(spans: Sequence[tuple[int | None, int | None, int | None, int]]) -> Outline:
    made = structure([span[:3] for span in spans])
    made.label[:] = [1 << 24 | span[3] for span in spans]
    return outline(made)


def test_a_tool_belongs_to_the_call_that_ended_last_before_it() -> None:
    made = kinds([
        (None, 0, 100, 1),
        (0, 0, 10, LLM), (0, 11, 20, TOOL), (0, 12, 30, TOOL),
        (0, 31, 40, LLM), (0, 33, 50, LLM), (0, 41, 45, TOOL),
        (None, 200, 210, TOOL),
    ])  # fmt: skip
    which = Kinds(LLM, TOOL)
    assert [caller_of(made, n, which) for n in range(8)] == [None, None, 1, 1, None, None, 4, None]
    assert called_by(made, 1, which) == [2, 3]
    assert called_by(made, 2, which) == []
    shown = np.array([2, 3, 6], np.int32)
    assert calls_among(made, which, shown, [], 3) == [(1, 2), (1, 3), (4, 6)]
    assert calls_among(made, which, shown, [6], 2) == [(4, 6)]
