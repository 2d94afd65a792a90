"""Breakpoints as the engine has them, without a socket: who is told, what waits and is refused."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.engine.breakpoints import Breakpoints
from rollscope_desktop.engine.receivers.clients import Client, Clients
from rollscope_desktop.engine.refused import Refused

PAY = {"kind": "tool", "name": "pay"}
ALL = ("pause", "continue", "breakpoints", "decide")
CALL = {
    "type": "paused", "call": "c1", "run": "a" * 32, "kind": "tool", "name": "pay",
    "reason": "Paused.", "since": 1.0, "until": 601.0, "choices": ["continue", "edit", "dance"],
    "arguments": {"amount": 12},
}  # fmt: skip


class Desk:
    """Breakpoints, programs, and what each was told."""

    def __init__(self) -> None:
        self.news = 0
        self.clients = Clients()
        self.made = Breakpoints(self._count)
        self.told: dict[int, list[dict[str, Any]]] = {}

    def _count(self) -> None:
        self.news += 1

    def joined(self, project: str = "", listens: tuple[str, ...] = ALL) -> Client:
        said: list[dict[str, Any]] = []
        client = self.clients.joined(
            "stream", "p", listens=listens, project=project, send=said.append
        )
        self.told[client.id] = said
        self.made.brief(client)
        return client

    def ask(self, do: str, **what: Any) -> Any:
        return self.made.serve({"do": do, **what}, self.clients)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_each_program_is_told_those_of_its_project_and_of_all(desk: Desk) -> None:
    shop, other, deaf = desk.joined("shop"), desk.joined("x"), desk.joined("shop", ("pause",))
    said = {"": [{"kind": "error"}], "shop": [PAY], "none": []}
    assert desk.ask("breakpoints", breakpoints=said) == {
        "breakpoints": {"": [{"kind": "error"}], "shop": [PAY]}
    }
    both = {"type": "breakpoints", "breakpoints": [{"kind": "error"}, PAY]}
    assert desk.told[shop.id] == [both]
    assert desk.told[other.id] == [{"type": "breakpoints", "breakpoints": [{"kind": "error"}]}]
    assert desk.told[deaf.id] == []
    assert desk.told[desk.joined("shop").id] == [both]
    assert desk.ask("breakpoints")["breakpoints"].keys() == {"", "shop"}
    assert desk.ask("status") is None


def test_a_call_waits_until_its_program_says_otherwise_or_goes(desk: Desk) -> None:
    program = desk.joined("shop")
    desk.made.heard(program, CALL)
    [held] = desk.made.waiting()
    assert (held["run"], held["project"], held["name"]) == ("a" * 32, "shop", "pay")
    assert (held["arguments"], held["choices"]) == ('{"amount":12}', ["continue", "edit"])
    desk.ask("paused_answer", call=held["id"], verdict="edit", value={"amount": 1})
    word = {"type": "decide", "call": "c1", "verdict": "edit", "value": {"amount": 1}}
    assert desk.told[program.id] == [word]
    desk.made.heard(program, {"type": "released", "call": "c1"})
    assert desk.made.waiting() == []
    desk.made.heard(program, {"type": "released", "call": "c1"})
    desk.made.heard(program, CALL)
    desk.made.left(program)
    assert desk.made.waiting() == []
    assert desk.news == 4


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"do": "breakpoints", "breakpoints": [PAY]}, "argument"),
        ({"do": "breakpoints", "breakpoints": {"": [{"kind": "moon"}]}}, "argument"),
        ({"do": "breakpoints", "breakpoints": {"": [{"kind": "cost"}]}}, "argument"),
        ({"do": "breakpoints", "breakpoints": {"": [{"kind": "tool", "name": 1}]}}, "argument"),
        ({"do": "breakpoints", "breakpoints": {"": [PAY] * 201}}, "argument"),
        ({"do": "paused_answer", "call": "1.nothing", "verdict": "continue"}, "unknown"),
        ({"do": "paused_answer", "call": ["1.c1"], "verdict": "continue"}, "unknown"),
        ({"do": "paused_answer", "call": "1.c1", "verdict": "give", "value": 1}, "argument"),
        ({"do": "paused_answer", "call": "1.c1", "verdict": "edit", "value": 1}, "argument"),
    ],
)
def test_requests_that_are_refused(desk: Desk, request_: dict[str, Any], code: str) -> None:
    desk.made.heard(desk.joined(), CALL)
    with pytest.raises(Refused) as caught:
        desk.made.serve(request_, desk.clients)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "odd", [{"call": 1}, {"call": "x" * 501}, {"call": "c", "choices": 7, "name": [], "since": ""}]
)
def test_odd_words_of_a_program_do_no_harm(desk: Desk, odd: dict[str, Any]) -> None:
    desk.made.heard(desk.joined(), {"type": "paused", **odd})
    assert all(held["choices"] == [] and held["name"] == "" for held in desk.made.waiting())


def test_a_program_cannot_make_endless_calls_wait(desk: Desk) -> None:
    program = desk.joined()
    for number in range(1100):
        desk.made.heard(program, {**CALL, "call": f"c{number}"})
    assert len(desk.made.waiting()) == 1000


def test_when_nobody_looks_everything_goes_on(desk: Desk) -> None:
    program, other = desk.joined("shop"), desk.joined(listens=("continue",))
    desk.made.nobody_looks(desk.clients.known())
    assert desk.told[program.id] == []
    desk.ask("breakpoints", breakpoints={"shop": [PAY]})
    desk.told[program.id].clear()
    desk.made.nobody_looks(desk.clients.known())
    nothing, go_on = {"type": "breakpoints", "breakpoints": []}, {"type": "continue"}
    assert desk.told[program.id] == [nothing, go_on]
    assert desk.told[other.id] == [go_on]
    desk.made.nobody_looks(desk.clients.known())
    assert len(desk.told[program.id]) == 2
    desk.made.commanded("pause")
    desk.made.nobody_looks(desk.clients.known())
    assert len(desk.told[program.id]) == 4


def test_the_program_of_a_run_is_found(desk: Desk) -> None:
    program = desk.joined("shop")
    assert desk.ask("program", run="a" * 32) == {"program": None}
    desk.clients.heard(program, 1, "a" * 32)
    assert desk.ask("program", run="a" * 32)["program"]["id"] == program.id
    assert desk.ask("program", run=["a"])["program"] is None
