"""The rules as a person sets them: what fields show, what is typed, what is a project's own."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.rules import Limits, RulesError, Value, read_rules
from rollscope_desktop.services.call_rules import CallRules
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.viewmodels.rules import GROUPS, OTHERS, RulesModel, parse_typed, shown
from tests.app.services.held import FakeClient
from tests.app.support import Index, Log, run_key

SAID: dict[str, Any] = {
    "": {"max_steps": 50, "denied_tools": ["rm", "shell_*"], "reason": "Ask Anna."},
    "shop": {"max_steps": None, "held_tools": ["pay"]},
}


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def model(client: FakeClient, jobs: Jobs) -> RulesModel:
    made = RulesModel(CallRules(cast("Any", client)), jobs)
    client.answer(rules=SAID, trouble="")
    return made


def saved(client: FakeClient) -> Any:
    """The rules that were last saved, which the engine now has."""
    asked = client.asked[-1]
    assert asked["do"] == "set_rules"
    client.answer(rules=asked["rules"], trouble="")
    return asked["rules"]


def test_every_rule_has_a_field() -> None:
    assert [field.name for _, fields in GROUPS for field in fields] == list(Limits.__slots__)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("max_steps", "", None), ("max_steps", " 1,000 ", 1000), ("max_tokens", "1_000 000", 10**6),
        ("max_usd", "$2.50", 2.5), ("max_usd", "0", 0.0), ("max_usd", " ", None),
        ("denied_tools", "", ()), ("denied_tools", " rm , shell_*,,", ("rm", "shell_*")),
        ("held_tools", "search the web", ("search the web",)), ("reason", " Ask Anna. ",
                                                                "Ask Anna."),
    ],
)  # fmt: skip
def test_what_is_typed_is_understood(name: str, typed: str, value: Value) -> None:
    assert parse_typed(name, typed) == value
    assert parse_typed(name, shown(value)) == value


@pytest.mark.parametrize("typed", ["-1", "many", "1.5", "nan", "1e400", "9" * 30, "٣٫٥", "$"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(RulesError, match="is not a whole number, like 1,000"):
        parse_typed("max_steps", typed)
    if typed != "1.5":
        with pytest.raises(RulesError, match=r"is not an amount, like 2\.50"):
            parse_typed("max_usd", typed)


@given(st.sampled_from(["max_steps", "max_usd", "denied_tools", "reason"]), st.text())
def test_whatever_is_typed(name: str, typed: str) -> None:
    try:
        value = parse_typed(name, typed)
    except RulesError as error:
        assert "like" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert parse_typed(name, shown(value)) == value


def test_fields_show_what_holds(model: RulesModel) -> None:
    assert model.known
    assert model.projects() == [OTHERS, "shop"]
    assert [model.count(name) for name in (OTHERS, "shop", "none")] == [3, 2, 0]
    assert model.typed(OTHERS, "max_steps") == model.typed("none", "max_steps") == "50"
    assert model.typed("shop", "max_steps") == ""
    assert model.typed("shop", "denied_tools") == "rm, shell_*"
    assert [model.is_own("shop", name) for name in ("max_steps", "denied_tools")] == [True, False]


def test_a_field_is_set_and_taken_back(model: RulesModel, client: FakeClient) -> None:
    model.set("shop", "max_usd", "2.50")
    assert saved(client)["shop"] == {"max_steps": None, "held_tools": ["pay"], "max_usd": 2.5}
    model.set_own("shop", "denied_tools", own=True)
    assert saved(client)["shop"]["denied_tools"] == ["rm", "shell_*"]
    model.set_own("shop", "denied_tools", own=False)
    assert "denied_tools" not in saved(client)["shop"]
    model.clear("shop")
    assert saved(client) == {"": SAID[""]}
    assert model.projects() == [OTHERS, "shop"]  # as long as the page is open


def test_what_cannot_be_is_not_saved(model: RulesModel, client: FakeClient) -> None:
    asked = len(client.asked)
    for name, typed in (("max_steps", "-1"), ("denied_tools", "x" * 501)):
        with pytest.raises(RulesError):
            model.set("shop", name, typed)
    assert len(client.asked) == asked
    assert model.typed("shop", "max_steps") == ""


def test_a_project_is_added(model: RulesModel, client: FakeClient) -> None:
    assert model.add("  billing ") == "billing"
    assert model.add("shop") == "shop"
    assert model.projects() == [OTHERS, "billing", "shop"]
    with pytest.raises(RulesError, match="The name of a project must be a text of at most 500"):
        model.add("x" * 501)
    model.set("billing", "max_steps", "5")
    assert saved(client)["billing"] == {"max_steps": 5}


def test_projects_of_the_index_are_offered(
    index: Index, client: FakeClient, jobs: Jobs, qtbot
) -> None:
    for number, project in enumerate(("web", "Api", "web", None)):
        log = Log(run_key(number + 1))
        more: dict[str, Any] = {} if project is None else {"project": project}
        index.grow(f"{number}.jsonl", log.line("run.start", v=1, name="a", **more))
    model = RulesModel(CallRules(cast("Any", client)), jobs)
    qtbot.waitUntil(lambda: model.projects() == [OTHERS, "Api", "web"])
    assert not model.known
    client.answer(rules=read_rules(SAID).as_json(), trouble="")
    assert model.projects() == [OTHERS, "Api", "shop", "web"]
