"""The histogram of a run: everything is counted once, where it happened."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.assemble import CANCELLED, ERROR, OK
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.density import BUCKETS, density, query_density
from rollscope_desktop.query.progress import Job
from rollscope_desktop.query.structure import NONE, query_structure
from tests.app.structures import structure
from tests.app.support import EPOCH, Index, Log, run_key

TIMES = st.integers(0, 10**13) | st.just(NONE)
SPANS = st.lists(st.tuples(TIMES, TIMES, st.integers(0, 4)), max_size=40)


def finished(job: Job):
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


@given(SPANS, st.integers(0, 10**13), st.sampled_from([0, EPOCH]))
def test_every_event_is_counted_once(
    spans: list[tuple[int, int, int]], length: int, zero: int
) -> None:
    made = density(structure(spans, zero), zero, length)
    known = [time for start, end, _ in spans for time in (start, end) if time != NONE]
    assert made.events.sum() == len(known)
    assert len(made) <= BUCKETS + 1
    assert made.length > length
    inside = [time // made.width for time in known if time <= length]
    for spot, count in zip(*np.unique(inside, return_counts=True), strict=True):
        beyond = sum(time > length for time in known) if spot == len(made) - 1 else 0
        assert made.events[int(spot)] == count + beyond


@given(SPANS)
def test_the_worst_is_told_where_it_ended(spans: list[tuple[int, int, int]]) -> None:
    made = density(structure(spans), 0, 10**13)
    expected = np.full(len(made), OK)
    for status in (CANCELLED, ERROR):
        for start, end, how in spans:
            when = start if end == NONE else end
            if how == status and when != NONE:
                expected[when // made.width] = status
    assert made.worst.tolist() == expected.tolist()
    assert made.failed.sum() == sum(s[2] == ERROR and s[:2] != (NONE, NONE) for s in spans)


def test_a_run_without_length_has_one_place() -> None:
    assert density(structure([]), 0, 0).events.tolist() == [0]
    made = density(structure([(0, 0, OK), (NONE, NONE, ERROR)]), 0, 0)
    assert made.events.tolist() == [2]
    assert made.failed.tolist() == [0]


def test_forks_are_where_others_branched_off_and_where_it_did_itself(
    index: Index, reader: Reader
) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="first") + log.whole()
    at = log.span_id()
    out += log.line("span.start", 5_000_000, span=at, kind="tool", name="send")
    out += log.line("span.end", span=at, status="ok") + log.line("run.end", status="ok")
    [first] = index.grow("a.jsonl", out)
    fork = Log(run_key(2))
    forked = fork.line("run.start", v=1, name="second", fork={"of": run_key(1), "at": at})
    edited = fork.span_id()
    forked += fork.line(
        "span.start", 3_000_000, span=edited, kind="tool", name="send",
        replay={"of": at, "how": "edited"},
    )  # fmt: skip
    [second] = index.grow("b.jsonl", forked + fork.line("span.end", span=edited, status="ok"))
    for run, expected in ((first, 7_000_000), (second, 3_000_000)):
        known = finished(query_structure(reader, run))
        made = finished(query_density(reader, known, EPOCH + 1_000_000, 10**9))
        assert made.forks.tolist() == [expected]
