"""Stepping and playing on, for any run that there may be."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.query.structure import NONE
from rollscope_desktop.viewmodels.stepping import (
    HOP,
    IDLE,
    error_beside,
    moment_after,
    moment_before,
    play_on,
    steps_until,
)
from tests.app.structures import structure

TIMES = st.integers(0, 50) | st.just(NONE)
SPANS = st.lists(st.tuples(TIMES, TIMES, st.sampled_from([1, ERROR])), max_size=20)
ZERO = 1_000


@given(SPANS, st.lists(st.integers(0, 50)))
def test_forwards_and_backwards_it_stops_at_every_event(spans, marks: list[int]) -> None:
    run, ticks = structure(spans, ZERO), np.array(sorted(marks), np.int64)
    events = sorted({t for s in spans for t in s[:2] if t != NONE} | set(marks))
    there, at = [], -1
    while (found := moment_after(run, ticks, ZERO, at)) is not None:
        there.append(at := found)
    back, at = [], 51
    while (found := moment_before(run, ticks, ZERO, at)) is not None:
        back.append(at := found)
    assert there == events
    assert back == events[::-1]
    without = {t for s in spans for t in s[:2] if t != NONE}
    assert moment_after(run, None, ZERO, -1) == min(without, default=None)


@given(SPANS)
def test_errors_are_found_one_moment_after_the_other(spans) -> None:
    run = structure(spans, ZERO)
    when = [s[0] if s[1] == NONE else s[1] for s in spans]
    moments = sorted({w for w, s in zip(when, spans, strict=True) if s[2] == ERROR and w != NONE})
    for by, start, expected in ((1, -1, moments), (-1, 51, moments[::-1])):
        found, at = [], start
        while (error := error_beside(run, ZERO, at, by)) is not None:
            at = error[0]
            found.append(at)
            assert spans[error[1]][2] == ERROR
            assert when[error[1]] == at
        assert found == expected


@given(SPANS, st.integers(-1, 51))
def test_a_step_counts_once_it_has_begun(spans, at: int) -> None:
    firsts = [s[1] if s[0] == NONE else s[0] for s in spans]
    assert steps_until(structure(spans, ZERO), ZERO, at) == sum(first <= at for first in firsts)


@given(
    st.integers(0, 10**15), st.integers(1, 10**15), st.integers(0, 250_000_000),
    st.sampled_from([0.5, 1.0, 16.0]),
)  # fmt: skip
def test_it_always_moves_on_and_over_no_event_when_it_hurries(
    since: int, gap: int, elapsed: int, speed: float
) -> None:
    there = play_on(since, elapsed, speed, since, since + gap)
    assert there > since
    if gap > IDLE:
        assert there <= since + gap
    else:
        assert there == since + max(round(elapsed * speed), 1)


@given(st.integers(IDLE + 1, 10**15))
def test_no_gap_takes_longer_than_a_hop(gap: int) -> None:
    at, ticks = 0, 0
    while at < gap:
        at = play_on(at, 33_000_000, 0.5, 0, gap)
        ticks += 1
    assert ticks <= HOP // 33_000_000 + 1
