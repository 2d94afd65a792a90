"""What a forged record says of a tool does not have it called without a word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope
from rollscope.replay import Answer, Edit, Plan, Playback, Question
from tests.sdk_bridge.replay.forking import Bench, Done

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server


@pytest.fixture
def bench(client: Rollscope, stub: Server, done: Done, folder: Path) -> Bench:
    @client.tool
    def shell(command: str) -> str:
        done("shell", command)
        return "done"

    @client.tool(effects="write")
    def send(to: str) -> str:
        done("send", to)
        return "sent"

    @client.tool
    def last() -> str:
        done("last")
        return "last"

    @client.agent
    def work() -> str:
        return shell("ls") + send("ann") + last()

    return Bench(folder, stub, done, work)


def made(bench: Bench, *, signed: bool, **plan: Any) -> tuple[str, list[str]]:
    """A fork at the last step: how it ended, and what was asked."""
    asked: list[str] = []

    def ask(question: Question) -> Answer:
        asked.append(question.name)
        return Answer("stop")

    edit = Edit(next(span for span in bench.calls if span.name == "last").id, output="x")
    bench.done.calls.clear()
    playback = Playback(bench.record, Plan(edit, **plan), signed=signed, ask=ask)
    return playback.run(bench._agent, folder=bench.folder).status, asked


def test_a_tool_that_is_said_to_hold_the_edited_step(bench: Bench) -> None:
    shell, _, last = bench.calls
    last.parent = shell.id

    status, asked = made(bench, signed=False)

    assert (status, asked) == ("diverged", ["shell"])
    assert bench.done.calls == []


@pytest.mark.parametrize(("name", "signed"), [("shell", False), ("send", True), ("send", False)])
def test_a_tool_whose_result_is_said_to_be_lost(bench: Bench, name: str, signed: bool) -> None:
    step = next(span for span in bench.calls if span.name == name)
    step.result = {"not": "It is lost."}

    status, asked = made(bench, signed=signed, divergence="live")

    assert (status, asked) == ("diverged", [name])
    assert bench.done.calls == []


def test_a_tool_that_is_denied_is_not_called_for_a_lost_result(bench: Bench) -> None:
    bench.calls[0].result = {"not": "It is lost."}

    status, asked = made(bench, signed=True, divergence="live", policies={"shell": "deny"})

    assert (status, asked) == ("error", [])
    assert bench.done.calls == []


def test_a_tool_that_may_be_called_is(bench: Bench) -> None:
    bench.calls[0].result = {"not": "It is lost."}

    assert made(bench, signed=True, divergence="live") == ("ok", [])
    assert bench.done.calls == [("shell", "ls")]


def test_an_edited_result_holds_nothing_that_was_not_shown(
    client: Rollscope, stub: Server, done: Done, folder: Path
) -> None:
    seen: list[Any] = []

    @client.tool
    def look() -> Any:
        return ("a", "b")

    @client.agent
    def work() -> None:
        seen.append(look())

    bench = Bench(folder, stub, done, work)
    [step] = bench.calls
    step.result = {"packed": {"$": "tuple", "v": ["evil", "b"]}}
    playback = Playback(bench.record, Plan(Edit(step.id, output=["a", "c"])), signed=False)

    assert playback.run(work, folder=folder).status == "ok"
    assert list(seen[-1]) == ["a", "c"]
