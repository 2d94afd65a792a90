"""``rollscope compare`` as a person runs it: what it says, and with which exit code it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from rollscope_desktop import platform
from rollscope_desktop.cli.compare import command
from tests.app.support import Log, make_index, run_key

if TYPE_CHECKING:
    from pathlib import Path


def run(number: int, city: str, *more: str) -> bytes:
    log = Log(run_key(number))

    def inside(span: str) -> bytes:
        return b"".join(
            log.whole("tool", "weather", span, input={"city": one}, output="mild")
            for one in ("Oslo", "Rome", "Bern", city, *more)
        )

    return b"".join((
        log.line("run.start", v=1, name=f"to {city}"),
        log.whole("agent", "assistant", inside=inside, output="done"),
        log.line("run.end", status="ok"),
    ))  # fmt: skip


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLSCOPE_HOME", str(tmp_path / "home"))
    made = make_index(
        platform.places().index.parent,
        {
            "a.jsonl": run(1, "Paris"),
            "b.jsonl": run(2, "Bergen", "Bonn"),
            "c.jsonl": run(3, "Paris"),
        },
    )
    made.writer.close()
    made.path.rename(platform.places().index)


def compare(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_what_differs_is_told_and_the_exit_code_says_that_something_does() -> None:
    done = compare(run_key(1)[:8], "to Bergen")
    assert done.exit_code == 1, done.output
    lines = done.output.splitlines()
    assert lines[0].startswith(f"A  {run_key(1)[:8]}  to Paris  ok · 5 steps")
    assert lines[3:7] == [
        "Step 5, weather: other tool arguments.",
        "    input:",
        "      {",
        '    −   city: "Paris"',
    ]
    table = lines[lines.index("") :][1:]
    assert "  1 1  agent assistant  +2.00 ms" in table
    assert "       (3 equal steps)" in table
    assert "~ 5 5    tool weather  input" in table
    assert "+   6    tool weather  +1.00 ms" in table
    assert lines[-1] == "4 equal, 1 changed, 1 inserted. B less A: +2.00 ms."


def test_full_tells_every_step() -> None:
    lines = compare(run_key(1), "to Bergen", "--full").output.splitlines()
    assert "  2 2    tool weather" in lines
    at = lines.index("~ 5 5    tool weather  input")
    assert lines[at + 1 : at + 4] == ["    input:", "      {", '    −   city: "Paris"']


def test_equal_runs_end_with_0() -> None:
    done = compare(run_key(1), run_key(3))
    assert done.exit_code == 0, done.output
    assert "Nothing differs." in done.output
    assert json.loads(compare(run_key(1), run_key(3), "--json").output)["equal"] is True


def test_json_names_steps_by_their_ids() -> None:
    done = compare(run_key(1), run_key(2), "--json")
    assert done.exit_code == 1
    said = json.loads(done.output)
    assert said["first"]["reason"] == "other_arguments"
    assert said["first"]["sentence"] == "Step 5, weather: other tool arguments."
    assert [row["sign"] for row in said["rows"]] == ["changed", "inserted"]
    assert said["rows"][0]["parts"] == ["input"]
    assert said["rows"][1]["a"] is None
    assert said["rows"][0]["b"] in run(2, "Bergen", "Bonn").decode()
    assert said["counts"]["equal"] == 4
    assert len(json.loads(compare(run_key(1), run_key(2), "--json", "--full").output)["rows"]) == 6


def test_trouble_ends_with_2() -> None:
    done = compare("nobody", run_key(1))
    assert done.exit_code == 2
    assert "No run is called 'nobody'" in done.output
