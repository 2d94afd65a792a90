"""The calls that wait for a word: followed while they wait, decided, forgotten with the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from rollscope_desktop.services import held_calls
from rollscope_desktop.services.engine_client import EngineRefused, EngineState
from rollscope_desktop.services.held_calls import HeldCalls
from rollscope_desktop.services.notices import Notices
from tests.app.services.held import FakeClient, held, told


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def notices(qapp) -> Notices:
    return Notices()


@pytest.fixture
def calls(client: FakeClient, notices: Notices) -> Iterator[HeldCalls]:
    made = HeldCalls(cast("Any", client), notices)
    yield made
    made.close()


def test_they_are_asked_for_at_first_and_told_of_later(
    calls: HeldCalls, client: FakeClient, qtbot
) -> None:
    client.greeted.emit({})
    assert client.asked == [{"do": "holds"}]
    client.answer(holds=[told("a")])
    assert list(calls.calls) == [held("a")]
    with qtbot.waitSignal(calls.changed):
        client.noted.emit({"note": "holds", "holds": [told("a"), told("b", waiting=False)]})
    assert list(calls.calls) == [held("a"), held("b", waiting=False)]
    with qtbot.assertNotEmitted(calls.changed):
        client.noted.emit({"note": "holds", "holds": [told("a"), told("b", waiting=False)]})
        client.noted.emit({"note": "ingest", "port": 4318})
    with qtbot.waitSignal(calls.changed):
        client.noted.emit({"note": "holds", "holds": []})
    assert list(calls.calls) == []


def test_while_some_wait_they_are_looked_at_again(
    client: FakeClient, notices: Notices, qtbot, monkeypatch
) -> None:
    monkeypatch.setattr(held_calls, "AGAIN", 1)
    calls = HeldCalls(cast("Any", client), notices)
    client.noted.emit({"note": "holds", "holds": [told()]})
    qtbot.waitUntil(lambda: client.asked == [{"do": "holds"}])
    client.answer(holds=[told(waiting=False)])
    qtbot.waitUntil(lambda: len(client.asked) == 2)
    client.answer(holds=[])
    assert list(calls.calls) == []
    assert not calls._again.isActive()


def test_a_word_is_given(calls: HeldCalls, client: FakeClient, notices: Notices) -> None:
    client.noted.emit({"note": "holds", "holds": [told("a"), told("b")]})
    calls.decide("a", allow=True)
    assert client.asked == [{"do": "decide", "hold": "a", "allow": True}]
    client.answer(holds=[told("b")])
    assert list(calls.calls) == [held("b")]
    calls.decide("b", allow=False)
    client.refuse(EngineRefused("unknown", "This call does not wait any more."))
    assert [notice.sentence for notice in notices.listen()] == ["This call does not wait any more."]
    client.answer(holds=[])  # they were asked for once more
    assert list(calls.calls) == []


def test_without_an_engine_none_wait(
    calls: HeldCalls, client: FakeClient, notices: Notices
) -> None:
    client.noted.emit({"note": "holds", "holds": [told()]})
    client.go(EngineState.LOST)
    assert list(calls.calls) == []
    client.greeted.emit({})
    client.refuse(EngineRefused("unknown", "The engine does not know the request 'holds'."))
    assert notices.listen() == []


def test_odd_answers_are_taken(calls: HeldCalls, client: FakeClient) -> None:
    client.noted.emit({"note": "holds", "holds": [{"id": 5, "name": None}, "x", None]})
    assert [call.id for call in calls.calls] == [""]
    client.noted.emit({"note": "holds", "holds": None})
    assert list(calls.calls) == []
