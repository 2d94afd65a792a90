"""Which spans of the open run fit: with a filter, with a range, and while the run grows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rollscope_desktop.query.filter import answers
from rollscope_desktop.query.structure import NONE, Structure
from rollscope_desktop.viewmodels.matches import Matches, _inside
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index

MS = 1_000_000


@pytest.fixture
def opened(jobs: Jobs) -> Iterator[OpenRun]:
    made = OpenRun(jobs)
    yield made
    made.show(None)


def show(opened: OpenRun, run: int, qtbot) -> Matches:
    opened.show(run)
    qtbot.waitUntil(lambda: opened.watch.whole and not opened.matches.busy)
    return opened.matches


def set_filter(opened: OpenRun, text: str, qtbot) -> None:
    opened.scope.set_filter(text)
    qtbot.waitUntil(lambda: not opened.matches.busy)


def fitting(matches: Matches) -> list[int] | None:
    return None if matches.mask is None else np.flatnonzero(matches.mask).tolist()


def test_a_filter_comes_and_goes(opened: OpenRun, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1, spans=5))
    matches = show(opened, run, qtbot)
    assert (fitting(matches), matches.count) == (None, None)
    with qtbot.waitSignal(matches.changed):
        opened.scope.set_filter("kind:llm")
    assert (fitting(matches), matches.count) == ([1, 3], 2)
    set_filter(opened, "kind:llm -model:gpt*", qtbot)
    assert (fitting(matches), matches.count) == ([], 0)
    with qtbot.waitSignal(matches.changed):
        opened.scope.set_filter("")
    assert (fitting(matches), matches.count) == (None, None)


def test_a_filter_that_is_set_holds_for_the_next_run(opened: OpenRun, index: Index, qtbot) -> None:
    [first] = index.grow("a.jsonl", simple_run(1, spans=5))
    [second] = index.grow("b.jsonl", simple_run(2, spans=2))
    opened.scope.set_filter("kind:llm")
    assert fitting(show(opened, first, qtbot)) == [1, 3]
    opened.show(second)
    assert fitting(opened.matches) is None  # nothing is known of it yet
    assert fitting(show(opened, second, qtbot)) == [1]
    opened.show(None)
    assert fitting(opened.matches) is None


def test_a_range_is_what_overlaps_it(opened: OpenRun, index: Index, qtbot) -> None:
    log = Log(run_key(1))
    data = log.line("run.start", v=1, name="a")  # the axis starts here
    for _ in range(3):  # at 1–2, 3–4, 5–6 ms
        data += log.whole("tool", "search")
    [run] = index.grow("a.jsonl", data)
    matches = show(opened, run, qtbot)
    for low, high, expected in (
        (0, 100, [0, 1, 2]), (0, 1, []), (1, 2, [0]), (2, 3, []), (2, 4, [1]), (4, 6, [2]),
    ):  # fmt: skip
        opened.scope.set_range((low * MS, high * MS))
        assert fitting(matches) == expected, (low, high)
    opened.scope.set_range((0, 4 * MS))
    set_filter(opened, "search -kind:llm", qtbot)
    assert fitting(matches) == [0, 1]
    opened.scope.set_range(None)
    assert fitting(matches) == [0, 1, 2]


def test_a_range_and_spans_without_a_start_or_an_end() -> None:
    start = np.array([10, 10, NONE, NONE, 10, 20], np.int64)
    end = np.array([10, NONE, 10, NONE, 20, 15], np.int64)
    rest = np.zeros(6, np.int64)
    made = Structure(
        1, np.arange(6, dtype=np.int32), rest, rest, rest, rest.astype(np.int8), start, end
    )

    def inside(low: int, high: int) -> list[int]:
        return np.flatnonzero(_inside(made, low, high)).tolist()

    assert inside(10, 11) == [0, 1, 2, 4]
    assert inside(15, 16) == [1, 4]  # the one that is still open goes on
    assert inside(11, 12) == [1, 4]
    assert inside(20, 30) == [1, 5]
    assert inside(0, 10) == []


def test_the_mask_grows_with_the_run(opened: OpenRun, index: Index, qtbot) -> None:
    log = Log(run_key(1))
    span = log.span_id()
    data = log.line("run.start", v=1, name="a")
    data += log.line("span.start", span=span, kind="tool", name="search")
    [run] = index.grow("a.jsonl", data)
    opened.scope.set_filter("status:ok,open kind:tool")
    matches = show(opened, run, qtbot)
    assert fitting(matches) == [0]
    later = log.whole("llm", "chat") + log.whole("tool", "search")
    index.grow("a.jsonl", later + log.line("span.end", span=span, status="error"))
    lengths: list[tuple[int, int]] = []
    opened.watch.grown.connect(
        lambda following: lengths.append((len(matches.mask), len(following.outline)))  # type: ignore[arg-type]
    )
    opened.follow()
    qtbot.waitUntil(lambda: fitting(matches) == [2])
    assert lengths == [(3, 3)]  # it is never shorter than what views show


def test_what_becomes_true_of_the_run_is_true_of_old_spans(
    opened: OpenRun, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    [run] = index.grow("a.jsonl", log.line("run.start", v=1, name="a") + log.whole())
    opened.scope.set_filter("signal.score>0.5 OR reward>1")
    matches = show(opened, run, qtbot)
    assert fitting(matches) == []
    index.grow("a.jsonl", log.line("signal", name="score", value=0.9))
    opened.follow()
    qtbot.waitUntil(lambda: fitting(matches) == [0])
    set_filter(opened, "reward>1", qtbot)
    assert fitting(matches) == []
    index.grow("a.jsonl", log.line("run.end", status="ok", reward=2.0))
    opened.follow()
    qtbot.waitUntil(lambda: fitting(matches) == [0])


def test_the_first_part_of_a_long_answer_comes_first(
    opened: OpenRun, index: Index, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_FIRST", 4)
    [run] = index.grow("a.jsonl", simple_run(1, spans=12))
    matches = show(opened, run, qtbot)
    seen: list[list[int] | None] = []
    matches.changed.connect(lambda: seen.append(fitting(matches)))
    set_filter(opened, "kind:llm", qtbot)
    assert seen == [[1, 3], [1, 3, 5, 7, 9, 11]]


def test_an_index_that_is_gone_is_a_failure(opened: OpenRun, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    matches = show(opened, run, qtbot)
    index.path.rename(index.path.with_suffix(".aside"))
    with qtbot.waitSignal(matches.state_changed, check_params_cb=lambda: matches.failure != ""):
        opened.scope.set_filter("kind:llm")
    assert "no index" in matches.failure
    assert fitting(matches) is None
    index.path.with_suffix(".aside").rename(index.path)
