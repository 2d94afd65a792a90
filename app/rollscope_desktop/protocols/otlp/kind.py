"""Which kind of step a span is, and by which convention it says so.

Several conventions may speak in one span. They are asked in an order in which the one that says
most about the kind comes first, that of Langfuse, which has met them all. Values are data below.
"""

from __future__ import annotations

from typing import Any

from rollscope_desktop.model.kinds import DUPLICATE
from rollscope_desktop.protocols.otlp.received import Attributes, Span

SEEN_THROUGH = frozenset({"span", DUPLICATE})
"""Kinds of steps that may stand between two that tell of one call."""
CALLS = frozenset({"llm", "embedding", "reranker"})
"""The kinds of a call of a model: these are paid for."""

_CHAIN = "chain"
"""Something with steps in it: a task below another step, a workflow of its own."""

_USUAL = {
    "agent": "agent", "chain": _CHAIN, "embedding": "embedding", "embeddings": "embedding",
    "evaluator": "evaluator", "guardrail": "guardrail", "llm": "llm", "memory": "memory",
    "prompt": "span", "reranker": "reranker", "retriever": "retriever", "task": "task",
    "tool": "tool", "workflow": "workflow",
}  # fmt: skip

_OPERATIONS = {
    "chat": "llm", "completion": "llm", "text_completion": "llm", "generate": "llm",
    "generate_content": "llm", "responses": "llm", "message": "llm",
    "embeddings": "embedding", "embedding": "embedding",
    "retrieval": "retriever", "retrieve": "retriever",
    "rerank": "reranker", "reranking": "reranker",
    "execute_tool": "tool",
    "create_agent": "agent", "invoke_agent": "agent", "invoke_swarm": "agent",
    "invoke_workflow": "workflow", "invoke_graph": "workflow",
    "plan": "task", "agent_step": "task", "execute_event_loop_cycle": "task", "handoff": "task",
    "apply_guardrail": "guardrail", "guardrail": "guardrail",
    "evaluate": "evaluator", "evaluation": "evaluator",
    "search_memory": "memory", "create_memory": "memory", "update_memory": "memory",
    "upsert_memory": "memory", "delete_memory": "memory", "create_memory_store": "memory",
    "delete_memory_store": "memory",
}  # fmt: skip

_ATTRIBUTES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("langfuse.observation.type", "langfuse", {**_USUAL, "generation": "llm", "event": "span"}),
    ("openinference.span.kind", "openinference", _USUAL),
    ("gen_ai.operation.name", "gen_ai", _OPERATIONS),
    (
        "genkit:metadata:subtype",
        "genkit",
        {**_USUAL, "model": "llm", "embedder": "embedding", "flow": "workflow",
         "executable-prompt": "span", "background-model": "llm"},
    ),
    ("genkit:type", "genkit", {"flow": "workflow", "flowstep": "task"}),
)  # fmt: skip
"""Attributes that name the kind: their name, their convention, and what their values mean."""

_VERCEL = {
    "doGenerate": "llm", "doStream": "llm", "doEmbed": "embedding", "doRerank": "reranker",
    "toolCall": "tool",
}  # fmt: skip
"""Last words of the operations ``ai.…``; any other is what surrounds these."""

_LATER: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("traceloop.span.kind", "traceloop", _USUAL),
    ("llm.request.type", "traceloop",
     {"chat": "llm", "completion": "llm", "embedding": "embedding", "rerank": "reranker"}),
    ("mlflow.spanType", "mlflow", {**_USUAL, "chat_model": "llm", "parser": "task"}),
    ("langsmith.span.kind", "langsmith", {**_USUAL, "parser": "task"}),
    ("gen_ai.span.kind", "gen_ai", _USUAL),
)  # fmt: skip

_FLUE = {
    "flue.tool": "tool", "flue.turn": "llm", "flue.operation": "task", "flue.task": "task",
    "flue.workflow": "workflow", "flue.run": "workflow",
}  # fmt: skip
_SCOPES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("livekit", "livekit",
     {"agent_session": "workflow", "agent_turn": "agent", "start_agent_activity": "agent",
      "function_tool": "tool", "llm_node": "llm"}),
    ("logfire", "logfire",
     {"OpenAI Agents trace: ": "workflow", "Agent run: ": "agent", "Function: ": "tool",
      "Handoff: ": "task", "Guardrail ": "guardrail", "Responses API": "llm",
      "Chat completion with ": "llm", "Chat Completion with ": "llm",
      "Embedding Creation with ": "embedding"}),
    ("flue", "flue", _FLUE),
    ("@flue", "flue", _FLUE),
)  # fmt: skip
"""How scopes begin whose span names mean something, and what names that begin so mean."""

_MODELS = (
    "gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "llm.request.model_name",
    "llm.response.model_name", "langfuse.observation.model.name", "ai.model.id",
)  # fmt: skip

NAMES = frozenset(
    {"langfuse.observation.type", "openinference.span.kind", "traceloop.span.kind",
     "mlflow.spanType", "langsmith.span.kind", "gen_ai.span.kind"}
)  # fmt: skip
"""The attributes that say nothing beyond the kind."""


def kind_of(span: Span) -> tuple[str, str]:
    """The kind, one of ``rollscope.wire.KINDS``, and the convention that says so, "" if none."""
    attributes = span.attributes
    found = _named(attributes, _ATTRIBUTES) or _vercel(attributes)
    if found is None and ("gen_ai.tool.name" in attributes or "gen_ai.tool.call.id" in attributes):
        found = "tool", "gen_ai"
    found = found or _named(attributes, _LATER) or _by_name(span) or _by_model(attributes)
    if found is None:
        return "span", ""
    if found[0] == _CHAIN:
        return ("workflow" if span.parent is None else "task"), found[1]
    return found


def _named(
    attributes: Attributes, rows: tuple[tuple[str, str, dict[str, str]], ...]
) -> tuple[str, str] | None:
    for name, convention, kinds in rows:
        if name in attributes:
            value = attributes[name]
            if type(value) is str:
                kind = kinds.get(value) or kinds.get(value.strip('"').lower().partition(".")[0])
                if kind is not None:
                    return kind, convention
    return None


def _vercel(attributes: Attributes) -> tuple[str, str] | None:
    for name in ("operation.name", "ai.operationId"):
        value: Any = attributes.get(name)
        if type(value) is str and value.startswith("ai."):
            operation = value.split(" ", 1)[0]  # the name of the user's function follows
            return _VERCEL.get(operation.rpartition(".")[2], "workflow"), "vercel"
    return None


def _by_name(span: Span) -> tuple[str, str] | None:
    for scope, convention, kinds in _SCOPES:
        if span.scope.startswith(scope):
            for beginning, kind in kinds.items():
                if span.name.startswith(beginning):
                    return kind, convention
    if "agent_name" in span.attributes and span.scope == "pydantic-ai":
        return "agent", "pydantic-ai"
    return None


def _by_model(attributes: Attributes) -> tuple[str, str] | None:
    for name in _MODELS:
        if attributes.get(name):
            return "llm", "openinference" if name.startswith("llm.") else "gen_ai"
    return None
