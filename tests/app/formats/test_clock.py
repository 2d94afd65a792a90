"""Tests that times are read in the forms in which logs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.formats.clock import EARLIEST, LATEST, from_any


@given(st.integers(EARLIEST, LATEST - 10**9))
def test_every_unit_of_an_epoch_number(time: int) -> None:
    assert from_any(time) == time
    assert from_any(str(time)) == time
    assert from_any(time // 1_000) == time // 1_000 * 1_000
    assert from_any(time // 1_000_000) == time // 1_000_000 * 1_000_000
    seconds = from_any(time / 1e9)
    assert seconds is not None
    assert abs(seconds - time) < 1_000


@given(st.datetimes(datetime(1974, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_text_says_the_same_as_the_moment(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    micros = round((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)

    assert from_any(aware.isoformat()) == micros * 1_000
    assert from_any(moment.isoformat(" ")) == micros * 1_000  # without a zone it is UTC


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1, 5, 1 << 80, float("nan"), float("inf"), 1e300, "", "12:04", "0", "x", [],
     "1e300", "9" * 5000, "0001-01-01", "9999-12-31T23:59:59-12:00", "٣"],
)  # fmt: skip
def test_what_is_no_point_in_time(value: object) -> None:
    assert from_any(value) is None
