"""Programs that wait at breakpoints, over a real engine: shown, answered, released."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from rollscope.capture import install
from rollscope.client import Rollscope
from rollscope.errors import EnforcementError
from tests.app.engine.support import wait_for
from tests.sdk_bridge.control.conftest import Doing, Viewer, close
from tests.sdk_bridge.stub import Reply, StubModel

if TYPE_CHECKING:
    from tests.conftest import ExpectedLog
    from tests.sdk_bridge.engine_receiver import EngineReceiver

pytestmark = pytest.mark.soak


class Shop:
    """An agent that pays, and what was paid."""

    def __init__(self, client: Rollscope) -> None:
        self.paid: list[tuple[int, Any]] = []

        @client.tool
        def pay(amount: int, to: Any) -> str:
            self.paid.append((amount, to))
            return f"paid {amount}"

        @client.tool
        async def pay_later(amount: int, to: Any) -> str:
            self.paid.append((amount, to))
            return f"paid {amount}"

        @client.agent
        def agent(to: Any = "Anna") -> str:
            return str(pay(12, to))

        @client.agent
        async def agent_async() -> tuple[str, int]:
            ticks = 0

            async def tick() -> None:
                nonlocal ticks
                while not self.paid:
                    ticks += 1
                    await asyncio.sleep(0.01)

            beside = asyncio.create_task(tick())
            said = await pay_later(12, to="Anna")
            beside.cancel()
            return said, ticks

        self.pay, self.agent, self.agent_async = pay, agent, agent_async


def notes(engine: EngineReceiver, name: str) -> list[dict[str, Any]]:
    """The data of the events of this name that have arrived."""
    events = [json.loads(line) for _, line in engine.lines()]
    return [event["data"] for event in events if event.get("name") == name]


def armed(client: Rollscope, viewer: Viewer, *breakpoints: dict[str, Any], **more: Any) -> None:
    """Set breakpoints, and wait until the program knows them."""
    viewer.stop_at(*breakpoints, **more)
    wait_for(lambda: client.gate is not None, "the program knows")


def test_a_call_is_shown_edited_and_made(
    engine: EngineReceiver, viewer: Viewer, program: Rollscope
) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool", "name": "pay"})
    doing = Doing(shop.agent)
    call = viewer.answer("edit", value={"amount": 5, "to": "Bert"})
    assert (call["kind"], call["name"], call["project"]) == ("tool", "pay", "shop")
    assert json.loads(call["arguments"]) == {"amount": 12, "to": "Anna"}
    assert call["choices"] == ["continue", "edit", "give", "stop"]
    assert call["reason"] == "Breakpoint before the tool pay."
    assert doing.result() == "paid 5"
    assert shop.paid == [(5, "Bert")]
    viewer.none_waits()
    assert program.flush(20)
    [told], [went_on] = notes(engine, "paused"), notes(engine, "continued")
    assert told == {"call": "pay", "reason": "Breakpoint before the tool pay."}
    assert (went_on["verdict"], went_on["why"]) == ("edit", "word")
    starts = [json.loads(line) for _, line in engine.lines()]
    [step] = [each for each in starts if each["type"] == "span.start" and each["name"] == "pay"]
    assert step["input"] == {"amount": 5, "to": "Bert"}


def test_objects_that_were_not_edited_stay_what_they_are(
    viewer: Viewer, program: Rollscope
) -> None:
    shop, anna = Shop(program), object()
    armed(program, viewer, {"kind": "tool"})
    doing = Doing(lambda: shop.agent(anna))
    [call] = viewer.waiting()
    shown = json.loads(call["arguments"])
    viewer.answer("edit", value={**shown, "amount": 1})
    doing.result()
    assert shop.paid == [(1, anna)]


def test_a_result_is_given_by_hand(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool"})
    doing = Doing(shop.agent)
    viewer.answer("give", value="declined")
    assert doing.result() == "declined"
    assert shop.paid == []


def test_a_run_is_stopped_by_hand(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool"})
    doing = Doing(shop.agent)
    viewer.answer("stop")
    with pytest.raises(EnforcementError, match="stopped by hand before pay"):
        doing.result()
    assert shop.paid == []


def test_other_tasks_go_on_while_one_waits(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool", "name": "pay_later"})
    doing = Doing(lambda: asyncio.run(shop.agent_async()))
    [call] = viewer.waiting()
    viewer.answer("edit", value={"amount": 7, "to": "Anna"})
    said, ticks = doing.result()
    assert said == "paid 7"
    assert ticks > 0
    assert json.loads(call["arguments"]) == {"amount": 12, "to": "Anna"}


def test_a_task_that_is_cancelled_waits_no_more(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool"})

    async def short() -> None:
        await asyncio.wait_for(shop.agent_async(), 1.0)

    doing = Doing(lambda: asyncio.run(short()))
    viewer.waiting()
    with pytest.raises(TimeoutError):
        doing.result()
    viewer.none_waits()
    assert shop.paid == []


@pytest.mark.parametrize("way", ["agent", "agent_async"])
def test_a_call_goes_on_when_its_time_is_over(
    way: str, engine: EngineReceiver, viewer: Viewer, program: Rollscope
) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool"}, patience=0.1)
    if way == "agent":
        assert shop.agent() == "paid 12"
    else:
        assert asyncio.run(shop.agent_async())[0] == "paid 12"
    assert program.flush(20)
    [went_on] = notes(engine, "continued")
    assert (went_on["verdict"], went_on["why"]) == ("continue", "time-out")
    assert went_on["seconds"] >= 0.1


def test_everything_goes_on_when_the_window_is_closed(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool"})
    doing = Doing(shop.agent)
    viewer.waiting()
    viewer.close()
    assert doing.result() == "paid 12"
    wait_for(lambda: program.gate is None, "nothing is waited for any more")


def test_everything_goes_on_when_the_connection_is_lost(
    engine: EngineReceiver,
    viewer: Viewer,
    program: Rollscope,
    complaints: list[Any],
    expected_log: ExpectedLog,
) -> None:
    expected_log("cannot be reached")
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool"})
    doing = Doing(shop.agent)
    viewer.waiting()
    engine.kill()
    assert doing.result() == "paid 12"
    assert program.gate is None
    wait_for(lambda: complaints, "the program complains")
    engine.start()


def test_a_run_is_paused_and_continued(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    [client] = viewer.ask("clients")["clients"]
    assert client["listens"] == ["pause", "continue", "breakpoints", "decide"]
    viewer.ask("command", client=client["id"], message={"type": "pause"})
    wait_for(lambda: program.gate is not None, "it is paused")
    doing = Doing(shop.agent)
    [call] = viewer.waiting()
    assert call["reason"] == "Paused."
    assert viewer.ask("program", run=call["run"])["program"]["id"] == client["id"]
    message = {"type": "continue", "run": call["run"]}
    viewer.ask("command", run=call["run"], message=message)
    assert doing.result() == "paid 12"
    other = Doing(shop.agent)  # the program is paused, not that run alone
    viewer.waiting()
    viewer.ask("command", client=client["id"], message={"type": "continue"})
    assert other.result() == "paid 12"
    assert program.gate is None


def test_a_breakpoint_at_a_cost_stops_once(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "cost", "usd": 0.5})

    @program.agent
    def spending() -> None:
        shop.pay(1, "a")
        with program.span("work") as span:
            span.usage(cost_usd=0.6)
        shop.pay(2, "b")
        shop.pay(3, "c")

    doing = Doing(spending)
    call = viewer.answer("continue")
    assert call["reason"] == "Breakpoint at a cost: the run has cost $0.6, and $0.5 was set."
    assert json.loads(call["arguments"])["amount"] == 2
    doing.result()
    assert [amount for amount, _ in shop.paid] == [1, 2, 3]


def test_a_breakpoint_on_an_error_stops_before_the_next_call(
    viewer: Viewer, program: Rollscope
) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "error"})

    @program.tool
    def broken() -> None:
        raise KeyError("x")

    @program.agent
    def trying() -> None:
        shop.pay(1, "a")
        try:
            broken()
        except KeyError:
            shop.pay(2, "b")
        shop.pay(3, "c")

    doing = Doing(trying)
    call = viewer.answer("continue")
    assert call["reason"].startswith("Breakpoint on an error: broken: ")
    assert json.loads(call["arguments"])["amount"] == 2
    doing.result()
    assert [amount for amount, _ in shop.paid] == [1, 2, 3]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_model_call_is_shown_and_stopped(
    is_async: bool, viewer: Viewer, program: Rollscope
) -> None:
    install()
    openai = pytest.importorskip("openai")
    asked: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
    with StubModel() as stub:
        known = {"base_url": f"{stub.url}/v1", "api_key": "k"}
        stub.script(Reply("Hi."), Reply("Hi."))

        @program.agent
        def agent() -> str:
            with openai.OpenAI(**known) as client:
                done = client.chat.completions.create(**asked)
            return str(done.choices[0].message.content)

        @program.agent(name="agent")
        async def agent_async() -> str:
            async with openai.AsyncOpenAI(**known) as client:
                done = await client.chat.completions.create(**asked)
            return str(done.choices[0].message.content)

        def work() -> str:
            return asyncio.run(agent_async()) if is_async else agent()

        armed(program, viewer, {"kind": "model", "name": "gpt-4o-mini"})
        doing = Doing(work)
        call = viewer.answer("continue")
        assert (call["kind"], call["choices"]) == ("llm", ["continue", "stop"])
        assert json.loads(call["arguments"])["messages"] == asked["messages"]
        assert doing.result() == "Hi."
        stopped = Doing(work)
        viewer.answer("stop")
        with pytest.raises(EnforcementError, match="stopped by hand before gpt-4o-mini"):
            stopped.result()
        assert len(stub.requests) == 1


def test_arguments_that_are_not_recorded_are_not_shown(viewer: Viewer, program: Rollscope) -> None:
    @program.tool(capture_input=False)
    def pay(card: str) -> str:
        return f"with {card}"

    @program.agent
    def agent() -> str:
        return str(pay("4111"))

    armed(program, viewer, {"kind": "tool"})
    doing = Doing(agent)
    call = viewer.answer("continue")
    assert call["arguments"] is None
    assert call["choices"] == ["continue", "give", "stop"]
    assert doing.result() == "with 4111"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes")
def test_a_child_that_is_forked_does_not_wait(viewer: Viewer, program: Rollscope) -> None:
    shop = Shop(program)
    armed(program, viewer, {"kind": "tool"})
    child = os.fork()
    if not child:
        os._exit(0 if shop.agent() == "paid 12" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert program.gate is not None


def test_a_program_that_comes_later_knows_the_breakpoints(
    engine: EngineReceiver, viewer: Viewer, own_places: Any
) -> None:
    viewer.ask(
        "breakpoints",
        breakpoints={"shop": [{"kind": "tool", "name": "pay"}], "other": [{"kind": "tool"}]},
    )
    client = Rollscope(engine.token, endpoint=engine.url, project="shop")
    with client.trace("hello"):
        pass
    assert client.flush(20)
    assert client.gate is not None
    assert [each.name for each in client.gate.breakpoints] == ["pay"]
    close(client)
    assert client.gate is None


def test_a_program_that_does_not_listen_is_left_alone(
    engine: EngineReceiver, viewer: Viewer, own_places: Any
) -> None:
    viewer.stop_at({"kind": "tool"})
    client = Rollscope(engine.token, endpoint=engine.url, listen=False)
    shop = Shop(client)
    assert shop.agent() == "paid 12"
    assert client.flush(20)
    [told] = viewer.ask("clients")["clients"]
    assert told["listens"] == []
    close(client)
