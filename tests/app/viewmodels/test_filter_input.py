"""Writing a filter: when it holds, what is wrong with it, and what completion offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollscope_desktop.query.filter import FIELDS, parse
from rollscope_desktop.query.filter.candidates import Candidate
from rollscope_desktop.query.filter.spots import spot
from rollscope_desktop.viewmodels.filter.input import FilterInput
from rollscope_desktop.viewmodels.filter.offers import offers, wanted
from rollscope_desktop.viewmodels.scope import ScopeStack
from tests.app.support import simple_run

if TYPE_CHECKING:
    from rollscope_desktop.services.jobs import Jobs
    from tests.app.support import Index


def offered(text: str, known: list[Candidate] | None = None) -> list[str]:
    return [offer.text for offer in offers(spot(text, len(text)), known or [])]


def test_fields_are_offered_and_their_operators() -> None:
    assert offered("")[:3] == ["kind:", "name:", "model:"]
    assert len(offered("")) == len(FIELDS)
    assert offered("mod") == ["model:"]
    assert offered("run.")[:2] == ["run.status:", "run.dur"]
    assert offered("dur") == ["dur>", "dur>=", "dur<", "dur<=", "dur:", "run.dur"]
    assert offered("-sig") == ["signal."]
    assert "dur" in offered("took")
    assert offered("zzz") == []


def test_values_are_offered() -> None:
    assert offered("status:e") == ["error", "ended"]
    assert offered("dur>") == ["100ms", "1s", "10s", "1m"]
    known = [Candidate("my tool", 5), Candidate("tool", 2), Candidate("llm", 1)]
    assert offered("kind:t", known) == ["tool", '"my tool"']
    assert offered("kind:llm,t", known) == ["tool", '"my tool"']
    assert offered("kind:em") == ["embedding", "memory"]  # those that are usual
    assert offered("signal.", [Candidate("f1", 2), Candidate('a "b"', 1)]) == [
        "signal.f1:",
        r'signal."a \"b\"":',
    ]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.label)
def test_what_is_offered_can_be_understood(field) -> None:
    known = [Candidate("a b", 1), Candidate("plain", 1), Candidate('"*,(\\', 1)]
    start = f"signal.x{field.operators[0]}" if field.named else f"{field.name}{field.operators[0]}"
    for text in [f"a {start}", f"a -{start}"]:
        for offer in offers(spot(text, len(text)), known):
            assert not parse(text[: offer.start] + offer.text + text[offer.end :]).is_empty


def test_only_open_values_are_asked_of_the_index() -> None:
    def asked(text: str) -> tuple[str, str] | None:
        return wanted(spot(text, len(text)))

    assert asked("kind:") == ("kind", "")
    assert asked("signal.") == ("signal", "")
    assert asked("signal.a:") == ("signal", "a")
    assert asked("status:") is asked("dur>") is asked("a") is asked("") is None


@pytest.fixture
def scope(qapp) -> ScopeStack:
    return ScopeStack()


@pytest.fixture
def made(jobs: Jobs, scope: ScopeStack) -> FilterInput:
    return FilterInput(jobs, scope)


def test_a_filter_holds_when_one_pauses(made: FilterInput, scope: ScopeStack, qtbot) -> None:
    with qtbot.waitSignal(scope.filter_changed):
        made.type("kind:llm ", 9)
        assert scope.scope.filter == ""
    assert (scope.scope.filter, made.text, made.error) == ("kind:llm", "kind:llm ", None)


def test_a_filter_that_is_wrong_leaves_the_last_one(
    made: FilterInput, scope: ScopeStack, qtbot
) -> None:
    made.type("kind:llm", 8)
    made.apply()
    with qtbot.waitSignal(made.checked):
        made.type("kind:llm knd:x", 14)
    assert made.error is not None
    assert (made.error.at, scope.scope.filter) == (9, "kind:llm")
    made.type("kind:llm kind:x", 15)
    made.apply()
    assert made.error is None
    assert scope.scope.filter == "kind:llm kind:x"


def test_the_bar_follows_the_way_back(made: FilterInput, scope: ScopeStack, qtbot) -> None:
    for text in ("a", "b"):
        made.type(text, 1)
        made.apply()
    made.type("b knd:", 6)
    made.apply()
    with qtbot.waitSignal(made.text_changed, check_params_cb=lambda text: text == "a"):
        scope.back()
    assert (made.text, made.error) == ("a", None)
    made.clear()
    assert (made.text, scope.scope.filter) == ("", "")


def test_only_what_is_meant_is_remembered(made: FilterInput, qtbot) -> None:
    with qtbot.assertNotEmitted(made.used):
        made.type("knd:x", 5)
        assert not made.commit()
        made.type("  ", 2)
        assert made.commit()
    with qtbot.waitSignal(made.used) as used:
        made.type(" kind:llm ", 10)
        assert made.commit()
    assert used.args == ["kind:llm"]


def test_an_offer_takes_the_place_of_what_was_typed(made: FilterInput, index: Index, qtbot) -> None:
    index.grow("a.jsonl", simple_run(1))
    made.type("a ki", 4)
    assert made.take(made.offers[0]) == 7
    assert made.text == "a kind:"
    made.complete(7)
    qtbot.waitUntil(lambda: [offer.text for offer in made.offers] == ["agent", "llm", "tool"])
    assert made.take(made.offers[1]) == 11
    assert made.text == "a kind:llm "
    made.type("kind:l b", 6)
    assert made.take(next(offer for offer in made.offers if offer.text == "llm")) == 9
    assert made.text == "kind:llm b"
    made.apply()


def test_what_was_used_before_is_offered_first(made: FilterInput) -> None:
    made.recent = ("kind:llm", "dur>2s")
    made.complete(0)
    assert [offer.text for offer in made.offers[:3]] == ["kind:llm", "dur>2s", "kind:"]
    assert made.take(made.offers[1]) == 6
    assert made.text == "dur>2s"
    made.apply()
