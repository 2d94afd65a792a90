"""The demo agent, as the child process that it is: whole runs, and a clean end when stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rollscope import wire
from tests.conftest import ROOT

AGENT = ROOT / "resources" / "demo" / "agent.py"


def command(folder: Path, *options: str) -> list[str | Path]:
    return [sys.executable, "-B", AGENT, folder, *options]


def events(path: Path) -> list[dict[str, Any]]:
    return [wire.decode(line) for line in path.read_bytes().splitlines()]


def unended(said: list[dict[str, Any]]) -> set[str]:
    started = {event["span"] for event in said if event["type"] == "span.start"}
    return started - {event["span"] for event in said if event["type"] == "span.end"}


def test_it_works_on_its_tasks_and_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, "--speed", "300"), check=True, capture_output=True, text=True
    )

    paths = list(tmp_path.iterdir())
    ends = []
    validator = jsonschema.Draft202012Validator(wire.schema())
    for path in paths:
        said = events(path)
        for event in said:
            validator.validate(event)
        assert {f"{event['run']}.{event['proc']}.jsonl" for event in said} == {path.name}
        assert [event["seq"] for event in said] == list(range(len(said)))
        assert [event["time"] for event in said] == sorted(event["time"] for event in said)
        assert (said[0]["type"], said[-1]["type"]) == ("run.start", "run.end")
        assert not unended(said)
        ends.append((said[-1]["status"], said[-1].get("reward")))
    assert sorted(ends) == [("error", None), *[("ok", 1.0)] * 3]
    told = [re.fullmatch(r"\[(\d+)/(\d+)\] \S.*", line) for line in done.stdout.splitlines()]
    assert [match and int(match[1]) for match in told] == list(range(1, len(told) + 1))
    assert {int(match[2]) for match in told if match} == {len(told) + 1}  # the error takes one


def test_a_seed_repeats(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        options = ("--task", "kestrel-1", "--runs", "2", "--speed", "500", "--seed", "4")
        subprocess.run(command(tmp_path / folder, *options), check=True, stdout=subprocess.DEVNULL)

    names = [sorted(path.name for path in (tmp_path / folder).iterdir()) for folder in "ab"]
    assert names[0] == names[1]
    assert len(names[0]) == 2


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command(tmp_path), stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_its_run_as_cancelled(
    at_work: subprocess.Popen[bytes], tmp_path: Path, sign: signal.Signals
) -> None:
    until = time.monotonic() + 30
    while not any(b'"kind":"llm"' in path.read_bytes() for path in tmp_path.iterdir()):
        assert time.monotonic() < until
        time.sleep(0.02)

    at_work.send_signal(sign)

    assert at_work.wait(10) == 130
    [path] = tmp_path.iterdir()
    said = events(path)
    assert (said[-1]["type"], said[-1]["status"]) == ("run.end", "cancelled")
    assert not unended(said)
    assert {event["status"] for event in said if event["type"] == "span.end"} == {"cancelled"}
