"""Two runs as a table: what its lines say, how it opens, and how it follows runs that grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from rollscope_desktop.model.alignment import Part, Sign
from rollscope_desktop.model.text import time_of_day
from rollscope_desktop.viewmodels.compare.lines import (
    COST,
    DURATION,
    LEFT,
    RIBBON,
    RIGHT,
    CompareLine,
    signed,
    told_apart,
)
from rollscope_desktop.viewmodels.compare.model import CompareModel
from rollscope_desktop.viewmodels.compare.source import GONE, State
from rollscope_desktop.viewmodels.lines import Role
from tests.app.compared import travel_run
from tests.app.support import EPOCH, SECOND, Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index

HEARD = Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture
def model(jobs: Jobs, qtmodeltester) -> CompareModel:
    made = CompareModel(jobs)
    qtmodeltester.check(made)  # goes on checking whatever happens to it
    return made


def show(model: CompareModel, left: int, right: int, qtbot) -> None:
    model.runs.compare(left, right)
    qtbot.waitUntil(lambda: model.runs.state in (State.FULL, State.FAILED))


def travels(model: CompareModel, index: Index, qtbot, **other) -> tuple[int, int]:
    """A run and its fork, compared."""
    [left] = index.grow("a.jsonl", travel_run(1))
    [right] = index.grow("b.jsonl", travel_run(2, fork_of=1, **other))
    show(model, left, right, qtbot)
    return left, right


def said(line: CompareLine) -> str:
    if line.fold:
        return f"{line.fold} equal"
    step = line.right or line.left
    assert step is not None
    return f"{line.sign.value}{step.name}"


def signs(model: CompareModel) -> list[str]:
    return [said(line) for row in range(model.rowCount()) if (line := model.line(row))]


def test_nothing_then_lines_then_nothing(model: CompareModel, index: Index, qtbot) -> None:
    assert (model.runs.state, model.rowCount()) == (State.NOTHING, 0)
    travels(model, index, qtbot, other="Rome", extra=2, played=5)
    assert signs(model) == [
        " planner", "5 equal", "~get_weather", "10 equal", "+search_notes", "+search_notes",
    ]  # fmt: skip
    assert model.comparison is not None
    model.runs.compare(None, None)
    assert (model.runs.state, model.rowCount()) == (State.NOTHING, 0)
    assert model.pair.asked == (None, None)


def test_a_line_has_both_steps_and_what_they_differ_by(
    model: CompareModel, index: Index, qtbot
) -> None:
    travels(model, index, qtbot, other="Rome", played=5)
    line = model.line(2)
    assert line is not None
    assert line.sign is Sign.CHANGED
    assert line.parts & Part.INPUT
    assert line.left is not None
    assert line.right is not None
    assert (line.left.how, line.right.how) == (None, "edited")
    assert model.index(2, DURATION).data() == "+900 ms"
    assert model.index(2, COST).data() == ""
    assert model.index(2, RIBBON).data() == "~"
    left, right = model.spans_at(2)
    assert (model.index(2, LEFT).data(Role.ID), model.index(2, RIGHT).data(Role.ID)) == (
        left, right,
    )  # fmt: skip

    def fragments() -> bool:
        line = model.line(2)
        return line is not None and all(s and s.fragment for s in (line.left, line.right))

    qtbot.waitUntil(fragments)
    heard = model.index(2, LEFT).data(HEARD)
    assert heard.startswith("changed, step 7, tool, get_weather, other input, other output")
    assert "edited" in heard
    assert "time +900 ms" in heard


def test_where_they_part_and_from_difference_to_difference(
    model: CompareModel, index: Index, qtbot
) -> None:
    travels(model, index, qtbot, other="Rome", extra=1)
    first = model.first_difference()
    assert first is not None
    assert model.alignment is not None
    assert model.alignment.first is not None
    assert model.alignment.first.sentence == "Step 7, get_weather: other tool arguments."
    assert model.has_differences()
    after = model.difference_beside(first, 1)
    assert after is not None
    assert model.alignment.signs[after] is Sign.INSERTED
    assert model.difference_beside(after, 1) is None
    assert model.difference_beside(after, -1) == first


def test_equal_steps_open_fold_and_are_found(model: CompareModel, index: Index, qtbot) -> None:
    left, _ = travels(model, index, qtbot, other="Rome")
    assert model.is_fold(1)
    assert model.index(1, LEFT).data() == "5 equal steps"
    assert "folded" in model.index(1, LEFT).data(HEARD)
    model.toggle(1)
    assert signs(model)[:4] == [" planner", "5 equal", " chat", " get_weather"]
    assert model.parent_row(3) == 1
    assert model.parent_row(1) == 0
    assert model.walk(0, 1) == 2
    model.set_all_expanded(False)
    assert signs(model)[:3] == [" planner", "5 equal", "~get_weather"]

    assert model.alignment is not None
    span = int(model.alignment.a.id[2])
    number = model.number_of(span)
    assert number is not None
    row = model.reveal(number)
    assert span in model.spans_at(row)
    model.set_expanded(0, False)
    assert model.rowCount() == 1
    assert model.number_of(left) is None


def test_runs_that_are_equal(model: CompareModel, index: Index, qtbot) -> None:
    travels(model, index, qtbot)
    assert signs(model) == ["17 equal"]
    assert not model.has_differences()
    assert model.first_difference() is None
    line = model.line(0)
    assert line is not None
    assert (line.delta.tokens, line.delta.cost) == (0, 0)


def test_it_follows_a_run_that_grows(model: CompareModel, index: Index, qtbot) -> None:
    log = travel_run(2, fork_of=1, other="Rome", played=5)
    lines = log.splitlines(keepends=True)
    [left] = index.grow("a.jsonl", travel_run(1))
    [right] = index.grow("b.jsonl", b"".join(lines[:22]))
    show(model, left, right, qtbot)
    model.toggle(1)
    opened = signs(model)[1:7]
    assert "−get_weather" in signs(model)
    assert model.comparison is not None
    assert model.comparison.live

    index.grow("b.jsonl", b"".join(lines[22:]))
    model.runs.take_changes([right])
    qtbot.waitUntil(lambda: "−get_weather" not in signs(model))
    assert signs(model)[1:7] == opened
    assert not model.comparison.live


def test_while_nobody_looks_nothing_is_read(model: CompareModel, index: Index, qtbot) -> None:
    lines = travel_run(2, fork_of=1).splitlines(keepends=True)
    [left] = index.grow("a.jsonl", travel_run(1))
    [right] = index.grow("b.jsonl", b"".join(lines[:22]))
    show(model, left, right, qtbot)
    before = model.comparison
    model.runs.set_awake(False)
    index.grow("b.jsonl", b"".join(lines[22:]))
    model.runs.take_changes([right, 77])
    assert not model.runs._again.isActive()
    model.runs.set_awake(True)
    qtbot.waitUntil(lambda: model.comparison is not before)
    model.runs.take_changes([77])
    assert not model.runs._again.isActive()


def test_a_run_that_is_gone_is_said(model: CompareModel, index: Index, qtbot) -> None:
    [left] = index.grow("a.jsonl", travel_run(1))
    show(model, left, 99, qtbot)
    assert (model.runs.state, model.runs.failure) == (State.FAILED, GONE)
    assert model.rowCount() == 0
    [right] = index.grow("b.jsonl", travel_run(2))
    model.runs.left = right
    model.runs.right = left
    model.runs.again()
    qtbot.waitUntil(lambda: model.runs.state is State.FULL)


def test_the_newest_question_wins(model: CompareModel, index: Index, qtbot) -> None:
    [left] = index.grow("a.jsonl", travel_run(1))
    [right] = index.grow("b.jsonl", travel_run(2, fork_of=1, other="Rome"))
    model.runs.compare(left, right)
    show(model, left, left, qtbot)
    assert signs(model) == ["17 equal"]


def test_a_pair_word_by_word(model: CompareModel, index: Index, qtbot) -> None:
    travels(model, index, qtbot, other="Rome", extra=1)
    model.pair.show(*model.spans_at(2))
    qtbot.waitUntil(lambda: not model.pair.is_reading)
    said = model.pair.as_text()
    assert '−   day: "today"' in said
    assert '+   day: "tomorrow"' in said
    assert said.startswith("− get_weather\n+ get_weather\n")
    new = model.spans_at(4)
    assert new[0] is None
    model.pair.show(*new)
    assert model.pair.pair is None
    qtbot.waitUntil(lambda: not model.pair.is_reading)
    found = model.pair.difference(0)
    assert found is not None
    assert found.added


def test_the_log_is_gone(model: CompareModel, index: Index, qtbot) -> None:
    travels(model, index, qtbot, other="Rome")
    (index.folder / "b.jsonl").unlink()
    model.pair.show(*model.spans_at(2))
    qtbot.waitUntil(lambda: not model.pair.is_reading)
    assert model.pair.pair is not None
    assert "b.jsonl" in model.pair.pair.trouble


def test_a_log_without_times_has_no_durations(model: CompareModel, index: Index, qtbot) -> None:
    [left] = index.grow("a.jsonl", travel_run(1))
    [right] = index.grow("b.jsonl", travel_run(2, other="Rome"))
    with index.writer.transaction():
        index.writer.runs._db.execute("UPDATE runs SET clock = 1, started = 0, last = 9")
    show(model, left, right, qtbot)
    assert model.timeless
    assert model.index(2, DURATION).data() == ""


def test_signs_of_numbers() -> None:
    assert signed(1_200_000_000, DURATION) == "+1.2 s"
    assert signed(-300, 4) == "−300"
    assert signed(-4_200_000, COST) == "−$0.0042"
    assert signed(0, COST) == ""
    assert signed(None, DURATION) == ""


def test_runs_of_one_name_are_told_apart(model: CompareModel, index: Index, qtbot) -> None:
    def run(number: int, **start) -> bytes:
        log = Log(run_key(number), EPOCH + number * SECOND)
        return log.line("run.start", v=1, **start) + log.whole("tool", "step")

    [one] = index.grow("a.jsonl", run(1, name="sample", group={"id": "g", "chain": 0}))
    [two] = index.grow("b.jsonl", run(2, name="sample", group={"id": "g", "chain": 1}))
    [late] = index.grow("c.jsonl", run(3, name="sample"))
    [other] = index.grow("d.jsonl", run(4, name="other"))
    show(model, one, two, qtbot)
    made = model.comparison
    assert made is not None
    assert (told_apart(made.a, made.b), told_apart(made.b, made.a)) == ("chain 0", "chain 1")
    of = {"of": run_key(3), "at": None}
    [five] = index.grow("e.jsonl", run(5, name="made", fork=of, group={"id": "h", "chain": 0}))
    [six] = index.grow("f.jsonl", run(6, name="made", fork=of, group={"id": "h", "chain": 1}))
    show(model, five, six, qtbot)
    forks = model.comparison
    assert forks is not None  # as the bar and the table of the batch number them
    assert (told_apart(forks.a, forks.b), told_apart(forks.b, forks.a)) == ("fork 1", "fork 2")
    show(model, late, other, qtbot)
    assert model.comparison is not None
    assert told_apart(model.comparison.a, model.comparison.b) == ""
    assert told_apart(model.comparison.a, made.a) == time_of_day(EPOCH + 3 * SECOND + 1_000_000)


def test_very_many_steps_are_made_as_they_are_seen(
    model: CompareModel, index: Index, qtbot
) -> None:
    def long(number: int, changed: int) -> bytes:
        log = Log(run_key(number), EPOCH)
        steps = [
            log.whole("tool", "step", input=n if n != changed else "other", output=n)
            for n in range(3_000)
        ]
        return log.line("run.start", v=1, name="long") + b"".join(steps)

    [left] = index.grow("a.jsonl", long(1, -1))
    [right] = index.grow("b.jsonl", long(2, 2_000))
    show(model, left, right, qtbot)
    assert signs(model) == ["2000 equal", "~step", "999 equal"]
    model.set_all_expanded(True)
    assert model.rowCount() == 3_002
    model._made.clear()
    assert model.line(1_500) is not None
    assert len(model._made) == 1


def test_it_is_there_without_numpy() -> None:
    import subprocess
    import sys

    code = """
import sys
import rollscope_desktop.viewmodels.compare.model
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
