"""What is said of a fork before it is begun, and of forks under way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollscope_desktop.query.forks.plan import ForkPlan, ToolPolicy
from rollscope_desktop.services.forks import Fork, Permission, Question
from rollscope_desktop.viewmodels.fork import going, words

TOOLS = (
    ToolPolicy("send_mail", "write", "ask", 2), ToolPolicy("search", "none", "recorded", 1),
    ToolPolicy("walk", "", "live", 1), ToolPolicy("unused", "", "live", 0),
)  # fmt: skip
PLAN = ForkPlan(
    True, "ab", "cd", kind="tool", played=29, saves_usd=0.05, later_calls=11, later_usd=0.25,
    tools=TOOLS[:1],
)  # fmt: skip


def said(plan: ForkPlan = PLAN, times: int = 1, fresh: bool = False, **policies: str) -> str:
    return words.sentence(plan, policies, times=times, fresh=fresh)


def test_the_sentence_of_the_dialog() -> None:
    assert said() == (
        "29 steps played back, then live: up to 11 model calls; “send_mail” asks first."
    )
    assert said(send_mail="live").endswith("; “send_mail” is called again.")
    assert said(fresh=True) == (
        "29 steps played back, then live: about 11 model calls, each made anew; "
        "“send_mail” asks first."
    )
    assert said(times=3).startswith("3 times: 29 steps played back")
    assert said(replace(PLAN, later_calls=0, tools=())) == (
        "29 steps played back, then live: no more model calls in the record."
    )


def test_the_start_plays_nothing() -> None:
    entry = replace(PLAN, span=None, played=0, saves_usd=0, tools=(), later_calls=1)
    assert said(entry) == "No step is played back, all is live: up to 1 model call."
    assert words.button(entry, 1) == "Fork from the start"
    assert words.money(entry, 1) == "The rest cost $0.25 when it was recorded."


def test_tools_are_told_by_what_becomes_of_them() -> None:
    assert said(replace(PLAN, tools=TOOLS)).partition("; ")[2] == (
        "“walk” is called again; “search” answers from the record; “send_mail” asks first."
    )
    both = said(replace(PLAN, tools=TOOLS), search="deny", walk="deny")
    assert both.partition("; ")[2] == "“send_mail” asks first; “search” and “walk” are refused."
    many = tuple(ToolPolicy(f"t{n}", "", "live", 1) for n in range(6))
    end = "; “t0”, “t1” and 4 more tools are called again."
    assert said(replace(PLAN, tools=many)).endswith(end)


def test_what_is_given_is_not_called() -> None:
    tools = (ToolPolicy("walk", "", "live", 2, 2), ToolPolicy("send_mail", "write", "ask", 1))
    agent = replace(PLAN, kind="task", inside_calls=4, inside_usd=0.1, tools=tools)
    assert words.edited(agent, "input") is agent
    given = words.edited(agent, "output")
    assert said(given) == (
        "29 steps played back, then live: up to 7 model calls; “send_mail” asks first."
    )
    assert words.money(given, 1).endswith("The rest cost $0.15 when it was recorded.")


def test_a_tool_with_another_input_is_called_whatever_its_policy() -> None:
    tool = replace(PLAN, name="send_mail", tools=(ToolPolicy("send_mail", "write", "ask", 2, 1),))
    plan = words.edited(tool, "input")
    assert words.sentence(plan, {}, times=1, fresh=False, part="input") == (
        "29 steps played back, then live: up to 11 model calls; “send_mail” is called with this "
        "input; “send_mail” asks first."
    )
    alone = words.edited(
        replace(tool, tools=(ToolPolicy("send_mail", "write", "ask", 1, 1),)), "input"
    )
    assert words.sentence(alone, {}, times=1, fresh=False, part="input").endswith(
        "11 model calls; “send_mail” is called with this input."
    )


def test_the_button_and_the_money() -> None:
    assert words.button(PLAN, 1) == "Fork from step 30"
    assert words.button(PLAN, 5) == "Fork 5 times from step 30"
    assert words.money(PLAN, 1) == (
        "Playback saves $0.0500. The rest cost $0.25 when it was recorded."
    )
    assert words.money(PLAN, 4) == (
        "Playback saves $0.20. The rest cost $0.25 when it was recorded: about $1.00 in all."
    )


def test_warnings_are_what_plan_and_permission_say() -> None:
    plan = replace(PLAN, warnings=("Look it through.",))
    assert words.warnings(plan, None) == ("Look it through.",)
    odd = Permission(signed=False, changed=True, missing=("KEY",))
    assert words.warnings(plan, odd) == (
        "Look it through.",
        "The source of the agent has changed since the recording.",
        "KEY is not set here, and had a value then.",
        "This log was not signed on this machine: every tool asks first.",
    )
    many = Permission(signed=True, missing=tuple(f"K{n}" for n in range(10)))
    assert words.warnings(PLAN, many) == (
        "K0, K1, K2, K3, K4, K5, K6, K7 and 2 more are not set here, and had a value then.",
    )


FORK = Fork("f", "b", of="ab", run="cd")


def batch(*forks: Fork) -> going.Batch:
    return going.Batch("b", forks)


@pytest.mark.parametrize(("state", "end"), [
    ("starting", "is starting"), ("running", "is running"), ("asking", "waits for you"),
    ("failed", "failed"), ("cancelled", "was stopped"), ("done", "has ended"),
])  # fmt: skip
def test_the_headline_of_a_fork(state: str, end: str) -> None:
    fork = replace(FORK, state=state, played=12, live=2)
    assert going.headline(batch(fork), "shop") == f"Fork of shop {end}"
    assert going.remark(batch(fork)) == "12 played · 2 live"


def test_the_headline_of_several() -> None:
    forks = [replace(FORK, id=str(n), state=s) for n, s in enumerate(("done", "running", "done"))]
    assert going.headline(batch(*forks), "shop") == "3 forks of shop: 2 done, 1 running"
    assert not batch(*forks).over


def test_what_one_of_several_says_is_not_said_of_all() -> None:
    done = replace(FORK, state="done", live=1)
    both = [replace(done, sentence="You stopped it."), replace(done, id="g", number=1)]
    assert going.remark(batch(*both)) == "0 played · 2 live"
    both[1] = replace(both[1], sentence="You stopped it.")
    assert going.remark(batch(*both)) == "You stopped it. 0 played · 2 live"


def test_of_what_has_ended_the_latest_is_shown() -> None:
    forks = [replace(FORK, id=str(n), batch=str(n), state="done") for n in range(3)]
    forks[1] = replace(forks[1], state="running")
    assert [each.id for each in going.batches(forks)] == ["1", "2", "0"]


def test_why_it_failed_is_told() -> None:
    fork = replace(FORK, state="failed", sentence="It cannot be imported.", reused=1)
    assert going.remark(batch(fork)) == "It cannot be imported. 0 played · 1 reused · 0 live"
    assert going.headline(batch(replace(FORK, state="done", status="error")), "x") == (
        "Fork of x has ended: error"
    )


def test_what_asks_comes_first_and_what_was_put_away_not_at_all() -> None:
    done = replace(FORK, id="1", batch="done", state="done")
    runs = replace(FORK, id="2", batch="runs", state="running")
    asks = replace(FORK, id="3", batch="asks", state="asking", question=Question(1, "tool", "pay"))
    found = going.batches([done, runs, asks])
    assert [each.id for each in found] == ["asks", "runs", "done"]
    assert [each.id for each in going.batches([done, runs], {"done"})] == ["runs"]
    assert going.question(Question(1, "tool", "pay")) == "The fork wants to call the tool pay"
    assert going.question(Question(1, "divergence", "chat")) == (
        "The fork parts from the record at chat"
    )
