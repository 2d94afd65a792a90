"""Spans become lines of run logs, in whatever order they come."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.received import Event
from tests.app.protocols.otlp.sending import (
    START,
    Sending,
    asked,
    at,
    chat,
    id_of,
    span,
    used,
)

AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ask"}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"}
INPUT = {"input.value": "How warm?", "output.value": "21 °C"}


def send(*requests: Any) -> Sending:
    sending = Sending()
    for request in requests:
        sending.spans(*(request if isinstance(request, list) else [request]))
    return sending


# -- runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("split", [1, 2, 4])
def test_any_order_and_any_requests_make_the_same_run(
    order: tuple[int, ...], split: int, tmp_path: Path
) -> None:
    spans = [
        span(1, name="invoke_agent ask", ended=40, attributes={**AGENT, **INPUT}),
        chat(2, 1, begun=1, ended=10, attributes={**used(50, 12), "session.id": "s"}),
        span(3, 1, "execute_tool get_weather", begun=11, ended=12, attributes=TOOL),
        chat(4, 1, begun=13, ended=20, attributes=used(80, 9)),
    ]
    shuffled = [spans[n] for n in order]
    sending = send(*[shuffled[n : n + split] for n in range(0, 4, split)])
    with sending.seen(tmp_path) as seen:
        [run] = seen.runs()
        row = run.row
        assert (row.name, row.agent, row.project, row.session) == ("ask", "ask", "weather", "s")
        assert (run.status, row.started, row.ended) == ("ok", at(0), at(40))
        assert (run.input, run.output) == ("How warm?", "21 °C")
        assert (row.llm, row.tools, row.tokens_in, row.tokens_out) == (2, 1, 130, 21)
        steps = sorted(run.steps, key=lambda step: step.begun or 0)
        assert [(step.kind, step.name, step.parent) for step in steps] == [
            ("agent", "ask", None), ("llm", "gpt-4o-mini", "ask"),
            ("tool", "get_weather", "ask"), ("llm", "gpt-4o-mini", "ask"),
        ]  # fmt: skip
        assert [(step.begun, step.ended, step.status) for step in steps] == [
            (at(0), at(40), "ok"), (at(1), at(10), "ok"), (at(11), at(12), "ok"),
            (at(13), at(20), "ok"),
        ]  # fmt: skip


def test_before_the_root_is_here_the_run_has_the_best_name_there_is() -> None:
    sending = send(span(3, 2, "GET /"))
    assert sending.start()["name"] == "GET /"
    assert not sending.said("run.end")
    sending.spans(span(4, 2, "inner", begun=5, attributes=AGENT))
    assert (sending.start()["name"], sending.start()["agent"]) == ("ask", "ask")
    sending.spans(span(5, 2, "more"))
    assert len(sending.said("run.start")) == 2
    sending.spans(span(2, None, "POST /chat"))
    start = sending.start()
    assert (start["name"], start["agent"], start["time"]) == ("POST /chat", "ask", at(0))
    assert sending.one("run.end")["status"] == "ok"


@pytest.mark.parametrize(
    ("root", "name"),
    [
        (span(1, name="invoke_agent ask", attributes=AGENT), "ask"),
        (chat(1), "chat gpt-4o-mini"),
        (span(1, name="Ask {name}", attributes={"logfire.msg": "Ask Bob"}), "Ask Bob"),
        (span(1, name="x", attributes={"langfuse.trace.name": "talk"}), "talk"),
        (span(1, name=""), "span"),
    ],
)
def test_the_name_of_a_run_is_that_of_its_root(root: Any, name: str) -> None:
    assert send(root).start()["name"] == name


def test_the_agent_of_a_run_is_the_outermost() -> None:
    sub = {**AGENT, "gen_ai.agent.name": "helper"}
    sending = send(
        chat(4, 3, begun=6, attributes={"gen_ai.agent.name": "helper"}),
        span(3, 2, begun=5, attributes=sub),
        span(2, 1, begun=1, attributes=AGENT),
        span(1, None, "POST /chat"),
    )
    agents = [line["agent"] for line in sending.said("run.start")]
    assert agents == ["helper", "helper", "ask", "ask"]
    # one that has a name before one that is only called so
    kind = {"openinference.span.kind": "AGENT"}
    sending = send(span(2, 1, attributes={**kind, "agent.name": "ask"}), span(1, attributes=kind))
    assert sending.start()["agent"] == "ask"
    sending = send(span(2, 1, "inner", attributes=kind), span(1, name="ask", attributes=kind))
    assert sending.start()["agent"] == "ask"


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.conversation.id": "s"},
        {"session.id": "s"},
        {"gen_ai.conversation.id": "", "session.id": "s"},
        {"gen_ai.conversation.id": "null", "langfuse.session.id": "s"},
        {"traceloop.association.properties.session_id": "s"},
        {"ai.telemetry.metadata.sessionId": "s"},
        {"agent_trace_id": "t", "group_id": "s"},
    ],
)
def test_sessions(attributes: dict[str, Any]) -> None:
    sending = send(span(2, 1, attributes=attributes))
    assert sending.start()["session"] == "s"
    sending.spans(span(3, 1), span(1))
    assert sending.start()["session"] == "s"


@pytest.mark.parametrize(
    "attributes",
    [{"agent_trace_id": "t", "group_id": "null"}, {"group_id": "g"}, {"session.id": None}, {}],
)
def test_no_session(attributes: dict[str, Any]) -> None:
    assert "session" not in send(span(1, attributes=attributes)).start()


def test_the_session_of_the_root_counts() -> None:
    sending = send(
        span(2, 1, attributes={"session.id": "of a part"}),
        span(1, attributes={"session.id": "s"}),
    )
    assert sending.start()["session"] == "s"
    assert sending.one("span.start", 2)["attrs"]["session.id"] == "of a part"


def test_where_a_run_was() -> None:
    resource = {
        "service.name": "unknown_service:python", "deployment.environment.name": "staging",
        "service.version": "1.2", "process.pid": 4242, "host.name": "box",
        "process.command_args": ["agent", "--key=secret"],
    }  # fmt: skip
    start = send(span(1, resource=resource)).start()
    assert "project" not in start
    assert "process" not in start
    assert start["environment"] == "staging"
    assert start["meta"] == {"service.version": "1.2", "process.pid": 4242, "host.name": "box"}


def test_what_the_user_said_of_a_run() -> None:
    said = {
        "user.id": "bob", "tag.tags": ["a", "b"], "metadata": '{"plan": "pro"}',
        "langfuse.trace.metadata.team": "red", "ai.telemetry.metadata.sessionId": "s",
        "traceloop.association.properties.shop": "5",
    }  # fmt: skip
    sending = send(span(2, 1), span(1, attributes=said))
    assert sending.start()["meta"] == {
        "user": "bob", "tags": ["a", "b"], "plan": "pro", "team": "red", "shop": "5"
    }  # fmt: skip


def test_a_span_of_another_process_ends_the_run_until_its_parent_is_known() -> None:
    sending = send(span(2, 1, "handle", begun=5, ended=8, remote=True))
    assert sending.one("run.end")["time"] == at(8)
    sending.spans(span(1, None, "ask", ended=10))
    assert [line["time"] for line in sending.said("run.end")] == [at(8), at(10)]
    sending.spans(span(3, 1, "handle", begun=8, ended=9, remote=True))
    assert len(sending.said("run.end")) == 2
    assert sending.start()["name"] == "ask"


def test_an_earlier_end_of_two_does_not_take_the_place_of_the_later() -> None:
    sending = send(span(1, ended=10), span(2, begun=2, ended=5))
    assert [line["time"] for line in sending.said("run.end")] == [at(10)]
    assert sending.start()["name"] == "step"


def test_a_parent_that_never_comes() -> None:
    sending = send(span(2, 99))
    assert not sending.said("run.end")
    assert sending.one("span.start")["parent"] == id_of(99)


def test_a_failed_root() -> None:
    sending = send(span(1, status="error", message="no"))
    assert sending.one("run.end")["status"] == "error"
    assert sending.one("run.end")["error"] == {"message": "no"}


# -- spans that come again -------------------------------------------------------------------------


def test_what_is_sent_again_writes_nothing() -> None:
    requests = [chat(2, 1, attributes=used(5, 5)), span(1, events=(Event("e", at(1), {}),))]
    sending = send(requests)
    before = sending.lines()
    sending.spans(*requests)
    assert sending.lines() == before
    sending.restart()
    sending.spans(*requests, *requests)
    assert sending.lines() == before


def test_twice_in_one_request() -> None:
    one = span(1, attributes=AGENT)
    assert len(send([one, one]).lines()) == len(send([one]).lines())


def test_an_update_adds_what_is_new(tmp_path: Path) -> None:
    sending = send(
        chat(2, 1, attributes={**used(5, 5), "a": 1}),
        chat(2, 1, attributes={**used(5, 5), **asked("Hello?", "Hi."), "a": 1, "b": 2}),
    )
    assert len(sending.said("span.start")) == len(sending.said("span.end")) == 1
    with sending.seen(tmp_path) as seen:
        [run] = seen.runs()
        assert (run.row.tokens_in, run.row.tokens_out) == (5, 5)
        [step] = run.steps
        assert len(step.input["messages"]) == 1
        assert step.output["message"]["role"] == "assistant"
        assert (step.attributes["a"], step.attributes["b"]) == (1, 2)


def test_an_update_of_the_root_keeps_what_the_run_returned(tmp_path: Path) -> None:
    sending = send(span(1, attributes=INPUT), span(1, attributes={"more": 1}))
    with sending.seen(tmp_path) as seen:
        [run] = seen.runs()
        assert (run.input, run.output) == ("How warm?", "21 °C")
        assert run.steps[0].attributes["more"] == 1


def test_a_span_that_has_not_ended_yet() -> None:
    sending = send(span(1, ended=None, attributes={**AGENT, "input.value": "How warm?"}))
    assert sending.start()["name"] == "ask"
    assert not sending.said("span.end", "run.end")
    sending.spans(span(1, attributes={**AGENT, **INPUT, "session.id": "s"}))
    assert len(sending.said("span.start")) == 1
    assert sending.one("span.end")["output"] == "21 °C"
    assert sending.one("run.end")["output"] == "21 °C"
    assert sending.start()["session"] == "s"


def test_a_start_that_is_told_by_a_span_of_its_own() -> None:
    """Logfire's pending spans."""
    begun = {"logfire.span_type": "pending_span", "logfire.pending_parent_id": "0" * 16}
    sending = send(span(9, 1, "Ask (pending)", begun=0, ended=0, attributes=begun))
    line = sending.one("span.start")
    assert (line["span"], line["name"], line.get("parent")) == (id_of(1), "Ask", None)
    sending.spans(span(1, None, "Ask"))
    assert sending.one("span.end")["time"] == at(10)
    assert len(sending.said("span.start")) == 1
    assert sending.one("run.end")["status"] == "ok"


def test_no_time_at_all() -> None:
    nowhen = replace(span(1), start=0, end=None)
    assert send(nowhen).one("span.start")["time"] > START
