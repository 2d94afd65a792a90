"""What the timeline asks to be drawn: every span, as a bar or in a column, at its place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import ERROR, OPEN
from rollscope_desktop.model.viewport import Viewport
from rollscope_desktop.query.timeline.lanes import Lanes
from rollscope_desktop.viewmodels.timeline.frame import (
    AHEAD,
    COLUMN,
    PLAIN,
    UNFIT,
    Frame,
    Situation,
    fits_before,
    frame,
    hit,
)
from tests.app.query.test_lanes import Span, arranged

ZERO = 1_750_000_000 * 10**9
"""Spans are absolute: nothing of it may be lost in a float."""


def at_zero(spans: Sequence[Span]) -> list[Span]:
    return [
        (p, None if s is None else ZERO + s, None if e is None else ZERO + e) for p, s, e in spans
    ]


def lanes_of(spans: Sequence[Span], failed: Sequence[int] = ()) -> Lanes:
    return arranged(at_zero(spans), frozenset(failed))


def drawn(lanes: Lanes, view: Viewport, **more: object) -> Frame:
    return frame(lanes, view, 0, lanes.rows, Situation(ZERO, **more))  # type: ignore[arg-type]


LENGTH = 100_000


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Span], set[int]]:
    count = draw(st.integers(1, 40))
    spans: list[Span] = []
    for n in range(count):
        start = draw(st.integers(0, LENGTH - 1))
        took = draw(st.sampled_from([0, 1, 40, 700, 20_000]))
        end = None if draw(st.integers(0, 9)) == 0 else min(start + took, LENGTH)
        spans.append((draw(st.none() | st.integers(0, n)), start, end))
    return spans, draw(st.sets(st.integers(0, count - 1), max_size=4))


@st.composite
def views(draw: st.DrawFn) -> Viewport:
    gaps = draw(st.sampled_from([(), ((5_000, 20_000),), ((30_000, 40_000), (60_000, 90_000))]))
    whole = Viewport.whole(LENGTH, draw(st.integers(100, 1500)), gaps, 10)
    return whole.showing(draw(st.integers(0, LENGTH)), draw(st.integers(0, LENGTH)))


@settings(max_examples=150)
@given(logs(), views())
def test_every_span_in_view_is_drawn_where_it_is(
    log: tuple[list[Span], set[int]], view: Viewport
) -> None:
    spans, failed = log
    lanes = lanes_of(spans, sorted(failed))
    made = drawn(lanes, view)
    bars = {int(n): at for at, n in enumerate(made.bars.index)}
    assert len(bars) == len(made.bars), "a span twice"
    spots = zip(made.columns.row.tolist(), made.columns.left.tolist(), strict=True)
    merged = {spot: at for at, spot in enumerate(spots)}
    assert len(merged) == len(made.columns), "a column twice"
    columns = dict.fromkeys(merged, 0)
    for n in range(len(spans)):
        begin = int(lanes.begins(np.array([n]))[0]) - ZERO
        end = min(int(lanes.ends(np.array([n]))[0]) - ZERO, LENGTH)
        left, right = view.x(begin), view.x(end)
        if n in bars:
            bar = bars[n]
            assert made.bars.row[bar] == lanes.row_of(n)
            if left >= 0:
                assert abs(made.bars.left[bar] - left) <= 1
            else:
                assert made.bars.left[bar] < 0
            if right <= view.width:
                assert abs(made.bars.right[bar] - max(right, -16)) <= COLUMN
            else:
                assert made.bars.right[bar] > view.width
        elif 0 <= left < view.width:
            assert right - left <= COLUMN, "a wide span is merged"
            row = lanes.row_of(n)
            near = [key for key in columns if key[0] == row and abs(key[1] + 1 - left) <= COLUMN]
            assert near, "a span is not drawn at all"
            here = min(near, key=lambda key: abs(key[1] + 1 - left))
            columns[here] += 1
            if n in failed:
                assert any(made.columns.worst[merged[key]] == ERROR for key in near)
    assert ((made.columns.busy >= 0) & (made.columns.busy <= 1)).all()
    assert (made.columns.count > 0).all()


@settings(max_examples=60)
@given(logs(), views(), st.integers(-3, 1600))
def test_what_is_under_the_pointer_is_what_is_drawn_there(
    log: tuple[list[Span], set[int]], view: Viewport, x: int
) -> None:
    lanes = lanes_of(log[0])
    made = drawn(lanes, view)
    for row in range(lanes.rows):
        found = hit(lanes, view, ZERO, row, x)
        under = [
            int(n) for n, r, left, right in
            zip(made.bars.index, made.bars.row, made.bars.left, made.bars.right, strict=True)
            if r == row and left + 1 < x < right - 2
        ]  # fmt: skip
        if under and 0 <= x < view.width:
            assert found == under[0]
        if found is not None:
            assert lanes.row_of(found) == row
    assert hit(lanes, view, ZERO, lanes.rows, x) is None
    assert hit(lanes, view, ZERO, -1, x) is None


def test_thin_spans_are_merged_and_the_worst_one_shows() -> None:
    spans: list[Span] = [(None, 0, LENGTH)]
    spans += [(0, 10 * n, 10 * n + 5) for n in range(10_000)]
    lanes = lanes_of(spans, [5_000])
    made = drawn(lanes, Viewport.whole(LENGTH, 1016))

    assert made.bars.index.tolist() == [0]
    assert int(made.columns.count.sum()) == 10_000
    assert len(made.columns) <= 1016 // COLUMN + 1
    assert (np.abs(made.columns.busy - 0.5) < 0.06)[1:-1].all()  # at work half of the time
    [failed] = np.flatnonzero(made.columns.worst == ERROR)
    assert abs(int(made.columns.left[failed]) - 508) <= COLUMN


def test_columns_stay_with_the_run_while_it_is_panned() -> None:
    spans: list[Span] = [(None, 0, LENGTH), *((0, 7 * n, 7 * n + 3) for n in range(10_000))]
    lanes = lanes_of(spans)
    view = Viewport.whole(LENGTH, 1000).showing(20_000, 60_000)
    before = drawn(lanes, view).columns
    moved = drawn(lanes, view.panned(4)).columns
    assert moved.left[2:300].tolist() == (before.left[3:301] - 4).tolist()
    same = moved.count[2:300] == before.count[3:301]
    assert same.mean() > 0.95  # a moment is an integer: few edges fall upon another one


def test_ahead_of_the_playhead_and_still_open_then() -> None:
    lanes = lanes_of([(None, 0, 1000), (0, 100, 300), (0, 400, 800), (0, 900, 950)], [2])
    view = Viewport.whole(1000, 1016, least=4)
    bars = drawn(lanes, view, at=600).bars
    by = {int(n): at for at, n in enumerate(bars.index)}

    assert [int(bars.shade[by[n]]) for n in range(4)] == [PLAIN, PLAIN, PLAIN, AHEAD]
    assert int(bars.status[by[2]]) == OPEN  # that it would fail was not known
    assert int(bars.right[by[2]]) == view.x(600)
    assert int(bars.right[by[3]]) == view.x(950)
    assert int(bars.status[by[1]]) != OPEN


def test_what_does_not_fit_the_filter_is_weak_alone_and_merged() -> None:
    spans: list[Span] = [(None, 0, LENGTH), *((0, 10 * n, 10 * n + 5) for n in range(5_000))]
    spans += [(0, 60_000, 70_000), (0, 80_000, 90_000)]
    lanes = lanes_of(spans)
    mask = np.zeros(len(spans), bool)
    mask[[0, 100, 5_002]] = True
    made = drawn(lanes, Viewport.whole(LENGTH, 1000), mask=mask, fits=fits_before(lanes, mask))
    shades = dict(zip(made.bars.index.tolist(), made.bars.shade.tolist(), strict=True))

    assert shades == {0: PLAIN, 5_001: UNFIT, 5_002: PLAIN}
    assert (made.columns.shade == PLAIN).sum() == 1
    # A run that grows is longer than the mask: what is new is not weak.
    short = drawn(lanes, Viewport.whole(LENGTH, 1000), mask=mask[:-1],
                  fits=fits_before(lanes, mask[:-1]))  # fmt: skip
    assert short.bars.shade[-1] == PLAIN


def test_no_rows_and_rows_that_are_not_there() -> None:
    view = Viewport.whole(LENGTH, 500)
    assert len(drawn(lanes_of([]), view).bars) == 0
    lanes = lanes_of([(None, 0, 10)])
    assert frame(lanes, view, 5, 9, Situation(ZERO)).high <= 1


def test_open_spans_reach_the_end_of_the_axis() -> None:
    lanes = lanes_of([(None, 0, None), (0, 500, None)])
    bars = drawn(lanes, Viewport.whole(1000, 1016, least=4)).bars
    assert bars.right.tolist() == [1008, 1008]
    assert bars.status.tolist() == [OPEN, OPEN]
