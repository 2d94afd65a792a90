"""Tests that any JSONL opens as a flat run of events, and that the quick road says the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop import formats
from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.flat import Guess, guess
from rollscope_desktop.model.assemble import ENDED, ERROR
from rollscope_desktop.model.events import RunStart, Span
from rollscope_desktop.model.rows import ORDER, TIME
from tests.app.formats.road import (
    DATA,
    Log,
    feed,
    index,
    logs,
    read,
    said,
    same_as_file,
    told,
    value,
)

if TYPE_CHECKING:
    from pathlib import Path

    from rollscope_desktop.model.events import Any_Event

[PROTOCOL] = logs(DATA / "flat")
NOON = 1_767_355_445_000_000_000  # 2026-01-02 12:04:05 UTC


def log(*lines: object, name: str = "a.jsonl") -> Log:
    return Log((name,), b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def spans(log: Log) -> list[Span]:
    return [event for event, _, _ in read(log)[0] if isinstance(event, Span)]


def test_a_recorded_log_of_another_program(tmp_path: Path) -> None:
    held = index(tmp_path, [PROTOCOL])

    [run] = held.runs
    assert (run.format, run.clock, run.spans) == ("flat", TIME, 24)  # wc -l says 24
    assert run.started == 1795222741_551719000
    assert run.name == "protocol.jsonl"
    assert [s.input.path for s in held.spans[run.id] if s.input is not None] == [""] * 24
    same_as_file(held.trees(), "flat.txt")


def test_a_locator_names_the_whole_line(tmp_path: Path) -> None:
    held = index(tmp_path, [PROTOCOL])

    lines = []
    for span in held.spans[held.runs[0].id]:
        assert span.input is not None
        at = span.input
        lines.append(value(PROTOCOL.data, at.offset, at.length, at.path))
    assert lines == [json.loads(line) for line in PROTOCOL.data.splitlines()]


@pytest.mark.parametrize(
    ("key", "time", "expected"),
    [
        ("time", 1767355445, 0),
        ("timestamp", 1767355445.25, 250_000_000),
        ("ts", 1767355445_125, 125_000_000),
        ("t", 1767355445_000_125, 125_000),
        ("start", 1767355445_000_000_125, 125),
        ("ts", 1767355445_125.5, 125_500_000),
        ("created", "1767355445.5", 500_000_000),
        ("created_at", "1767355445000", 0),
        ("@timestamp", "2026-01-02T12:04:05Z", 0),
        ("@timestamp", "2026-01-02T12:04:05.123456789Z", 123_456_789),
        ("datetime", "2026-01-02T13:04:05.5+01:00", 500_000_000),
        ("asctime", "2026-01-02 12:04:05,123", 123_000_000),
        ("date", "2026-01-02T12:04:05", 0),
    ],
)
def test_times_of_every_form(key: str, time: object, expected: int) -> None:
    [span] = spans(log({"name": "x", key: time, "other": 1}))

    assert span.time == NOON + expected
    assert span.end == span.time
    assert formats.recognise(Place(("a.jsonl",)), json.dumps({key: time}).encode()) is not None


def test_what_is_no_time_is_not_taken_for_one() -> None:
    # A counter, a duration, an enumeration and a time of day; then the first field that is one.
    lines = [{"t": 5, "time": 0.25, "start": "begin", "date": "12:04", "ts": 1767355445}] * 3

    assert guess(b"\n".join(json.dumps(line).encode() for line in lines)) == Guess(
        "ts", "whole", 1_000_000_000
    )


def test_the_field_that_most_lines_have_wins() -> None:
    lines = [{"time": "2026-01-02"}, {"ts": 1767355445}, {"ts": 1767355446}]

    guessed = guess(b"\n".join(json.dumps(line).encode() for line in lines))

    assert guessed is not None
    assert guessed.time == "ts"


@pytest.mark.parametrize(
    ("level", "status"),
    [("ERROR", ERROR), ("Fatal", ERROR), ("critical", ERROR), ("warning", ENDED), (50, ENDED)],
)
def test_levels(level: object, status: int, tmp_path: Path) -> None:
    held = index(tmp_path, [log({"level": "info", "msg": "a"}, {"level": level, "msg": "b"})])

    assert [span.status for span in held.spans[held.runs[0].id]] == [ENDED, status]


def test_names_tell_lines_apart_if_any_field_does() -> None:
    lines = [{"name": "root", "msg": "started", "op": "x"}, {"name": "root", "msg": "done"}]

    assert [span.name for span in spans(log(*lines))] == ["started", "done"]
    assert [span.name for span in spans(log({"name": "a", "msg": "b"}))] == ["a"]
    assert [span.name for span in spans(log({"x": 1}))] == ["line"]


def test_a_name_is_of_a_sort_of_line_rather_than_of_one_line() -> None:
    lines = [{"msg": f"took {i} ms", "name": "app", "type": "ab"[i % 2]} for i in range(12)]
    bare = [{"msg": line["msg"], "name": "app"} for line in lines]

    assert {span.name for span in spans(log(*lines))} == {"a", "b"}
    assert [span.name for span in spans(log(*bare))] == [line["msg"] for line in lines]


def test_every_piece_is_read_as_the_start_of_the_file_tells() -> None:
    format = formats.by_name("flat")
    head = log({"ts": 1767355445, "name": "a"}, {"ts": 1767355445, "name": "b"}).data
    piece = log({"time": "2026-01-02T12:04:05Z", "ts": 1767355446, "msg": "x", "name": "c"}).data

    batch = format.reader(Place(("a.jsonl",)), format.opening(head)).feed(piece, len(head), 2)

    [span] = batch.events
    assert isinstance(span, Span)
    assert (span.name, span.time) == ("c", NOON + 10**9)


def test_without_times_the_order_is_the_axis(tmp_path: Path) -> None:
    data = b'{"msg": "a"}\n\n{"msg": "b"}\n{"msg": "c"}\n'

    held = index(tmp_path, [Log(("a.jsonl",), data)], pieces=3)

    [run] = held.runs
    assert (run.clock, run.format) == (ORDER, "flat-ordered")
    assert [(s.name, s.start) for s in held.spans[run.id]] == [("a", 0), ("b", 1), ("c", 2)]


def test_lines_that_are_odd_are_read_or_listed() -> None:
    good = b'{"ts": 1767355445, "msg": "m", "level": "info", "x": 1}'
    odd = {
        b'{"ts": 1767355446, "msg": "nan", "x": NaN}': ("nan", NOON + 10**9),
        b'{"ts": 1208925819614629174706176, "msg": "wide"}': ("wide", None),
        b'{"ts": 1767355446, "msg": "\\ud800"}': ("\ud800", NOON + 10**9),
        b'{"ts": "2026-01-02T12:04:06Z", "msg": {"k": [1]}}': ('{"k":[1]}', NOON + 10**9),
        b'{"ts": null, "msg": 5, "level": ["error"]}': ("5", None),
        b'{"ts": -1e300, "msg": null}': ("line", None),
        b'{"ts": true}': ("line", None),
        b"{}": ("line", None),
    }
    bad = [b"[1,2]", b"3", b"{", b'{"msg": "\xff"}', b'{"a":1} {"b":2}', b"\xff\x00"]
    data = b"\n".join([good, *odd, *bad, b"", b"  ", good])

    events, problems = read(Log(("a.jsonl",), data))

    found = [(event.name, event.time) for event, _, _ in events if isinstance(event, Span)]
    assert found == [("m", NOON), *odd.values(), ("m", NOON)]
    assert [p.line for p in problems] == list(range(9, 15))
    assert all(data[at : at + n] in data.split(b"\n") for _, at, n in events)


@pytest.mark.parametrize(
    ("name", "beside", "head", "format"),
    [
        ("a.jsonl", {"a.jsonl"}, b'{"msg": 1}\n', "flat-ordered"),
        ("a.ndjson", {"a.ndjson"}, b'{"t": 1767355445}\n', "flat"),
        ("a.jsonl", {"a.jsonl"}, b"3\n[]\n", None),
        ("a.jsonl", {"a.jsonl"}, b'{"a": "' + b"x" * 100, "flat-ordered"),  # one very long line
        ("a.json", {"a.json"}, b'{"t": 1767355445}\n{"t": 1767355445}\n', None),
        ("a.json", set(), b'{"t": 1767355445}\n{"t": 1767355445}\n', "flat"),
        ("a.json", set(), b'{"t": 1767355445}', None),
        ("a.log", set(), b'{"t": 1767355445}', "flat"),
        ("a.log", set(), b"some words\n", None),
        ("a.log", {"a.log"}, b'{"t": 1767355445}', None),
        ("a.jsonl", {"a.jsonl"}, b"", None),
    ],
)
def test_which_files_are_taken(
    name: str, beside: set[str], head: bytes, format: str | None
) -> None:
    found = formats.recognise(Place((name,), frozenset(beside)), head)

    assert (found and found.name) == format


@given(st.binary(max_size=200))
def test_no_bytes_confuse_any_format(head: bytes) -> None:
    for name in ("a.jsonl", "a.json", "default.jsonl"):
        formats.recognise(Place((name,)), head)
        formats.recognise(Place((name,)), b'{"event": "a", "rollout_id": ' + head)


_VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 1767355445, 1767355446.5, "1767355447", "2026-01-02T12:04:05Z", "error", "ERROR",
     "words", "", 1 << 80, float("nan"), [], {}, "\ud800", 0, -5]
)  # fmt: skip
_LINES = st.dictionaries(st.sampled_from(["ts", "msg", "level", "name", "x"]), _VALUES).map(
    lambda line: json.dumps(line).encode()
) | st.sampled_from([b"", b" ", b"[1]", b"{", b'{"a":1}{"b":2}', b'{"a":', b"2}", b"\xff", b"{}\r"])


def _guesses() -> st.SearchStrategy[Guess]:
    return st.builds(
        Guess, st.sampled_from(["", "ts"]),
        st.sampled_from(["utc", "local", "whole", "float", "text"]), st.just(10**9),
        st.sampled_from(["", "level"]), st.sampled_from(["", "msg", "name"]),
    )  # fmt: skip


@given(st.lists(_LINES, min_size=1, max_size=20), _guesses(), st.booleans(), st.data())
def test_any_cut_between_lines_gives_the_same_events(
    lines: list[bytes], guessed: Guess, ordered: bool, data: st.DataObject
) -> None:
    format = formats.by_name("flat-ordered" if ordered else "flat")
    cuts = data.draw(st.sets(st.integers(1, 20)))

    known = told(Log(("a.jsonl",), b"".join(line + b"\n" for line in lines)), format)

    def whole(cuts: set[int]) -> Any:
        return said(feed(format.reader(known.place, msgspec.json.encode(guessed)), known, cuts))

    assert whole(cuts) == whole(set())
    assert whole(set(range(1, 20))) == whole(set())
    _is_sound([event for event, _, _ in whole(set())[0]], lines)


def _is_sound(events: list[Any_Event], lines: list[bytes]) -> None:
    """One start, then one span for each line that is an object, each with an id of its own."""
    assert isinstance(events[0], RunStart)
    ids = [event.span for event in events if isinstance(event, Span)]
    objects = 0
    for line in lines:
        try:
            objects += isinstance(json.loads(line), dict)
        except ValueError:
            continue
    assert len(set(ids)) == len(ids) == objects
    assert all(len(id) == 16 for id in ids)
