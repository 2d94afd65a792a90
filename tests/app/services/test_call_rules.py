"""The rules as the engine keeps them: fetched, saved, and as before where it refuses."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rollscope_desktop.model.rules import Rules, read_rules
from rollscope_desktop.services.call_rules import CallRules
from rollscope_desktop.services.engine_client import EngineRefused
from tests.app.services.held import FakeClient

STEPS: dict[str, Any] = {"shop": {"max_steps": 5}}


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def rules(client: FakeClient) -> CallRules:
    return CallRules(cast("Any", client))


def test_they_are_fetched(rules: CallRules, client: FakeClient, qtbot) -> None:
    assert not rules.known
    rules.fetch()
    with qtbot.waitSignal(rules.changed):
        client.answer(rules=STEPS, trouble="The file cannot be read.")
    assert rules.rules == read_rules(STEPS)
    assert (rules.known, rules.trouble) == (True, "The file cannot be read.")


def test_they_are_saved(rules: CallRules, client: FakeClient) -> None:
    rules.save(read_rules(STEPS))
    assert client.asked == [{"do": "set_rules", "rules": STEPS}]
    assert rules.rules == read_rules(STEPS)
    client.answer(rules=STEPS, trouble="")
    assert rules.known


def test_an_answer_does_not_take_back_what_was_set_since(
    rules: CallRules, client: FakeClient
) -> None:
    more = {"shop": {"max_steps": 5, "max_tokens": 9}}
    rules.save(read_rules(STEPS))
    rules.save(read_rules(more))
    client.answer(rules=STEPS, trouble="")
    assert rules.rules == read_rules(more)
    client.answer(rules=more, trouble="")
    assert rules.rules == read_rules(more)
    assert rules.known


def test_what_is_refused_is_as_before(rules: CallRules, client: FakeClient, qtbot) -> None:
    rules.save(read_rules(STEPS))
    with qtbot.waitSignal(rules.failed) as said:
        client.refuse(EngineRefused("argument", "The rules could not be saved: disk full."))
    assert said.args == ["The rules could not be saved: disk full."]
    assert client.asked[-1] == {"do": "rules"}
    client.answer(rules={}, trouble="")
    assert rules.rules == Rules()


@pytest.mark.parametrize("odd", [None, {"shop": {"a rule of tomorrow": 5}}])
def test_rules_that_are_not_understood_are_left_alone(
    rules: CallRules, client: FakeClient, qtbot, odd: Any
) -> None:
    rules.fetch()
    with qtbot.waitSignal(rules.failed):
        client.answer(rules=odd)
    assert not rules.known
