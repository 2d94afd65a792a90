"""The verbs that need no window, run as a person runs them: real processes, real folders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollscope.wire import Encoder, run_id, span_id
from tests.engine_end import end_engine


def rollscope(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command with these arguments, without a display."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("QT_QPA_PLATFORM", None)
    done = subprocess.run(
        [sys.executable, "-c", "from rollscope.cli import main; main()", *arguments],
        capture_output=True, text=True, timeout=60, env=environment, check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runs: one with a model call and a tool that failed, one that only started."""
    first = Encoder(run_id())
    agent, model, tool = span_id(), span_id(), span_id()
    lines = [
        first.line("run.start", v=1, name="weather"),
        first.line("span.start", span=agent, kind="agent", name="answer", input={"q": "Paris?"}),
        first.line("span.start", span=model, parent=agent, kind="llm", name="plan",
                   input={"messages": [{"role": "user", "content": "Paris?"}]}),
        first.line("span.end", span=model, status="ok",
                   output={"message": {"role": "assistant", "content": "Let me look."}},
                   usage={"model": "m-1", "input_tokens": 12, "output_tokens": 5,
                          "cost_usd": 0.25}),
        first.line("span.start", span=tool, parent=agent, kind="tool", name="get_weather",
                   input={"city": "Paris"}),
        first.line("span.end", span=tool, status="error",
                   error={"type": "TimeoutError", "message": "no answer"}),
        first.line("span.end", span=agent, status="ok", output="21 °C"),
        first.line("run.end", status="ok", reward=0.5, finish_reason="stop"),
    ]  # fmt: skip
    (tmp_path / "first.jsonl").write_bytes(b"".join(lines))
    second = Encoder(run_id())
    (tmp_path / "second.jsonl").write_bytes(
        second.line("run.start", v=1, name="later", time=1) + b"not json\n"
    )
    return tmp_path


@pytest.fixture
def no_engine_stays(own_places: Path) -> Iterator[None]:
    """Ends the engine that a command may have started, and waits until it has gone."""
    yield
    end_engine()


def test_index_tells_what_a_folder_holds(folder: Path) -> None:
    said = json.loads(rollscope("index", str(folder), "--json").stdout)
    assert (said["files"], said["runs"], said["spans"], said["errors"]) == (2, 2, 3, 1)
    assert said["kinds"] == {"agent": 1, "llm": 1, "tool": 1}
    assert said["problems"] == 1
    assert said["problem_list"][0]["line"] == 2
    weather = next(run for run in said["listed"] if run["name"] == "weather")
    assert weather["status"] == "ok"
    assert (weather["reward"], weather["cost"], weather["tokens_in"]) == (0.5, 0.25, 12)
    later = next(run for run in said["listed"] if run["name"] == "later")
    assert later["status"] == "open"


SAMPLES = Path(__file__).parents[2] / "data"


def test_index_lists_what_was_counted_by_hand_in_the_osmosis_samples(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "osmosis", tmp_path / "logs")
    said = json.loads(rollscope("index", str(tmp_path / "logs"), "--json").stdout)
    runs = said["listed"]
    assert len({run["rollout"] for run in runs}) == 25
    assert len(runs) == 26  # one rollout was attempted twice
    assert said["kinds"] == {"task": 41, "llm": 33, "tool": 38}
    assert sum(run["tasks"].get("turn", 0) for run in runs) == 41
    assert said["errors"] == 4
    rewards = sorted(run["reward"] for run in runs if run["reward"] is not None)
    assert rewards == [0.0, 1.0, 1.0, 1.0]


def test_index_lists_what_was_counted_by_hand_in_the_agentfly_samples(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "agentfly", tmp_path / "logs")
    runs = json.loads(rollscope("index", str(tmp_path / "logs"), "--json").stdout)["listed"]
    dump = [run for run in runs if run["format"] == "agentfly"]
    monitor = [run for run in runs if run["format"] != "agentfly" and run["source_id"]]
    assert (len(dump), len({run["group_id"] for run in dump})) == (8, 4)
    assert sum(run["kinds"]["tool"] for run in dump) == 26
    assert sum(run["tasks"]["turn"] for run in dump) == 30
    # A chain that was never folded is one segment, and shows none.
    assert sum(run["tasks"].get("segment", 1) for run in dump) == 12
    assert sorted(run["reward"] for run in dump) == [0.0] * 2 + [1.0] * 6
    assert (len(monitor), sum(run["kinds"]["tool"] for run in monitor)) == (3, 4)
    assert len(runs) == len(dump) + len(monitor) + 1  # the metrics of the monitor's folder


def test_index_leaves_nothing_behind(folder: Path, own_places: Path) -> None:
    before = sorted(folder.iterdir())
    assert "2 runs" in rollscope("index", str(folder)).stdout
    assert sorted(folder.iterdir()) == before
    assert list(own_places.iterdir()) == []


def test_index_counts_the_empty_folder(tmp_path: Path) -> None:
    said = json.loads(rollscope("index", str(tmp_path), "--json").stdout)
    assert (said["files"], said["runs"], said["problems"]) == (0, 0, 0)


def test_runs_before_anything_was_opened_says_what_to_do() -> None:
    done = rollscope("runs", check=False)
    assert done.returncode == 1
    assert "rollscope open FOLDER" in done.stderr


@pytest.mark.usefixtures("no_engine_stays")
def test_runs_and_show_after_reading_a_folder(folder: Path) -> None:
    listed = rollscope("runs", str(folder)).stdout
    assert "weather" in listed
    assert "later" in listed

    rows = [json.loads(line) for line in rollscope("runs", "--json").stdout.splitlines()]
    weather = next(row for row in rows if row["name"] == "weather")

    tree = rollscope("show", "weather").stdout
    assert "get_weather" in tree
    assert rollscope("show", weather["key"][:8], "--tree").stdout == tree

    talk = rollscope("show", "weather", "--conversation").stdout
    assert "Paris?" in talk
    assert "Let me look." in talk

    spans = [json.loads(x) for x in rollscope("show", "weather", "--json").stdout.splitlines()]
    assert [span["name"] for span in spans[1:]] == ["answer", "plan", "get_weather"]
    assert spans[3]["status"] == "error"


@pytest.mark.usefixtures("no_engine_stays")
def test_own_run_logs_are_read_without_being_asked(folder: Path, own_places: Path) -> None:
    own = own_places / "data" / "runs"
    own.mkdir(parents=True)
    shutil.move(folder / "first.jsonl", own)
    titles, weather = rollscope("runs").stdout.splitlines()
    assert titles.split() == [
        "ID", "STARTED", "STATE", "DURATION", "STEPS", "TOKENS", "COST", "REWARD", "NAME",
    ]  # fmt: skip
    assert weather.index(" 17 ") + 3 == titles.index("TOKENS") + len("TOKENS")
    assert weather.split()[-3:] == ["weather", "1", "error"]
    end_engine()
    shutil.move(folder / "second.jsonl", own)
    assert "later" in rollscope("show", "later").stdout, "what came while no engine ran"


@pytest.mark.usefixtures("no_engine_stays")
def test_show_tells_what_happened(folder: Path) -> None:
    rollscope("runs", str(folder))
    shown = rollscope("show", "weather").stdout.splitlines()
    assert [line.split("  ")[-1] for line in shown[3:]] == [
        "21 °C",
        "Let me look.",
        "TimeoutError: no answer",
    ]


@pytest.mark.usefixtures("no_engine_stays")
def test_show_of_an_unknown_or_ambiguous_run(folder: Path) -> None:
    rollscope("runs", str(folder))
    done = rollscope("show", "nobody", check=False)
    assert done.returncode == 1
    assert "rollscope runs" in done.stderr


def test_open_without_a_display_points_elsewhere(folder: Path) -> None:
    done = rollscope("open", str(folder), check=False)
    assert done.returncode == 1
    assert "rollscope show" in done.stderr
    assert "rollscope picture" in done.stderr


@pytest.mark.usefixtures("no_engine_stays")
def test_picture_needs_no_display(folder: Path, tmp_path: Path) -> None:
    rollscope("runs", str(folder))
    out = tmp_path / "tree.png"
    rollscope("picture", "weather", "--view", "tree", "-o", str(out), "--size", "900x600")
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("no_engine_stays")
def test_index_keep_puts_it_where_others_find_it(folder: Path) -> None:
    rollscope("index", str(folder), "--keep")
    assert "weather" in rollscope("runs").stdout
