"""The row of comparing: what is measured is what its lines say, and the table has it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from tests.app.support import make_index
from tests.bench import compare_tasks, rows_compare
from tests.bench.samples import Samples

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("shape", "step"), [("siblings", 22), ("talk", 22), ("other", 2)])
def test_a_shape_parts_where_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, step: int
) -> None:
    for name in ("collect", "freeze", "disable"):
        monkeypatch.setattr(gc, name, lambda: None)
    compare_tasks.write(shape, str(tmp_path / "made"), 40)
    logs = {path.name: path.read_bytes() for path in sorted((tmp_path / "made").iterdir())}
    index = make_index(tmp_path, logs)
    index.writer.close()
    said = compare_tasks.compare(str(index.path))
    assert (said["steps"], said["step"]) == (40, step)
    assert 0 < said["first"] < said["seconds"]


def test_the_table_has_lines_only_for_what_was_measured() -> None:
    samples = Samples()
    assert rows_compare.lines(samples) == []
    samples.add("compare siblings", {"seconds": 0.6, "first": 0.4, "reading": 0.5,
                                     "steps": 10_000, "step": 5_002, "peak_mb": 90.0})  # fmt: skip
    whole, first = rows_compare.lines(samples)
    assert (whole.good, first.good) == (True, False)
    assert whole.what.startswith("two runs of 10,000 steps, all calls of one tool")
    assert first.reference == "at step 5,002"
