"""What becomes of tools after the edit: what they declare, what the plan says, what one answers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope
from rollscope.errors import EnforcementError
from rollscope.replay import Answer, Edit, Plan, Playback, Question
from tests.sdk_bridge.replay.forking import Bench, Done, Fork

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server, Tools

TOOLS = {"search": None, "read": "none", "remember": "state", "send": "write"}
ASKED_FOR = ("same", "other")


@pytest.fixture
def bench(client: Rollscope, tools: Tools, stub: Server, done: Done, folder: Path) -> Bench:
    """Every tool before and after the first step, whose result the second round depends on."""

    @client.tool
    def first() -> str:
        done("first")
        return "recorded"

    @client.agent
    def work() -> str:
        for name in TOOLS:
            getattr(tools, name)("before")
        found = first()
        out = []
        for name in TOOLS:
            for what in ("same", found):
                try:
                    out.append(str(getattr(tools, name)(what)))
                except EnforcementError as error:
                    out.append(f"denied: {error}")
        return " | ".join(out)

    return Bench(folder, stub, done, work)


def forked(bench: Bench, ask: Callable[[Question], Answer] | None = None, **plan: Any) -> Fork:
    at = next(span for span in bench.calls if span.name == "first")
    return bench.fork(Edit(at.id, output="other"), ask=ask, **plan)


def allow(_: Question) -> Answer:
    return Answer("allow")


def test_what_is_usual(bench: Bench) -> None:
    """``remember`` was called before the edit, too."""
    asked: list[Question] = []

    def ask(question: Question) -> Answer:
        asked.append(question)
        return Answer("allow")

    fork = forked(bench, ask)
    fork.check()
    assert fork.counts == {"search": 2, "read": 1, "remember": 3, "send": 2}
    assert [(one.kind, one.name, one.input) for one in asked] == [
        ("tool", "send", {"what": "same"}), ("tool", "send", {"what": "other"}),
    ]  # fmt: skip
    hows = {(s.name, s.input["what"]): fork.how(s) for s in fork.record.spans.values() if s.input}
    assert hows["read", "same"] == "reused"
    assert hows["read", "other"] == "live"
    assert fork.outcome.reused == 1


COUNTS = {"live": 2, "recorded": 1, "ask": 2, "deny": 0}
"""How often a tool is called after the edit, where whoever is asked allows everything."""


@pytest.mark.parametrize("policy", COUNTS)
@pytest.mark.parametrize("name", TOOLS)
def test_policies(bench: Bench, name: str, policy: Any) -> None:
    asked: list[str] = []

    def ask(question: Question) -> Answer:
        asked.append(question.name)
        return Answer("allow")

    fork = forked(bench, ask, policies={name: policy})
    before = name == "remember"
    assert fork.counts[name] == COUNTS[policy] + before
    others = {"search": 2, "read": 1, "remember": 3, "send": 2}
    assert {n: c for n, c in fork.counts.items() if n != name} == {
        n: c for n, c in others.items() if n != name
    }
    waits = {"ask": 2, "recorded": 1}.get(policy, 0)
    assert asked.count(name) == waits
    if policy == "deny":
        assert fork.record.end["output"].count("denied") == 2
        assert fork.outcome.status == "ok"
    else:
        fork.check()


@pytest.mark.parametrize("policy", COUNTS)
def test_one_policy_for_all(bench: Bench, policy: Any) -> None:
    fork = forked(bench, allow, others=policy, policies={"read": "live"})
    expected = {name: COUNTS[policy] + (name == "remember") for name in TOOLS}
    assert {n: fork.counts[n] for n in TOOLS} == {**expected, "read": 2}


def test_answers(bench: Bench) -> None:
    answers = {
        "search": Answer("give", {"found": "by hand", "n": 1}),
        "read": Answer("edit", {"what": "something else"}),
        "remember": Answer("allow"),
    }
    fork = forked(bench, lambda q: answers[q.name], others="ask", policies={"send": "deny"})
    assert fork.outcome.status == "ok"
    assert fork.counts == {"read": 2, "remember": 3}
    assert ("read", "something else") in bench.done.calls
    spans = [span for span in fork.record.spans.values() if span.name in ("search", "read")]
    given = [span for span in spans if span.name == "search" and span.input["what"] != "before"]
    assert [(fork.how(span), span.output) for span in given] == [
        ("edited", {"found": "by hand", "n": 1})
    ] * 2
    edited = [span for span in spans if span.name == "read" and span.input["what"] != "before"]
    assert [span.input for span in edited] == [{"what": "something else"}] * 2
    assert {fork.how(span) for span in edited} == {"edited"}


@pytest.mark.parametrize("verdict", ["stop", "serve", "live"])
def test_whoever_is_asked_may_stop_it(bench: Bench, verdict: Any) -> None:
    """What is no answer to the question stops it as well."""
    fork = forked(bench, lambda _: Answer(verdict))
    assert fork.outcome.status == "diverged"
    assert "You stopped the re-run before it called send" in fork.outcome.sentence
    assert "send" not in fork.counts
    assert fork.record.end["status"] == "error"


@pytest.mark.parametrize("answer", [Answer("edit", "no object"), Answer("edit", {"how": 1})])
def test_answers_that_do_not_fit(bench: Bench, answer: Answer) -> None:
    fork = forked(bench, lambda _: answer)
    assert fork.outcome.status != "ok"
    assert "send" not in fork.counts


@pytest.mark.parametrize(("policy", "why"), [("", "asked about"), ("recorded", "no result of")])
def test_nobody_to_ask(bench: Bench, policy: Any, why: str) -> None:
    fork = forked(bench, others=policy)
    assert fork.outcome.status == "diverged"
    assert why in fork.outcome.sentence
    assert "Nobody is there to answer" in fork.outcome.sentence


def test_tools_of_a_log_that_is_not_signed_are_asked_for(bench: Bench, folder: Path) -> None:
    asked: list[str] = []

    def ask(question: Question) -> Answer:
        asked.append(question.name)
        return Answer("allow")

    at = next(span for span in bench.calls if span.name == "first")
    plan = functools.partial(Plan, Edit(at.id, output="other"))
    run = functools.partial(Playback, bench.record, ask=ask, signed=False)
    bench.done.calls.clear()
    assert run(plan()).run(bench._agent, folder=folder).status == "ok"
    assert asked == ["search", "search", "read", "read", "remember", "remember", "send", "send"]
    asked.clear()
    assert run(plan(others="live")).run(bench._agent, folder=folder).status == "ok"
    assert asked == []


def test_memory_that_came_out_differently_stops_it(
    client: Rollscope, stub: Server, done: Done, folder: Path
) -> None:
    counter: list[str] = []

    @client.tool(effects="state")
    def count() -> int:
        counter.append("one")
        return len(counter)

    @client.agent
    def work() -> int:
        return count()

    bench = Bench(folder, stub, done, work)
    fork = bench.fork(None)
    assert fork.outcome.status == "diverged"
    assert "it gave another result than in the record" in fork.outcome.sentence
    assert bench.fork(None, divergence="live").outcome.status == "ok"
