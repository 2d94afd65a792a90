"""The span tree's model: what it shows, how it opens and closes, and how it follows a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt

from rollscope_desktop.viewmodels.lines import Role, SpanLine
from rollscope_desktop.viewmodels.open_run import OpenRun
from rollscope_desktop.viewmodels.run_watch import State
from rollscope_desktop.viewmodels.tree import visible
from rollscope_desktop.viewmodels.tree.model import COLUMNS, SpanTreeModel
from tests.app.support import EPOCH, Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index

TEXT = Qt.ItemDataRole.DisplayRole


@pytest.fixture
def opened(jobs: Jobs) -> OpenRun:
    return OpenRun(jobs)


@pytest.fixture
def model(opened: OpenRun, qtmodeltester) -> SpanTreeModel:
    made = SpanTreeModel(opened)
    qtmodeltester.check(made)  # goes on checking whatever happens to it
    return made


def show(opened: OpenRun, run: int, qtbot) -> None:
    opened.show(run)
    qtbot.waitUntil(lambda: opened.watch.whole or opened.watch.state is State.FAILED)


def span_of(model: SpanTreeModel, row: int) -> SpanLine | None:
    """The line of a span."""
    line = model.line(row)
    assert line is None or isinstance(line, SpanLine)
    return line


def texts(model: SpanTreeModel, qtbot) -> list[str]:
    qtbot.waitUntil(lambda: all(model.line(row) for row in range(model.rowCount())))
    return [
        f"{'  ' * line.depth}{model.index(row, 0).data(TEXT)}"
        for row in range(model.rowCount())
        if (line := model.line(row))
    ]


def deep(log: Log, levels: int, status: str = "ok") -> bytes:
    def inside(left: int):
        def write(parent: str) -> bytes:
            if left == 0:
                return log.whole("tool", "leaf", parent, status)
            return log.whole("task", f"level {left}", parent, inside=inside(left - 1))

        return write

    return log.whole("agent", "top", inside=inside(levels))


def test_empty_then_full_then_empty(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    assert (opened.watch.state, model.rowCount(), model.columnCount()) == (
        State.EMPTY,
        0,
        len(COLUMNS),
    )
    [run] = index.grow("a.jsonl", simple_run(1))
    opened.show(run)
    assert opened.watch.state is State.LOADING
    qtbot.waitUntil(lambda: opened.watch.whole)
    assert texts(model, qtbot) == ["assistant", "  chat", "  get_weather"]
    assert opened.watch.row is not None
    assert opened.watch.row.name == "run 1"
    opened.show(None)
    assert (opened.watch.state, model.rowCount()) == (State.EMPTY, 0)


def test_a_line_has_what_a_delegate_paints(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    show(opened, run, qtbot)
    fragments = ["done", "It is warm.", '(city="Paris") → 21 °C']
    qtbot.waitUntil(
        lambda: [line.fragment for r in range(3) if (line := span_of(model, r))] == fragments
    )
    agent, llm = span_of(model, 0), span_of(model, 1)
    assert agent is not None
    assert llm is not None
    assert (agent.children, agent.inside, agent.expanded, agent.depth) == (2, 2, True, 0)
    assert (llm.kind, llm.model, llm.tokens_in, llm.cost) == ("llm", "gpt-x", 10, 10_000_000)
    assert model.axis.start == EPOCH + 1_000_000
    assert llm.start == 2_000_000
    assert model.axis.length == 7_000_000
    assert not model.axis.live


def test_words_for_plain_views_and_screen_readers(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    show(opened, run, qtbot)
    texts(model, qtbot)
    cells = [model.index(1, column).data(TEXT) for column in range(5)]
    assert cells == ["chat", "1.00 ms", "15", "$0.0100", None]
    said = model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.startswith("llm, chat, ok, level 2, duration 1.00 ms, tokens 15, cost $0.0100")
    assert model.index(1, 0).data(Role.ID) == run << 31 | 1
    assert isinstance(model.index(1, 3).data(Role.LINE), SpanLine)
    assert model.index(1, 0).data(Qt.ItemDataRole.DecorationRole) is None
    header = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(5)]
    assert header == ["Step", "Duration", "Tokens", "Cost", ""]


def test_opening_and_closing(model: SpanTreeModel, opened: OpenRun, index: Index, qtbot) -> None:
    [run] = index.grow("a.jsonl", deep(Log(run_key(1)), 4))
    show(opened, run, qtbot)
    assert texts(model, qtbot) == ["top", "  level 4", "    level 3"]
    model.toggle(2)
    assert texts(model, qtbot)[3:] == ["      level 2"]
    model.set_expanded_inside(0, True)
    assert model.rowCount() == 6
    model.set_expanded(1, False)
    assert model.rowCount() == 2
    line = span_of(model, 1)
    assert line is not None
    assert (line.expanded, line.inside) == (False, 4)
    model.set_expanded(1, True)
    assert model.rowCount() == 6
    model.set_all_expanded(False)
    assert model.rowCount() == 1
    model.set_all_expanded(True)
    assert model.rowCount() == 6
    model.toggle(5)
    model.toggle(99)
    model.set_expanded(-1, True)
    assert model.rowCount() == 6
    assert [model.parent_row(row) for row in range(6)] == [-1, 0, 1, 2, 3, 4]


def test_errors_are_open_and_can_be_walked(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    [run] = index.grow("a.jsonl", deep(log, 5) + deep(log, 5, "error"))
    show(opened, run, qtbot)
    assert len(texts(model, qtbot)) == 3 + 7
    [error] = [
        r for r in range(model.rowCount()) if (line := span_of(model, r)) and line.status == 2
    ]
    failed = model.span_id(error)
    for beside in (None, model.span_id(0), model.span_id(model.rowCount() - 1), failed):
        assert model.error_beside(beside) == failed
        assert model.error_beside(beside, back=True) == failed
    top = span_of(model, 3)
    assert top is not None
    assert top.worst == 2


def test_a_hidden_span_is_revealed(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    [run] = index.grow("a.jsonl", deep(Log(run_key(1)), 5))
    show(opened, run, qtbot)
    leaf = run << 31 | 6
    assert model.row_of(leaf) == -1
    assert model.reveal(leaf) == 6
    assert model.row_of(leaf) == 6
    assert model.reveal(run << 31 | 99) == -1
    assert model.reveal(5) == -1


def test_many_siblings_are_folded(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visible, "FOLD_AT", 10)
    [run] = index.grow("a.jsonl", simple_run(1, spans=36))
    show(opened, run, qtbot)
    assert model.rowCount() == 12
    fold = span_of(model, 11)
    assert fold is not None
    assert (fold.fold, fold.depth) == (25, 1)
    assert model.index(11, 0).data(TEXT) == "25 more"
    assert model.span_id(11) is None
    assert model.parent_row(11) == 0
    model.toggle(11)
    assert model.rowCount() == 22
    assert model.reveal(run << 31 | 35) == 35
    assert model.rowCount() == 36


def test_retries_are_one_line_that_opens(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    log = Log(run_key(1))

    def inside(parent: str) -> bytes:
        tries = [log.whole("tool", "fetch", parent, "error") for _ in range(3)]
        return b"".join([*tries, log.whole("tool", "fetch", parent, output="ok")])

    [run] = index.grow("a.jsonl", log.whole("agent", "a", inside=inside))
    show(opened, run, qtbot)
    assert texts(model, qtbot) == ["a", "  fetch ×4"]
    line = span_of(model, 1)
    assert line is not None
    assert (line.repeats, line.children, line.expanded, line.status) == (4, 3, False, 1)
    model.toggle(1)
    assert model.rowCount() == 5
    model.set_expanded(4, False)
    assert model.rowCount() == 2
    assert model.reveal(run << 31 | 2) == 2


def test_a_run_is_followed_while_it_grows(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    agent = log.span_id()
    [run] = index.grow("a.jsonl", log.line("span.start", span=agent, kind="agent", name="a"))
    show(opened, run, qtbot)
    assert texts(model, qtbot) == ["a"]
    inserted: list[tuple[int, int]] = []
    resets: list[int] = []
    model.rowsInserted.connect(lambda parent, first, last: inserted.append((first, last)))
    model.modelReset.connect(lambda: resets.append(1))
    held = model.index(0, 0)
    index.grow("a.jsonl", b"".join(log.whole("tool", f"t{n}", agent) for n in range(5)))
    opened.follow()
    qtbot.waitUntil(lambda: model.rowCount() == 6)
    assert inserted == [(1, 5)]
    index.grow("a.jsonl", log.line("span.end", span=agent, status="error"))
    opened.follow()
    qtbot.waitUntil(lambda: (line := span_of(model, 0)) is not None and line.status == 2)
    assert resets == []
    assert held.row() == 0
    opened.follow()
    opened.follow()
    opened.show(None)


def test_a_span_that_comes_before_others_is_inserted_there(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    log, early = Log(run_key(1)), Log(run_key(1), proc=1)
    [run] = index.grow("a.jsonl", log.whole("tool", "late") + log.whole("tool", "later"))
    show(opened, run, qtbot)
    early._spans = 50
    index.grow("b.jsonl", early.whole("tool", "early"))
    opened.follow()
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert texts(model, qtbot) == ["late", "early", "later"]


def test_a_long_run_shows_its_beginning_first(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    [run] = index.grow("a.jsonl", simple_run(1, spans=2_300))
    shown = []
    opened.watch.state_changed.connect(
        lambda: shown.append((opened.watch.state, model.rowCount(), opened.watch.whole))
    )
    show(opened, run, qtbot)
    assert shown[1][0] is State.FULL
    assert shown[1][1:] == (1_002, False)
    assert model.rowCount() == 1_002


def test_a_run_that_is_gone_says_so(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    show(opened, 99, qtbot)
    assert (opened.watch.state, opened.watch.failure) == (
        State.FAILED,
        "This run is no longer in the index.",
    )
    [run] = index.grow("a.jsonl", simple_run(1))
    show(opened, run, qtbot)
    assert opened.watch.state is State.FULL


def test_the_latest_run_wins(model: SpanTreeModel, opened: OpenRun, index: Index, qtbot) -> None:
    [first] = index.grow("a.jsonl", simple_run(1, spans=500))
    [second] = index.grow("b.jsonl", simple_run(2))
    opened.show(first)
    show(opened, second, qtbot)
    assert model.rowCount() == 3
    assert opened.watch.run == second


def test_nothing_has_children_and_rows_end(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    show(opened, run, qtbot)
    assert model.rowCount(model.index(0, 0)) == 0
    assert model.columnCount(model.index(0, 0)) == 0
    assert not model.index(3, 0).isValid()
    assert model.data(QModelIndex()) is None
    assert span_of(model, 3) is None
    assert model.span_id(-1) is None


def test_nothing_is_worked_out_while_nobody_looks(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    [run] = index.grow("a.jsonl", log.whole("tool", "one"))
    show(opened, run, qtbot)
    model.set_awake(False)
    index.grow("a.jsonl", log.whole("tool", "two"))
    opened.follow()
    qtbot.waitUntil(lambda: len(opened.watch.outline or ()) == 2)
    assert model.rowCount() == 1
    model.set_awake(True)
    assert texts(model, qtbot) == ["one", "two"]
    model.set_awake(False)
    [other] = index.grow("b.jsonl", simple_run(2))
    show(opened, other, qtbot)
    assert model.rowCount() == 0
    model.set_awake(True)
    assert texts(model, qtbot) == ["assistant", "  chat", "  get_weather"]


def test_the_model_stays_sound_with_notes_and_filters(
    model: SpanTreeModel, opened: OpenRun, index: Index, qtbot
) -> None:
    log = Log(run_key(1))
    agent = log.span_id()

    def note(name: str, span: str | None = None) -> bytes:
        return log.line("signal", span=span, name=name, value=1)

    data = note("first") + log.line("span.start", span=agent, kind="agent", name="a")
    data += log.whole("tool", "t1", agent) + note("mid", agent)
    [run] = index.grow("a.jsonl", data + log.whole("tool", "t2", agent))
    show(opened, run, qtbot)
    qtbot.waitUntil(lambda: model.rowCount() == 5)
    said = ["first = 1", "a", "  t1", "  mid = 1", "  t2"]
    assert texts(model, qtbot) == said
    assert [model.row_of(run << 31 | n) for n in range(3)] == [1, 2, 4]
    assert [model.parent_row(row) for row in range(5)] == [-1, -1, 1, 1, 1]
    assert [model.walk(row, 1) for row in range(-1, 5)] == [1, 1, 2, 4, 4, -1]
    assert model.note_id(3) == run << 31 | 1
    assert model.span_id(3) == run << 31

    opened.matches.mask = np.array([False, False, True])
    opened.matches.changed.emit()
    assert texts(model, qtbot) == ["a", "  t2"]
    assert model.reveal(run << 31 | 1) == -1
    index.grow("a.jsonl", log.whole("tool", "t3", agent) + note("late", agent))
    opened.follow()
    qtbot.waitUntil(lambda: len(opened.watch.outline or ()) == 4)
    opened.matches.mask = np.array([False, False, True, True])
    opened.matches.changed.emit()
    assert texts(model, qtbot) == ["a", "  t2", "  t3"]
    opened.matches.mask = None
    opened.matches.changed.emit()
    qtbot.waitUntil(lambda: model.rowCount() == 7)
    assert texts(model, qtbot) == [*said, "  t3", "  late = 1"]
    model.set_expanded(1, False)
    assert texts(model, qtbot) == ["first = 1", "a"]
    model.set_expanded(1, True)
    model.set_notes_shown(False)
    assert texts(model, qtbot) == ["a", "  t1", "  t2", "  t3"]
    model.set_levels(1)
    assert texts(model, qtbot) == ["a"]
