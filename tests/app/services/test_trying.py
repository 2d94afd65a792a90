"""What the engine is asked about calls that are tried, and what becomes of its answers."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rollscope_desktop.services.engine_client import EngineRefused
from rollscope_desktop.services.trying import LONGEST, Answered, Place, Sending, Trying
from tests.app.services.held import FakeClient

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def client(qapp: object) -> FakeClient:
    return FakeClient()


@pytest.fixture
def trying(client: FakeClient) -> Trying:
    return Trying(cast("Any", client))


def _never(error: Exception) -> None:
    raise AssertionError(error)


def test_a_call(client: FakeClient, trying: Trying) -> None:
    found: list[Answered] = []
    trying.send(Sending("a", "ollama", "http://h/api/chat", REQUEST), found.append, _never)
    assert client.asked == [{
        "do": "try_call", "try": "a", "dialect": "ollama", "url": "http://h/api/chat",
        "request": REQUEST, "key": "", "confirmed": "",
    }]  # fmt: skip
    client.answer(
        answer={"message": {}}, seconds=0.5, usage={"model": "m2", "input_tokens": 3}, cost_usd=None
    )
    assert found == [Answered({"message": {}}, "m2", 3, None, None, 0.5)]


def test_a_place(client: FakeClient, trying: Trying) -> None:
    found: list[Place] = []
    trying.look("openai.chat", "", "m", found.append, _never)
    client.answer(
        url="https://api.openai.com/v1", place="api.openai.com", provider="OpenAI", known=True,
        here=False, key="OPENAI_API_KEY", key_names=["OPENAI_API_KEY", 7], keychain="None here.",
    )  # fmt: skip
    assert found == [
        Place("https://api.openai.com/v1", "api.openai.com", "OpenAI", False, "OPENAI_API_KEY",
              ("OPENAI_API_KEY",), "None here."),
    ]  # fmt: skip


def test_a_refusal(client: FakeClient, trying: Trying) -> None:
    found: list[Any] = []
    trying.keep_key("https://h", "k", lambda: found.append("kept"), found.append)
    client.refuse(EngineRefused("keychain", "There is none."))
    assert [str(error) for error in found] == ["There is none."]


def test_a_request_that_is_too_long_is_not_sent(client: FakeClient, trying: Trying) -> None:
    found: list[Any] = []
    long = {"model": "m", "messages": [{"role": "user", "content": "x" * LONGEST}]}
    trying.send(Sending("a", "ollama", "http://h", long), found.append, found.append)
    assert client.asked == []
    assert found[0].code == "long"
