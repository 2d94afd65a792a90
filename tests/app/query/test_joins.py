"""Which model call goes on from which: what was said decides, not where it ran."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.query.connection import Reader
from tests.app.query.conversations import told
from tests.app.support import Index, Log, run_key

SYSTEM = {"role": "system", "content": "Be brief."}


def user(said: str) -> dict[str, Any]:
    return {"role": "user", "content": said}


def model(said: str) -> dict[str, Any]:
    return {"role": "assistant", "content": said}


Ask = tuple[int, list[dict[str, Any]], str]
"""The branch of a call, what was sent, and what was answered."""


def lines(index: Index, reader: Reader, *asks: Ask) -> list[str]:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="talk")
    for branch, sent, said in asks:
        span = log.span_id()
        sent = log.encoder.messages(sent)
        out += log.line("span.start", span=span, kind="llm", name="m", branch=branch,
                        input={"messages": sent})  # fmt: skip
        out += log.line("span.end", span=span, status="ok", output={"message": model(said)})
    [run] = index.grow("a.jsonl", out)
    return told(reader, run).splitlines()[1:]


def test_two_talks_by_turns_in_one_branch(index: Index, reader: Reader) -> None:
    one, two = [SYSTEM, user("one")], [SYSTEM, user("two")]
    more = [*one, model("1"), user("one more")], [*two, model("2"), user("two more")]
    asks = (0, one, "1"), (0, two, "2"), (0, more[0], "1b"), (0, more[1], "2b")
    assert lines(index, reader, *asks)[-4:] == [
        "user: one more", "assistant! 1b", "user: two more", "assistant! 2b",
    ]  # fmt: skip


def test_other_talks_of_other_branches_stay_apart(index: Index, reader: Reader) -> None:
    asks = [(n, [SYSTEM, user(f"part {n}")], "Yes.") for n in range(3)]
    found = [f"user: part {n}" for n in range(3)]
    assert lines(index, reader, *asks) == [
        line for said in found for line in ("system: Be brief.", said, "assistant! Yes.")
    ]


def test_a_context_that_was_folded_between_calls_in_tasks(index: Index, reader: Reader) -> None:
    talk = [SYSTEM, user("a"), model("A"), user("b"), model("B"), user("c")]
    folded = [SYSTEM, user("Summary."), *talk[4:], model("C"), user("d")]
    assert lines(index, reader, (1, talk, "C"), (2, folded, "D"))[6:] == [
        "assistant! C",
        "--- 3 messages left the context here, and others took their place",
        "    − user: a",
        "    − assistant: A",
        "    − user: b",
        "user: Summary.",
        "user: d",
        "assistant! D",
    ]


def test_the_talk_that_repeats_most_is_gone_on_from(index: Index, reader: Reader) -> None:
    first = [SYSTEM, user("a")]
    second = [*first, model("A"), user("b")]
    third = [*second, model("B"), user("c")]
    asks = (0, first, "A"), (1, second, "B"), (0, third, "C")
    assert lines(index, reader, *asks)[-2:] == ["user: c", "assistant! C"]


def test_a_message_before_an_answer_that_comes_again_is_shown(index: Index, reader: Reader) -> None:
    asks = (0, [user("a")], "A"), (0, [user("a"), user("hint"), model("A"), user("b")], "B")
    assert lines(index, reader, *asks) == [
        "user: a", "assistant! A", "user: hint", "user: b", "assistant! B",
    ]  # fmt: skip


@pytest.mark.parametrize("again", ["I will look.", "  I will\nlook.", "I will"])
def test_an_answer_that_comes_back_changed(index: Index, reader: Reader, again: str) -> None:
    asks = (0, [user("a")], "I will look."), (0, [user("a"), model(again), user("b")], "B")
    found = lines(index, reader, *asks)[2:]
    if again == "I will":
        assert found[:2] == ["--- 1 message left the context here", "    − assistant: I will look."]
        found = found[3:]
    assert found == ["user: b", "assistant! B"]
