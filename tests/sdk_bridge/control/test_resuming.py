"""A fork that the program of the run makes of itself: in its process, over its connection."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.query.connection import Reader
from tests.app.engine.support import wait_for
from tests.conftest import ROOT
from tests.sdk_bridge.stub import Reply, StubModel

if TYPE_CHECKING:
    from tests.sdk_bridge.control.conftest import Viewer
    from tests.sdk_bridge.engine_receiver import EngineReceiver

pytestmark = pytest.mark.soak


@pytest.fixture
def model() -> Iterator[StubModel]:
    with StubModel() as stub:
        yield stub


@pytest.fixture
def agent(engine: EngineReceiver, model: StubModel) -> Iterator[subprocess.Popen[str]]:
    """The program, once it has recorded a run."""
    model.script(Reply("France"), Reply("Take a coat."), Reply("Take boots."))
    made = subprocess.Popen(
        [sys.executable, "-m", "tests.sdk_bridge.control.resumable_agent", model.url],
        cwd=ROOT,
        env={
            **os.environ, "ROLLSCOPE_ENDPOINT": engine.url, "ROLLSCOPE_API_KEY": engine.token,
            "ROLLSCOPE_HOME": str(engine.places.data.parent), "ROLLSCOPE_ALLOW_RESUME": "1",
        },
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert made.stdout is not None
    assert made.stdout.readline().startswith("look_up France ")
    assert made.stdout.readline() == "ready\n"
    yield made
    made.communicate(timeout=20)


def runs(engine: EngineReceiver) -> list[tuple[Any, ...]]:
    """Key, what it is a fork of, and how often it called models, of runs that have ended."""
    if not engine.places.index.exists():
        return []
    reader = Reader(engine.places.index)
    try:
        found = reader.all("SELECT key, fork_of, llm FROM runs WHERE ended IS NOT NULL ORDER BY id")
        return [tuple(row) for row in found]
    finally:
        reader.close()


def found(look: Callable[[], Any], what: str) -> dict[str, Any]:
    """What is there, once it is."""
    seen = wait_for(look, what)
    assert isinstance(seen, dict)
    return seen


def step(engine: EngineReceiver, run: str, name: str) -> str:
    """The key of the first step of this name."""
    import json

    events = [json.loads(line) for _, line in engine.lines()]
    return next(
        str(each["span"])
        for each in events
        if each["run"] == run and each["type"] == "span.start" and each["name"] == name
    )


class Fork:
    """A fork by the program, from its start, in which the tool is asked about."""

    def __init__(self, engine: EngineReceiver, viewer: Viewer) -> None:
        [(run, _, _)] = wait_for(lambda: runs(engine), "the run is in the index")
        edit = {"span": None, "input": {"city": "Oslo"}}
        policies = {"look_up": "ask"}
        [fork] = viewer.ask("fork", run=run, edit=edit, policies=policies)["forks"]
        self._viewer = viewer
        self.run = run
        self.id = str(fork["id"])

    def now(self, *states: str) -> dict[str, Any]:
        """It, once it is in one of these states."""

        def look() -> dict[str, Any] | None:
            [fork] = self._viewer.ask("forks")["forks"]
            return fork if fork["state"] in states else None

        return found(look, f"the fork is {states}")


def test_a_question_is_answered_by_hand(
    engine: EngineReceiver, viewer: Viewer, model: StubModel, agent: subprocess.Popen[str]
) -> None:
    model.script(Reply("Norway"), Reply("Take skis."))
    fork = Fork(engine, viewer)
    question = fork.now("asking")["question"]
    assert (question["kind"], question["name"]) == ("tool", "look_up")
    answer = {"question": question["id"], "verdict": "give", "value": "Oslo is white"}
    viewer.ask("fork_answer", fork=fork.id, **answer)
    done = fork.now("done", "failed", "cancelled")
    assert (done["state"], done["status"], done["live"]) == ("done", "ok", 2)
    assert "Oslo is white" in model.requests[-1].json["messages"][0]["content"]


def test_it_is_stopped_before_its_next_call(
    engine: EngineReceiver, viewer: Viewer, model: StubModel, agent: subprocess.Popen[str]
) -> None:
    fork = Fork(engine, viewer)
    fork.now("asking")
    viewer.ask("fork_cancel", fork=fork.id)
    done = fork.now("done", "failed", "cancelled")
    assert (done["state"], done["sentence"]) == ("cancelled", "It was stopped.")
    assert len(model.requests) == 3  # two of the first run, one of the fork
    assert agent.poll() is None


def test_a_program_that_dies_ends_its_fork(
    engine: EngineReceiver, viewer: Viewer, agent: subprocess.Popen[str]
) -> None:
    fork = Fork(engine, viewer)
    fork.now("asking")
    agent.kill()
    done = fork.now("done", "failed", "cancelled")
    assert (done["state"], done["status"]) == ("failed", "error")
    assert done["sentence"] == "The program that made this fork has gone."


def test_an_engine_that_dies_ends_the_fork_in_the_program(
    engine: EngineReceiver, viewer: Viewer, agent: subprocess.Popen[str]
) -> None:
    fork = Fork(engine, viewer)
    fork.now("asking")
    engine.kill()
    assert agent.stdin is not None
    said, _ = agent.communicate(timeout=30)
    assert said == ""  # the tool was not called
    assert agent.returncode == 0
    engine.start()


def test_an_edit_that_does_not_fit_runs_nothing(
    engine: EngineReceiver, viewer: Viewer, model: StubModel, agent: subprocess.Popen[str]
) -> None:
    [(run, _, _)] = wait_for(lambda: runs(engine), "the run is in the index")
    edit = {"span": None, "input": {"town": "Oslo"}}
    viewer.ask("fork", run=run, edit=edit)

    def over() -> dict[str, Any] | None:
        [now] = viewer.ask("forks")["forks"]
        return now if now["state"] in ("done", "failed", "cancelled") else None

    done = found(over, "the fork is over")
    assert (done["state"], done["run"]) == ("failed", None)
    assert "takes no argument 'town'" in done["sentence"]
    assert len(model.requests) == 2


def test_a_program_makes_its_run_again(
    engine: EngineReceiver, viewer: Viewer, model: StubModel, agent: subprocess.Popen[str]
) -> None:
    [(run, _, _)] = wait_for(lambda: runs(engine), "the run is in the index")
    assert viewer.ask("fork_way", run=run)["way"] == "program"
    edit = {"span": step(engine, run, "look_up"), "output": "Paris is flooded"}
    [fork] = viewer.ask("fork", run=run, edit=edit)["forks"]

    def over() -> dict[str, Any] | None:
        [now] = viewer.ask("forks")["forks"]
        return now if now["state"] in ("done", "failed", "cancelled") else None

    done = found(over, "the fork is over")
    assert (done["state"], done["status"], done["sentence"]) == ("done", "ok", "")
    assert (done["id"], done["played"], done["live"]) == (fork["id"], 2, 1)
    assert len(model.requests) == 3
    asked = model.requests[-1].json["messages"][0]["content"]
    assert asked == "France: Paris is flooded"
    wait_for(lambda: len(runs(engine)) == 2, "the fork is in the index")
    assert runs(engine)[1][:2] == (done["run"], run)
    assert agent.stdin is not None
    said, _ = agent.communicate(timeout=20)
    assert said == ""  # the tool was not called again
