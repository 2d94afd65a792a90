"""Programs ask over HTTP whether a call may be made; whatever they send is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.engine.enforcement import Enforcement
from rollscope_desktop.engine.receivers import enforcement
from rollscope_desktop.engine.receivers.clients import Clients
from rollscope_desktop.engine.receivers.door import Door
from rollscope_desktop.engine.receivers.enforcement import NoQuestion, question_of
from rollscope_desktop.engine.receivers.ingress import Ingress
from rollscope_desktop.model.rules import Question

if TYPE_CHECKING:
    from rollscope_desktop.ingest.journal import Journal

TOKEN = "rt_local_0123456789abcdef0123"
RUN = "0af7651916cd43dd8448eb211c80319c"
CHECK, HOLDS = "/v1/enforcement/check", "/v1/enforcement/holds/"
PAY = {"run": RUN, "kind": "tool", "name": "pay", "arguments_hash": "1" * 32, "project": "shop"}
RIGHT = {"Authorization": f"Bearer {TOKEN}"}

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def asked(tmp_path: Path) -> Enforcement:
    made = Enforcement(tmp_path / "rules.json", lambda run: None, lambda: None)
    made.set_rules({"": {"denied_tools": ["rm"], "held_tools": ["pay"], "reason": "Ask Anna."}})
    return made


def served(asked: Enforcement, talk: Callable[[Client], Awaitable[None]]) -> None:
    """Serve what asks, and talk to it."""

    async def all_of_it() -> None:
        ingress = Ingress(cast("Journal", None), Door(TOKEN), Clients(), asked)
        app = web.Application()
        app.add_routes(enforcement.routes(ingress))
        async with TestClient(TestServer(app)) as client:
            await talk(client)

    asyncio.run(all_of_it())


async def said(client: Client, question: Any) -> dict[str, Any]:
    async with client.post(CHECK, json=question, headers=RIGHT) as answer:
        assert answer.status == 200
        return dict(await answer.json())


def test_a_question_is_answered(asked: Enforcement) -> None:
    async def talk(client: Client) -> None:
        assert await said(client, {**PAY, "name": "look"}) == {"verdict": "allow"}
        assert await said(client, {**PAY, "name": "rm"}) == {
            "verdict": "deny",
            "reason": "The rules deny the tool rm. Ask Anna.",
        }
        held = await said(client, {**PAY, "arguments": '{"to":"x"}', "more": "is passed over"})
        assert held.keys() == {"verdict", "reason", "hold"}
        assert asked.holds()[0]["arguments"] == '{"to":"x"}'
        for word in ("pending", "approved"):
            async with client.get(HOLDS + held["hold"], headers=RIGHT) as answer:
                said_of_it = await answer.json()
            assert said_of_it["status"] == word
            assert said_of_it.get("reason", "").endswith("Ask Anna." if word == "pending" else "")
            if word == "pending":
                asked.decide(held["hold"], allow=True)
        for unknown in ("f" * 32, "%2e%2e%2fx", "x" * 1000):
            async with client.get(HOLDS + unknown, headers=RIGHT) as answer:
                assert await answer.json() == {
                    "status": "expired",
                    "reason": "Nobody said in time whether the call may be made.",
                }
        async with client.post("/some/where" + CHECK, json=PAY, headers=RIGHT) as answer:
            assert answer.status == 200

    served(asked, talk)


def test_who_has_no_token_gets_no_answer(asked: Enforcement) -> None:
    async def talk(client: Client) -> None:
        id = (await said(client, PAY))["hold"]
        for header in ({}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}):
            async with client.post(CHECK, json=PAY, headers=header) as answer:
                assert answer.status == 401
            async with client.get(HOLDS + id, headers=header) as answer:
                assert answer.status == 401
        assert len(asked.holds()) == 1

    served(asked, talk)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"[]", 400), (b"no JSON", 400), (b"[" * 5000, 400), (b"\xff", 400),
        (b'{"run":"x","kind":"tool","name":"pay"}', 400), (b" " * (1 << 16), 400),
        (b" " * (1 << 17), 413),
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused(asked: Enforcement, body: bytes, status: int) -> None:
    async def talk(client: Client) -> None:
        async with client.post(CHECK, data=body, headers=RIGHT) as answer:
            assert answer.status == status

    served(asked, talk)


@pytest.mark.parametrize(
    "odd",
    [
        {"run": RUN.upper()}, {"run": None}, {"kind": 5}, {"name": None}, {"name": "x" * 501},
        {"project": ["shop"]}, {"arguments_hash": "x" * 501}, {"tokens": -1}, {"tokens": 1.5},
        {"tokens": True}, {"usd": -0.1}, {"usd": float("nan")}, {"usd": 10**400}, {"usd": "1"},
    ],
)  # fmt: skip
def test_a_field_that_is_odd_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(NoQuestion):
        question_of({**PAY, **odd})


def test_a_question_is_taken_as_it_is_asked() -> None:
    more = {"tokens": 5, "usd": 1, "span": "b7ad6b7169203331", "arguments": "x" * 9_999}
    assert question_of({**PAY, **more}) == Question(
        RUN, "tool", "pay", "shop", "1" * 32, 5, 1, "b7ad6b7169203331", arguments="x" * 4_000
    )
    less = {"run": RUN, "kind": "llm", "name": "", "project": "", "span": "../x", "arguments": {}}
    assert question_of(less) == Question(RUN, "llm", "")


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(RUN)


@given(st.dictionaries(st.sampled_from([*Question.__slots__, "more"]), VALUES) | VALUES)
def test_whatever_is_asked(body: Any) -> None:
    try:
        assert question_of(body).run == body["run"]
    except NoQuestion as error:
        sentence = str(error)
    else:
        sentence = "."
    assert sentence.endswith(".")
