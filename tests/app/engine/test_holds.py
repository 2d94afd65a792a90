"""Held calls: one word for one call, for as long as somebody may still want it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.engine.holds import LIFETIME, LISTENING, PATIENCE, Holds
from rollscope_desktop.model.rules import Question

PAY = Question("a" * 32, "tool", "pay", project="shop", arguments_hash="1" * 32)


class Clock:
    """A time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def holds(clock: Clock) -> Holds:
    return Holds(clock)


def ask(holds: Holds, question: Question = PAY) -> str:
    verdict = holds.ask(question, "Somebody has to allow it. Ask Anna.", "Ask Anna.")
    return verdict.hold if verdict.verdict == "hold" else verdict.verdict


def test_a_call_waits_until_a_word_is_said(holds: Holds, clock: Clock) -> None:
    id = ask(holds)
    assert len(id) == 32
    assert holds.poll(id) == ("pending", None)
    [told] = holds.waiting()
    assert told == {
        "id": id, "run": "a" * 32, "project": "shop", "kind": "tool", "name": "pay",
        "made": False, "span": None, "arguments": None, "reason": "Ask Anna.",
        "since": clock.now, "expires": clock.now + LIFETIME, "waiting": True,
    }  # fmt: skip

    holds.decide(id, allow=True)

    assert holds.waiting() == []
    assert holds.poll(id) == ("approved", PAY)
    assert holds.poll(id) == ("approved", None)  # the answer may have been lost
    assert ask(holds) not in ("allow", id)


def test_the_same_call_has_the_same_hold_and_others_have_their_own(holds: Holds) -> None:
    id = ask(holds)
    assert ask(holds) == id
    others = [
        replace(PAY, run="b" * 32), replace(PAY, kind="llm"), replace(PAY, name="pay2"),
        replace(PAY, arguments_hash="2" * 32),
    ]  # fmt: skip
    assert len({id, *(ask(holds, other) for other in others)}) == 5
    assert holds.waiting()[0]["id"] == id


def test_who_does_not_wait_may_ask_again_later(holds: Holds) -> None:
    id = ask(holds)
    holds.decide(id, allow=True)
    assert ask(holds) == "allow"
    again = ask(holds)
    assert again not in ("allow", id)


def test_a_word_is_for_one_of_two_askers(holds: Holds) -> None:
    id = ask(holds)
    assert ask(holds) == id
    holds.decide(id, allow=True)
    assert holds.poll(id) == ("approved", PAY)
    assert holds.poll(id) == ("pending", None)
    assert [told["id"] for told in holds.waiting()] == [id]
    holds.decide(id, allow=True)
    assert holds.poll(id) == ("approved", PAY)
    assert holds.waiting() == []


def test_a_call_that_was_denied_stays_denied(holds: Holds, clock: Clock) -> None:
    id = ask(holds)
    holds.decide(id, allow=False)
    assert holds.poll(id) == holds.poll(id) == ("denied", None)
    verdict = holds.ask(PAY, "", "Ask Anna.")
    assert (verdict.verdict, verdict.reason) == ("deny", "This call of pay was denied. Ask Anna.")
    assert holds.reason(id) == "This call of pay was denied. Ask Anna."
    assert holds.waiting() == []
    clock.now += LIFETIME + 1
    assert ask(holds) != "deny"


def test_what_is_decided_or_unknown_cannot_be_decided(holds: Holds) -> None:
    id = ask(holds)
    holds.decide(id, allow=False)
    for unknown in (id, "f" * 32, ""):
        with pytest.raises(KeyError):
            holds.decide(unknown, allow=True)
    assert holds.poll(id) == ("denied", None)
    assert holds.poll("f" * 32) == ("expired", None)


def test_a_call_expires_when_nobody_asks_any_more(holds: Holds, clock: Clock) -> None:
    id = ask(holds)
    clock.now += LIFETIME
    assert len(holds.waiting()) == 1
    clock.now += 1
    assert holds.waiting() == []
    assert holds.poll(id) == ("expired", None)
    with pytest.raises(KeyError):
        holds.decide(id, allow=True)


def test_a_call_that_is_asked_about_does_not_expire(holds: Holds, clock: Clock) -> None:
    id = ask(holds)
    begun = clock.now
    while clock.now < begun + 2 * LIFETIME:
        clock.now += PATIENCE - 1
        assert holds.poll(id) == ("pending", None)
    assert holds.waiting()[0]["expires"] == clock.now + PATIENCE
    clock.now += PATIENCE + 1
    assert holds.poll(id) == ("expired", None)


def test_it_is_told_whether_somebody_waits_at_the_other_end(holds: Holds, clock: Clock) -> None:
    id = ask(holds)
    clock.now += LISTENING + 1
    assert [told["waiting"] for told in holds.waiting()] == [False]
    holds.poll(id)
    assert [told["waiting"] for told in holds.waiting()] == [True]


def test_of_too_many_the_oldest_expire(clock: Clock) -> None:
    holds = Holds(clock, most=3)
    ids = [ask(holds, replace(PAY, name=f"pay{n}")) for n in range(5)]
    assert [told["id"] for told in holds.waiting()] == ids[2:]
    assert holds.poll(ids[0]) == ("expired", None)
    for n in range(50):  # words that are remembered are bounded too
        holds.decide(ask(holds, replace(PAY, name=f"more{n}")), allow=False)
    assert len(holds._known) <= 6


def test_news_are_told_once(holds: Holds, clock: Clock) -> None:
    assert not holds.news()
    id = ask(holds)
    assert holds.news()
    assert not holds.news()
    ask(holds)
    holds.poll(id)
    assert not holds.news()
    clock.now += LIFETIME + 1
    holds.poll(id)
    assert holds.news()


@given(st.lists(st.sampled_from(["ask", "poll", "allow", "deny", "wait"]), max_size=60))
def test_nobody_goes_on_without_a_word(steps: list[str]) -> None:
    """Whatever the order: no more calls of one kind go on than words were said."""
    clock = Clock()
    holds = Holds(clock)
    ids: list[str] = []
    words = went = 0
    for step in steps:
        if step == "ask":
            said = ask(holds)
            went += said == "allow"
            ids += [said] if len(said) == 32 else []
        elif step == "poll" and ids:
            went += holds.poll(ids[-1])[1] is not None
        elif step in ("allow", "deny") and (waiting := holds.waiting()):
            holds.decide(waiting[0]["id"], step == "allow")
            words += step == "allow"
        elif step == "wait":
            clock.now += LIFETIME / 3
        assert went <= words
        assert len(holds.waiting()) <= len(set(ids))


def test_who_still_waits_comes_first(holds: Holds, clock: Clock) -> None:
    gave_up = ask(holds, replace(PAY, run="b" * 32))
    clock.now += LISTENING + 1
    waits = ask(holds)
    assert [(each["id"], each["waiting"]) for each in holds.waiting()] == [
        (waits, True),
        (gave_up, False),
    ]
