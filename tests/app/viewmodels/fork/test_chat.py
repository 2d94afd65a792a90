"""Messages as they are edited: what is not touched stays as it was, to the last field."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.viewmodels.fork.chat import (
    BadMessage,
    Bubble,
    bubble_of,
    join_request,
    message_of,
    split_request,
    transcript,
)
from rollscope_desktop.viewmodels.fork.typed import Typed, parse_json, pretty
from tests.app.viewmodels.fork.recorded import ANSWER, CALL, REQUEST

PARTS: Any = st.lists(
    st.sampled_from([{"type": "text", "text": "said", "extra": 1}, CALL, {"type": "image"}, 5])
)
MESSAGES: Any = st.fixed_dictionaries(
    {"content": st.none() | st.text() | PARTS},
    optional={"role": st.sampled_from(["user", "assistant", "developer"]), "name": st.text(),
              "form": st.integers(), "tool_call_id": st.text()},
)  # fmt: skip


@given(st.lists(MESSAGES | st.none() | st.text() | st.integers()))
def test_what_is_not_touched_stays(messages: list[Any]) -> None:
    request = {"model": "x", "messages": messages, "tools": []}
    split = split_request(request)
    assert split is not None
    made = [message_of(bubble_of(message)) for message in split.messages]
    assert json.dumps(join_request(request, made, Typed(split.rest))) == json.dumps(request)


@given(
    MESSAGES.filter(lambda m: m.get("role") and bubble_of(m).text is not None),
    st.text("ab", min_size=1),
)
def test_another_text_changes_only_the_text(message: dict[str, Any], said: str) -> None:
    made = message_of(replace(bubble_of(message), text=said))
    assert bubble_of(made).text == said
    assert {k: v for k, v in made.items() if k != "content"} == {
        k: v for k, v in message.items() if k != "content"
    }
    assert _others(made["content"]) == _others(message["content"])


def _others(content: Any) -> list[Any]:
    if not isinstance(content, list):
        return []
    return [part for part in content if not (isinstance(part, dict) and part.get("type") == "text")]


def test_a_text_stays_where_it_was_among_the_parts() -> None:
    think = {"type": "reasoning", "text": "hm"}
    message = {"role": "assistant", "content": [think, {"type": "text", "text": "old"}, CALL]}
    made = message_of(replace(bubble_of(message), text="new"))
    assert made["content"] == [think, {"type": "text", "text": "new"}, CALL]
    bare = {"role": "assistant", "content": [think, CALL]}
    made = message_of(replace(bubble_of(bare), text="new"))
    assert made["content"] == [think, {"type": "text", "text": "new"}, CALL]


def test_tool_calls_are_json() -> None:
    message = REQUEST["messages"][2]
    bubble = bubble_of(message)
    assert bubble.text == "I look."
    fields = json.loads(bubble.others)
    fields["parts"][0]["arguments"]["city"] = "Oslo"
    made = message_of(replace(bubble, others=json.dumps(fields)))
    assert made["content"][1]["arguments"] == {"city": "Oslo"}
    assert made["content"][0] == {"type": "text", "text": "I look."}


def test_a_role_takes_the_spelling_of_the_provider_along() -> None:
    message = {"role": "user", "content": "x", "form": 1}
    assert message_of(replace(bubble_of(message), text="y"))["form"] == 1
    assert "form" not in message_of(replace(bubble_of(message), role="system"))


def test_a_message_that_is_added() -> None:
    assert message_of(Bubble(text="hello")) == {"role": "user", "content": "hello"}
    made = message_of(Bubble("assistant", "", json.dumps({"parts": [CALL]})))
    assert made == {"role": "assistant", "content": [CALL]}


@pytest.mark.parametrize(("bubble", "why"), [
    (Bubble(role=" "), "A message has a role."),
    (Bubble(others="[1]"), "The other fields of a message are a JSON object."),
    (Bubble(others='{"parts": 1}'), "The parts of a message are a list."),
    (Bubble(others="{"), "Line 1, column 2: a name in double quotes is missing."),
])  # fmt: skip
def test_what_makes_no_message_is_said(bubble: Bubble, why: str) -> None:
    with pytest.raises(BadMessage) as said:
        message_of(bubble)
    assert str(said.value) == why


def test_an_answer_is_one_message() -> None:
    split = split_request(ANSWER)
    assert split is not None
    assert (len(split.messages), split.rest, split.several) == (1, {"finish_reason": "stop"}, False)
    new = {"role": "assistant", "content": "It is cold."}
    assert join_request(ANSWER, [new], Typed(split.rest)) == {**ANSWER, "message": new}


def test_other_fields_must_be_an_object() -> None:
    with pytest.raises(BadMessage, match="The other fields: Line 1, column 2"):
        join_request(REQUEST, [], parse_json("{"))
    with pytest.raises(BadMessage, match="are a JSON object"):
        join_request(REQUEST, [], parse_json("[]"))


@pytest.mark.parametrize("odd", [None, "text", [1], {"choices": []}, {"message": "x"}])
def test_what_has_no_messages_is_no_chat(odd: Any) -> None:
    assert split_request(odd) is None
    assert transcript(odd) == (odd if isinstance(odd, str) else pretty(odd))


def test_the_record_is_read_as_a_conversation() -> None:
    said = transcript(REQUEST)
    assert said.startswith("— system —\nYou are brief.\n\n— user —\nweather?\n\n— assistant —\n")
    assert '"tool_call_id": "c1"' in said
    assert '"temperature": 0.5' in said.partition("— other fields —")[2]
