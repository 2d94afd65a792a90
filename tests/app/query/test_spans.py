"""Questions about spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.query import spans
from tests.app.support import Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index


def test_rows_have_their_words_spelled_out(index: Index, reader: Reader) -> None:
    [run] = index.grow("a.jsonl", simple_run(1))
    [rows] = spans.query_run_spans(reader, run)
    assert [(row.kind, row.name) for row in rows] == [
        ("agent", "assistant"), ("llm", "chat"), ("tool", "get_weather"),
    ]  # fmt: skip
    agent, llm, tool = rows
    assert agent.parent is None
    assert llm.parent == tool.parent == agent.key
    assert (llm.model, llm.tokens_in, llm.tokens_out, llm.cost) == ("gpt-x", 10, 5, 10_000_000)
    assert tool.input is not None
    assert tool.input.path == "input"
    assert spans.query_span(reader, tool.id) == tool
    assert spans.query_span_by_key(reader, run, tool.key) == tool
    assert spans.query_span(reader, 5) is None
    assert spans.run_of(tool.id) == run


def test_chunks_leave_nothing_out_and_stay_in_the_run(index: Index, reader: Reader) -> None:
    [first] = index.grow("a.jsonl", simple_run(1, spans=25))
    index.grow("b.jsonl", simple_run(2, spans=25))
    chunks = list(spans.query_run_spans(reader, first, chunk=10))
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]
    assert {spans.run_of(row.id) for chunk in chunks for row in chunk} == {first}


def test_an_end_without_a_start_is_a_span_without_a_name(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    [run] = index.grow("a.jsonl", log.line("span.end", span="0" * 15 + "7", status="ok"))
    [[row]] = spans.query_run_spans(reader, run)
    assert (row.kind, row.name, row.start, row.input) == ("span", None, None, None)
    assert row.output is not None
