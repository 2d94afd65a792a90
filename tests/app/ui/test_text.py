"""Numbers, times and foreign text as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model import text

US, MS, S, M, H = 10**3, 10**6, 10**9, 60 * 10**9, 3600 * 10**9


@pytest.mark.parametrize(
    ("ns", "said"),
    [
        (None, ""), (0, "0 ns"), (999, "999 ns"), (812 * US, "812 µs"), (999_499, "999 µs"),
        (999_500, "1.00 ms"), (4_210 * US, "4.21 ms"), (42_100 * US, "42.1 ms"),
        (421 * MS, "421 ms"), (999 * MS, "999 ms"), (999_500_000, "1.0 s"), (1_300 * MS, "1.3 s"),
        (59_940 * MS, "59.9 s"),
        (59_960 * MS, "1 m 00 s"), (125 * S, "2 m 05 s"), (H, "1 h 00 m"),
        (3 * H + 7 * M, "3 h 07 m"), (52 * H, "2 d 04 h"), (-1_300 * MS, "−1.3 s"),
    ],
)  # fmt: skip
def test_durations(ns: int | None, said: str) -> None:
    assert text.duration(ns) == said


@given(st.integers(0, 10**17), st.integers(0, 10**17))
def test_a_longer_duration_never_reads_shorter(one: int, other: int) -> None:
    low, high = sorted((one, other))

    assert seconds(text.duration(low)) <= seconds(text.duration(high))


def seconds(said: str) -> float:
    units = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
    words = said.split()
    pairs = zip(words[::2], words[1::2], strict=True)
    return sum(float(number) * units[unit] for number, unit in pairs)


def test_a_run_without_times_is_measured_in_events() -> None:
    assert text.length(24, timeless=True) == "24 events"
    assert text.length(1, timeless=True) == "1 event"
    assert text.length(None, timeless=True) == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (999, "999"), (1000, "1.0 k"), (1234, "1.2 k"), (99_949, "99.9 k"),
     (99_950, "100 k"), (999_499, "999 k"), (999_500, "1.0 M"), (10**12, "1.0 T"),
     (-1234, "−1.2 k")],
)  # fmt: skip
def test_large_numbers(number: int, said: str) -> None:
    assert text.short_count(number) == said


@pytest.mark.parametrize(
    ("nano", "said"),
    [(None, ""), (0, "$0"), (4_200_000, "$0.0042"), (10_000, "<$0.0001"), (130_000_000, "$0.13"),
     (99_960_000, "$0.10"), (12_400_000_000, "$12.40"), (1_240_000_000_000, "$1,240"),
     (-4_200_000, "−$0.0042")],
)  # fmt: skip
def test_costs(nano: int | None, said: str) -> None:
    assert text.cost(nano) == said


def test_days_are_named_from_today() -> None:
    now = 1_795_222_741 * S
    day = 86_400 * S

    assert text.day(now, now) == "Today"
    assert text.day(now - day, now) == "Yesterday"
    assert text.day(now - 400 * day, now).endswith("2025")
    assert text.day(None, now) == "No date"


def test_times_that_no_calendar_has_are_left_out() -> None:
    for odd in (1 << 90, -(1 << 90), None):
        assert text.time_of_day(odd) == text.timestamp(odd) == ""


def test_control_characters_are_shown() -> None:
    assert text.visible("\x1b[31mred\x00\x7f") == "␛[31mred␀␡"
    assert text.visible("a\u202eb\ud800") == "a<U+202E>b<U+D800>"
    assert text.visible("two\r\nlines\tand") == "two\nlines\tand"


@given(st.text(), st.integers(1, 50))
def test_one_line_is_one_line(said: str, limit: int) -> None:
    shown = text.one_line(said, limit)

    assert "\n" not in shown
    assert text.visible(shown) == shown


@given(st.text(max_size=80), st.integers(1, 40))
def test_cuts_keep_to_their_limit(said: str, limit: int) -> None:
    for cut in (text.end_cut(said, limit), text.middle_cut(said, limit)):
        assert len(cut) <= limit
        assert cut == said or text.ELLIPSIS in cut


def test_ids_are_cut_in_the_middle_and_prose_at_its_end() -> None:
    assert text.middle_cut("abcdefghij", 5) == "ab…ij"
    assert text.end_cut("to be or not", 6) == "to be…"


@pytest.mark.parametrize(
    ("at", "length", "said"),
    [
        (7, 900, "\u2007\u20077 ns"),
        (1_500, 2_000_000, "\u2007\u2007\u20071 µs"),
        (3_100_000, 12_000_000, "\u20073.1 ms"),
        (3_100_000, 5_000_000_000, "0.00 s"),
        (12_400_000_000, 63_900_000_000, "0:12.4"),
        (63_900_000_000, 12 * 60 * 10**9, "\u20071:03.9"),
        (271 * 10**9, 7_800 * 10**9, "0:04:31"),
    ],
)
def test_a_moment_has_the_digits_of_its_run(at: int, length: int, said: str) -> None:
    assert text.clock(at, length) == said


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_no_moment_is_wider_than_its_run_or_narrower(one: int, other: int) -> None:
    at, length = sorted((one, other))
    assert len(text.clock(at, length)) == len(text.clock(length, length))
