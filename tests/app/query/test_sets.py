"""What became known of a step between its start and its end: the last that is said counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.query.filter import parse, query_matching
from rollscope_desktop.query.fragments import query_fragments
from rollscope_desktop.query.runs import query_run
from rollscope_desktop.query.spans import query_run_spans, query_span
from rollscope_desktop.query.subject import (
    Subject,
    query_subject,
    read_attributes,
    read_input,
    read_output,
    read_raw,
)
from tests.app.support import Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index

SPAN = "0a" * 8


def begun(log: Log) -> bytes:
    start = log.line("span.start", span=SPAN, kind="tool", name="t", input=1, attrs={"a": 1})
    return start + log.line("span.set", span=SPAN, input=2, lossy=["input"])


def subject(reader: Reader, run: int, span: int | None = 0) -> Subject:
    found = query_subject(reader, run, None if span is None else (run << 31) + span)
    assert found is not None
    return found


def fragment(reader: Reader, run: int) -> str:
    row = query_span(reader, run << 31)
    assert row is not None
    job = query_fragments(reader, [row])
    while True:
        try:
            next(job)
        except StopIteration as end:
            return str(end.value[row.id])


def test_while_a_step_runs_what_was_said_of_it_is_shown(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    [run] = index.grow("a", begun(log) + log.line("span.set", span=SPAN, output="so far"))

    found = subject(reader, run)
    given, got = read_input(reader, found), read_output(reader, found)
    assert (given.value, given.lossy) == (2, True)
    assert (got.value, got.lossy) == ("so far", False)
    assert fragment(reader, run) == "(2) → so far"


def test_what_the_end_says_counts_and_what_it_does_not_say_stays(
    index: Index, reader: Reader
) -> None:
    log = Log(run_key(1))
    out = begun(log) + log.line("span.set", span=SPAN, output="so far", attrs={"b": 2, "a": 3})
    [run] = index.grow("a", out + log.line("span.end", span=SPAN, status="ok", attrs={"c": 4}))

    assert read_output(reader, subject(reader, run)).value == "so far"
    assert read_attributes(reader, subject(reader, run)).value == {
        "a": 3, "b": 2, "c": 4, "lossy": ["input"]
    }  # fmt: skip
    kinds = [record.data[9:20] for record in read_raw(reader, subject(reader, run))]
    assert kinds == [b'span.start"', b'span.set","', b'span.set","', b'span.end","']

    span = log.span_id()
    out = log.line("span.start", span=span, kind="tool", name="u")
    out += log.line("span.set", span=span, output="so far")
    index.grow("a", out + log.line("span.end", span=span, status="ok", output="at last"))
    assert read_output(reader, subject(reader, run, 1)).value == "at last"


def test_an_error_that_was_noted_is_told_also_if_the_step_went_on(
    index: Index, reader: Reader
) -> None:
    log = Log(run_key(1))
    error = {"type": "ValueError", "message": "no"}
    out = begun(log) + log.line("span.set", span=SPAN, error=error)
    [run] = index.grow("a", out + log.line("span.end", span=SPAN, status="ok"))

    assert subject(reader, run).error == error


def test_more_of_a_run(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="r", input="a", meta={"user": 1})
    out += log.line("run.set", input="b", meta={"plan": "pro"})
    [run] = index.grow("a", out + log.line("run.set", output="so far"))

    found = subject(reader, run, None)
    assert read_input(reader, found).value == "b"
    assert read_output(reader, found).value == "so far"
    assert read_attributes(reader, found).value == {"meta": {"user": 1, "plan": "pro"}}


def test_usage_is_what_was_said_last_field_by_field(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    [run] = index.grow("a", log.line("span.start", span=SPAN, kind="llm", name="m"))

    def totals() -> tuple[int, int, int]:
        row = query_run(reader, run)
        assert row is not None
        [[span]] = query_run_spans(reader, run)
        assert (span.tokens_in or 0, span.tokens_out or 0) == (row.tokens_in, row.tokens_out)
        return row.tokens_in, row.tokens_out, row.cost

    for usage, expected in (
        ({"input_tokens": 5, "model": "x"}, (5, 0, 0)),
        ({"input_tokens": 7, "cost_usd": 0.5}, (7, 0, 500_000_000)),
    ):
        index.grow("a", log.line("span.set", span=SPAN, usage=usage))
        assert totals() == expected
    end = {"output_tokens": 2, "input_tokens": 8}
    index.grow("a", log.line("span.end", span=SPAN, status="ok", usage=end))
    assert totals() == (8, 2, 500_000_000)
    index.grow("a", log.line("span.set", span=SPAN, usage={"input_tokens": 1, "cost_usd": 0.25}))
    assert totals() == (8, 2, 250_000_000)  # the end has the last word, where it says something


def test_of_an_agent_no_usage_counts_twice(index: Index, reader: Reader) -> None:
    log = Log(run_key(1))
    out = log.line("span.start", span=SPAN, kind="agent", name="a")
    out += log.line("span.set", span=SPAN, usage={"input_tokens": 5})
    [run] = index.grow("a", out + log.line("span.end", span=SPAN, status="ok"))

    row = query_run(reader, run)
    assert row is not None
    assert row.tokens_in == 0
    [[span]] = query_run_spans(reader, run)
    assert span.tokens_in == 5


def test_runs_are_filtered_by_where_they_ran_and_steps_by_what_they_said_so_far(
    index: Index, reader: Reader
) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="r", project="shop", environment="production")
    out += begun(log) + log.line("span.start", span="0b" * 8, kind="tool", name="u")
    [run] = index.grow("a", out + log.line("span.set", span=SPAN, output="so far"))

    def fitting(words: str) -> list[int]:
        job = query_matching(reader, run, parse(words))
        while True:
            try:
                next(job)
            except StopIteration as end:
                return [int(number) for number in end.value]

    assert fitting("has:output") == [0]
    assert fitting("env:prod* project=shop") == [0, 1]
    assert fitting("env:staging") == []


def test_a_step_whose_start_is_lost_is_shown_with_what_was_told_of_it(
    index: Index, reader: Reader
) -> None:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="r")
    usage = {"model": "m", "input_tokens": 7}
    out += log.line("span.set", span=SPAN, input="asked", output="so far", usage=usage)
    [run] = index.grow("a", out)

    [[row]] = query_run_spans(reader, run)
    assert (row.name, row.start, row.end, row.status) == (None, None, None, 0)
    assert (row.model, row.tokens_in) == ("m", 7)
    found = subject(reader, run)
    assert read_input(reader, found).value == "asked"
    assert read_output(reader, found).value == "so far"
    totals = query_run(reader, run)
    assert totals is not None
    assert (totals.spans, totals.tokens_in) == (0, 7)

    # And then the start comes after all, from a file that is read later.
    index.grow("b", Log(run_key(1), proc=1).line("span.start", span=SPAN, kind="agent", name="x"))
    [[row]] = query_run_spans(reader, run)
    assert (row.name, row.kind, row.tokens_in) == ("x", "agent", 7)
    totals = query_run(reader, run)
    assert totals is not None
    assert (totals.spans, totals.tokens_in) == (1, 0)  # an agent's own sum counts nothing
