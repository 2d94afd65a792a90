"""Steps that are open at the edit, edits of the entry and of whole steps, what a log says."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rollscope.client import Rollscope, current_span
from rollscope.errors import EnforcementError
from rollscope.replay import Edit
from tests.sdk_bridge.replay.conftest import Server, Tools
from tests.sdk_bridge.replay.forking import Bench, Done
from tests.sdk_bridge.replay.test_fidelity import agpt, ask_gpt, asked, gpt

CHANGED = {"message": {"role": "assistant", "content": "CHANGED"}, "finish_reason": "stop"}


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def named(bench: Bench, name: str, n: int = 0) -> Any:
    return [span for span in bench.record.spans.values() if span.name == name][n]


@pytest.mark.parametrize("how", ["sync", "async", "pool"])
def test_a_tool_that_holds_the_edited_step_runs(
    client: Rollscope, tools: Tools, stub: Server, done: Done, how: str
) -> None:
    """An agent that is used as a tool: what is open at the edit runs, what ended is played."""

    @client.tool
    def expert(what: str) -> str:
        done("expert", what)
        found = tools.search(what)
        with gpt(stub) as model:
            first = ask_gpt(model, user(f"{what} {found}"))
            return ask_gpt(model, user(f"{first} again"))

    @client.tool
    async def aexpert(what: str) -> str:
        done("aexpert", what)
        found = await tools.look(what)
        async with agpt(stub) as model:
            first, other = await asyncio.gather(
                asked(model, f"{what} {found}"), tools.look("beside")
            )
            return await asked(model, f"{first} {other} again")

    @client.agent
    def work() -> str:
        if how == "pool":
            with ThreadPoolExecutor(2) as pool:
                return " ".join(pool.map(expert, ["one", "two"]))
        return " ".join(expert(what) for what in ("one", "two"))

    @client.agent
    async def awork() -> str:
        return " ".join([await aexpert(what) for what in ("one", "two")])

    bench = Bench(client.settings.folder, stub, done, awork if how == "async" else work)
    tool = "aexpert" if how == "async" else "expert"
    inner = next(one for one in named(bench, tool, 1).children if one.kind == "llm")

    fork = bench.fork(Edit(inner.id, output=CHANGED))

    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert fork.outcome.reached
    assert fork.counts == {tool: 1}
    assert bench.done.calls == [(tool, "two")]
    assert len(fork.requests) == 1
    assert "CHANGED" in str(fork.requests[0].json)
    assert "search" not in fork.counts
    assert "look" not in fork.counts
    one, two = (fork.of(named(bench, tool, n)) for n in range(2))
    assert one is not None
    assert two is not None
    assert [fork.how(one), fork.how(two)] == ["played", "live"]


def test_the_entry(client: Rollscope, tools: Tools, stub: Server, done: Done) -> None:
    """With other arguments nothing is played, not even what is asked the same."""

    @client.agent
    def work(question: str) -> str:
        with gpt(stub) as model:
            same = ask_gpt(model, user("the same")) + str(tools.read("same"))
            return ask_gpt(model, user(question)) + str(tools.search("same")) + same

    bench = Bench(client.settings.folder, stub, done, work, "hello")
    fork = bench.fork(Edit(None, input={"question": "bye"}))
    fork.check()
    assert fork.outcome.reached
    assert fork.record.start["fork"]["edit"] == {"span": None, "input": {"question": "bye"}}
    assert "at" not in fork.record.start["fork"]
    assert len(fork.requests) == 2
    assert fork.counts["search"] == 1
    assert fork.outcome.played == 0
    assert all(fork.how(one) in ("live", "reused") for one in fork.record.spans.values())


@pytest.mark.parametrize("kind", ["task", "agent", "span"])
@pytest.mark.parametrize("is_async", [False, True])
def test_whole_steps(
    client: Rollscope, tools: Tools, stub: Server, done: Done, kind: str, is_async: bool
) -> None:
    def inner(what: str) -> str:
        return f"{tools.search(what)}"

    async def ainner(what: str) -> str:
        return f"{await tools.look(what)}"

    step: Any = getattr(client, kind)("inner", capture_input=True, capture_output=True)(
        ainner if is_async else inner
    )

    @client.agent
    def work() -> str:
        return " ".join(f"{step(f'{n}')}" for n in range(3))

    @client.agent
    async def awork() -> str:
        return " ".join([f"{await step(f'{n}')}" for n in range(3)])

    bench = Bench(client.settings.folder, stub, done, awork if is_async else work)
    at = named(bench, "inner", 1)
    given = bench.fork(Edit(at.id, output="GIVEN"))
    assert given.outcome.status == "ok", given.outcome.sentence
    assert "GIVEN" in given.record.end["output"]
    found = given.of(at)
    assert found is not None
    assert (given.how(found), found.children, found.output) == ("edited", [], "GIVEN")
    tool = "look" if is_async else "search"
    assert given.counts == {tool: 1}
    changed = bench.fork(Edit(at.id, input={"what": "CHANGED"}))
    assert changed.outcome.status == "ok", changed.outcome.sentence
    assert bench.done.calls == [(tool, "CHANGED"), (tool, "2")]
    found = changed.of(at)
    assert found is not None
    assert (changed.how(found), found.input) == ("edited", {"what": "CHANGED"})


def test_runs_of_their_own_are_steps_of_a_fork(
    client: Rollscope, tools: Tools, stub: Server, done: Done
) -> None:
    """Else what they call would not be steered, and paid again."""

    @client.agent(new_run=True)
    def other(what: str) -> str:
        with gpt(stub) as model:
            return ask_gpt(model, user(what))

    @client.agent
    def work() -> str:
        with client.trace("block", new_run=True):
            found = tools.search("inside")
        return f"{other('hello')} {found} {tools.search('last')}"

    before = set(client.settings.folder.glob("*"))
    assert not before
    with pytest.raises(ValueError, match="unpack"):  # one log for each of the three runs
        Bench(client.settings.folder, stub, done, work)
    sent = len(stub.requests)
    done.calls.clear()
    logs = list(client.settings.folder.glob("*.jsonl"))
    assert len(logs) == 3
    from rollscope.replay import Plan, Playback, Record

    records = [Record.read([log], log.name.split(".")[0]) for log in logs]
    record = next(found for found in records if found.name == "work")
    outcome = Playback(record, Plan(), signed=True).run(work, folder=client.settings.folder)
    assert outcome.status == "diverged"  # the record does not hold what they did
    assert len(stub.requests) == sent
    assert done.calls == []
    assert len(list(client.settings.folder.glob("*.jsonl"))) == 4


def test_what_is_told_inside_a_played_step(
    client: Rollscope, tools: Tools, stub: Server, done: Done
) -> None:
    @client.tool
    def give(what: str) -> tuple[str, str]:
        done("give")
        span = current_span()
        assert span is not None
        span.message("assistant", f"I look for {what}")
        span.log_event("found", what=what)
        span.record_input({"shown": what})
        span.set(colour="red")
        span.usage(model="m", cost_usd=0.5)
        span.record_error("nothing was found, and it goes on")
        with client.span("a block inside"), gpt(stub) as model:
            return what, ask_gpt(model, user(what))

    @client.agent
    def work() -> str:
        with client.span("outer"):
            span = current_span()
            assert span is not None
            span.message("user", "of the program")
            return f"{give('this')} {tools.search('last')}"

    bench = Bench(client.settings.folder, stub, done, work)
    at = named(bench, "search")
    record = bench.record
    for n in range(2):  # and of the fork itself
        fork = bench.fork(Edit(named(bench, "search").id, output={"found": f"CHANGED {n}"}))
        fork.check()
        assert fork.counts == {}
        found = fork.of(named(bench, "give"))
        assert found is not None
        assert [note["type"] for note in found.notes] == ["message", "event"]
        assert found.notes[0]["content"] == "I look for this"
        assert found.attrs == {"colour": "red"}
        assert found.input == {"shown": "this"}
        assert found.usage == {"model": "m", "saved_usd": 0.5}
        assert (found.status, found.error["message"]) == (
            "error", "nothing was found, and it goes on"
        )  # fmt: skip
        [block] = found.children
        assert block.name == "a block inside"
        assert block.children[0].output == named(bench, "gpt-x").output
        outer = next(span for span in fork.record.spans.values() if span.name == "outer")
        assert len(outer.notes) == 1
        bench.record = fork.record
    assert at.output["found"] == "last!"
    assert record.end["output"] != fork.record.end["output"]


def test_what_a_fork_costs(client: Rollscope, tools: Tools, stub: Server, done: Done) -> None:
    @client.agent
    def work() -> str:
        text = "go"
        with gpt(stub) as model:
            for _ in range(3):
                said: Any = user(text)
                answer = model.chat.completions.create(model="gpt-4o-2024-08-06", messages=said)
                text = str(tools.search(answer.choices[0].message.content or ""))
        return text

    bench = Bench(client.settings.folder, stub, done, work)
    paid = [span.usage["cost_usd"] for span in bench.calls if span.kind == "llm"]
    assert all(paid)
    fork = bench.fork(Edit(bench.calls[3].id, output={"found": "CHANGED"}))
    fork.check()
    usages = [span.usage for span in fork.record.spans.values() if span.kind == "llm"]
    assert [usage.get("cost_usd") for usage in usages] == [None, None, paid[2]]
    assert [usage.get("saved_usd") for usage in usages] == [*paid[:2], None]
    assert "input_tokens" not in usages[0]


@pytest.mark.parametrize("ceiling", [{"max_usd_per_run": 0.0002}, {"max_tokens_per_run": 40}])
def test_ceilings_count_what_is_live(folder: Path, stub: Server, done: Done, ceiling: Any) -> None:
    """18 tokens a call, for 0.00011 dollars or so: the record had two, the fork makes others."""
    client = Rollscope(log_dir=folder, **ceiling)
    tools = Tools(client, done)
    more = [0]

    @client.agent
    def work() -> str:
        with gpt(stub) as model:
            for n in range(2 + more[0]):
                said: Any = user(f"{n}")
                model.chat.completions.create(model="gpt-4o-2024-08-06", messages=said)
                if n == 1:
                    tools.search("a")
        return "done"

    bench = Bench(folder, stub, done, work)
    at = named(bench, "search")
    more[0] = 2
    fork = bench.fork(Edit(at.id, output={"found": "CHANGED"}))
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert len(fork.requests) == 2
    more[0] = 9
    over = bench.fork(Edit(at.id, output={"found": "CHANGED"}))
    assert over.outcome.status == "error"
    assert EnforcementError.__name__ in over.outcome.sentence
    assert 2 <= len(over.requests) <= 3
    assert over.record.end["status"] == "error"


def test_steps_that_are_played_are_no_steps_for_ceilings(
    folder: Path, stub: Server, done: Done
) -> None:
    client = Rollscope(log_dir=folder, max_steps_per_run=4, max_repeats=3)
    tools = Tools(client, done)
    more = [0]

    @client.agent
    def work() -> str:
        return " ".join(str(tools.search("again")) for _ in range(3 + more[0]))

    bench = Bench(folder, stub, done, work)
    more[0] = 3
    fork = bench.fork(Edit(bench.calls[2].id, output="CHANGED"))
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert fork.counts == {"search": 3}
