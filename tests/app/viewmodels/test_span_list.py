"""The flat list's model: plain, sorted, filtered, of all runs, at the playhead, and growing."""

from __future__ import annotations

from collections.abc import Iterator
from time import time_ns
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QModelIndex, Qt

from rollscope_desktop.query.span_list import orders
from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.moment import Standing
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.span_list import model as span_list
from rollscope_desktop.viewmodels.span_list.columns import COLUMNS
from rollscope_desktop.viewmodels.span_list.lines import copy_lines
from rollscope_desktop.viewmodels.span_list.model import ListState, SpanListModel
from rollscope_desktop.viewmodels.span_list.question import AS_IT_CAME, Sort
from tests.app.support import EPOCH, SECOND, Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index

TEXT = Qt.ItemDataRole.DisplayRole


@pytest.fixture
def run(jobs: Jobs) -> Iterator[OpenRun]:
    made = OpenRun(jobs)
    made.selection.run_changed.connect(made.show)
    yield made
    made.show(None)


@pytest.fixture
def model(run: OpenRun, qtmodeltester) -> Iterator[SpanListModel]:
    made = SpanListModel(run)
    qtmodeltester.check(made)  # goes on checking whatever happens to it
    made.set_active(True)
    yield made
    made.set_active(False)


def show(model: SpanListModel, run: OpenRun, id: int, qtbot) -> None:
    run.selection.select_run(id)
    qtbot.waitUntil(lambda: run.watch.whole and model.state is ListState.FULL)


def settle(model: SpanListModel, qtbot) -> None:
    qtbot.waitUntil(lambda: not model.busy and model.state is not ListState.READING)


def column(model: SpanListModel, key: str) -> int:
    return [c.key for c in model.columns].index(key)


def texts(model: SpanListModel, qtbot, key: str = "step") -> list[str]:
    rows = range(model.rowCount())
    qtbot.waitUntil(lambda: all(model.line(row) is not None for row in rows))
    return [model.index(row, column(model, key)).data(TEXT) for row in rows]


def test_empty_then_a_run_as_it_came(model, run, index: Index, qtbot) -> None:
    assert (model.state, model.rowCount()) == (ListState.READING, 0)
    assert model.columnCount() == len(COLUMNS)
    [id] = index.grow("a.jsonl", simple_run(1))
    show(model, run, id, qtbot)
    assert texts(model, qtbot) == ["assistant", "chat", "get_weather"]
    assert texts(model, qtbot, "number") == ["1", "2", "3"]
    assert texts(model, qtbot, "level") == ["1", "2", "2"]
    assert texts(model, qtbot, "started") == ["1.00 ms", "2.00 ms", "4.00 ms"]
    assert texts(model, qtbot, "cost") == ["", "$0.0100", ""]
    qtbot.waitUntil(lambda: model.sums.sums is not None)
    assert (model.sums.sums.spans, model.sums.sums.tokens) == (3, 15)
    run.selection.select_run(None)
    assert (model.state, model.rowCount(), model.sums.sums) == (ListState.READING, 0, None)


def test_words_for_plain_views_and_those_who_hear_them(model, run, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", simple_run(1))
    show(model, run, id, qtbot)
    texts(model, qtbot)
    step, cost = column(model, "step"), column(model, "cost")
    heard = model.index(1, step).data(Qt.ItemDataRole.AccessibleTextRole)
    assert heard.startswith("llm, chat, ok, No. 2, Started 2.00 ms, Duration 1.00 ms")
    assert model.index(1, cost).data(Qt.ItemDataRole.AccessibleTextRole) == "$0.0100"
    align = model.index(1, cost).data(Qt.ItemDataRole.TextAlignmentRole)
    assert align & Qt.AlignmentFlag.AlignRight
    tip = model.index(1, column(model, "tokens_in")).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "10"
    assert model.index(1, 0).data(Role.ID) == id << 31 | 1
    assert model.headerData(0, Qt.Orientation.Horizontal) == "No."
    assert model.headerData(99, Qt.Orientation.Horizontal) is None
    assert model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None
    assert not model.index(0, 0, model.index(0, 0)).isValid()
    assert model.rowCount(model.index(0, 0)) == 0


def test_sorting_there_and_back_again(model, run, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", simple_run(1, 9))
    show(model, run, id, qtbot)
    model.sort_by("step", False)
    settle(model, qtbot)
    assert texts(model, qtbot) == ["assistant", *["chat"] * 4, *["get_weather"] * 4]
    model.sort_by("tokens_in", True)
    settle(model, qtbot)
    assert texts(model, qtbot) == [*["chat"] * 4, "assistant", *["get_weather"] * 4]
    with qtbot.waitSignal(model.settled):
        model.sort_by("tokens_in", False)  # turned round, nothing asked of the index
    assert texts(model, qtbot, "number") == ["2", "4", "6", "8", "1", "3", "5", "7", "9"]
    model.sort_by(*AS_IT_CAME)
    assert not model.busy
    assert texts(model, qtbot, "number") == list("123456789")


def test_the_last_orders_are_kept_within_their_room(model, run, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", simple_run(1, 400))
    show(model, run, id, qtbot)
    for key in ("cost", "model", "tokens_in", "cost"):
        model.sort_by(key, True)
        settle(model, qtbot)
        assert model._kept.size <= 8.25 * 400
    model.sort_by("tokens_in", True)
    assert not model.busy  # it was kept
    assert model.sort == Sort("tokens_in", True)


def test_the_first_page_stands_there_until_all_is_known(
    model, run, index: Index, qtbot, monkeypatch
) -> None:
    monkeypatch.setattr(orders, "PAGE", 5)
    [id] = index.grow("a.jsonl", simple_run(1, 41))
    show(model, run, id, qtbot)
    lengths: list[int] = []
    model.changed.connect(lambda asked: lengths.append(model.rowCount()))
    model.rowsInserted.connect(lambda *_: lengths.append(model.rowCount()))
    model.sort_by("cost", True)
    settle(model, qtbot)
    assert lengths == [5, 41]
    run.scope.set_filter("kind:llm")
    settle(model, qtbot)
    assert lengths == [5, 41, 5, 20]


def test_sorting_can_be_taken_back(model, run, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", simple_run(1, 9))
    show(model, run, id, qtbot)
    assert not model.cancel()
    model.sort_by("cost", True)
    assert model.can_cancel
    assert model.cancel()
    assert (model.sort, model.busy) == (AS_IT_CAME, False)
    assert texts(model, qtbot, "number") == list("123456789")


def test_filter_and_range(model, run, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", simple_run(1, 9))
    show(model, run, id, qtbot)
    run.scope.set_filter("kind:tool")
    settle(model, qtbot)
    assert texts(model, qtbot, "number") == ["3", "5", "7", "9"]
    run.scope.set_range((3_500_000, 8_500_000))
    qtbot.waitUntil(lambda: not model.busy and model.rowCount() == 2)
    assert texts(model, qtbot, "number") == ["3", "5"]
    model.sort_by("level", True)
    settle(model, qtbot)
    assert model.rowCount() == 2
    run.scope.set_filter("kind:retriever")
    qtbot.waitUntil(lambda: model.state is ListState.NOTHING)
    assert model.rowCount() == 0
    run.scope.set_filter("")
    run.scope.set_range(None)
    qtbot.waitUntil(lambda: not model.busy and model.rowCount() == 9)
    assert model.state is ListState.FULL


def test_nobody_looks_and_nothing_is_asked(model, run, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", simple_run(1, 9))
    show(model, run, id, qtbot)
    model.set_active(False)
    run.scope.set_filter("kind:tool")
    assert not model.busy
    assert model.rowCount() == 9
    model.set_active(True)
    qtbot.waitUntil(lambda: model.rowCount() == 4)


def test_all_runs_newest_first(model, run, index: Index, qtbot) -> None:
    [first] = index.grow("a.jsonl", simple_run(1, 3, EPOCH))
    [second] = index.grow("b.jsonl", simple_run(2, 2, EPOCH + 60 * SECOND))
    show(model, run, first, qtbot)
    model.set_everything(True)
    settle(model, qtbot)
    assert model.sort == Sort("started", True)
    assert texts(model, qtbot, "run") == ["run 2"] * 2 + ["run 1"] * 3
    assert texts(model, qtbot, "level") == [""] * 5
    started = texts(model, qtbot, "started")
    assert len(started[0]) == len("2025-06-15 17:06:40")
    assert started == sorted(started, reverse=True)
    assert model.row_of(second << 31) == 1
    model.sort_by("run", False)
    settle(model, qtbot)
    assert texts(model, qtbot, "run") == ["run 1"] * 3 + ["run 2"] * 2
    run.selection.select_run(second)  # the list is the same, whatever run is open
    qtbot.waitUntil(lambda: run.watch.whole)
    assert model.rowCount() == 5
    model.set_everything(False)
    settle(model, qtbot)
    assert model.sort == AS_IT_CAME
    assert texts(model, qtbot) == ["assistant", "chat"]


def test_more_is_known_when_all_runs_are_told_to_have_changed(
    model, run, index: Index, qtbot, monkeypatch
) -> None:
    monkeypatch.setattr(span_list, "CALM", 0.01)
    [first] = index.grow("a.jsonl", simple_run(1, 3, EPOCH))
    show(model, run, first, qtbot)
    model.set_everything(True)
    settle(model, qtbot)
    index.grow("b.jsonl", simple_run(2, 2, EPOCH + 60 * SECOND))
    with qtbot.waitSignal(model.news_changed) as news:
        model.take_changes()
    assert news.args == [2]
    assert model.rowCount() == 3
    model.ask()
    settle(model, qtbot)
    assert (model.rowCount(), model.news) == (5, 0)


def test_a_run_that_is_still_written_is_so_beside_others(model, run, index: Index, qtbot) -> None:
    [done] = index.grow("a.jsonl", simple_run(1, 3, EPOCH))
    log = Log(run_key(7), time_ns())
    span = log.span_id()
    text = log.line("run.start", v=1, name="live")
    text += log.line("span.start", span=span, kind="tool", name="t0")
    index.grow("b.jsonl", text, touched=time_ns())
    show(model, run, done, qtbot)
    model.set_everything(True)
    settle(model, qtbot)
    assert texts(model, qtbot)[0] == "t0"
    line = model.line(0)
    assert line is not None
    assert line.now is not None
    assert model.index(0, column(model, "duration")).data(TEXT) != ""
    index.grow("b.jsonl", log.line("span.end", span=span, status="ok")
               + log.line("run.end", status="ok"), touched=time_ns())  # fmt: skip
    model.take_changes()
    qtbot.waitUntil(lambda: texts(model, qtbot, "status")[0] == "ok")
    qtbot.waitUntil(lambda: (line := model.line(0)) is not None and line.now is None)


def growing(log: Log, count: int, first: bool = False) -> bytes:
    out = log.line("run.start", v=1, name="live") if first else b""
    return out + b"".join(log.whole("tool", f"t{n % 3}") for n in range(count))


def test_a_live_run_goes_on_at_the_end(model, run, index: Index, qtbot) -> None:
    log = Log(run_key(7))
    [id] = index.grow("a.jsonl", growing(log, 3, first=True))
    show(model, run, id, qtbot)
    inserted: list[tuple[int, int]] = []
    model.rowsInserted.connect(lambda parent, first, last: inserted.append((first, last)))
    resets: list[bool] = []
    model.changed.connect(resets.append)
    index.grow("a.jsonl", growing(log, 4))
    run.follow()
    qtbot.waitUntil(lambda: model.rowCount() == 7)
    assert (inserted, resets) == ([(3, 6)], [])
    qtbot.waitUntil(lambda: model.sums.sums is not None and model.sums.sums.spans == 7)


def test_a_filtered_live_run_goes_on_where_it_fits(
    model, run, index: Index, qtbot, monkeypatch
) -> None:
    monkeypatch.setattr(span_list, "CALM", 0.01)
    log = Log(run_key(7))
    span = log.span_id()
    start = log.line("run.start", v=1, name="live")
    start += log.line("span.start", span=span, kind="tool", name="t0")
    [id] = index.grow("a.jsonl", start + growing(log, 3))
    show(model, run, id, qtbot)
    run.scope.set_filter("name:t0 status:ok")
    qtbot.waitUntil(lambda: model.rowCount() == 1)
    resets: list[bool] = []
    model.changed.connect(resets.append)
    index.grow("a.jsonl", log.line("span.end", span=span, status="ok") + growing(log, 3))
    run.follow()
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert model.ids(0, 3) == [id << 31 | n for n in (0, 1, 4)]
    assert resets == []


def test_a_sorted_live_run_counts_what_is_new(model, run, index: Index, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(span_list, "CALM", 0.01)
    log = Log(run_key(7))
    [id] = index.grow("a.jsonl", growing(log, 3, first=True))
    show(model, run, id, qtbot)
    model.sort_by("step", True)
    settle(model, qtbot)
    index.grow("a.jsonl", growing(log, 4))
    run.follow()
    qtbot.waitUntil(lambda: model.news == 4)
    assert model.rowCount() == 3
    model.ask()
    settle(model, qtbot)
    assert texts(model, qtbot)[0] == "t2"
    assert (model.rowCount(), model.news) == (7, 0)


def test_the_playhead_dims_what_is_ahead_and_opens_what_was_open(
    model, run, index: Index, qtbot
) -> None:
    [id] = index.grow("a.jsonl", simple_run(1, 3))
    show(model, run, id, qtbot)
    texts(model, qtbot)
    run.playhead.set(2_500_000)
    assert texts(model, qtbot, "duration")[:2] == ["1.50 ms", "500 µs"]
    lines = [model.line(row) for row in range(3)]
    standings = [line.standing for line in lines if line]
    assert standings == [Standing.OPEN, Standing.OPEN, Standing.AHEAD]
    assert texts(model, qtbot, "tokens_in")[1] == ""
    assert texts(model, qtbot, "status") == ["open", "open", "ok"]
    heard = model.index(2, 1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "still ahead" in heard
    run.playhead.set(None)
    assert texts(model, qtbot, "status") == ["ok"] * 3


def test_signals_are_columns(model, run, index: Index, qtbot) -> None:
    log = Log(run_key(5))
    data = log.line("run.start", v=1, name="signals")
    for value in (0.5, "high", None):
        span = log.span_id()
        data += log.line("span.start", span=span, kind="tool", name="step")
        if value is not None:
            data += log.line("signal", span=span, name="score", value=value)
        data += log.line("span.end", span=span, status="ok")
    [id] = index.grow("a.jsonl", data)
    [other] = index.grow("b.jsonl", simple_run(1))
    show(model, run, id, qtbot)
    qtbot.waitUntil(lambda: model.columnCount() == len(COLUMNS) + 1)
    qtbot.waitUntil(lambda: texts(model, qtbot, "signal.score") == ["0.5", "high", ""])
    assert model.headerData(len(COLUMNS), Qt.Orientation.Horizontal) == "score"
    model.sort_by("signal.score", True)
    settle(model, qtbot)
    assert texts(model, qtbot, "number") == ["2", "1", "3"]
    show(model, run, other, qtbot)
    qtbot.waitUntil(lambda: model.columnCount() == len(COLUMNS))
    qtbot.waitUntil(lambda: model.sort == AS_IT_CAME and not model.busy)
    assert texts(model, qtbot) == ["assistant", "chat", "get_weather"]


def test_copying_is_as_exact_as_tooltips(model, run, index: Index, jobs: Jobs, qtbot) -> None:
    from rollscope_desktop.query.connection import open_reader

    [id] = index.grow("a.jsonl", simple_run(1, 3))
    show(model, run, id, qtbot)
    columns = tuple(c for c in COLUMNS if c.key in ("number", "step", "tokens_in", "level", "run"))
    reader = open_reader(index.path)
    for setting, name in ((model.setting(), ""), (None, "run 1")):
        job = copy_lines(reader, [id << 31 | 1, id << 31, id << 31 | 77], columns, setting,
                         run.watch.outline)  # fmt: skip
        while True:
            try:
                next(job)
            except StopIteration as end:
                table = end.value
                break
        assert table.splitlines() == [
            "No.\tStep\tRun\tTokens In\tLevel",
            f"2\tchat\t{name}\t10\t2",
            f"1\tassistant\t{name}\t\t1",
        ]
    reader.close()


def test_an_index_that_is_gone_is_said(model, run, index: Index, qtbot) -> None:
    [id] = index.grow("a.jsonl", simple_run(1, 3))
    show(model, run, id, qtbot)
    index.path.rename(index.path.with_suffix(".away"))
    model.sort_by("cost", True)
    qtbot.waitUntil(lambda: model.state is ListState.FAILED)
    assert "index" in model.failure
    assert model.rowCount() == 0
    index.path.with_suffix(".away").rename(index.path)
    model.ask()
    qtbot.waitUntil(lambda: model.state is ListState.FULL and not model.busy)
    assert model.rowCount() == 3
    assert QModelIndex() not in [model.index(0, 0)]
