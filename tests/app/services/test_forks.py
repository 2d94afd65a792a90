"""Forks as the engine tells of them: begun, followed, answered, stopped."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rollscope_desktop.services.engine_client import EngineRefused, EngineState
from rollscope_desktop.services.forks import Forks, Order, Permission, Question
from rollscope_desktop.services.notices import Notices
from tests.app.services.held import FakeClient
from tests.app.viewmodels.fork.recorded import ALLOWED, RUN, asked, told


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def notices(qapp) -> Notices:
    return Notices()


@pytest.fixture
def forks(client: FakeClient, notices: Notices) -> Forks:
    return Forks(cast("Any", client), notices)


def test_they_are_asked_for_at_first_and_told_of_later(forks: Forks, client: FakeClient) -> None:
    client.greeted.emit({})
    assert client.asked == [{"do": "forks"}]
    client.answer(forks=[told()])
    assert [(f.id, f.state, f.run) for f in forks.forks] == [("f1", "starting", "")]
    assert forks.under_way == 1
    new = told(run="ab", state="asking", question=asked(), played=12)
    client.noted.emit({"note": "forks", "forks": [new, told("f2", state="done")]})
    assert forks.under_way == 1
    assert forks.forks[0].question == Question(
        7, "tool", "send_mail", None, {"to": "ann"}, {"to": "bob"}, "It is declared to write."
    )
    assert forks.forks[0].played == 12


def test_a_fork_is_begun(forks: Forks, client: FakeClient) -> None:
    batches: list[str] = []
    order = Order(RUN, {"span": None, "input": {}}, 2, (("pay", "deny"),), "ask", True)
    forks.begin(order, batches.append, lambda error: None, allow="once")
    assert client.asked == [{
        "do": "fork", "run": RUN, "edit": {"span": None, "input": {}}, "times": 2,
        "policies": {"pay": "deny"}, "divergence": "ask", "fresh": True, "allow": "once",
    }]  # fmt: skip
    client.answer(batch="b1", forks=[told("f1"), told("f2", number=1)])
    assert batches == ["b1"]
    assert [fork.number for fork in forks.forks] == [0, 1]


def test_what_may_run_is_asked(forks: Forks, client: FakeClient) -> None:
    heard: list[Permission] = []
    forks.ask_permission(RUN, heard.append, lambda error: None)
    client.answer(**{**ALLOWED, "missing": ["KEY", 5]})
    assert heard == [Permission(
        needed=False, interpreter="/usr/bin/python3", folder="/home/ada", file="/home/ada/agent.py",
        function="agent:main", signed=True, known=True, missing=("KEY",),
    )]  # fmt: skip


def test_an_answer_of_another_version_allows_nothing(forks: Forks, client: FakeClient) -> None:
    heard: list[Permission] = []
    forks.ask_permission(RUN, heard.append, lambda error: None)
    client.answer()
    assert heard[0].needed
    assert not heard[0].signed


def test_questions_are_answered_and_forks_stopped(forks: Forks, client: FakeClient) -> None:
    client.noted.emit({"note": "forks", "forks": [told(state="asking", question=asked())]})
    [fork] = forks.forks
    forks.answer(fork, "edit", {"to": "eve"})
    forks.answer(fork, "allow", "left out")
    forks.cancel(fork)
    assert client.asked == [
        {"do": "fork_answer", "fork": "f1", "question": 7, "verdict": "edit",
         "value": {"to": "eve"}},
        {"do": "fork_answer", "fork": "f1", "question": 7, "verdict": "allow"},
        {"do": "fork_cancel", "fork": "f1"},
    ]  # fmt: skip


def test_what_is_refused_is_told_unless_it_is_over(
    forks: Forks, client: FakeClient, notices: Notices
) -> None:
    client.noted.emit({"note": "forks", "forks": [told(state="asking", question=asked())]})
    [fork] = forks.forks
    forks.cancel(fork)
    client.refuse(EngineRefused("unknown", "It is over."))
    forks.answer(fork, "give", 1)
    client.asked.clear()
    client._waiting[:1] = []  # the question for all forks that followed the first
    client.refuse(EngineRefused("argument", "That is no result."))
    assert [notice.sentence for notice in notices.listen()] == ["That is no result."]
    assert client.asked == [{"do": "forks"}]


def test_without_an_engine_there_are_none(forks: Forks, client: FakeClient, qtbot) -> None:
    client.noted.emit({"note": "forks", "forks": [told()]})
    with qtbot.waitSignal(forks.changed):
        client.go(EngineState.LOST)
    assert forks.forks == ()
    client.greeted.emit({})
    client.refuse(EngineRefused("unknown", "The engine does not know the request."))


def test_odd_answers_are_taken(forks: Forks, client: FakeClient) -> None:
    client.noted.emit({"note": "forks", "forks": ["x", None, {"id": 5, "played": "many"}]})
    assert [(fork.id, fork.played) for fork in forks.forks] == [("", 0)]
