"""Moments in pixels, round ticks, and the pieces of bars."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import ERROR, OPEN
from rollscope_desktop.ui.axis import MARGIN, Axis
from rollscope_desktop.ui.tree.waterfall import EDGE, THINNEST, Tint, pieces
from tests.app.ui.fakes import MS, some_spans, span

MOMENTS = st.integers(-(1 << 62), 1 << 62)


@given(st.integers(0, 1 << 62), st.integers(20, 4000), MOMENTS, MOMENTS)
def test_moments_keep_their_order_and_stay_in_the_column(
    extent: int, width: int, one: int, other: int
) -> None:
    axis = Axis(extent, width)
    low, high = axis.x(min(one, other)), axis.x(max(one, other))

    assert MARGIN <= low <= high <= width - MARGIN


@given(st.integers(1, 1 << 62), st.integers(100, 4000), st.booleans())
def test_ticks_are_apart_and_few(extent: int, width: int, timeless: bool) -> None:
    ticks = Axis(extent, width, timeless).ticks()

    places = [x for x, _ in ticks]
    assert places[0] == MARGIN
    assert all(b - a >= 71 for a, b in itertools.pairwise(places))
    assert len({label for _, label in ticks}) == len(ticks)


def labels(extent: int, width: int = 500, timeless: bool = False) -> list[str]:
    return [label for _, label in Axis(extent, width, timeless).ticks()]


def test_labels_share_their_unit() -> None:
    assert labels(12_400 * MS) == ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]
    assert labels(900 * MS) == ["0.0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s"]
    assert labels(45 * MS) == ["0 ms", "10 ms", "20 ms", "30 ms", "40 ms"]
    assert labels(150_000 * MS) == ["0:00", "0:30", "1:00", "1:30", "2:00", "2:30"]
    assert labels(23, timeless=True) == ["0", "5", "10", "15", "20"]


def test_a_model_call_waits_for_its_first_token() -> None:
    line = replace(span(1, 0, "llm", "chat", 0, 100), first_token=40 * MS)

    wait, answer = pieces(line, Axis(100 * MS, 100 + 2 * MARGIN))

    assert (wait.x, wait.width, wait.tint) == (MARGIN, 40, Tint.WAITING)
    assert (answer.x, answer.width, answer.tint) == (MARGIN + 40, 60, Tint.FULL)


def test_an_open_span_fades_at_the_edge_and_an_error_tints_it() -> None:
    axis = Axis(100 * MS, 100 + 2 * MARGIN)
    opened = pieces(span(1, 0, "tool", "t", 50, None), axis)
    failed = pieces(span(1, 0, "tool", "t", 50, 80, status=ERROR), axis)

    assert [(p.x, p.width, p.tint) for p in opened] == [(MARGIN + 50, 50, Tint.FADING)]
    assert failed[-1].tint is Tint.FAILED
    assert failed[-1].x + failed[-1].width == failed[0].x + failed[0].width == MARGIN + 80
    assert failed[-1].width == EDGE


def test_every_span_is_seen_and_none_leaves_the_column() -> None:
    axis = Axis(12_400 * MS, 300)
    odd = [
        span(1, 0, "tool", "after the end", 99_999, 99_999),
        span(2, 0, "tool", "no start", None, 100),
        span(3, 0, "tool", "ends before it starts", 500, 20),
    ]
    for line in [*some_spans(), *odd]:
        bars = pieces(line, axis)
        assert all(p.width > 0 and p.x >= MARGIN for p in bars)
        assert all(p.x + p.width <= axis.width - MARGIN + EDGE for p in bars)
        if line.start is not None:
            assert sum(p.width for p in bars if p.tint is not Tint.FAILED) >= THINNEST
    assert pieces(span(4, 0, "tool", "unknown", None, None, status=OPEN), axis) == []
