"""The page of the benchmarks: figures, verdicts, and what is said when something is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.bench.live import judge
from tests.bench.report import Machine, page, raw, table, write
from tests.bench.samples import Line, Samples, at_most, scaled, seconds

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = Machine("Linux, 2 cores", {"Python": "3.11"})


def test_ratios_are_taken_within_a_round() -> None:
    samples = Samples()
    for ours, limit in ((2.0, 1.0), (9.0, 3.0), (40.0, 10.0)):
        samples.add("index", {"seconds": ours})
        samples.add("L", {"seconds": limit})
    assert samples.ratio("index", "L") == 3.0
    assert samples.middle("index") == 9.0
    assert samples.best("L", "seconds") == 1.0


def test_a_round_that_failed_counts_in_no_figure() -> None:
    samples = Samples()
    samples.add("index", None)
    samples.add("L", {"seconds": 1.0})
    samples.add("index", {"seconds": 4.0})
    samples.add("L", {"seconds": 2.0})
    assert samples.ratio("index", "L") == 2.0
    assert samples.ratio("index", "absent") is None


def test_an_absolute_target_is_scaled_only_on_a_much_slower_machine() -> None:
    assert scaled(60, 30, there=21) == 60
    assert scaled(60, 42, there=21) == 120
    assert scaled(60, None, there=21) == 60


def test_the_table_says_what_is_met_what_falls_short_and_what_was_not_measured() -> None:
    lines = [
        Line("A1", "index", "≤ 4.0 L", "2 s", good=True),
        Line("A2", "list", "≤ 1.0 L", "3 s", good=False),
        Line("A3", "size", "≤ 0.16×", "–", good=at_most(None, 0.16)),
        Line("A1", "beside a peer", "", "2 s"),
    ]
    ends = [row.split("|")[-2].strip() for row in table(lines).splitlines()[2:]]
    assert ends == ["met", "**falls short**", "–", ""]


def test_the_page_lists_what_falls_short_with_its_reason_and_what_is_missing(
    tmp_path: Path,
) -> None:
    lines = [Line("A2", "list", "≤ 1.0 L", "3 s", ratio="1.50×", good=False)]
    text = page(
        lines, MACHINE, {"1M": "1 file"}, 3, {"lnav": "not installed"}, {"A2": "It is slow."},
        size="1M", day="2026-01-31",
    )  # fmt: skip
    assert "A2, list: 1.50× instead of ≤ 1.0 L. It is slow." in text
    assert "lnav: not installed" in text
    samples = Samples({"L": [{"seconds": 1.23456789}, None]})
    write(tmp_path / "docs", text, raw(samples, MACHINE, "1M", "2026-01-31"))
    assert (tmp_path / "docs" / "benchmarks.md").read_text(encoding="utf-8") == text
    first, row = (tmp_path / "docs" / "benchmarks.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(first)["size"] == "1M"
    assert json.loads(row) == {"step": "L", "round": 1, "seconds": 1.2346}


def test_durations_are_written_with_digits_that_count() -> None:
    assert [seconds(None), seconds(0.01234), seconds(2.5)] == ["–", "12.3 ms", "2.50 s"]


def test_a_delay_ends_when_the_event_is_first_seen_and_what_is_never_seen_is_lost() -> None:
    ms = 1_000_000
    stamps = {"a": [0, 10 * ms, 20 * ms, 30 * ms]}  # the first one is the start of the run
    seen = [(12 * ms, "a", 1), (25 * ms, "a", 1), (26 * ms, "a", 2), (27 * ms, "other", 9)]
    said = judge(stamps, seen)
    assert (said["p50"], said["max"], said["events"], said["lost"]) == (6.0, 6.0, 2, 1)
