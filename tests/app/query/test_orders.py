"""The order of a flat list, against the rows themselves: every column, of one run and of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.model.rows import SpanRow
from rollscope_desktop.query.filter import compile_filter, parse
from rollscope_desktop.query.outline import query_outline
from rollscope_desktop.query.progress import Partial
from rollscope_desktop.query.runs import query_run
from rollscope_desktop.query.span_list import orders
from rollscope_desktop.query.span_list.orders import (
    First,
    Wanted,
    query_count,
    query_first,
    query_order,
    query_turned,
)
from rollscope_desktop.query.span_list.signals import (
    query_signal_names,
    query_signal_values,
    query_signals,
)
from rollscope_desktop.query.span_list.sums import query_sums
from rollscope_desktop.query.spans import query_run_spans, run_of
from tests.app.support import EPOCH, SECOND, Log, run_key, simple_run

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.span_list.ranking import Order
    from tests.app.support import Index

COLUMNS = (
    "number", "step", "kind", "model", "agent", "status", "started", "duration", "first",
    "tokens_in", "tokens_out", "cached", "cost", "saved", "run",
)  # fmt: skip


@dataclass(frozen=True)
class Where:
    """A condition by hand, as a compiled filter is."""

    sql: str
    parameters: tuple[Any, ...] = ()


LLM = Where("s.kind = (SELECT id FROM words WHERE text = ?)", ("llm",))
OF_RUN = Where("r.name LIKE ? OR s.status = 2", ("%2",))


def answer(job: Any) -> tuple[list[First], Any]:
    firsts: list[First] = []
    while True:
        try:
            step = next(job)
        except StopIteration as end:
            return firsts, end.value
        if isinstance(step, Partial):
            value: Any = step.value
            firsts.append(value)


def various(number: int, start: int) -> bytes:
    """A run of steps that differ in everything."""
    log = Log(run_key(number), start)
    out = log.line("run.start", v=1, name=f"run {number}")

    def inside(agent: str) -> bytes:
        parts = []
        for n, name in enumerate(["chat", "Zeta", "alpha", "chat", "beta"]):
            kind = "llm" if name == "chat" else "tool"
            log.now += n * SECOND
            usage = {"model": f"m{number - n % 3}", "input_tokens": (7 * n) % 5, "cost_usd": n / 10}
            status = "error" if n == 2 else "ok"
            more: dict[str, Any] = {"usage": usage} if kind == "llm" and n else {}
            parts.append(log.whole(kind, name, agent, status, agent=f"a{n % 2}", **more))
        span = log.span_id()
        parts.append(log.line("span.start", span=span, parent=agent, kind="tool", name="open"))
        return b"".join(parts)

    usage = {"input_tokens": 900, "cost_usd": 9.0}
    return out + log.whole("agent", "assistant", None, inside=inside, usage=usage)


@pytest.fixture
def runs(index: Index) -> list[int]:
    logs = [various(1, EPOCH + 50 * SECOND), various(2, EPOCH), simple_run(3, 8)]
    return [index.grow(f"{n}.jsonl", log)[0] for n, log in enumerate(logs)]


def key_of(row: SpanRow, column: str, reader: Reader) -> Any:
    if column in ("step", "kind", "model", "agent"):
        word = {"step": row.name, "kind": row.kind, "model": row.model, "agent": row.agent}[column]
        return None if word is None else (word.casefold(), word)
    if column == "run":
        run = query_run(reader, run_of(row.id))
        assert run is not None
        return (run.name, run.started)
    if column == "duration":
        return None if row.start is None or row.end is None else row.end - row.start
    if column == "first":
        known = row.first_token is not None and row.start is not None
        return row.first_token - row.start if known else None  # type: ignore[operator]
    fields = {"number": "id", "started": "start", "cached": "tokens_cached"}
    return getattr(row, fields.get(column, column))


def expected(rows: list[SpanRow], column: str, descending: bool, reader: Reader) -> list[int]:
    keys = {row.id: key_of(row, column, reader) for row in rows}
    known = sorted(id for id, key in keys.items() if key is not None)
    known.sort(key=lambda id: keys[id], reverse=descending)
    if descending:  # reversing a stable sort keeps equals in their order
        ranked = sorted({keys[id] for id in known}, reverse=True)
        known = [id for key in ranked for id in sorted(i for i in known if keys[i] == key)]
    return known + sorted(id for id, key in keys.items() if key is None)


def rows_of(reader: Reader, runs: list[int]) -> list[SpanRow]:
    return [row for run in runs for chunk in query_run_spans(reader, run) for row in chunk]


def outline_of(reader: Reader, run: int) -> Outline:
    _, opening = answer(query_outline(reader, run))
    return opening.outline


def check(
    reader: Reader, wanted: Wanted, rows: list[SpanRow], where: Any = None, outline: Any = None
) -> None:
    firsts, order = answer(query_order(reader, wanted, where, outline))
    right = expected(rows, wanted.column, wanted.descending, reader)
    assert order.all_ids().tolist() == right, wanted
    for first in firsts:
        assert first.ids == right[: len(first.ids)], wanted
        assert {row.id for row in first.rows} == set(first.ids[: orders.ROWS])
    assert firsts or outline is not None or not rows
    _, turned = answer(query_turned(reader, order))
    other = expected(rows, wanted.column, not wanted.descending, reader)
    assert turned.all_ids().tolist() == other, wanted


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts_as_its_values_do(
    index: Index, reader: Reader, runs: list[int], column: str, descending: bool
) -> None:
    every, mine = rows_of(reader, runs), rows_of(reader, runs[:1])
    wanted = Wanted(None, column, descending)
    check(reader, wanted, every)
    check(reader, wanted, [r for r in every if r.kind == "llm"], LLM)
    of_run = [r for r in every if run_of(r.id) == runs[1] or r.status == 2]
    check(reader, wanted, of_run, OF_RUN)
    wanted = Wanted(runs[0], column, descending)
    check(reader, wanted, mine)
    check(reader, wanted, mine, outline=outline_of(reader, runs[0]))
    check(reader, wanted, [r for r in mine if r.kind == "llm"], LLM)
    check(reader, wanted, [], Where("0"))


def test_a_page_is_enough_for_the_beginning(
    index: Index, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PAGE", 4)
    monkeypatch.setattr(orders, "ROWS", 3)
    monkeypatch.setattr(orders, "_CHUNK", 3)
    monkeypatch.setattr(orders, "_MOST_RARE", 6)
    monkeypatch.setattr(orders, "_FEWER", (4, 2))
    runs = [index.grow(f"{n}.jsonl", various(n, EPOCH + n * SECOND))[0] for n in (1, 2)]
    every = rows_of(reader, runs)
    for column in COLUMNS:
        for most in (1_000, 2):
            monkeypatch.setattr(orders, "_MOST_WORDS", most)
            for descending in (False, True):
                check(reader, Wanted(None, column, descending), every)
                mine = Wanted(runs[1], column, descending)
                check(reader, mine, rows_of(reader, runs[1:]), outline=outline_of(reader, runs[1]))


def test_levels_come_from_the_outline(index: Index, reader: Reader, runs: list[int]) -> None:
    made = outline_of(reader, runs[0])
    agent = runs[0] << 31
    for where in (None, Where("s.status != 9")):
        _, order = answer(query_order(reader, Wanted(runs[0], "level"), where, made))
        assert order.id_at(0) == agent
        _, order = answer(query_order(reader, Wanted(runs[0], "level", True), where, made))
        assert order.id_at(len(order) - 1) == agent
    assert query_first(reader, Wanted(runs[0], "level")) is None


def test_what_lies_outside_a_range_is_left_out(index: Index, reader: Reader) -> None:
    from rollscope_desktop.viewmodels.matches import _inside

    [run] = index.grow("a.jsonl", various(1, EPOCH))
    made = outline_of(reader, run)
    start = made.structure.start
    for low, high in ((0, 3), (1_500, 2_500), (4_000, 20_000), (-9, -5)):
        range = (EPOCH + low * 1_000_000, EPOCH + high * 1_000_000)
        inside = _inside(made.structure, *range)
        wanted = Wanted(run, "number", range=range)
        _, order = answer(query_order(reader, wanted, None, made))
        assert order.numbers.tolist() == made.structure.number[inside].tolist()
        assert query_count(reader, wanted) == len(order)
    assert len(start) == 7


def test_runs_without_times_stand_last_where_times_are_compared(
    index: Index, reader: Reader, runs: list[int]
) -> None:
    index.writer._db.execute("UPDATE runs SET clock = 1 WHERE id = ?", (runs[0],))
    for column in ("started", "duration", "first"):
        for descending in (False, True):
            firsts, order = answer(query_order(reader, Wanted(None, column, descending)))
            last = order.ids(order.known, len(order))
            assert {id for id in order.all_ids().tolist() if run_of(id) == runs[0]} <= set(last)
            assert firsts[0].ids == order.ids(0, len(firsts[0].ids))
    _, order = answer(query_order(reader, Wanted(runs[0], "duration")))
    assert order.known == 6


def test_signals_sort_numbers_before_texts(index: Index, reader: Reader) -> None:
    log = Log(run_key(5))
    data = log.line("run.start", v=1, name="signals")
    values: list[object] = [0.5, "high", 2, None, "Low"]
    spans = []
    for value in values:
        span = log.span_id()
        spans.append(span)
        data += log.line("span.start", span=span, kind="tool", name="step")
        if value is not None:
            data += log.line("signal", span=span, name="score", value=9)
            data += log.line("signal", span=span, name="score", value=value)
        data += log.line("span.end", span=span, status="ok")
    data += log.line("signal", name="of the run", value=1)
    [run] = index.grow("a.jsonl", data)
    [other] = index.grow("b.jsonl", simple_run(1))

    assert query_signal_names(reader, run) == ["score"]
    assert query_signal_names(reader, None) == ["score"]
    assert query_signal_names(reader, other) == []
    assert sorted(map(str, query_signal_values(reader, run, "score")[run].values())) == [
        "0.5", "2", "Low", "high",
    ]  # fmt: skip
    _, order = answer(query_order(reader, Wanted(run, "signal.score")))
    assert order.numbers.tolist() == [0, 2, 1, 4, 3]
    _, order = answer(query_order(reader, Wanted(None, "signal.score", True)))
    assert order.ids(0, 4) == [run << 31 | n for n in (4, 1, 2, 0)]
    assert order.known == 4
    assert len(order) == 8
    found = query_signals(reader, rows_of(reader, [run, other]))
    assert found[run << 31 | 1] == {"score": "high"}
    assert found[run << 31 | 3] == {}
    assert len(found) == 8


def test_sums_count_what_calls_cost_once(index: Index, reader: Reader, runs: list[int]) -> None:
    for run in runs:
        row = query_run(reader, run)
        assert row is not None
        sums = query_sums(reader, Wanted(run))
        assert (sums.spans, sums.cost) == (row.spans, row.cost)
        assert sums.tokens == row.tokens_in + row.tokens_out
        rows = rows_of(reader, [run])
        assert sums.time == sum(r.end - r.start for r in rows if r.end and r.start)
        assert sums.saved is None
    assert query_sums(reader, Wanted(None)).spans == len(rows_of(reader, runs))
    nothing = query_sums(reader, Wanted(run), Where("0"))
    assert (nothing.spans, nothing.tokens, nothing.cost, nothing.time) == (0, None, None, None)


def test_filters_of_the_bar_fit(index: Index, reader: Reader, runs: list[int]) -> None:
    parsed = parse('kind:tool run:"run 1"')
    for run in (None, runs[0]):
        where = compile_filter(parsed, reader, run)
        _, order = answer(query_order(reader, Wanted(run, "step"), where))
        names = [r.name for id in order.all_ids().tolist() for r in rows_of(reader, runs[:1])
                 if r.id == id]  # fmt: skip
        assert names == ["alpha", "beta", "open", "Zeta"]
        assert query_count(reader, Wanted(run), where) == 4


def test_an_order_can_be_stopped_between_steps(
    index: Index, reader: Reader, runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "_CHUNK", 2)
    job = query_order(reader, Wanted(None, "cost"))
    assert isinstance(next(job), Partial)
    next(job)
    job.close()
    order: Order
    _, order = answer(query_order(reader, Wanted(None, "cost")))
    assert len(order) == len(rows_of(reader, runs))
