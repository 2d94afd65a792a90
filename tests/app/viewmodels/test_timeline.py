"""The timeline's model: what it reads and when, its viewport, and walking from span to span."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.timeline.model import FOLD_FROM, TimelineModel
from rollscope_desktop.viewmodels.timeline.walk import beside, extent, further
from tests.app.query.test_lanes import arranged
from tests.app.support import EPOCH, SECOND, Index, Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.timeline.lanes import Lanes


@pytest.fixture
def run(jobs) -> OpenRun:
    return OpenRun(jobs)


@pytest.fixture
def model(run: OpenRun) -> TimelineModel:
    return TimelineModel(run)


def ready(qtbot, model: TimelineModel) -> None:
    def there() -> bool:
        model.want()
        return model.run.watch.whole and model.is_ready()

    qtbot.waitUntil(there)


def wait(qtbot, model: TimelineModel, there: Callable[[], object]) -> None:
    """Until something is there that is only read when it is painted."""

    def asked() -> bool:
        model.want()
        return bool(there())

    qtbot.waitUntil(asked)


def lanes_of(model: TimelineModel) -> Lanes:
    assert model.lanes is not None
    return model.lanes


def show(qtbot, index: Index, model: TimelineModel, data: bytes, name: str = "a.jsonl") -> int:
    [run] = index.grow(name, data)
    model.run.selection.select_run(run)
    model.run.show(run)
    ready(qtbot, model)
    return run


def test_nothing_is_read_before_something_is_painted(
    index: Index, model: TimelineModel, qtbot
) -> None:
    [run] = index.grow("a.jsonl", simple_run(1, 6))
    model.run.show(run)
    qtbot.waitUntil(lambda: model.run.watch.whole)
    assert model.lanes is None
    assert model.frame(500, 0, 9) is None
    assert not model.is_ready()
    ready(qtbot, model)
    frame = model.frame(500, 0, 9)
    assert frame is not None
    assert len(frame.bars) + int(frame.columns.count.sum()) == 6
    assert model.frame(500, 0, 9) is frame, "the same is not worked out again"
    assert model.tints is not None
    assert set(model.tints.words) == {"", "agent", "llm", "tool"}


def test_another_run_is_read_anew(index: Index, model: TimelineModel, qtbot) -> None:
    show(qtbot, index, model, simple_run(1, 6))
    model.set_folding(True)
    before = model.lanes
    [other] = index.grow("b.jsonl", simple_run(2, 20))
    model.run.show(other)
    assert model.lanes is None
    assert model.folding is None
    ready(qtbot, model)
    assert model.lanes is not before
    assert len(lanes_of(model).order) == 20


def test_a_run_that_grows_is_arranged_again(index: Index, model: TimelineModel, qtbot) -> None:
    log = Log(run_key(1))
    start = log.line("run.start", v=1) + log.whole("tool", "first")
    show(qtbot, index, model, start)
    for n in range(3):
        index.grow("a.jsonl", log.whole("tool", f"more {n}"))
        model.run.follow()
        qtbot.waitUntil(lambda n=n: len(model.run.watch.outline or ()) == n + 2)
        ready(qtbot, model)
        assert len(lanes_of(model).order) == n + 2
    assert model.tints is not None
    assert len(model.tints.number) == 4


def test_zoom_is_shared_and_the_viewport_follows_it(
    index: Index, model: TimelineModel, qtbot
) -> None:
    show(qtbot, index, model, simple_run(1, 40))
    assert model.viewport(800).is_whole
    length = model.run.watch.axis.length
    model.run.scope.set_zoom((length // 4, length // 2))
    view = model.viewport(800)
    assert (view.start, view.end) == (length // 4, length // 2)
    model.run.scope.back()
    assert model.viewport(800).is_whole


def test_the_sum_of_a_range(index: Index, model: TimelineModel, qtbot) -> None:
    show(qtbot, index, model, simple_run(1, 5))
    model.run.scope.set_range((0, model.run.watch.axis.length))
    assert model.sums is None
    wait(qtbot, model, lambda: model.sums)
    assert model.sums is not None
    assert (model.sums.calls, model.sums.tokens, model.sums.cost) == (4, 30, 20_000_000)
    model.run.scope.set_range(None)
    assert model.sums is None


def long_pause() -> bytes:
    log = Log(run_key(3))
    out = log.line("run.start", v=1) + log.whole("tool", "early")
    log.now += FOLD_FROM
    return out + log.whole("tool", "late") + log.line("run.end", status="ok")


def test_long_runs_fold_their_gaps_until_they_are_wanted(
    index: Index, model: TimelineModel, qtbot
) -> None:
    show(qtbot, index, model, long_pause())
    assert model.folds
    [(first, last)] = model.gaps
    assert last - first > FOLD_FROM - SECOND
    [(left, right, _)] = model.whole(1000).gaps_in_view()
    assert right - left == 14
    model.set_folding(False)
    assert model.gaps == ()
    ready(qtbot, model)
    model.set_folding(True)
    ready(qtbot, model)
    wait(qtbot, model, lambda: model.gaps)


def test_short_runs_do_not(index: Index, model: TimelineModel, qtbot) -> None:
    show(qtbot, index, model, simple_run(1, 4))
    assert not model.folds


def test_path_and_tokens_are_read_when_they_are_shown(
    index: Index, model: TimelineModel, qtbot
) -> None:
    show(qtbot, index, model, simple_run(1, 9))
    model.want()
    assert model.path is None
    model.show_path(True)
    model.show_tokens(True)
    wait(qtbot, model, lambda: model.path and model.tokens)
    assert model.path is not None
    assert model.tokens is not None
    assert len(model.path) >= 8
    assert model.tokens[1].tolist() == [15, 30, 45, 60]


def test_other_colours_are_read_once(index: Index, model: TimelineModel, qtbot) -> None:
    show(qtbot, index, model, simple_run(1, 5))

    def tinted() -> str:
        return "" if model.tints is None else model.tints.mode

    for mode, word in (("model", "gpt-x"), ("tool", "get_weather")):
        model.set_mode(mode)
        wait(qtbot, model, lambda: tinted() == model.mode)
        assert model.tints is not None
        assert word in model.tints.words


def test_the_filter_makes_what_does_not_fit_weak(index: Index, model: TimelineModel, qtbot) -> None:
    show(qtbot, index, model, simple_run(1, 5))
    length = model.run.watch.axis.length
    model.run.scope.set_range((0, length // 6))
    qtbot.waitUntil(lambda: model.run.matches.mask is not None)
    frame = model.frame(1000, 0, 9)
    assert frame is not None
    mask = model.run.matches.mask
    assert mask is not None
    assert [bool(s) for s in frame.bars.shade] == [not mask[n] for n in frame.bars.index]


def test_what_is_open_grows_to_the_playhead(index: Index, model: TimelineModel, qtbot) -> None:
    log = Log(run_key(1))
    data = log.line("run.start", v=1)
    data += log.line("span.start", span=log.span_id(), kind="tool", name="wait")
    data += log.line("event", name="later", after=SECOND)
    show(qtbot, index, model, data)
    axis = model.run.watch.axis
    assert model.extent_of(0) == (1_000_000, axis.length)
    model.run.playhead.set(axis.length // 2)
    assert model.extent_of(0) == (1_000_000, axis.length // 2)
    frame = model.frame(1000, 0, 1)
    assert frame is not None
    assert frame.bars.status.tolist() == [OPEN]
    assert frame.bars.right.tolist() == [model.viewport(1000).x(axis.length // 2)]


def test_an_index_that_cannot_be_read_is_said(index: Index, model: TimelineModel, qtbot) -> None:
    [run] = index.grow("a.jsonl", simple_run(1, 6))
    model.run.show(run)
    qtbot.waitUntil(lambda: model.run.watch.whole)
    index.path.unlink()
    wait(qtbot, model, lambda: model.failure)
    assert "index" in model.failure.lower()
    assert model.is_ready()


SPANS = [
    (None, EPOCH, EPOCH + 100), (0, EPOCH, EPOCH + 30), (1, EPOCH + 5, EPOCH + 9),
    (0, EPOCH + 40, EPOCH + 60), (0, EPOCH + 50, EPOCH + 55), (0, EPOCH + 70, None),
    (None, None, None),
]  # fmt: skip


def test_walking_along_a_row_and_up_and_down() -> None:
    lanes = arranged(SPANS)
    assert beside(lanes, 1, "after") == 3
    assert beside(lanes, 3, "after") == 5
    assert beside(lanes, 5, "after") is None
    assert beside(lanes, 3, "before") == 1
    assert beside(lanes, 1, "before") is None
    assert beside(lanes, 3, "first") == 1
    assert beside(lanes, 1, "last") == 5
    assert beside(lanes, 2, "up") == 1
    assert beside(lanes, 0, "up") is None
    assert beside(lanes, 1, "down") == 2
    assert beside(lanes, 2, "down") is None
    assert beside(lanes, None, "after") == 0
    assert beside(lanes, 6, "down") == 0  # it has no time: from the start again
    assert beside(arranged([]), None, "after") is None


def test_walking_through_all() -> None:
    lanes = arranged(SPANS)
    found: list[int | None] = [None]
    for _ in range(7):
        found.append(further(lanes, found[-1], 1))
    assert found[1:] == [0, 1, 2, 3, 4, 5, 6]
    assert further(lanes, 6, 1) == 6
    assert further(lanes, 3, -10) == 0
    assert further(arranged([]), None, 1) is None


def test_when_spans_are_drawn() -> None:
    lanes = arranged(SPANS)
    assert extent(lanes, 1, EPOCH, 100, None) == (0, 30)
    assert extent(lanes, 5, EPOCH, 100, None) == (70, 100)
    assert extent(lanes, 0, EPOCH, 100, 50) == (0, 50)
    assert extent(lanes, 3, EPOCH, 100, 10) == (40, 60)  # ahead: as it is going to be
