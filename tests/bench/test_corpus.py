"""The benchmarks' data: a seed gives the same bytes, and as many spans as were asked for."""

from __future__ import annotations

import json

from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.runlog import RunLog
from rollscope_desktop.model.assemble import assemble
from tests.bench.corpus import SIZES, one_run, run_sizes


def test_a_seed_gives_the_same_bytes() -> None:
    assert one_run(1, 3, 60) == one_run(1, 3, 60)


def test_another_seed_or_run_gives_other_bytes() -> None:
    assert len({one_run(seed, number, 60)[0] for seed in (1, 2) for number in (3, 4)}) == 4


def test_the_sizes_of_runs_add_up() -> None:
    for size in SIZES.values():
        sizes = run_sizes(size, 7)
        assert len(sizes) == size.files
        assert sum(sizes) == size.spans
        assert sizes[0] == max(sizes) == size.longest
        assert min(sizes) > 800


def test_the_run_log_and_the_flat_lines_hold_the_same_spans() -> None:
    runlog, flat = one_run(5, 2, 200)
    reader = RunLog().reader(Place(("run.jsonl",)), b"")
    batch = reader.feed(runlog, 0, 0)
    assert batch.problems == []
    (change,) = assemble(batch)
    lines = [json.loads(line) for line in flat.splitlines()]
    assert change.in_order
    assert len(change.spans) == len(lines) == 200
    told = {(row[3], row[5], row[6]) for row in change.spans}  # name, start, end
    assert told == {(line["name"], line["start"], line["end"]) for line in lines}
    assert change.totals.llm == sum(line["kind"] == "llm" for line in lines) > 20
    assert change.blobs
