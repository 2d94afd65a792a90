"""What is made of the figures of the flat list: lines of the table."""

from __future__ import annotations

from tests.bench import rows_list
from tests.bench.samples import Samples


def test_the_table_has_lines_only_for_what_was_measured() -> None:
    samples = Samples()
    assert rows_list.lines(samples, 1000) == []
    said = {"sort_first": 0.1, "sort_whole": 0.7, "filter_first": 0.16, "filter_whole": 0.5,
            "again_whole": 0.03, "jump_whole": 0.008, "gap_max": 21.0}  # fmt: skip
    samples.add("flat list", {f"all_{name}": value for name, value in said.items()})
    lines = rows_list.lines(samples, 1000)
    assert {line.row for line in lines} == {"A6"}
    assert [line.good for line in lines] == [True, False, True, True, True, True]
    assert lines[0].what.startswith("all runs, 11,020 spans: sort by a column")
    assert lines[0].measured == "100.0 ms"
    assert "21 ms" in lines[-1].reference
