"""A fork as it is prepared: read, edited, checked, allowed, sent; what is chosen is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from rollscope_desktop.services.engine_client import EngineRefused
from rollscope_desktop.services.forks import Forks
from rollscope_desktop.services.jobs import Jobs
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.services.settings import Settings
from rollscope_desktop.viewmodels.fork.model import ForkModel, Stage
from rollscope_desktop.viewmodels.fork.policies import PolicyMemory
from tests.app.services.held import FakeClient
from tests.app.viewmodels.fork.recorded import ALLOWED, REQUEST, RUN, put, told

Make = Any


@pytest.fixture
def client(qapp) -> FakeClient:
    return FakeClient()


@pytest.fixture
def memory(tmp_path: Path) -> PolicyMemory:
    return PolicyMemory(Settings(tmp_path / "settings.json", Notices()))


@pytest.fixture
def make(client: FakeClient, jobs: Jobs, memory: PolicyMemory, qtbot, index) -> Make:
    """Opens a step by its name, or the run; answers what may run."""

    def open_step(
        name: str | None, permission: Any = ALLOWED, way: str = "process", **start: Any
    ) -> ForkModel:
        run, steps = put(index, **start)
        model = ForkModel(Forks(cast("Any", client), Notices()), jobs, memory)
        made.append(model)
        model.open(run, None if name is None else steps[name])
        assert at(model, Stage.READING)
        qtbot.waitUntil(lambda: model.stage is not Stage.READING)
        assert client.asked[-1] == {"do": "fork_way", "run": RUN}
        client.answer(way=way, possible=True, sentence="")
        if at(model, Stage.EDITING) and way == "process":
            assert client.asked[-1] == {"do": "fork_permission", "run": RUN}
            client.answer(**permission)
        return model

    made: list[ForkModel] = []
    yield open_step
    for model in made:
        model.close()


def at(model: ForkModel, stage: Stage) -> bool:
    return model.stage is stage


def compared(model: ForkModel, qtbot) -> Any:
    qtbot.waitUntil(lambda: not model._soon.isActive() and not model._jobs.is_busy(
        model, "difference"))  # fmt: skip
    assert model.checked is not None
    return model.checked


def test_a_step_that_can_be_forked(make: Make, qtbot) -> None:
    model = make("get_weather")
    assert at(model, Stage.EDITING)
    assert model.title == "Fork of shop from step 2: get_weather"
    assert model.original == {"city": "Paris"}
    assert model.policies() == {"get_weather": "recorded", "send_mail": "ask"}
    assert model.sentence == (
        "1 step played back, then live: up to 1 model call; “get_weather” is called with this "
        "input; “send_mail” asks first."
    )
    assert model.warnings == ()
    assert not model.is_edited
    assert model.can_send
    assert compared(model, qtbot).difference.equal


def test_a_step_that_cannot(make: Make) -> None:
    model = make("block")
    assert at(model, Stage.IMPOSSIBLE)
    assert model.subject is not None
    assert [near.name for near in model.subject.plan.nearest] == ["get_weather", "answer"]
    assert not model.can_send


def test_a_step_that_is_gone(make: Make, client: FakeClient, jobs: Jobs, index, qtbot) -> None:
    model = make("get_weather")
    model.open(1, 12345)
    qtbot.waitUntil(lambda: model.stage is Stage.GONE)
    assert model.failure == "This step is no longer in the index."


def test_an_edit_is_compared_and_checked(make: Make, qtbot) -> None:
    model = make("get_weather")
    compared(model, qtbot)
    model.set_value({"days": "3"})
    assert model.is_edited
    checked = compared(model, qtbot)
    assert (checked.difference.added, checked.difference.removed) == (1, 1)
    assert checked.misfits == (
        "'city' is a required property.", "days: '3' is not of type 'integer'.",
    )  # fmt: skip
    assert model.can_send  # a tool can be given what does not fit: that may be what is tried


def test_what_is_no_value_cannot_be_sent(make: Make, client: FakeClient) -> None:
    model = make("get_weather")
    model.set_value(None, "Line 1, column 2: a value is missing.")
    assert model.problem == "Line 1, column 2: a value is missing."
    assert not model.can_send
    model.send()
    assert [each["do"] for each in client.asked] == ["fork_way", "fork_permission"]
    model.set_value({})
    assert model.can_send


def test_to_json_one_is_not_true(make: Make) -> None:
    model = make("send_mail")
    model.show_part("output")
    model.set_value({"sent": 1})
    assert model.is_edited
    model.set_value({"sent": True})
    assert not model.is_edited


def test_the_part_that_is_shown_counts(make: Make) -> None:
    model = make("get_weather")
    model.set_value({"city": "Oslo"})
    model.show_part("output")
    assert model.original == "21 °C"
    assert model.warnings == ("The input was edited too, and does not count.",)
    model.set_value("14 °C")
    order = model.order()
    assert order.edit == {"span": order.edit["span"], "output": "14 °C"}
    model.show_part("input")
    assert model.order().edit["input"] == {"city": "Oslo"}


def test_everything_that_was_chosen_is_asked_for(make: Make, client: FakeClient, qtbot) -> None:
    model = make("answer")
    assert model.has_scope
    model.set_value({**REQUEST, "model": "gpt-y"})
    for name, value in (("scope", "later"), ("times", 3), ("fresh", True), ("divergence", "ask")):
        model.set_choice(name, value)
    model.set_policy("send_mail", "deny")
    assert "3 times" in model.sentence
    with qtbot.waitSignal(model.begun) as begun:
        model.send()
        assert at(model, Stage.SENDING)
        assert client.asked[-1] == {
            "do": "fork", "run": RUN, "times": 3, "fresh": True, "divergence": "ask",
            "policies": {"get_weather": "recorded", "send_mail": "deny"},
            "edit": {
                "span": model.subject.plan.span, "scope": "later",
                "input": {**REQUEST, "model": "gpt-y"},
            },
        }  # fmt: skip
        client.answer(batch="b1", forks=[told()])
    assert begun.args == ["b1", 3]


def test_the_scope_is_of_requests_alone(make: Make) -> None:
    model = make("answer")
    model.set_choice("scope", "later")
    model.show_part("output")
    assert "scope" not in model.order().edit


def test_the_entry_is_edited_by_its_arguments(make: Make) -> None:
    entry = {"module": "agent", "qualname": "main", "resumable": True, "arguments": {"q": 1}}
    model = make(None, entry=entry)
    assert model.title == "Fork of shop from the start"
    assert model.original == {"q": 1}
    model.set_value({"q": 2})
    assert model.order().edit == {"span": None, "input": {"q": 2}}


def test_what_needs_permission_is_asked_first(make: Make, client: FakeClient, qtbot) -> None:
    model = make("get_weather", {**ALLOWED, "needed": True, "known": False})
    model.send()
    assert at(model, Stage.PERMISSION)
    assert [each["do"] for each in client.asked] == ["fork_way", "fork_permission"]
    model.take_back()
    assert at(model, Stage.EDITING)
    model.send()
    with qtbot.waitSignal(model.begun):
        model.send("always")
        assert client.asked[-1]["allow"] == "always"
        client.answer(batch="b1", forks=[])


def test_a_program_that_is_connected_needs_no_permission(make: Make, client: FakeClient) -> None:
    model = make("get_weather", way="program")
    assert model.way.kind == "program"
    model.send()
    assert [each["do"] for each in client.asked] == ["fork_way", "fork"]


def test_a_run_of_retrace_starts_from_what_its_program_says(
    client: FakeClient, jobs: Jobs, memory: PolicyMemory, index, qtbot
) -> None:
    foreign: Any = {"process": None, "entry": None, "meta": {"source_id": "t1"}}
    run, _ = put(index, **foreign)
    model = ForkModel(Forks(cast("Any", client), Notices()), jobs, memory)
    model.open(run, None)
    qtbot.waitUntil(lambda: model.stage is Stage.IMPOSSIBLE)
    client.answer(way="retrace", possible=True, sentence="It pays again.", arguments={"q": 1})
    qtbot.waitUntil(lambda: model.stage is Stage.EDITING)
    assert model.original == {"q": 1}
    assert any("retrace-sdk runs everything again" in said for said in model.warnings)
    model.send()
    assert [each["do"] for each in client.asked] == ["fork_way", "fork"]
    model.close()


def test_the_engine_has_the_last_word(make: Make, client: FakeClient) -> None:
    model = make("get_weather")
    model.send()
    client.refuse(EngineRefused("permission", "Ask first."))
    assert client.asked[-1] == {"do": "fork_permission", "run": RUN}
    client.answer(**{**ALLOWED, "needed": True, "signed": False})
    assert at(model, Stage.PERMISSION)
    model.send("once")
    client.refuse(EngineRefused("possible", "The interpreter is gone."))
    assert at(model, Stage.EDITING)
    assert model.failure == "The interpreter is gone."
    model.set_value({})
    assert model.failure == ""


def test_policies_are_remembered_for_the_project(make: Make, client: FakeClient, memory) -> None:
    model = make("get_weather")
    model.set_policy("send_mail", "live")
    assert memory.of("shop", signed=True) == {}  # not before the fork is made
    model.send()
    client.answer(batch="b1", forks=[])
    assert memory.of("shop", signed=True) == {"send_mail": "live"}
    again = make("answer")
    assert again.policies() == {"get_weather": "recorded", "send_mail": "live"}
    assert memory.of("other", signed=True) == {}


def test_a_log_that_is_not_signed_gets_nothing_of_it(make: Make, memory: PolicyMemory) -> None:
    memory.keep("shop", {"send_mail": "live", "get_weather": "deny"})
    model = make("get_weather", {**ALLOWED, "signed": False})
    assert model.policies() == {"get_weather": "deny", "send_mail": "ask"}
    model = make("answer", {**ALLOWED, "signed": False})
    assert model.warnings == ("This log was not signed on this machine: every tool asks first.",)


def test_a_memory_that_makes_no_sense_is_none(tmp_path: Path, qapp) -> None:
    settings = Settings(tmp_path / "settings.json", Notices())
    for odd in (b"[]", b"{", b'{"shop": 5, "b": {"t": "fly"}}'):
        settings.set_layout("fork.policies", odd)
        assert PolicyMemory(settings).of("shop", signed=True) == {}
        assert PolicyMemory(settings).of("b", signed=True) == {}


def test_what_a_log_says_of_a_tool_lets_it_not_run_unasked(make: Make, monkeypatch) -> None:
    """The program may say by now that it changes the world; then it asks."""
    model = make("get_weather")
    plan = model.subject.plan
    live = tuple(replace(tool, effects=None, default="live") for tool in plan.tools)
    monkeypatch.setattr(model, "subject", replace(model.subject, plan=replace(plan, tools=live)))
    assert model.policies() == {"get_weather": "live", "send_mail": "live"}

    assert dict(model.order().policies) == {}
    model.set_policy("send_mail", "live")
    assert dict(model.order().policies) == {"send_mail": "live"}
