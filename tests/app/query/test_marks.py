"""Notes as ticks: at which span, when, and what becomes of those that do not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollscope_desktop.query import marks
from rollscope_desktop.query.connection import Reader
from rollscope_desktop.query.marks import Mark, Ticks, query_ticks
from rollscope_desktop.query.structure import query_structure
from tests.app.support import EPOCH, Log, make_index, run_key, simple_run


def answer(job):
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def noted() -> bytes:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="noted")
    out += log.line("event", name="warm", data={"a": 1})
    inner = log.span_id()
    out += log.line("span.start", span=inner, kind="agent", name="a")
    out += log.line("signal", span=inner, name="score", value=0.5)
    out += log.line("message", span=inner, role="user", content="hi")
    out += log.whole("tool", "t", inner)
    out += log.line("feedback", span=inner, name="good", value="yes")
    return out + log.line("signal", span="feedfeedfeedfeed", name="of a lost span", value=1)


@pytest.fixture
def read(tmp_path: Path):
    made = make_index(tmp_path, {"b.jsonl": simple_run(2)})
    made.writer.close()
    readers = []

    def ticks(data: bytes | None = None) -> Ticks:
        index = make_index(tmp_path)
        run = 1 if data is None else index.grow("a.jsonl", data)[0]
        index.writer.close()
        reader = Reader(index.path)
        readers.append(reader)
        structure = answer(query_structure(reader, run))
        return answer(query_ticks(reader, run, structure, EPOCH))

    yield ticks
    for reader in readers:
        reader.close()


def test_ticks_are_in_order_and_know_their_span(read) -> None:
    ticks = read(noted())

    assert len(ticks) == 5
    assert ticks.type.tolist() == [
        Mark.EVENT, Mark.SIGNAL, Mark.MESSAGE, Mark.FEEDBACK, Mark.SIGNAL,
    ]  # fmt: skip
    assert ticks.index.tolist() == [-1, 0, 0, 0, -1]
    assert ticks.time.tolist() == [n * 1_000_000 for n in (2, 4, 5, 8, 9)]
    assert sorted(ticks.id.tolist()) == list(range(2 << 31, (2 << 31) + 5))
    assert ticks.left_out == 0


def test_a_run_without_notes_has_no_ticks(read) -> None:
    assert len(read()) == 0


def test_only_the_first_of_very_many_become_ticks(read, monkeypatch) -> None:
    monkeypatch.setattr(marks, "MOST", 3)
    ticks = read(noted())

    assert (len(ticks), ticks.left_out) == (3, 2)
    assert ticks.time.tolist() == [n * 1_000_000 for n in (2, 4, 5)]
