"""docs/bridge-protocol.md tells of everything that is said, and its session can be held."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from rollscope.bridge import control
from rollscope.bridge.environment import command
from rollscope.replay.plan import POLICIES, Question
from tests.conftest import ROOT
from tests.sdk_bridge.bridge.test_reruns import AGENT

if TYPE_CHECKING:
    from tests.sdk_bridge.bridge.bridges import Bridges

PAGE = (ROOT / "docs" / "bridge-protocol.md").read_text(encoding="utf-8")
BRIDGE = ROOT / "sdk_bridge" / "rollscope" / "bridge"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in BRIDGE.glob("*.py")}
REPLAY = [
    path.read_text(encoding="utf-8")
    for path in (ROOT / "sdk_bridge" / "rollscope" / "replay").glob("*.py")
    if not path.name.startswith("golden")
]


def table(before: str) -> dict[str, str]:
    """The first table after a text: what stands in the first column, and the rest."""
    body = PAGE.split(before)[1].split("|---|")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.+?`) \| (.*) \|$", body, re.MULTILINE)
    return {name: rest for names, rest in rows for name in re.findall(r"`(\w+)`", names)}


def words(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def strings(name: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, SOURCES[name]))


def test_every_message_is_told_of() -> None:
    heard = strings("control.py", r'case \{"type": "(\w+)"\}') | {"job"}
    said = strings("control.py", r'send\(\{"type": "(\w+)"') | strings(
        "session.py", r'"type": "(\w+)",'
    )

    assert table("## What the engine says").keys() == heard == {"job", "answer", "cancel"}
    assert table("## What the bridge says").keys() == said


def test_every_field_of_a_job_is_told_of() -> None:
    asked = strings("job.py", r'said\.get\("(\w+)"')
    assert table("Fields of a `job`:").keys() == asked - {"type"}
    assert ", ".join(POLICIES[:-1]) + f" or {POLICIES[-1]}" in PAGE
    assert {field.name for field in fields(Question)} <= words(
        table("## What the bridge says")["ask"]
    )


def test_every_code_and_every_status_is_told_of() -> None:
    raised = {
        code
        for source in [*SOURCES.values()]
        for code in re.findall(r'(?:Refusal|_failed)\(\s*"(\w+)"', source)
        + re.findall(r'return "(\w+)", f?"', source)
    }
    raised |= {"edit", "arguments"}  # whose they are is decided when they are raised
    raised |= set(re.findall(r'ReplayError\((?:"[^"]*"|[^()"]*), "(\w+)"\)', "".join(REPLAY)))
    raised |= {"record"}  # what a ReplayError is otherwise

    assert table("The `status` of `done`").keys() == raised

    told = PAGE.split("The `status` of `done`: ")[1].split("\n\n")[0]
    used = {
        word
        for source in [*REPLAY, SOURCES["session.py"]]
        for word in re.findall(r'(?:status, sentence = |return |_ended\()"(\w+)", ', source)
    }
    assert words(told) == used


def test_the_numbers_and_the_command_are_those_of_the_code() -> None:
    assert control.GRACE == 3.0
    assert " ".join(command("python")) in PAGE


def test_the_session_of_the_page_can_be_held(bridges: Bridges) -> None:
    bridges.write("agent.py", AGENT)
    run = bridges.record("agent.py")
    first, *session = PAGE.split("```json-lines\n")[1].split("```")[0].splitlines()
    job: dict[str, Any] = json.loads(first.removeprefix("> "))
    job["edit"]["span"] = run.named("look")[1].id
    given = {key: value for key, value in job.items() if key in ("edit", "signed")}
    bridge = bridges.start(run, **given)

    for line in session:
        said = json.loads(line[2:])
        if line.startswith("> "):
            bridge.say(said)
            continue
        found = bridge.hear(said["type"])
        assert fits(said, found), (said, found)
    assert bridge.process.wait(10) == 0


def fits(shown: Any, found: Any) -> bool:
    """Whether a message is as the page shows it, where … stands for anything."""
    if isinstance(shown, dict):
        return shown.keys() == found.keys() and all(fits(shown[key], found[key]) for key in shown)
    return bool(shown in ("…", found))
