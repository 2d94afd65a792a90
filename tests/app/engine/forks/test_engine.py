"""Forks by a real engine and real bridges: seen at once, and never left half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop import attach
from rollscope_desktop.platform import Places
from rollscope_desktop.query.connection import open_reader
from tests.app.engine.engines import Engines, alive, wait, wait_for
from tests.app.engine.support import LINUX, processes_of

AGENT = """
import pathlib, time
import rollscope

@rollscope.tool(effects="none")
def search(q):
    return q + " was found"

@rollscope.tool
def wait(found):
    while "wait" in found and not pathlib.Path("go").exists():
        pathlib.Path("waits").touch()
        time.sleep(0.01)
    return found

@rollscope.agent
def answer(city):
    return wait(search(city))

if __name__ == "__main__":
    answer("Paris")
"""
WAITING = {"span": None, "input": {"city": "wait"}}


@dataclass
class Agent:
    """A program that has run once, and what to do with its forks."""

    engines: Engines
    folder: Path
    run: str

    def fork(self, line: attach.Connection, **what: Any) -> dict[str, Any]:
        """Begin one fork."""
        made = line.ask("fork", run=self.run, allow="once", **what)
        [fork] = made["forks"]
        assert fork["state"] == "starting"
        return dict(fork)

    def log(self, run: str) -> list[dict[str, Any]]:
        """The events of a run."""
        path = self.engines.places.runs / f"{run}.0.jsonl"
        return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def engines(own_places: Path) -> Iterator[Engines]:
    with Engines(own_places) as engines:
        yield engines


@pytest.fixture
def agent(engines: Engines, tmp_path: Path) -> Agent:
    (tmp_path / "agent.py").write_text(AGENT)
    subprocess.run([sys.executable, "agent.py"], cwd=tmp_path, check=True, timeout=60)
    [log] = engines.places.runs.glob("*.0.jsonl")
    return Agent(engines, tmp_path, log.name[:32])


def until(line: attach.Connection, id: str, *states: str) -> dict[str, Any]:
    """The fork when it has come to one of these states."""

    def there() -> dict[str, Any] | None:
        for fork in line.ask("forks")["forks"]:
            if fork["id"] == id:
                if fork["state"] in states:
                    return dict(fork)
                assert fork["state"] not in ("done", "failed", "cancelled"), fork
        return None

    found: dict[str, Any] = wait(there, f"{states}")
    return found


def until_it_waits(agent: Agent, line: attach.Connection, **what: Any) -> str:
    """Begin a fork that waits; its run, when its program has come to that."""
    run = until(line, agent.fork(line, edit=WAITING, **what)["id"], "running")["run"]
    wait((agent.folder / "waits").exists, "the tool")
    return str(run)


def row(places: Places, run: str) -> tuple[int, int] | None:
    """Status of a run in the index, and whether its process is known to be gone."""
    reader = open_reader(places.index)
    try:
        found = reader.one("SELECT status, gone FROM runs WHERE key = ?", (run,))
    finally:
        reader.close()
    return None if found is None else (int(found[0]), int(found[1]))


def test_a_fork_is_in_the_index_while_it_runs(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    fork = agent.fork(line, edit=WAITING)
    run = until(line, fork["id"], "running")["run"]
    wait(lambda: row(agent.engines.places, run) is not None, "the new run")
    assert line.ask("status")["forks"] == 1
    (agent.folder / "go").touch()

    assert until(line, fork["id"], "done", "failed")["status"] == "ok"
    start = agent.log(run)[0]
    assert start["fork"]["of"] == agent.run
    assert start["entry"]["resumable"]
    wait(lambda: row(agent.engines.places, run) == (1, 0), "its end")
    assert line.ask("status")["forks"] == 0


def test_viewers_are_told(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    viewer = agent.engines.connect()
    fork = agent.fork(line)
    for message in viewer.lines():
        if message.get("note") == "forks" and message["forks"][0]["state"] == "done":
            break
    [told] = message["forks"]
    assert (told["id"], told["of"], told["played"]) == (fork["id"], agent.run, 2)


def test_a_refusal_has_a_code_and_a_sentence(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    asked = line.ask("fork_permission", run=agent.run)
    assert (asked["needed"], asked["signed"], asked["function"]) == (True, True, "__main__:answer")
    line.send({"id": "x", "do": "fork", "run": agent.run})
    [said] = [next(m for m in line.lines() if m.get("id") == "x")]
    assert said["error"]["code"] == "permission"


def test_the_engine_stays_as_long_as_a_fork_runs(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    pid = line.hello["pid"]
    fork = agent.fork(line, edit=WAITING)
    run = until(line, fork["id"], "running")["run"]
    agent.engines.hang_up(line)
    with pytest.raises(AssertionError):  # without the fork it would be gone after half a second
        wait(lambda: not alive(pid), "the end of the engine", 1.5)
    (agent.folder / "go").touch()

    wait(lambda: not alive(pid), "the end of the engine")
    assert agent.log(run)[-1]["status"] == "ok"


def test_a_question_that_nobody_can_answer_does_not_keep_the_engine(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    pid = line.hello["pid"]
    fork = agent.fork(line, edit=WAITING, policies={"wait": "ask"})
    asking = until(line, fork["id"], "asking")
    assert asking["question"]["input"] == {"found": "wait was found"}
    agent.engines.hang_up(line)

    wait(lambda: not alive(pid), "the end of the engine")
    assert agent.log(asking["run"])[-1]["type"] == "run.end"
    if LINUX:
        assert processes_of(agent.engines.home) == []


def test_an_answer_from_a_viewer_lets_it_go_on(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    fork = agent.fork(line, edit=WAITING, policies={"wait": "ask"})
    question = until(line, fork["id"], "asking")["question"]["id"]
    answer = {"fork": fork["id"], "question": question, "verdict": "give", "value": "made up"}

    assert line.ask("fork_answer", **answer) == {}
    over = until(line, fork["id"], "done", "failed")
    assert over["status"] == "ok"
    assert agent.log(over["run"])[-1]["output"] == "made up"


def test_an_engine_that_ends_stops_its_forks(agent: Agent) -> None:
    engine = agent.engines.collect()
    line = agent.engines.connect()
    wait_for(line, runs=1)
    run = until_it_waits(agent, line)
    line.send({"id": 1, "do": "stop"})

    assert engine.wait(20) == 0
    assert agent.log(run)[-1]["type"] == "run.end"
    assert agent.log(run)[-1]["status"] == "cancelled"
    if LINUX:
        assert processes_of(agent.engines.home) == []


@pytest.mark.skipif(not LINUX, reason="looks at /proc")
def test_a_bridge_that_is_killed_leaves_no_run_that_runs(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    fork = agent.fork(line, edit=WAITING)
    run = until(line, fork["id"], "running")["run"]
    wait(lambda: row(agent.engines.places, run), "the new run")
    [bridge] = set(processes_of(agent.engines.home)) - {line.hello["pid"]}
    os.kill(bridge, signal.SIGKILL)

    assert until(line, fork["id"], "failed")["sentence"].endswith("was ended by SIGKILL.")
    wait(lambda: row(agent.engines.places, run) == (0, 1), "the note that it is gone")


@pytest.mark.skipif(not LINUX, reason="looks at /proc")
def test_a_killed_engine_takes_its_forks_along(agent: Agent) -> None:
    line = agent.engines.connect()
    wait_for(line, runs=1)
    run = until_it_waits(agent, line)
    os.kill(line.hello["pid"], signal.SIGKILL)

    wait(lambda: not processes_of(agent.engines.home), "the end of the bridge")
    assert agent.log(run)[-1]["status"] == "cancelled"
    wait_for(agent.engines.connect(), runs=2)
    wait(lambda: row(agent.engines.places, run) not in (None, (0, 0)), "its end")
