"""The playhead: stepping by event and by error, playing, and following a live run."""

from __future__ import annotations

from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING

import pytest

from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.playhead import EVENTS_A_SECOND, SPEEDS
from tests.app.support import EPOCH, SECOND, Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index

MS = 1_000_000


@pytest.fixture
def run(jobs: Jobs, qapp):
    made = OpenRun(jobs)
    yield made
    made.playhead.pause()
    made.show(None)


def show(run: OpenRun, id: int, qtbot) -> None:
    run.show(id)
    qtbot.waitUntil(lambda: run.watch.whole)


def a_run(index: Index, *, ended: bool = True, wait: int = MS) -> int:
    """Two tools inside an agent, of which the first fails. Moments: agent 0, first 10 to 20 ms,
    second 20 + wait to 30 + wait, agent's end and the run's 10 ms later."""
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="run")
    agent, first, second = log.span_id(), log.span_id(), log.span_id()
    ten = 10 * MS
    out += log.line("span.start", 0, span=agent, kind="agent", name="assistant")
    out += log.line("span.start", ten, span=first, parent=agent, kind="tool", name="search")
    out += log.line("span.end", ten, span=first, status="error", error={"message": "no"})
    out += log.line("span.start", wait, span=second, parent=agent, kind="tool", name="search")
    out += log.line("span.end", ten, span=second, status="ok")
    if ended:
        out += log.line("span.end", ten, span=agent, status="ok")
        out += log.line("run.end", 0, status="ok")
    [id] = index.grow("a.jsonl", out)
    return id


def heard(run: OpenRun) -> list[int | None]:
    moments: list[int | None] = []
    run.playhead.moved.connect(moments.append)
    return moments


def test_it_steps_from_event_to_event_and_back(run: OpenRun, index: Index, qtbot) -> None:
    show(run, a_run(index), qtbot)
    head, moments = run.playhead, heard(run)
    head.step(1)
    assert moments == []  # it stands at the end already
    for _ in range(6):
        head.step(-1)
    assert moments == [31 * MS, 21 * MS, 20 * MS, 10 * MS, 0]
    moments.clear()
    for _ in range(6):
        head.step(1)
    assert moments == [10 * MS, 20 * MS, 21 * MS, 31 * MS, None]


def test_errors_are_gone_to_in_time(run: OpenRun, index: Index, qtbot) -> None:
    id = a_run(index)
    show(run, id, qtbot)
    head = run.playhead
    failed = id << 31 | 1
    assert head.to_error(-1) == failed
    assert head.at == 20 * MS
    assert (head.to_error(-1), head.to_error(1), head.at) == (None, None, 20 * MS)
    head.set(0)
    assert (head.to_error(1), head.at) == (failed, 20 * MS)


def test_what_failed_at_the_very_end_is_found_from_there(run: OpenRun, index: Index, qtbot) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="run")
    out += log.whole("tool", "search", None, "error") + log.whole("tool", "search", None, "error")
    [id] = index.grow("a.jsonl", out)
    show(run, id, qtbot)
    head = run.playhead
    assert head.to_error(-1) == id << 31 | 1
    assert head.at == head.end
    assert head.to_error(-1) == id << 31
    assert head.to_error(1) == id << 31 | 1


def test_it_counts_the_steps_that_had_begun(run: OpenRun, index: Index, qtbot) -> None:
    show(run, a_run(index), qtbot)
    head = run.playhead
    assert [head.number_of(at) for at in (0, 9 * MS, 10 * MS, 21 * MS, None)] == [1, 1, 2, 3, 3]
    assert head.steps == 3


def test_pointing_at_the_end_is_now(run: OpenRun, index: Index, qtbot) -> None:
    show(run, a_run(index), qtbot)
    head = run.playhead
    for asked, found in ((5, 5), (-5, 0), (head.end, None), (head.end + 1, None)):
        head.seek(asked)
        assert head.at == found


def test_it_plays_to_the_end_and_stops(run: OpenRun, index: Index, qtbot) -> None:
    show(run, a_run(index), qtbot)
    head, moments = run.playhead, heard(run)
    told: list[bool] = []
    head.playing_changed.connect(told.append)
    with qtbot.waitSignal(head.playing_changed, check_params_cb=lambda playing: not playing):
        head.toggle()
        assert head.playing
    assert moments[0] == 0
    assert moments[-1] is None
    assert told == [True, False]


def test_it_plays_as_fast_as_asked(run: OpenRun, index: Index, qtbot) -> None:
    show(run, a_run(index), qtbot)
    head = run.playhead
    for number, speed in enumerate(SPEEDS, 1):
        head.set_speed(number)
        head.set(0)
        head._advance(MS)
        assert (head.speed, head.at) == (speed, speed * MS)
    head.set_speed(7)
    assert head.speed == 16


def test_a_long_wait_is_gone_over_quickly(run: OpenRun, index: Index, qtbot) -> None:
    show(run, a_run(index, wait=3600 * SECOND), qtbot)
    head = run.playhead
    head.set(20 * MS)
    for _ in range(6):
        head._advance(100 * MS)
    assert head.at == 20 * MS + 3600 * SECOND
    head._advance(4 * MS)
    assert head.at == 24 * MS + 3600 * SECOND


def test_without_times_it_plays_by_event(run: OpenRun, index: Index, qtbot) -> None:
    show(run, a_run(index), qtbot)
    run.watch.axis = replace(run.watch.axis, clock=ORDER, length=7)
    head = run.playhead
    head.set(0)
    for expected in (0, 1, 1, 2):
        head._advance(SECOND // EVENTS_A_SECOND // 2 + 1)
        assert head.at == expected
    head._advance(SECOND)
    assert head.at is None


def test_another_run_stops_it_and_is_shown_as_it_is(run: OpenRun, index: Index, qtbot) -> None:
    id = a_run(index)
    show(run, id, qtbot)
    run.playhead.play()
    run.playhead.set(10)
    run.show(None)
    assert run.playhead.at is None
    assert not run.playhead.playing
    run.playhead.play()
    run.playhead.step(1)
    assert run.playhead.to_error(1) is None
    assert not run.playhead.playing


def test_a_live_run_is_followed_until_one_steps_back(run: OpenRun, index: Index, qtbot) -> None:
    log = Log(run_key(2), time_ns() - SECOND)
    out = log.line("run.start", v=1, name="run") + log.whole() + log.whole()
    [id] = index.grow("b.jsonl", out, time_ns())
    show(run, id, qtbot)
    head = run.playhead
    assert head.following
    head.play()
    assert not head.playing  # it moves by itself already

    head.toggle()
    assert (head.at, head.following) == (head.end, False)
    before = head.end
    index.grow("b.jsonl", log.whole(), time_ns())
    run.follow()
    qtbot.waitUntil(lambda: head.end > before)
    assert head.at == before

    head.step(1)
    assert head.at == head.end - MS
    head.step(1)
    assert head.following
    head.step(-1)
    assert not head.following
    head.to_now()
    assert head.following


def test_an_earlier_start_that_becomes_known_moves_no_moment(
    run: OpenRun, index: Index, qtbot
) -> None:
    log = Log(run_key(3))
    later = log.whole() + log.whole()
    [id] = index.grow("c.jsonl", later)
    show(run, id, qtbot)
    head = run.playhead
    zero = run.watch.axis.start
    head.set(MS)
    early = Log(run_key(3), EPOCH - SECOND, proc=1)
    index.grow("d.jsonl", early.line("run.start", v=1, name="run"))
    run.follow()
    qtbot.waitUntil(lambda: run.watch.axis.start < zero)
    assert head.at == MS + zero - run.watch.axis.start
