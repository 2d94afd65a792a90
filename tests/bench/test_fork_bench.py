"""The rows of forking: every row has a step, every step a task, and the table what was measured."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

from tests.bench import fork_programs, fork_tasks, rows_fork
from tests.bench.samples import Samples

AGENTS = Path(fork_programs.__file__).with_name("fork_agents.py")


def test_every_row_has_a_step_and_every_step_a_task() -> None:
    steps = rows_fork.steps(brief=True)
    assert {row for step in steps for row in step.rows} == set(rows_fork.ROWS)
    named = {step.name.removeprefix("fork ") for step in steps}
    assert fork_tasks.TASKS.keys() - {"steps"} <= named
    assert named - fork_tasks.TASKS.keys() == {"vcrpy", "retrace", "langgraph", "burr", "on_screen"}
    assert importlib.util.find_spec("tests.bench.fork_screen")


def test_the_program_has_the_agents_that_are_measured() -> None:
    tree = ast.parse(AGENTS.read_text(encoding="utf-8"))
    [known] = [
        node.value for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "AGENTS"
    ]  # fmt: skip
    assert isinstance(known, ast.Dict)
    assert [ast.literal_eval(key) for key in known.keys if key] == list(fork_programs.AGENTS)


def test_the_table_has_lines_only_for_what_was_measured() -> None:
    samples = Samples()
    assert rows_fork.lines(samples) == []
    samples.add("fork fidelity", {"met": 14, "of": 14, "requests": 0, "tools": 0, "effects": 0})
    samples.add("fork playback", {"each": 1.6, "read": 1.0, "log": 42_000})
    samples.add("fork bare_steps", {"each": 0.8})
    samples.add("fork langgraph", {"each": 3.2, "added": 5.0, "log": 200_000})
    samples.add("fork on_screen", {"seconds": 2.4, "loading": 1.3, "run": 2.0, "first": 2.3,
                                   "gap_max": 12.0})  # fmt: skip
    fidelity, until, log, peer, screen = rows_fork.lines(samples)
    assert (fidelity.row, fidelity.good, fidelity.measured[:8]) == ("D0", True, "14 of 14")
    assert (until.good, until.ratio) == (True, "2.00×")
    assert (log.good, log.measured) == (True, "42 kB")
    assert (peer.good, peer.ratio) == (None, "0.50×")
    assert (screen.row, screen.good) == ("D3", False)


def test_a_step_that_is_done_again_in_any_round_spoils_the_row() -> None:
    samples = Samples()
    samples.add("fork fidelity", {"met": 14, "of": 14, "requests": 1, "tools": 0, "effects": 0})
    samples.add("fork fidelity", {"met": 14, "of": 14, "requests": 0, "tools": 0, "effects": 0})
    [fidelity] = rows_fork.lines(samples)
    assert fidelity.good is False
    assert "1 model requests" in fidelity.measured
