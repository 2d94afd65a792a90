"""The SQL of a filter finds what the filter means, whatever the runs and whatever was written."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollscope_desktop.model.events import RunStart, Span
from rollscope_desktop.query.connection import Reader, open_reader
from rollscope_desktop.query.filter import (
    compile_filter,
    parse,
    query_matching,
    query_matching_runs,
)
from rollscope_desktop.query.filter.columns import COLUMNS, STATES, Facts
from rollscope_desktop.query.filter.fields import FIELDS, HAS, STATUS
from rollscope_desktop.query.filter.matching import query_matching_among
from rollscope_desktop.query.filter.patterns import in_quotes
from rollscope_desktop.query.notes import query_notes
from rollscope_desktop.query.progress import Progress
from rollscope_desktop.query.runs import query_newest
from rollscope_desktop.query.spans import query_run_spans
from rollscope_desktop.store.writer import Writer
from tests.app.query.filter.oracle import Item, fits
from tests.app.query.filter.runs import FILTERS, run_events, write
from tests.app.support import Log, make_index, run_key

T = TypeVar("T")
_NUMBER = (1 << 31) - 1


def result(job: Generator[Any, None, T]) -> T:
    """What a job returns."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


@contextmanager
def an_index(runs: list[list[Any]]) -> Iterator[Reader]:
    with tempfile.TemporaryDirectory() as folder:
        writer = Writer(Path(folder) / "index.db")
        for events in runs:
            write(writer, events)
        reader = open_reader(Path(folder) / "index.db")
        try:
            yield reader
        finally:
            reader.close()
            writer.close()


def items_of(reader: Reader) -> dict[int, list[Item]]:
    """Every span in its run; a run without any stands alone."""
    found = {}
    for run in query_newest(reader):
        notes = query_notes(reader, run.id, whole=True)
        spans = list(chain.from_iterable(query_run_spans(reader, run.id)))
        found[run.id] = [Item(run, span, notes) for span in spans] or [Item(run, None, notes)]
    return found


def check(reader: Reader, items: dict[int, list[Item]], text: str) -> None:
    """All roads to an answer say what the oracle says."""
    filter = parse(text)
    wanted = {
        run: [i.span.id for i in inside if i.span is not None and fits(filter.root, i)]
        for run, inside in items.items()
    }
    for run, ids in wanted.items():
        numbers = [id & _NUMBER for id in ids]
        assert result(query_matching(reader, run, filter)).tolist() == numbers
        assert result(query_matching(reader, run, filter, 2)).tolist() == [
            n for n in numbers if n >= 2
        ]
        where = compile_filter(filter, reader, run)
        assert query_matching_among(reader, run, where, [1, 3, 99]) == [
            n for n in numbers if n in (1, 3)
        ]
    where = compile_filter(filter, reader)
    rows = reader.all(
        f"SELECT s.id FROM spans s JOIN runs r ON r.id = s.id >> 31 WHERE {where.sql} ORDER BY 1",
        where.parameters,
    )
    assert [id for (id,) in rows] == sorted(chain.from_iterable(wanted.values()))
    runs = {run for run, inside in items.items() if any(fits(filter.root, i) for i in inside)}
    assert result(query_matching_runs(reader, filter)) == runs
    assert result(query_matching_runs(reader, filter, [1, 3])) == runs & {1, 3}


@settings(max_examples=40)
@given(st.data())
def test_the_index_says_what_the_filter_means(data: st.DataObject) -> None:
    runs = [data.draw(run_events(number)) for number in range(data.draw(st.integers(1, 3)))]
    with an_index(runs) as reader:
        items = items_of(reader)
        for text in data.draw(st.lists(FILTERS, min_size=6, max_size=6)):
            check(reader, items, text)


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Reader]:
    """A run with a few steps, one with none, one that failed, and one without times."""
    log = Log(run_key(1))

    def inside(agent: str) -> bytes:
        usage = {"model": "gpt-4o", "input_tokens": 1500, "output_tokens": 20, "cost_usd": 0.02}
        return (
            log.whole("llm", "chat", agent, usage=usage)
            + log.line("signal", span=agent, name="Score", value=0.9)
            + log.whole("tool", "get_weather", agent, status="error", after=3)
        )

    first = log.line("run.start", v=1, name="Straße nach Süden", session="s1", agent="planner")
    first += log.whole("agent", "answer", inside=inside) + log.line("feedback", name="up", value=1)
    first += log.line("run.end", status="ok", reward=-1.0)
    log = Log(run_key(2))
    second = log.line("run.start", v=1, name="nothing in it", session="s1")
    log = Log(run_key(3))
    third = log.line("run.start", v=1, name="failed") + log.whole("llm", "chat")
    error = {"type": "TimeoutError", "message": "timed out after 30 s"}
    third += log.line("run.end", status="error", error=error)
    made = make_index(tmp_path, {"1": first, "2": second, "3": third})
    ordered = [
        RunStart(run="4", time=0, ordered=True),
        Span(run="4", span="a", time=1, end=10**12, kind="llm", name="chat"),
    ]
    write(made.writer, ordered)
    reader = open_reader(made.path)
    yield reader
    reader.close()
    made.writer.close()


@pytest.mark.parametrize(
    ("text", "spans", "runs"),
    [
        ("", [0, 1, 2], [1, 2, 3, 4]),
        ("kind:llm", [1], [1, 3, 4]),
        ("kind:LLM,tool -status:error", [1], [1, 3, 4]),
        ("model:GPT*", [1], [1]),
        ("weather", [2], [1]),
        ("süden", [0, 1, 2], [1]),
        ("STRASSE", [], []),  # letters are compared one by one
        ("kind:tool süden", [2], [1]),
        ("tokens>1.5k cost:0.02", [1], [1]),
        ("dur>0 kind:llm", [1], [1, 3]),  # numbers of events are no durations
        ("session:s1", [0, 1, 2], [1, 2]),
        ("session:s1 -kind:agent", [1, 2], [1, 2]),
        ("reward<0", [0, 1, 2], [1]),
        ("-has:reward", [], [2, 3, 4]),
        ("has:error", [2], [1]),
        ("signal.score>0.5", [0], [1]),
        ("feedback.up:1 kind:tool", [2], [1]),
        ("tag:score", [0], [1]),
        ("error:timed", [], [3]),
        ('"timed out"', [], [3]),
        ("run.status:open", [], [2, 4]),
        ("id:" + run_key(3)[:6] + "*", [], [3]),
        ("agent:plan -kind:llm", [0, 2], [1]),
        ("run.errors>0 OR finish:stop", [0, 1, 2], [1]),
    ],
)
def test_what_fits(four: Reader, text: str, spans: list[int], runs: list[int]) -> None:
    filter = parse(text)
    assert result(query_matching(four, 1, filter)).tolist() == spans
    assert result(query_matching_runs(four, filter)) == set(runs)
    check(four, items_of(four), text)


EVIL = ["' OR 1=1 --", "'; DROP TABLE spans; --", "%", "_", "\\", "?", "x\x00y", "{0}", "\ud800"]


@pytest.mark.parametrize("said", EVIL)
@pytest.mark.parametrize("how", ["{}", "name={}", "kind:{}", "run:{}", "signal.{}:{}", "tag:{}"])
def test_what_is_written_is_only_compared(four: Reader, said: str, how: str) -> None:
    filter = parse(how.replace("{}", in_quotes(said)))
    assert result(query_matching(four, 1, filter)).tolist() == (
        [2] if (how, said) == ("{}", "_") else []
    )
    where = compile_filter(filter, four)
    assert said not in where.sql or said in ("?", "_")
    assert four.one("SELECT count(*) FROM spans")[0] == 5


def test_a_search_can_be_stopped(four: Reader) -> None:
    for job in (
        query_matching(four, 1, parse("kind:llm")),
        query_matching_runs(four, parse("kind:llm")),
    ):
        assert isinstance(next(job), Progress)
        job.close()
    assert four.one("SELECT 1") == (1,)


def test_every_field_has_its_place_in_the_index() -> None:
    assert set(COLUMNS) == {field.name for field in FIELDS}
    has = COLUMNS["has"]
    assert isinstance(has, Facts)
    assert {*has.span, *has.run, *has.notes} == {word for word, _ in HAS}
    assert set(STATES) == {word for word, _ in STATUS}


def test_very_many_values_are_compared_as_a_set(tmp_path: Path) -> None:
    spans = [Span(run="1", span=f"{n:016x}", time=n, kind="tool", name=f"n{n}") for n in range(60)]
    with an_index([[RunStart(run="1"), *spans]]) as reader:
        found = result(query_matching(reader, 1, parse("name:n* -name:n5")))
        assert found.tolist() == [n for n in range(60) if not str(n).startswith("5")]
