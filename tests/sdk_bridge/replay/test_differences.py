"""Where a re-run differs: it asks, or goes on live; what is no difference."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.client import Rollscope
from rollscope.replay import Answer, Edit, Question, ReplayError
from tests.sdk_bridge.replay.conftest import Server, Tools
from tests.sdk_bridge.replay.differing import Maker, World, stopped, user
from tests.sdk_bridge.replay.test_fidelity import agpt, ask_gpt, asked, gpt

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.forking import Done


def test_live(maker: Maker) -> None:
    def work() -> str:
        with gpt(maker.stub) as model:
            text = ask_gpt(model, user(maker.world("a", "b")))
            return str(maker.tools.search(text))

    fork = maker.bench(work).fork(None, divergence="live")
    assert fork.outcome.status == "ok"
    assert len(fork.requests) == 1
    assert fork.counts == {"search": 1}
    assert [fork.how(span) for span in fork.record.spans.values()] == ["live", "live"]


@pytest.mark.parametrize("verdict", ["serve", "live", "stop"])
@pytest.mark.parametrize("is_async", [False, True])
def test_ask(maker: Maker, verdict: Any, is_async: bool) -> None:
    seen: list[Question] = []
    ticks: list[int] = []
    ticking = threading.Event()

    def ask(question: Question) -> Answer:
        seen.append(question)
        if is_async:
            assert ticking.wait(5)  # the loop goes on
        return Answer(verdict)

    def work() -> str:
        with gpt(maker.stub) as model:
            text = ask_gpt(model, user(maker.world("a", "b")))
            return str(maker.tools.search(text))

    async def awork() -> str:
        async def tick() -> None:
            while not maker.world.again or not seen:
                ticks.append(1)
                await asyncio.sleep(0.001)
                if not maker.world.again:
                    return
            ticking.set()

        async with agpt(maker.stub) as model:
            _, text = await asyncio.gather(tick(), asked(model, maker.world("a", "b")))
            return str(await maker.tools.look(text))

    bench = maker.bench(awork if is_async else work)
    fork = bench.fork(None, divergence="ask", ask=ask)
    question = seen[0]
    assert (question.kind, question.name) == ("divergence", "gpt-x")
    assert question.input["messages"] == user("b")
    assert question.expected["messages"] == user("a")
    assert question.span == bench.calls[0].id
    if verdict == "stop":
        stopped(fork, "with something else")
        return
    assert fork.outcome.status == "ok"
    assert len(fork.requests) == (verdict == "live")
    if verdict == "serve":
        assert fork.counts == {}
        assert fork.record.end["output"] == bench.record.end["output"]


def test_what_is_served_is_of_the_same_kind(maker: Maker) -> None:
    """A model's answer is never given as the result of a tool."""

    def work() -> str:
        with gpt(maker.stub) as model:
            if maker.world.again:
                return str(maker.tools.search("instead"))
            return ask_gpt(model, user("a"))

    fork = maker.bench(work).fork(None, divergence="ask", ask=lambda _: Answer("serve"))
    stopped(fork, "in the record it called gpt-x here")


def test_a_branch_beside_goes_on_live_after_the_edit_only(maker: Maker) -> None:
    """It differs because the edited branch told it something."""

    async def work() -> str:
        heard: asyncio.Queue[str] = asyncio.Queue()

        async def first() -> None:
            await heard.put(str(await maker.tools.look("first")))

        async def second() -> str:
            before = await maker.tools.look("before")
            return f"{before} {await maker.tools.look(await heard.get())}"

        return str(await asyncio.gather(first(), second()))

    bench = maker.bench(work)
    at = next(span for span in bench.calls if span.input == {"what": "first"})
    fork = bench.fork(Edit(at.id, output=["CHANGED", 1]))
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert fork.counts == {"look": 1}
    hows = {str(span.input): fork.how(span) for span in fork.record.spans.values()}
    assert hows["{'what': 'before'}"] == "played"
    assert hows["{'what': \"('CHANGED', 1)\"}"] == "live"


def test_the_line_that_starts_the_edited_branch_is_held_to_the_record(maker: Maker) -> None:
    """What it does before that branch is there cannot come of the edit."""

    async def work() -> str:
        text = str(await maker.tools.look("start"))
        if maker.world.again:
            await maker.tools.look("one more")
        parts = await asyncio.gather(*(maker.tools.look(f"{n}") for n in range(2)))
        return f"{text} {parts} {await maker.tools.look('end')}"

    bench = maker.bench(work)
    at = next(span for span in bench.calls if span.input == {"what": "1"})
    stopped(bench.fork(Edit(at.id, output=["CHANGED", 1])), "look with something else")


def test_what_changes_by_itself_is_no_divergence(
    folder: Any, stub: Server, done: Done, world: World
) -> None:
    client = Rollscope(log_dir=folder, masks=[r"ticket [A-Z]{4}"])
    maker = Maker(client, Tools(client, done), stub, done, world)

    class Thing:
        """Its repr holds its address."""

    def work() -> str:
        things = [Thing() for _ in range(maker.world(1, 3))]
        with tempfile.TemporaryDirectory() as folder, gpt(stub) as model:
            said = (
                f"{uuid.uuid4()} at {time.time()} {time.strftime('%Y-%m-%d %H:%M:%S')} in {folder}"
                f" {things[-1]!r} call_{uuid.uuid4().hex} ticket {maker.world('ABCD', 'EFGH')}"
            )
            return ask_gpt(model, user(said)) + str(maker.tools.search(said))

    fork = maker.bench(work).fork(None)
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert fork.requests == []
    assert fork.counts == {}


@pytest.mark.parametrize("then", ["2027-01-02", "2026-05-06", str(uuid.UUID(int=7))])
def test_an_edit_of_what_is_masked_takes_effect(maker: Maker, then: str) -> None:
    """The record's answer to another date is no answer."""

    def work() -> str:
        day = maker.tools.read("day")
        with gpt(maker.stub) as model:
            return ask_gpt(model, user(f"What happened on {day}?")) + str(maker.tools.read(day))

    bench = maker.bench(work)
    read = bench.calls[0]
    fork = bench.fork(Edit(read.id, output=then))
    fork.check()
    assert [then in str(request.json) for request in fork.requests] == [True]
    assert fork.counts == {"read": 1}
    again = bench.fork(Edit(read.id, output=read.output))  # nothing is different
    assert again.requests == []
    assert again.counts == {}
    assert again.outcome.reused == 2
    assert len(bench.fork(Edit(read.id, output=read.output), fresh=True).requests) == 1


def test_an_edit_that_is_not_reached(maker: Maker) -> None:
    def work() -> str:
        found = maker.tools.search("a")
        if maker.world.again:
            return "early"
        return str(maker.tools.search(str(found)))

    bench = maker.bench(work)
    fork = bench.fork(Edit(bench.calls[1].id, output=1))
    assert fork.outcome.status == "unreached"
    assert not fork.outcome.reached
    assert "before it came to the edited step" in fork.outcome.sentence


def test_edits_that_have_no_place(maker: Maker) -> None:
    def work() -> str:
        with maker.client.span("a block"):
            return str(maker.tools.search("a"))

    bench = maker.bench(work)
    block = next(span for span in bench.record.spans.values() if span.name == "a block")
    with pytest.raises(ReplayError, match="does not hold the step"):
        bench.fork(Edit("0" * 16, output=1))
    stopped(bench.fork(Edit(block.id, output=1)), "a block is a block of the program")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("run_quick_checks", "run_everything"), ("step_definition", "step_by_step_plan"),
        ("item-description", "item-picture"), ("call_back_later", "call_an_expert"), ("10", "11"),
    ],
)  # fmt: skip
def test_words_are_no_ids(maker: Maker, first: str, then: str) -> None:
    """What only looks a little like a generated id is another argument."""

    def work() -> str:
        return str(maker.tools.search(maker.world(first, then)))

    stopped(maker.bench(work).fork(None), "search with something else")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("call_QvSBpAtpzTfYkgUvNbYkQvSB", "call_kPmDQRzLxWvTnSgHfBcJkPmD"),
        ("toolu_01A09q90qw90lq917835lq9", "toolu_01XFDUDYJgAACzvnptvVoYEL"),
        ("chatcmpl-9qjzB1", "chatcmpl-8abcD2"), ("msg_0abc12", "msg_9xyz98"),
    ],
)  # fmt: skip
def test_generated_ids_are_no_difference(maker: Maker, first: str, then: str) -> None:
    def work() -> str:
        return str(maker.tools.search(maker.world(first, then)))

    assert maker.bench(work).fork(None).outcome.status == "ok"
