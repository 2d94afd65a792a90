"""What is made of the viewer's figures: gaps, delays of lines, and the lines of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench import rows_viewer
from tests.bench.corpus import long_runs
from tests.bench.samples import Samples
from tests.bench.viewer import judge_gaps
from tests.bench.viewer_tasks import line_delays

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000


def test_a_gap_is_the_time_between_two_ticks_and_the_longest_tells_its_work() -> None:
    ticks = [(0.0, 0.0), (0.005, 0.001), (0.065, 0.011), (0.085, 0.012)]
    said = judge_gaps(ticks)
    assert round(said["gap_max"]) == 60
    assert round(said["gap_work"]) == 10
    assert (said["gaps_50"], said["gaps_16"]) == (1, 2)
    assert judge_gaps(ticks[:1]) == {}


def test_a_line_is_late_by_the_time_from_the_start_of_its_span_until_it_is_seen() -> None:
    # The start of the run, then start and end of three spans.
    stamps = [at * MS for at in (0, 10, 11, 20, 21, 30, 31)]
    seen = [(15 * MS, 1), (16 * MS, 1), (40 * MS, 3)]
    assert line_delays(stamps, seen) == [5.0, 10.0, 20.0]


def test_the_table_has_lines_only_for_what_was_measured() -> None:
    samples = Samples()
    assert rows_viewer.lines(samples, 1000) == []
    samples.add("windows", {"seconds": 0.3, "empty": 0.1})
    samples.add("live one", {"p50": 2.0})
    samples.add("live on screen", {"screen_p50": 20.0, "screen_p99": 40.0, "model_p50": 15.0})
    late, start = rows_viewer.lines(samples, 1000)
    assert (late.row, late.good, late.measured) == ("A8", True, "p50 18 ms, p99 38 ms")
    assert (start.row, start.good, start.ratio) == ("A9", False, "3.00×")


def test_the_long_runs_are_made_once(tmp_path: Path) -> None:
    folder = long_runs(1, tmp_path, 50)
    assert sorted(path.name for path in folder.iterdir()) == [
        "long-10000.jsonl", "long-20.jsonl", "long-50.jsonl",
    ]  # fmt: skip
    log = folder / "long-50.jsonl"
    assert log.read_bytes().count(b'"type":"span.start"') == 50
    before = log.stat().st_ino
    assert long_runs(1, tmp_path, 50) == folder
    assert log.stat().st_ino == before
