"""Which kind a span is, and what it is called."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope import wire
from rollscope_desktop.protocols.otlp import kind
from rollscope_desktop.protocols.otlp.kind import kind_of
from rollscope_desktop.protocols.otlp.naming import name_of
from tests.app.protocols.otlp.sending import span

MODEL = {"gen_ai.request.model": "gpt-4o-mini"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        # Langfuse's own word comes first; its "span" leaves it to the others
        ({"langfuse.observation.type": "generation"}, "llm"),
        ({"langfuse.observation.type": "agent", "gen_ai.operation.name": "chat"}, "agent"),
        ({"langfuse.observation.type": "evaluator"}, "evaluator"),
        ({"langfuse.observation.type": "event"}, "span"),
        ({"langfuse.observation.type": "span"}, "span"),
        (
            {"langfuse.observation.type": "span", "langfuse.observation.model.name": "gpt-4o"},
            "llm",
        ),
        # OpenInference: openai, anthropic, langchain, smolagents, openai-agents
        ({"openinference.span.kind": "LLM"}, "llm"),
        ({"openinference.span.kind": "EMBEDDING"}, "embedding"),
        ({"openinference.span.kind": "RETRIEVER"}, "retriever"),
        ({"openinference.span.kind": "RERANKER"}, "reranker"),
        ({"openinference.span.kind": "TOOL"}, "tool"),
        ({"openinference.span.kind": "AGENT"}, "agent"),
        ({"openinference.span.kind": "GUARDRAIL"}, "guardrail"),
        ({"openinference.span.kind": "EVALUATOR"}, "evaluator"),
        ({"openinference.span.kind": "PROMPT"}, "span"),
        ({"openinference.span.kind": "llm"}, "llm"),
        ({"openinference.span.kind": "UNKNOWN"}, "span"),
        ({"openinference.span.kind": "TOOL", "gen_ai.operation.name": "chat"}, "tool"),
        ({"openinference.span.kind": "CHAIN", **MODEL}, "task"),
        # OpenTelemetry: openai-v2, OpenLLMetry 0.62, pydantic-ai v5, strands, Vercel 7
        ({"gen_ai.operation.name": "chat"}, "llm"),
        ({"gen_ai.operation.name": "text_completion"}, "llm"),
        ({"gen_ai.operation.name": "generate_content"}, "llm"),
        ({"gen_ai.operation.name": "embeddings"}, "embedding"),
        ({"gen_ai.operation.name": "retrieval"}, "retriever"),
        ({"gen_ai.operation.name": "execute_tool"}, "tool"),
        ({"gen_ai.operation.name": "invoke_agent", **MODEL}, "agent"),
        ({"gen_ai.operation.name": "create_agent"}, "agent"),
        ({"gen_ai.operation.name": "invoke_workflow"}, "workflow"),
        ({"gen_ai.operation.name": "plan"}, "task"),
        ({"gen_ai.operation.name": "search_memory"}, "memory"),
        ({"gen_ai.operation.name": "delete_memory_store"}, "memory"),
        ({"gen_ai.operation.name": "execute_event_loop_cycle"}, "task"),
        ({"gen_ai.operation.name": "something else"}, "span"),
        ({"gen_ai.operation.name": "something else", **MODEL}, "llm"),
        ({"gen_ai.operation.name": 5, "llm.request.type": "chat"}, "llm"),
        # Genkit
        ({"genkit:metadata:subtype": "model"}, "llm"),
        ({"genkit:metadata:subtype": "tool.v2"}, "tool"),
        ({"genkit:metadata:subtype": "flow", "genkit:type": "action"}, "workflow"),
        ({"genkit:type": "flowStep"}, "task"),
        # Vercel AI SDK 6, and 7 as before
        ({"ai.operationId": "ai.generateText", "ai.model.id": "gpt-4o"}, "workflow"),
        ({"operation.name": "ai.generateText ask", "ai.model.id": "gpt-4o"}, "workflow"),
        ({"operation.name": "ai.generateText.doGenerate ask", **MODEL}, "llm"),
        ({"ai.operationId": "ai.streamText.doStream"}, "llm"),
        ({"ai.operationId": "ai.streamObject.doStream"}, "llm"),
        ({"ai.operationId": "ai.embed", "ai.model.id": "e"}, "workflow"),
        ({"ai.operationId": "ai.embedMany.doEmbed", "ai.model.id": "e"}, "embedding"),
        ({"ai.operationId": "ai.toolCall"}, "tool"),
        ({"operation.name": "aim"}, "span"),
        # pydantic-ai 1.0 says of tools only this
        ({"gen_ai.tool.name": "get_weather"}, "tool"),
        ({"gen_ai.tool.call.id": "call_1"}, "tool"),
        # traceloop-sdk, OpenLLMetry 0.40
        ({"traceloop.span.kind": "workflow"}, "workflow"),
        ({"traceloop.span.kind": "task"}, "task"),
        ({"traceloop.span.kind": "agent"}, "agent"),
        ({"traceloop.span.kind": "tool"}, "tool"),
        ({"llm.request.type": "chat"}, "llm"),
        ({"llm.request.type": "embedding"}, "embedding"),
        # others
        ({"mlflow.spanType": '"CHAT_MODEL"'}, "llm"),
        ({"langsmith.span.kind": "retriever"}, "retriever"),
        # any model
        ({"gen_ai.response.model": "gpt-4o"}, "llm"),
        ({"llm.model_name": "gpt-4o"}, "llm"),
        ({"gen_ai.request.model": ""}, "span"),
        ({"http.request.method": "GET"}, "span"),
        ({}, "span"),
    ],
)
def test_kinds(attributes: dict[str, Any], expected: str) -> None:
    assert kind_of(span(1, 2, attributes=attributes))[0] == expected


@pytest.mark.parametrize(
    ("scope", "name", "attributes", "expected"),
    [
        # openai-agents through logfire: templates of names
        ("logfire.openai_agents", "OpenAI Agents trace: {name}", {}, "workflow"),
        ("logfire.openai_agents", "Agent run: {name!r}", {}, "agent"),
        ("logfire.openai_agents", "Function: {name}", {}, "tool"),
        ("logfire.openai_agents", "Responses API with {gen_ai.request.model!r}", MODEL, "llm"),
        ("logfire.openai_agents", "Guardrail {name!r} {triggered=}", {}, "guardrail"),
        ("mine", "Function: {name}", {}, "span"),
        # pydantic-ai 1.0
        ("pydantic-ai", "agent run", {"agent_name": "ask", "model_name": "gpt-4o"}, "agent"),
        ("mine", "agent run", {"agent_name": "ask"}, "span"),
        # strands 0.2
        ("strands.telemetry.tracer", "Cycle 1", {"event_loop.cycle_id": "a"}, "span"),
        ("livekit-agents", "agent_turn", {}, "agent"),
        ("livekit-agents", "function_tool", {}, "tool"),
        ("livekit-agents", "llm_request", MODEL, "llm"),
        ("@flue/opentelemetry", "flue.tool bash", {}, "tool"),
        ("@flue/opentelemetry", "flue.operation prompt", {}, "task"),
    ],
)
def test_kinds_by_the_name_of_the_span(
    scope: str, name: str, attributes: dict[str, Any], expected: str
) -> None:
    assert kind_of(span(1, 2, name, scope=scope, attributes=attributes))[0] == expected


def test_a_chain_is_a_workflow_of_its_own_or_a_task_of_another() -> None:
    chain = {"openinference.span.kind": "CHAIN"}
    assert kind_of(span(1, attributes=chain)) == ("workflow", "openinference")
    assert kind_of(span(1, 2, attributes=chain)) == ("task", "openinference")


def test_all_kinds_are_those_of_the_log() -> None:
    tables = [row[2] for row in (*kind._ATTRIBUTES, *kind._LATER, *kind._SCOPES)]
    found = {one for table in (*tables, kind._VERCEL) for one in table.values()}
    assert found - {kind._CHAIN} <= set(wire.KINDS)


@pytest.mark.parametrize(
    ("what", "name", "attributes", "expected"),
    [
        ("llm", "chat gpt-4o", {}, "gpt-4o-mini"),
        ("tool", "execute_tool get_weather", {"gen_ai.tool.name": "get_weather"}, "get_weather"),
        ("tool", "execute_tool get_weather", {}, "get_weather"),
        ("tool", "ai.toolCall", {"ai.toolCall.name": "get_weather"}, "get_weather"),
        ("tool", "get_weather.tool", {"traceloop.entity.name": "get_weather"}, "get_weather"),
        ("tool", "running tool", {"gen_ai.tool.name": ""}, "running tool"),
        ("agent", "invoke_agent ask", {"gen_ai.agent.name": "ask"}, "ask"),
        ("agent", "invoke_agent ask", {}, "ask"),
        ("agent", "agent run", {"agent_name": "ask"}, "ask"),
        ("agent", "ask", {}, "ask"),
        ("workflow", "ai.generateText", {"ai.telemetry.functionId": "ask"}, "ask"),
        ("agent", "Agent run: {name!r}", {"logfire.msg": "Agent run: 'ask'"}, "ask"),
        ("tool", "Function: {name}", {"logfire.msg": "Function: get_weather"}, "get_weather"),
        ("workflow", "joke.workflow", {"traceloop.entity.name": "joke"}, "joke"),
        (
            "workflow",
            "OpenAI Agents trace: {name}",
            {"logfire.msg": "OpenAI Agents trace: weather"},
            "weather",
        ),
        ("span", "Calling {name}", {"logfire.msg": "Calling Bob"}, "Calling Bob"),
        ("span", "Calling {name}", {}, "Calling {name}"),
        ("span", "GET /", {"logfire.msg": "GET / took 5 ms"}, "GET /"),
        ("span", "", {}, "span"),
    ],
)
def test_names(what: str, name: str, attributes: dict[str, Any], expected: str) -> None:
    model = "gpt-4o-mini" if what == "llm" else None
    assert name_of(span(1, 2, name, attributes=attributes), what, model) == expected
