"""The marks of the open run follow it, and answer with whole notes when they are asked."""

from __future__ import annotations

import pytest

from rollscope_desktop.viewmodels import marks
from rollscope_desktop.viewmodels.open_run import OpenRun
from tests.app.support import Log, run_key, simple_run


@pytest.fixture
def opened(jobs) -> OpenRun:
    return OpenRun(jobs)


def test_they_are_read_and_read_again(opened, index, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(marks, "CALM", 0.0)
    log = Log(run_key(1))
    agent = log.span_id()
    [run] = index.grow("a.jsonl", log.line("span.start", span=agent, kind="agent", name="a"))
    opened.show(run)
    qtbot.waitUntil(lambda: opened.marks.ticks is not None)
    assert len(opened.marks.ticks) == 0

    index.grow("a.jsonl", log.line("signal", span=agent, name="score", value=0.5))
    opened.follow()

    qtbot.waitUntil(lambda: len(opened.marks.ticks) == 1)
    assert opened.marks.ticks.index.tolist() == [0]
    [other] = index.grow("b.jsonl", simple_run(2))
    with qtbot.waitSignal(opened.marks.changed):
        opened.show(other)
    assert opened.marks.ticks is None
    qtbot.waitUntil(lambda: opened.marks.ticks is not None)
    opened.show(None)
    assert opened.marks.ticks is None


def test_whole_notes_come_when_asked(opened, index, qtbot) -> None:
    log = Log(run_key(1))
    data = log.line("signal", name="score", value=0.5) + log.line("event", name="warm")
    [run] = index.grow("a.jsonl", data)
    opened.show(run)
    first = run << 31

    assert opened.marks.row(first) is None
    assert opened.marks.row(first + 9) is None  # no such note: asked for once, and never there
    qtbot.waitUntil(lambda: opened.marks.row(first) is not None)

    row = opened.marks.row(first)
    assert (row.type, row.name, row.value) == ("signal", "score", 0.5)
