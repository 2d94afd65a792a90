"""``--filter``: only what fits is printed, and an error points at its character."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rollscope_desktop import platform
from rollscope_desktop.cli import runs, show
from tests.app.support import EPOCH, SECOND, Log, make_index, run_key, simple_run


@pytest.fixture
def indexed(own_places: Path) -> Path:
    """Three runs in the person's index; one has a tool that failed."""
    path = platform.places().index
    path.parent.mkdir(parents=True, exist_ok=True)
    log = Log(run_key(9), EPOCH + 9 * SECOND)
    failed = log.line("run.start", v=1, name="failing")
    failed += log.whole(
        "agent",
        "answer",
        inside=lambda agent: (
            log.whole("llm", "chat", agent) + log.whole("tool", "fetch", agent, "error")
        ),
    )
    logs = {"a": simple_run(1), "b": simple_run(2, start=EPOCH + SECOND), "c": failed}
    made = make_index(own_places, logs)
    made.writer.close()
    made.path.rename(path)
    return path


def said(command, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_runs_that_fit(indexed: Path) -> None:
    def names(*arguments: str) -> list[str]:
        lines = said(runs.command, *arguments).output.splitlines()
        return [name for line in lines for name in ("run 1", "run 2", "failing") if name in line]

    assert names("--filter", "kind:llm") == ["failing", "run 2", "run 1"]
    assert names("--filter", "kind:llm", "-n", "2") == ["failing", "run 2"]
    assert names("--filter", "status:error") == ["failing"]
    assert names("--filter", "reward>0.15") == ["run 2"]
    assert names("--filter", " ") == names() == ["failing", "run 2", "run 1"]
    assert said(runs.command, "--filter", "kind:nix").output == "No run fits the filter.\n"


def test_steps_that_fit_and_what_they_are_part_of(indexed: Path) -> None:
    lines = said(show.command, "failing", "--filter", "status:error").output.splitlines()
    assert lines[3] == "1 of 3 spans fit."
    assert [line.split()[1] for line in lines[5:]] == ["answer", "fetch"]
    as_json = said(show.command, "failing", "--json", "--filter", "status:error").output
    assert len(as_json.splitlines()) == 2


def test_an_error_points_at_its_character(indexed: Path) -> None:
    for command in (runs.command, show.command):
        done = said(command, *(["x"] if command is show.command else []), "--filter", "a\tknd:llm")
        assert done.exit_code == 1
        assert done.output.splitlines() == [
            "Error: There is no field “knd”. Did you mean kind?",
            "  a knd:llm",
            "    ^^^",
        ]


def test_a_conversation_has_no_steps_to_leave_out(indexed: Path) -> None:
    done = said(show.command, "failing", "--conversation", "--filter", "kind:llm")
    assert done.exit_code == 2
    assert "--filter is for --tree and --json" in done.output
