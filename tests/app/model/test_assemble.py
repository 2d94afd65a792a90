"""Tests that a batch of events becomes one change per run, and what a change says."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw

from rollscope_desktop.model import assemble as a
from rollscope_desktop.model.assemble import Change, assemble
from rollscope_desktop.model.columns import nano_dollars, span_key
from rollscope_desktop.model.events import (
    Agent,
    Any_Event,
    Batch,
    Blob,
    Flag,
    Occurrence,
    Replay,
    RunEnd,
    RunStart,
    Signal,
    Span,
    SpanEnd,
    SpanStart,
    Usage,
)


def change(*events: Any_Event) -> Change:
    [made] = changes(*events)
    return made


def changes(*events: Any_Event) -> list[Change]:
    places = list(range(0, 10 * len(events), 10))
    return assemble(Batch(list(events), places, [9] * len(events), []))


def test_a_start_and_its_end_are_one_row() -> None:
    usage = Usage(model="m", input_tokens=5, output_tokens=2, cost_usd=0.5)

    made = change(
        SpanStart(run="r", seq=0, time=3, span="0f", parent="0e", kind="llm", name="n"),
        SpanEnd(run="r", seq=1, time=8, span="0f", usage=usage, first_token=4),
    )

    [row] = made.spans
    assert row == [
        span_key("0f"), span_key("0e"), "llm", "n", a.OK, 3, 8, 0, 9, 10, 9,
        ("m", 5, 2, None, 500_000_000, None, 4), None,
    ]  # fmt: skip
    assert (made.first, made.last, made.procs) == (3, 8, {0: (0, 1)})
    assert made.in_order
    totals = made.totals
    assert (totals.spans, totals.llm, totals.tokens_in, totals.cost) == (1, 1, 5, 500_000_000)


def test_what_only_some_spans_have_stands_apart() -> None:
    [row] = change(
        SpanStart(run="r", span="a", branch=3, agent=Agent("x"), replay=Replay("played"), flags=1),
        SpanEnd(run="r", span="a", status="odd", path="p", flags=2),
    ).spans

    assert row[a.STATE] == a.ENDED
    assert row[a.EXTRA] == (3, "played", "x", 3, None, "p")


def test_a_whole_span_keeps_its_paths_also_if_they_are_empty() -> None:
    line, tool, bare = change(
        Span(run="r", span="a", time=1, end=1, status="", input=""),
        Span(run="r", span="b", output="x/0", flags=Flag.NO_INPUT),
        Span(run="r", span="c", kind="task", end=9),
    ).spans

    assert (line[a.IN_OFFSET], line[a.OUT_OFFSET], line[a.EXTRA][4:]) == (0, None, ("", None))
    assert (tool[a.IN_OFFSET], tool[a.OUT_OFFSET], tool[a.EXTRA][3:]) == (
        None,
        10,
        (4, None, "x/0"),
    )
    assert bare[a.EXTRA] is None


def test_each_run_has_a_change_in_order_of_first_mention() -> None:
    made = changes(
        RunStart(run="b", name="n"), RunEnd(run="a"), Blob(run="b", hash="00ff"),
        Signal(run="a", name="s", value=True), Occurrence(run="b", name="o" * 999),
    )  # fmt: skip

    assert [(c.run, len(c.starts), len(c.ends), len(c.blobs), len(c.notes)) for c in made] == [
        ("b", 1, 0, 1, 1),
        ("a", 0, 1, 0, 1),
    ]
    assert made[0].blobs == [(b"\x00\xff", 20, 9, "data")]
    assert made[1].notes[0][2:6] == ("signal", None, "s", "true")
    assert len(made[0].notes[0][4]) == 300


@pytest.mark.parametrize(
    ("numbers", "in_order", "procs"),
    [
        ([(0, 0), (0, 1), (0, 2)], True, {0: (0, 2)}),
        ([(0, 5), (1, 0), (0, 6), (1, 1)], True, {0: (5, 6), 1: (0, 1)}),
        ([(0, 0), (0, 0)], False, {0: (0, 0)}),
        ([(0, 2), (0, 1)], False, {0: (2, 2)}),
        ([(0, 5), (1, 3), (0, 1)], False, {0: (5, 5), 1: (3, 3)}),
        ([(1, 0), (1, 6), (0, 1), (1, 0)], False, {0: (1, 1), 1: (0, 6)}),
        ([(0, -1), (0, -1)], True, {}),  # formats that number nothing
    ],
)
def test_the_highest_number_of_each_process_is_kept(
    numbers: list[tuple[int, int]], in_order: bool, procs: dict[int, tuple[int, int]]
) -> None:
    made = change(*(Occurrence(run="r", proc=proc, seq=seq) for proc, seq in numbers))

    assert made.in_order == in_order
    assert made.procs == procs


@pytest.mark.parametrize(
    ("data", "left"),
    [
        (b"null", {3: 7}),
        (b'{"proc":0,"seq":41}', {3: 7, 0: 41}),
        (b'{"proc":3,"seq":9}', {3: 9}),
        (b'{"proc":0}', {3: 7}),
        (b'{"proc":0,"seq":1e3}', {3: 7}),
        (b'{"proc":-1,"seq":2}', {3: 7}),
        (b'{"proc":0,"seq":9223372036854775808}', {3: 7}),
        (b"[" * 5000, {3: 7}),
    ],
)
def test_whose_connection_was_closed_and_after_which_event(
    data: bytes, left: dict[int, int]
) -> None:
    made = change(
        Occurrence(run="r", proc=3, seq=5, name="disconnected"),
        Occurrence(run="r", proc=3, seq=7, name="disconnected", data=Raw(data)),
        Occurrence(run="r", proc=3, seq=8, name="noted", data=Raw(b'{"proc":1,"seq":1}')),
    )

    assert made.left == left


def test_keys_are_the_bits_of_an_id() -> None:
    assert span_key("00f067aa0ba902b7") == 0x00F067AA0BA902B7
    assert span_key("ffffffffffffffff") == -1
    odd = [
        "",
        "abc",
        "x" * 16,
        "-000000000000001",
        "\ud800",
        "00f067aa0ba902b70",
        " 0f067aa0ba902b7",
        "00F067AA0BA902B7",
        "123456789abcdef01234",
    ]
    keys = [span_key(text) for text in odd]
    assert len(set(keys)) == len(odd)
    assert all(-(1 << 63) <= key < 1 << 63 for key in keys)


@pytest.mark.parametrize(
    ("usd", "expected"),
    [(None, None), (0.5, 500_000_000), (float("nan"), None), (float("inf"), None), (1e300, None)],
)
def test_amounts_of_money(usd: Any, expected: int | None) -> None:
    assert nano_dollars(usd) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "true"), (3, 3), (1 << 80, float(1 << 80)), (1 << 9999, None), (2.5, 2.5),
     (float("nan"), "nan"), ("x" * 999, "x" * 300), ("\ud800", "?"), ([1], None), (None, None)],
)  # fmt: skip
def test_values_are_kept_as_a_column_can_hold_them(value: Any, expected: Any) -> None:
    [note] = change(Signal(run="r", name="s", value=value)).notes

    assert note[5] == expected
