"""Real agents ask a real engine before their calls: allowed, denied, at a ceiling, held."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from rollscope_desktop.attach import Connection
from tests.app.engine.engines import Engines, notes, wait

AGENT = """
import json, sys
import rollscope

rollscope.init(project=sys.argv[1], server_enforcement=True, hold_wait=float(sys.argv[2]))
called = []

@rollscope.tool
def pay(to): called.append(f"pay {to}")

@rollscope.tool
def look(what): called.append(f"look {what}")

@rollscope.agent
def clerk():
    for call in json.loads(sys.argv[3]):
        name, argument = call.split()
        try:
            {"pay": pay, "look": look}[name](argument)
        except rollscope.EnforcementError as error:
            called.append([error.verdict, error.reason])

clerk()
print(json.dumps(called))
"""


class Desk:
    """An engine, a viewer's line to it, and agents."""

    def __init__(self, engines: Engines, folder: Path) -> None:
        self.line: Connection = engines.connect(start=False)
        self.places = engines.places
        self.agents: list[subprocess.Popen[str]] = []
        self._program = folder / "agent.py"
        self._program.write_text(AGENT)

    def start(self, *calls: str, project: str = "shop", patience: float = 20) -> Any:
        arguments = [project, str(patience), json.dumps(calls)]
        agent = subprocess.Popen(
            [sys.executable, self._program, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.agents.append(agent)
        return agent

    def outcome(self, agent: Any) -> list[Any]:
        said, complaints = agent.communicate(timeout=30)
        assert (agent.returncode, complaints) == (0, "")
        return list(json.loads(said))

    def held(self, count: int = 1) -> list[dict[str, Any]]:
        def there() -> list[dict[str, Any]] | None:
            found: list[dict[str, Any]] = self.line.ask("holds")["holds"]
            return found if len(found) == count else None

        calls: list[dict[str, Any]] = wait(there, f"{count} held calls")
        return calls


@pytest.fixture
def desk(own_places: Path, tmp_path: Path) -> Iterator[Desk]:
    with Engines(own_places) as engines:
        engines.collect()
        wait(
            lambda: "ingest" in orjson.loads(engines.places.engine.read_bytes()), "the open socket"
        )
        made = Desk(engines, tmp_path)
        yield made
        for agent in made.agents:
            if agent.poll() is None:
                agent.kill()
            agent.communicate()


def test_calls_are_allowed_denied_and_stopped_at_a_ceiling(desk: Desk) -> None:
    desk.line.ask(
        "set_rules",
        rules={"": {"denied_tools": ["pay"], "max_steps": 2}, "free": {"max_steps": None}},
    )
    looks = ["look a", "look b", "look c"]
    denied = ["deny", "The rules deny the tool pay."]

    shop, free = desk.start("pay x", *looks), desk.start("pay x", *looks, project="free")

    assert desk.outcome(shop) == [
        denied, "look a", "look b", ["block", "This run has made 2 of 2 steps."],
    ]  # fmt: skip
    assert desk.outcome(free) == [denied, *looks]


def test_a_held_call_goes_on_when_it_is_allowed(desk: Desk) -> None:
    desk.line.ask("set_rules", rules={"shop": {"held_tools": ["pay"], "reason": "Ask Anna."}})
    agent = desk.start("look a", "pay x", "look b")
    told = next(notes(desk.line, "holds"))["holds"]

    [held] = desk.held()
    assert [call["id"] for call in told] == [held["id"]]
    assert (held["project"], held["kind"], held["name"]) == ("shop", "tool", "pay")
    assert (held["reason"], held["waiting"]) == ("Ask Anna.", True)
    assert agent.poll() is None

    assert desk.line.ask("decide", hold=held["id"], allow=True) == {"holds": []}

    assert desk.outcome(agent) == ["look a", "pay x", "look b"]


def test_a_held_call_that_is_denied_is_an_error(desk: Desk) -> None:
    desk.line.ask("set_rules", rules={"": {"held_tools": ["pay"]}})
    agent = desk.start("pay x", "pay x", "look a")
    [held] = desk.held()
    desk.line.ask("decide", hold=held["id"], allow=False)

    denied = ["deny", "This call of pay was denied."]
    assert desk.outcome(agent) == [denied, denied, "look a"]


def test_who_does_not_wait_has_its_next_try_allowed(desk: Desk) -> None:
    desk.line.ask("set_rules", rules={"": {"held_tools": ["pay"]}})
    agent = desk.start("pay x", patience=0)
    assert desk.outcome(agent) == [["hold", "Somebody has to allow the tool pay."]]
    assert len(desk.held()) == 1


def test_each_call_of_two_agents_wants_a_word_of_its_own(desk: Desk) -> None:
    desk.line.ask("set_rules", rules={"": {"held_tools": ["pay"]}})
    agents = [desk.start("pay x"), desk.start("pay x")]
    first, second = desk.held(2)
    desk.line.ask("decide", hold=first["id"], allow=True)
    desk.line.ask("decide", hold=second["id"], allow=False)
    outcomes = sorted(map(str, map(desk.outcome, agents)))
    assert outcomes == ["['pay x']", "[['deny', 'This call of pay was denied.']]"]


def test_rules_survive_the_engine(own_places: Path, tmp_path: Path) -> None:
    rules = {"": {"max_steps": 0, "reason": "Closed."}}
    with Engines(own_places) as engines:
        engines.collect()
        engines.connect(start=False).ask("set_rules", rules=rules)
    with Engines(own_places) as engines:
        engines.collect()
        wait(
            lambda: "ingest" in orjson.loads(engines.places.engine.read_bytes()), "the open socket"
        )
        desk = Desk(engines, tmp_path)
        assert desk.line.ask("rules") == {"rules": rules, "trouble": ""}
        agent = desk.start("look a")
        assert desk.outcome(agent) == [["block", "This run has made 0 of 0 steps. Closed."]]
