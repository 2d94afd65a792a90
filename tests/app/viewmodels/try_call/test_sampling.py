"""A request taken apart and put together, and answers as they are compared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.difference import Sign
from rollscope_desktop.viewmodels.try_call.attempts import Attempt, answer_text, compare
from rollscope_desktop.viewmodels.try_call.sampling import BadRequest, apart, for_others, together

TEXTS = st.text(min_size=1, max_size=5)
MESSAGES = [{"role": "user", "content": "Hello"}]


@given(
    st.sampled_from(["openai.chat", "anthropic", "gemini", "ollama"]),
    st.one_of(st.none(), st.integers(0, 2), st.sampled_from([0.1, 0.25, 0.7, 1.5])),
    st.dictionaries(TEXTS.filter(lambda name: name not in ("temperature", "options")),
                    st.integers()),
)  # fmt: skip
def test_what_is_not_changed_is_as_it_was(
    dialect: str, temperature: float | None, others: dict[str, int]
) -> None:
    settings: dict[str, Any] = dict(others)
    if temperature is not None:
        if dialect == "ollama":
            settings["options"] = {"seed": 1, "temperature": temperature}
        else:
            settings["temperature"] = temperature
    request = {"model": "m", "messages": MESSAGES, **({"settings": settings} if settings else {})}
    model, warm, rest = apart(request, dialect)
    assert together(rest, model, warm, dialect) == request
    assert "temperature" not in rest.get("settings", {})


@pytest.mark.parametrize(
    ("dialect", "settings"),
    [("openai.chat", {"temperature": 0.5}), ("ollama", {"options": {"temperature": 0.5}})],
)
def test_a_temperature_that_is_new(dialect: str, settings: dict[str, Any]) -> None:
    made = together({"messages": MESSAGES}, " m ", "0,5", dialect)
    assert made == {"model": "m", "messages": MESSAGES, "settings": settings}


@pytest.mark.parametrize(
    ("rest", "model", "temperature"),
    [({}, " ", ""), ({}, "m", "warm"), ({}, "m", "-1"), ({}, "m", "nan"), ({}, "m", "inf"),
     ({"settings": [1]}, "m", "")],
)  # fmt: skip
def test_what_makes_no_request(rest: dict[str, Any], model: str, temperature: str) -> None:
    with pytest.raises(BadRequest):
        together(rest, model, temperature, "openai.chat")


def test_another_provider_gets_no_fields_of_this_one() -> None:
    request = {
        "model": "m", "form": "url", "extra": {"anthropic_version": "x"},
        "messages": [{"role": "user", "form": "listed", "extra": {"cache": 1},
                      "content": [{"type": "text", "text": "a", "form": 1}]}],
    }  # fmt: skip
    assert for_others(request) == {
        "model": "m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}],
    }


def test_an_answer_as_text() -> None:
    answer = {"message": {"role": "assistant", "content": [
        {"type": "reasoning", "text": "Hm.\nSo."},
        {"type": "text", "text": "Wait."},
        {"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": 1}},
    ]}}  # fmt: skip
    assert answer_text(answer) == '> Hm.\n> So.\n\nWait.\n\nf({\n  "a": 1\n})'
    assert answer_text(None) == ""


def test_two_answers() -> None:
    one, two = Attempt(1, answer="Yes.\nNo."), Attempt(2, answer="Yes.\nMaybe.")
    assert [(line.sign, line.text) for line in compare(one, two)] == [
        (Sign.KEPT, "Yes."), (Sign.REMOVED, "No."), (Sign.ADDED, "Maybe."),
    ]  # fmt: skip
    assert compare(one, one) == ()
    short = Attempt(3, answer="Yes.")
    assert [line.text for line in compare(short, Attempt(4, answer="No."))] == ["Yes.", "No."]
