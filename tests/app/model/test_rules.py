"""Rules for calls: what is read as rules, what holds for whom, and what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.rules import (
    ALLOW,
    Limits,
    Question,
    Rules,
    RulesError,
    Totals,
    judge,
    read_rules,
)

RUN = "0af7651916cd43dd8448eb211c80319c"
PAY = Question(RUN, "tool", "pay")
ASK = Question(RUN, "llm", "gpt-5-mini")


def said(question: Question, used: Totals | None = None, **limits: Any) -> tuple[str, str]:
    verdict = judge(Limits(**limits), question, used or Totals())
    return verdict.verdict, verdict.reason


# What holds for whom


def test_a_project_takes_the_place_of_all_others_field_by_field() -> None:
    rules = read_rules(
        {
            "": {"max_steps": 50, "max_usd": 2, "denied_tools": ["rm"], "reason": "Ask Anna."},
            "shop": {"max_steps": None, "max_tokens": 9, "denied_tools": [], "held_models": ["*"]},
        }
    )

    usual = Limits(max_steps=50, max_usd=2.0, denied_tools=("rm",), reason="Ask Anna.")
    assert rules.of(None) == rules.of("") == rules.of("another") == usual
    assert rules.of("shop") == Limits(
        max_tokens=9, max_usd=2.0, held_models=("*",), reason="Ask Anna."
    )
    assert rules.as_json()["shop"] == {
        "max_steps": None, "max_tokens": 9, "denied_tools": [], "held_models": ["*"],
    }  # fmt: skip


def test_without_rules_everything_is_allowed() -> None:
    assert judge(Rules().of("any"), PAY, Totals(10**9, 10**12, 1e6)) is ALLOW
    assert not Limits().has_ceiling
    assert Limits(max_usd=0.0).has_ceiling


NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=3)
COUNTS = st.none() | st.integers(0, 1 << 52)
SAID = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.fixed_dictionaries(
        {},
        optional={
            "max_steps": COUNTS, "max_tokens": COUNTS,
            "max_usd": st.none() | st.floats(0, 1e9), "denied_tools": NAMES, "held_tools": NAMES,
            "held_models": NAMES, "reason": st.text("ab. ", max_size=20),
        },
    ),
)  # fmt: skip


@given(SAID)
def test_what_is_written_is_read_again(value: dict[str, Any]) -> None:
    assert read_rules(value).as_json() == value
    assert read_rules(read_rules(value).as_json()) == read_rules(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON | st.dictionaries(st.text(), st.dictionaries(st.sampled_from(Limits.__slots__), JSON)))
def test_any_value_is_rules_or_is_refused_with_a_sentence(value: Any) -> None:
    try:
        rules = read_rules(value)
    except RulesError as error:
        sentence = str(error)
    else:
        sentence = "."
        for project in rules.said:
            judge(rules.of(project), PAY, Totals())
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "Rules are an object with a name for each project."),
        ({"": 5}, "The rules of a project are an object."),
        ({"": {"max_step": 5}}, "There is no rule 'max_step'. There are: max_steps, max_tokens"),
        ({"": {"max_steps": -1}}, "max_steps must be a whole number that is not negative"),
        ({"": {"max_steps": 1.5}}, "max_steps must be a whole number"),
        ({"": {"max_steps": True}}, "max_steps must be a whole number"),
        ({"": {"max_usd": float("nan")}}, "max_usd must be a number that is not negative"),
        ({"": {"max_usd": float("inf")}}, "max_usd must be a number"),
        ({"": {"max_usd": 10**400}}, "max_usd must be a number"),
        ({"": {"denied_tools": "rm"}}, "denied_tools must be a list of names."),
        ({"": {"denied_tools": [""]}}, "A name in denied_tools is empty."),
        ({"": {"denied_tools": ["x"] * 1001}}, "denied_tools can have 1,000 names, and no more."),
        ({"": {"held_tools": [None]}}, "A name in held_tools must be a text of at most 500"),
        ({"": {"reason": "x" * 501}}, "reason must be a text of at most 500 characters."),
        ({"\ud800": {}}, "The name of a project holds half of a character."),
        ({str(n): {} for n in range(1001)}, "There can be rules for 1,000 projects, and no more."),
    ],
)
def test_what_is_no_rule_is_refused(value: Any, sentence: str) -> None:
    with pytest.raises(RulesError) as caught:
        read_rules(value)
    assert str(caught.value).startswith(sentence)


# What they say


def test_tools_are_denied_and_held_by_name() -> None:
    rules: dict[str, Any] = {"denied_tools": ("rm*", "shell"), "held_tools": ("pay", "send_*")}

    def verdict(name: str, kind: str = "tool") -> str:
        return said(Question(RUN, kind, name), **rules)[0]

    assert [verdict(name) for name in ("rm", "rm_all", "shell", "shells", "Shell")] == [
        "deny", "deny", "deny", "allow", "allow",
    ]  # fmt: skip
    assert [verdict(name) for name in ("pay", "send_mail", "look")] == ["hold", "hold", "allow"]
    assert verdict("rm", "llm") == verdict("pay", "embedding") == "allow"
    assert said(PAY, denied_tools=("p*",), held_tools=("pay",), max_steps=0)[0] == "deny"


def test_models_are_held_by_name() -> None:
    assert said(ASK, held_models=("gpt-5*",)) == (
        "hold", "Somebody has to allow the model gpt-5-mini.",
    )  # fmt: skip
    assert said(ASK, held_models=("claude*",))[0] == said(PAY, held_models=("*",))[0] == "allow"
    assert said(replace(ASK, kind="embedding"), held_models=("*",))[0] == "hold"


def test_the_sentence_of_the_rules_is_told_with_every_refusal() -> None:
    anna: dict[str, Any] = {"reason": "Ask Anna."}
    assert said(PAY, denied_tools=("*",), **anna)[1] == "The rules deny the tool pay. Ask Anna."
    assert said(PAY, held_tools=("*",), **anna)[1] == (
        "Somebody has to allow the tool pay. Ask Anna."
    )
    assert said(PAY, max_steps=0, **anna)[1] == "This run has made 0 of 0 steps. Ask Anna."
    assert said(PAY, **anna) == ("allow", "")


def test_a_name_that_is_shown_is_not_obeyed() -> None:
    odd = Question(RUN, "tool", "pay\x1b[2J\n" + "x" * 400)
    reason = said(odd, denied_tools=("*",))[1]
    assert "\x1b" not in reason
    assert "\n" not in reason
    assert len(reason) < 120


@pytest.mark.parametrize(
    ("limits", "used", "reason"),
    [
        ({"max_steps": 3}, Totals(steps=2), ""),
        ({"max_steps": 3}, Totals(steps=3), "This run has made 3 of 3 steps."),
        ({"max_tokens": 1000}, Totals(tokens=999), ""),
        ({"max_tokens": 1000}, Totals(tokens=1204), "This run has used 1,204 of 1,000 tokens."),
        ({"max_usd": 0.3}, Totals(usd=0.1 + 0.2 - 1e-6), ""),
        ({"max_usd": 0.3}, Totals(usd=0.1 + 0.2), "This run has cost $0.30 of $0.30."),
        ({"max_usd": 1.0}, Totals(usd=1.5), "This run has cost $1.50 of $1.00."),
        ({"max_usd": 0.0}, Totals(), "This run has cost $0 of $0."),
    ],
)
def test_a_call_that_is_to_be_made_needs_room(
    limits: dict[str, Any], used: Totals, reason: str
) -> None:
    assert said(ASK, used, **limits) == ("block" if reason else "allow", reason)


def test_what_a_call_may_take_counts_before_it_is_made() -> None:
    used = Totals(tokens=900, usd=0.9)
    large = replace(ASK, tokens=200, usd=0.25)
    assert said(replace(ASK, tokens=100), used, max_tokens=1000)[0] == "allow"
    assert said(large, used, max_tokens=1000) == (
        "block", "This run has used 900 of 1,000 tokens, and this call may take 200.",
    )  # fmt: skip
    assert said(large, used, max_usd=1.0) == (
        "block", "This run has cost $0.90 of $1.00, and this call may take $0.25.",
    )  # fmt: skip
    assert said(replace(ASK, usd=float("nan")), used, max_usd=1.0)[0] == "allow"


def test_a_call_that_is_made_may_have_used_all_there_is() -> None:
    made = replace(ASK, made=True, tokens=10, usd=0.5)
    limits: dict[str, Any] = {"max_steps": 3, "max_tokens": 30, "max_usd": 1.5}
    assert said(made, Totals(3, 30, 1.5), **limits)[0] == "allow"
    assert said(made, Totals(4, 30, 1.5), **limits)[1] == "This run has made 4 of 3 steps."
    assert said(made, Totals(3, 31, 1.5), **limits)[1] == "This run has used 31 of 30 tokens."
    assert said(made, Totals(3, 30, 1.51), **limits)[1] == "This run has cost $1.51 of $1.50."
