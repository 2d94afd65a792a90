"""Sums over a part of a run, its tokens over time, and what its spans are coloured by."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.query.structure import query_structure
from rollscope_desktop.query.timeline.range_sums import Sums, query_sums, query_tokens
from rollscope_desktop.query.timeline.tints import MODES, Tints, query_tints
from tests.app.support import EPOCH, SECOND, Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def answer(steps: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def second_of_each(log: Log) -> bytes:
    """An agent whose steps take a second each: model, tool, model, tool that fails."""

    def inside(agent: str) -> bytes:
        out = b""
        for n in range(2):
            usage = {"model": f"m{n}", "input_tokens": 100, "output_tokens": 10, "cost_usd": 0.5}
            out += log.whole("llm", "chat", agent, usage=usage)
            out += log.whole("tool", "search", agent, status="error" if n else "ok")
        return out

    begin = log.line("run.start", v=1, name="timed")
    usage = {"input_tokens": 200, "output_tokens": 20, "cost_usd": 1.0}
    return begin + log.whole("agent", "assistant", None, inside=inside, usage=usage)


class Slow(Log):
    def line(self, type: str, after: int = SECOND, **fields: object) -> bytes:
        return super().line(type, after, **fields)


@pytest.fixture
def run(index: Index) -> int:
    [run] = index.grow("a.jsonl", second_of_each(Slow(run_key(1))))
    return run


def sums(reader: Reader, run: int, start: float, end: float) -> Sums:
    found = answer(query_sums(reader, run, EPOCH + int(start * SECOND), EPOCH + int(end * SECOND)))
    assert isinstance(found, Sums)
    return found


def test_the_whole_run_comes_to_what_the_run_says(index: Index, reader: Reader, run: int) -> None:
    found = sums(reader, run, 0, 100)
    row = reader.one("SELECT tokens_in + tokens_out, cost, llm + tools, errors FROM runs")
    assert (found.tokens, found.cost, found.calls, found.errors) == tuple(row)
    assert found == Sums(steps=5, calls=4, errors=1, tokens=220, cost=1_000_000_000)


def test_a_part_counts_what_was_at_work_in_it(reader: Reader, run: int) -> None:
    # run.start, then agent at 2 s, first model from 3 to 4, first tool from 5 to 6, and so on.
    assert sums(reader, run, 3.2, 3.8) == Sums(2, 1, 0, 110, 500_000_000)
    assert sums(reader, run, 4.2, 4.8) == Sums(1, 0, 0, 0, 0)
    assert (
        sums(reader, run, 4, 5).calls == 0
    )  # what ends as it begins, or begins as it ends, is not
    assert sums(reader, run, 9.5, 9.6).errors == 1
    assert sums(reader, run, 50, 60) == Sums(0, 0, 0, 0, 0)


def test_open_steps_are_at_work(index: Index, reader: Reader) -> None:
    log = Slow(run_key(2))
    data = log.line("run.start", v=1)
    data += log.line("span.start", span=log.span_id(), kind="tool", name="wait")
    [run] = index.grow("b.jsonl", data)
    assert sums(reader, run, 10, 20).calls == 1


def test_tokens_over_time(reader: Reader, run: int) -> None:
    moments, total = answer(query_tokens(reader, run))
    assert [(at - EPOCH) // SECOND for at in moments.tolist()] == [4, 8]
    assert total.tolist() == [110, 220]


def tints(reader: Reader, run: int, mode: str) -> Tints:
    made = answer(query_tints(reader, answer(query_structure(reader, run)), mode))
    assert isinstance(made, Tints)
    return made


def test_what_spans_are_coloured_by(reader: Reader, run: int) -> None:
    said = {mode: tints(reader, run, mode) for mode in MODES}
    words = {m: [t.words[n] for n in t.number.tolist()] for m, t in said.items() if m != "status"}
    assert words["kind"] == ["agent", "llm", "tool", "llm", "tool"]
    assert words["model"] == ["", "m0", "", "m1", ""]
    assert words["tool"] == ["", "", "search", "", "search"]
    assert words["agent"] == [""] * 5
    assert said["status"].number.tolist() == [1, 1, 1, 1, 2]
    assert all(t.number.itemsize == 1 for t in said.values())


def test_colours_stay_while_a_run_grows(index: Index, reader: Reader) -> None:
    log = Slow(run_key(3))
    start = log.line("run.start", v=1)
    first = b"".join(log.whole("tool", name) for name in ("b", "a"))
    more = b"".join(log.whole("tool", name) for name in ("c", "a", "a", "a"))
    [run] = index.grow("c.jsonl", start + first)
    before = tints(reader, run, "tool")
    index.grow("c.jsonl", more)
    after = tints(reader, run, "tool")
    assert before.words == ("", "b", "a")
    assert after.words == ("", "b", "a", "c")
    assert after.number[:2].tolist() == before.number.tolist()


def test_very_many_words_share_a_number(index: Index, reader: Reader) -> None:
    log = Slow(run_key(4))
    data = log.line("run.start", v=1)
    data += b"".join(log.whole("tool", f"tool {n}") for n in range(300))
    [run] = index.grow("d.jsonl", data)
    made = tints(reader, run, "tool")
    assert made.words[-1] == "others"
    assert made.number.max() == len(made.words) - 1 == 250
    assert (made.number == 250).sum() == 51


def test_an_empty_structure_has_no_colours(index: Index, reader: Reader) -> None:
    [run] = index.grow("e.jsonl", simple_run(5))
    empty = answer(query_structure(reader, run, 0))
    for mode in MODES:
        assert len(answer(query_tints(reader, empty, mode)).number) == 0
