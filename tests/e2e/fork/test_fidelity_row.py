"""What row D0 of the benchmarks promises: agents of 40 steps, forked at step 30 anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.fork_fidelity import judged
from tests.bench.fork_programs import AGENTS


def test_there_are_fourteen_forks() -> None:
    assert len(AGENTS) == 7


@pytest.mark.soak
@pytest.mark.parametrize("agent", AGENTS)
def test_both_forks_do_nothing_again_and_change_what_was_changed(
    agent: str, tmp_path: Path
) -> None:
    verdicts = list(judged(tmp_path, (agent,)))

    assert not [verdict for verdict in verdicts if not verdict.good]
    assert [(verdict.edit, verdict.steps) for verdict in verdicts] == [
        ("tool output", 40), ("prompt", 40)
    ]  # fmt: skip
