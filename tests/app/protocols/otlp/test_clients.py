"""What real clients send: recorded requests, and rows for those that are not recorded."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollscope_desktop.protocols.otlp.decode import read_logs, read_traces
from rollscope_desktop.protocols.otlp.received import Event, Record, Span
from tests.app.protocols.otlp.sending import Sending, at, record, span, used
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.app.protocols.retrace.arriving import SeenRun, SeenStep

RECORDED = ROOT / "tests" / "data" / "otlp"


def replay(name: str, apart: bool = False) -> Sending:
    """The requests of a client; ``apart``: each span is a request of its own."""
    sending = Sending()
    for line in (RECORDED / f"{name}.jsonl").read_text().splitlines():
        request = json.loads(line)
        body = base64.b64decode(request["body_base64"])
        if request.get("encoding") == "gzip":
            body = gzip.decompress(body)
        is_json = "json" in request["content_type"]
        if request["path"].endswith("/v1/logs"):
            sending.records(*read_logs(body, is_json).records)
            continue
        spans = read_traces(body, is_json).spans
        for part in [[one] for one in spans] if apart else [spans]:
            sending.spans(*part)
    return sending


def calls(run: SeenRun) -> list[SeenStep]:
    """The model calls that are counted, in order."""
    found = [
        step for step in run.steps if step.kind == "llm" and "same_call" not in step.attributes
    ]
    return sorted(found, key=lambda step: step.begun or 0)


def roles(step: SeenStep) -> list[str]:
    return [message["role"] for message in step.input["messages"]]


# Its name, the model, the session, and whether tools and agents are told of as such.
CLIENTS = [
    ("anthropic", "claude-sonnet-4-5", "session-7", True),
    ("genai-openai", "gpt-4o-mini", "session-7", True),
    ("openai-v2", "gpt-4o-mini", None, False),
    ("openai-v2-span", "gpt-4o-mini", None, False),
    ("openai-v2-event", "gpt-4o-mini", None, False),
    ("openinference-agents", "gpt-4o-mini", None, True),
    ("openinference-anthropic", "claude-sonnet-4-5", "session-7", True),
    ("openinference-langchain", "gpt-4o-mini", "session-7", True),
    ("openinference-openai", "gpt-4o-mini", "session-7", True),
    ("openllmetry-openai", "gpt-4o-mini", None, False),
    ("openllmetry-openai-older", "gpt-4o-mini", None, False),
    ("pydantic-ai", "gpt-4o-mini", "session-7", True),
    ("vercel-7", "gpt-4o-mini", None, True),
    ("vercel-json", "gpt-4o-mini", "session-7", True),
    ("vercel-protobuf", "gpt-4o-mini", "session-7", True),
]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("name", "model", "session", "is_marked"), CLIENTS)
def test_a_recorded_talk(
    name: str, model: str, session: str | None, is_marked: bool, apart: bool, tmp_path: Path
) -> None:
    """A question that takes a tool: two calls, counted once, with all that was said."""
    with replay(name, apart).seen(tmp_path) as seen:
        run = max(seen.runs(), key=lambda run: run.row.spans)
        assert (run.status, run.row.session) == ("ok", session)
        assert (run.row.llm, run.row.tokens_in, run.row.tokens_out) == (2, 130, 21)
        first, second = calls(run)
        assert [step.tokens for step in (first, second)] == [(50, 12), (80, 9)]
        assert {step.name for step in (first, second)} == {model}
        assert (roles(first), roles(second)) == (
            ["system", "user"], ["system", "user", "assistant", "tool"]
        )  # fmt: skip
        [part] = first.output["message"]["content"]
        assert (part["name"], part["arguments"]) == ("get_weather", {"city": "Paris"})
        assert second.input["messages"][3]["tool_call_id"] == part["id"]
        assert second.output["message"]["content"] == "It is 21 °C in Paris."
        if is_marked:
            [tool] = [step for step in run.steps if step.kind == "tool"]
            assert (tool.name, tool.output) == ("get_weather", "21 °C, dry")
            assert run.row.tools == 1


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(
    "name",
    sorted({name for name, *_ in CLIENTS} - {"openinference-langchain", "openinference-agents"}),
)
def test_a_recorded_stream_and_a_call_that_failed(name: str, apart: bool, tmp_path: Path) -> None:
    with replay(name, apart).seen(tmp_path) as seen:
        runs = [run for run in seen.runs() if len(calls(run)) == 1]
        assert len(runs) == 2
        assert [run.row.llm for run in runs] == [1, 1]
        stream, failed = (next(iter(calls(run))) for run in runs)
        assert roles(stream) == ["user"]
        assert stream.output["message"]["content"] == "one two three"
        if name != "openllmetry-openai-older":  # it says nothing of the usage
            assert stream.tokens == (12, 5)
        assert (failed.status, runs[1].status) == ("error", "error")
        assert failed.name == stream.name
        assert failed.error


def test_a_framework_beside_its_client_in_a_trace_of_its_own(tmp_path: Path) -> None:
    """LangChain's calls, and the client's own: no other runs where they come together, and runs
    that say where the call is where they come apart."""
    with replay("openinference-langchain").seen(tmp_path) as seen:
        [run] = seen.runs()
        assert run.row.name == "ask"
    with replay("openinference-langchain", apart=True).seen(tmp_path / "apart") as seen:
        lone = [run for run in seen.runs() if run.row.name != "ask"]
        assert [(run.row.tokens_in, run.row.cost) for run in lone] == [(0, 0), (0, 0)]
        assert {run.row.caller_run for run in lone} == {seen.run("ask").row.key}


def test_a_program_without_models(tmp_path: Path) -> None:
    with replay("plain").seen(tmp_path) as seen:
        run = seen.run("order")
        assert (run.row.project, run.row.llm, run.row.errors) == ("shop", 0, 1)
        assert run.step("ship").error["message"] == "no such address"


# -- clients that are not recorded -----------------------------------------------------------------


def see(folder: Path, spans: Iterable[Span], records: Iterable[Record] = ()) -> SeenRun:
    sending = Sending()
    sending.records(*records)
    sending.spans(*spans)
    with sending.seen(folder) as seen:
        [run] = seen.runs()
        return run


def shape(run: SeenRun) -> list[tuple[str, str | None]]:
    return [(step.kind, step.name) for step in sorted(run.steps, key=lambda s: s.begun or 0)]


def test_traceloop_sdk(tmp_path: Path) -> None:
    def entity(kind: str, name: str, **more: Any) -> dict[str, Any]:
        return {"traceloop.span.kind": kind, "traceloop.entity.name": name,
                "traceloop.association.properties.session_id": "s", **more}  # fmt: skip

    given = '{"args": ["Paris"], "kwargs": {}}'
    tool = {"traceloop.entity.input": given, "traceloop.entity.output": '"21"'}
    run = see(tmp_path, [
        span(3, 2, "get_weather.tool", begun=2, attributes=entity("tool", "get_weather", **tool)),
        span(2, 1, "ask.task", begun=1, attributes=entity("task", "ask")),
        span(1, None, "weather.workflow", attributes=entity("workflow", "weather")),
    ])  # fmt: skip
    assert shape(run) == [("workflow", "weather"), ("task", "ask"), ("tool", "get_weather")]
    assert (run.row.name, run.row.session) == ("weather", "s")
    assert run.step("get_weather").input is not None


def test_pydantic_ai_1_0(tmp_path: Path) -> None:
    said = json.dumps([
        {"event.name": "gen_ai.user.message", "role": "user", "content": "How warm is Paris?"},
        {"event.name": "gen_ai.choice", "index": 0,
         "message": {"role": "assistant", "content": "21"}},
    ])  # fmt: skip
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini",
             "events": said, **used(5, 1)}  # fmt: skip
    agent = {"model_name": "gpt-4o-mini", "agent_name": "ask", "final_result": "21", **used(5, 1)}
    tool = {"gen_ai.tool.name": "get_weather", "gen_ai.tool.call.id": "call_1"}
    run = see(tmp_path, [
        span(2, 1, "chat gpt-4o-mini", begun=1, scope="pydantic-ai", attributes=asked),
        span(3, 1, "running tool", begun=2, scope="pydantic-ai", attributes=tool),
        span(1, None, "agent run", scope="pydantic-ai", attributes=agent),
    ])  # fmt: skip
    assert shape(run) == [("agent", "ask"), ("llm", "gpt-4o-mini"), ("tool", "get_weather")]
    assert (run.row.agent, run.row.tokens_in, run.output) == ("ask", 5, "21")
    [call] = calls(run)
    assert roles(call) == ["user"]
    assert call.output["message"]["content"] == "21"


def test_pydantic_ai_1_0_with_logs(tmp_path: Path) -> None:
    said = [
        record(2, "gen_ai.user.message", {"role": "user", "content": "How warm is Paris?"}),
        record(2, "gen_ai.choice", {"index": 0, "message": {"role": "assistant", "content": "21"}}),
    ]
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
    run = see(tmp_path, [span(2, None, "chat", attributes=asked)], said)
    [call] = calls(run)
    assert roles(call) == ["user"]
    assert call.output["message"]["content"] == "21"


def test_openai_agents_through_logfire(tmp_path: Path) -> None:
    group = {"agent_trace_id": "t", "group_id": "null"}
    asked = {
        "gen_ai.request.model": "gpt-4o-mini", "gen_ai.system": "openai",
        "logfire.msg": "Responses API with 'gpt-4o-mini'", **used(5, 1),
        "events": '[{"event.name": "gen_ai.user.message", "role": "user", "content": "How?"}]',
    }  # fmt: skip
    tool = {"name": "get_weather", "input": '{"city": "Paris"}', "output": "21",
            "logfire.msg": "Function: get_weather"}  # fmt: skip
    scope = "logfire.openai_agents"
    run = see(tmp_path, [
        span(3, 2, "Responses API with {gen_ai.request.model!r}", begun=2, scope=scope,
             attributes=asked),
        span(4, 2, "Function: {name}", begun=3, scope=scope, attributes=tool),
        span(2, 1, "Agent run: {name!r}", begun=1, scope=scope,
             attributes={"name": "ask", "logfire.msg": "Agent run: 'ask'"}),
        span(1, None, "OpenAI Agents trace: {name}", scope=scope,
             attributes={"name": "weather", **group,
                         "logfire.msg": "OpenAI Agents trace: weather"}),
    ])  # fmt: skip
    assert shape(run) == [
        ("workflow", "weather"), ("agent", "ask"), ("llm", "gpt-4o-mini"), ("tool", "get_weather"),
    ]  # fmt: skip
    assert (run.row.name, run.row.agent, run.row.session) == ("weather", "ask", None)
    assert run.step("get_weather").output in ("21", 21)


def test_strands(tmp_path: Path) -> None:
    events = (
        Event("gen_ai.user.message", at(1), {"content": '[{"text": "How warm is Paris?"}]'}),
        Event("gen_ai.choice", at(2), {"message": '[{"text": "21"}]', "finish_reason": "end_turn"}),
    )
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini", **used(5, 1)}
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ask",
             "session.id": "s", **used(5, 1)}  # fmt: skip
    run = see(tmp_path, [
        span(3, 2, "chat", begun=2, events=events, attributes=asked),
        span(2, 1, "Cycle 1", begun=1, attributes={"event_loop.cycle_id": "c", **used(5, 1)}),
        span(1, None, "invoke_agent ask", events=events, attributes=agent),
    ])  # fmt: skip
    assert shape(run) == [("agent", "ask"), ("span", "Cycle 1"), ("llm", "gpt-4o-mini")]
    assert (run.row.session, run.row.tokens_in, run.row.tokens_out) == ("s", 5, 1)
    [call] = calls(run)
    assert roles(call) == ["user"]
    assert call.output["finish_reason"] == "end_turn"
    assert not call.notes


def test_langfuse(tmp_path: Path) -> None:
    asked = {
        "langfuse.observation.type": "generation", "langfuse.observation.model.name": "gpt-4o-mini",
        "langfuse.observation.input": '[{"role": "user", "content": "How?"}]',
        "langfuse.observation.output": '{"role": "assistant", "content": "21"}',
        "langfuse.observation.usage_details": '{"input": 5, "output": 1}',
        "langfuse.observation.model.parameters": '{"temperature": 0}',
    }  # fmt: skip
    trace = {"langfuse.observation.type": "span", "langfuse.trace.name": "weather",
             "langfuse.environment": "staging", "user.id": "bob"}  # fmt: skip
    run = see(tmp_path, [span(2, 1, "x", begun=1, attributes=asked), span(1, attributes=trace)])
    assert shape(run) == [("span", "step"), ("llm", "gpt-4o-mini")]
    assert (run.row.name, run.row.environment, run.row.tokens_in) == ("weather", "staging", 5)
    [call] = calls(run)
    assert roles(call) == ["user"]
    assert call.input["settings"] == {"temperature": 0}
