"""The name that a step shows, and that of the agent at work in it."""

from __future__ import annotations

from rollscope_desktop.protocols.otlp.kind import CALLS
from rollscope_desktop.protocols.otlp.lenient import first, text
from rollscope_desktop.protocols.otlp.received import Attributes, Span

AGENT = ("gen_ai.agent.name", "agent_name", "agent.name", "flue.agent.name", "recipient_agent")
_TOOL = (
    "gen_ai.tool.name", "tool.name", "ai.toolCall.name", "tool_name", "lk.function_tool.name",
    "flue.tool.name", "traceloop.entity.name", "genkit:name",
)  # fmt: skip
_WHOLE = (
    "gen_ai.workflow.name", "traceloop.entity.name", "traceloop.workflow.name", "genkit:name",
    "ai.telemetry.functionId",
)  # fmt: skip
_NAMES = {
    "tool": _TOOL,
    "agent": (*AGENT, "traceloop.entity.name", "genkit:name"),
    "workflow": _WHOLE,
    "task": ("traceloop.entity.name", "genkit:name"),
}
NAMES = frozenset((*AGENT, *_TOOL, *_WHOLE, "logfire.msg"))
"""The attributes that a step may have its name from."""

_WORDS = {
    "tool": ("execute_tool ", "running tool: ", "Function: "),
    "agent": ("invoke_agent ", "create_agent ", "Agent run: "),
    "workflow": ("invoke_workflow ", "OpenAI Agents trace: "),
}
"""What stands before the name in names of spans and in messages."""


def name_of(span: Span, kind: str, model: str | None) -> str:
    """What was called: the model, the tool, the agent; else what the span is called."""
    if kind in CALLS and model is not None:
        return model
    names = _NAMES.get(kind)
    if names is not None and (found := first(span.attributes, names)) is not None:
        return found
    name = span_name(span)
    if kind == "agent" and span.scope.endswith("smolagents"):
        name = name.removesuffix(".run")
    for words in _WORDS.get(kind, ()):
        if name.startswith(words):
            return name[len(words) :].strip("'\"") or name
    return name or span.scope or "span"


def span_name(span: Span) -> str:
    """The name of the span, or its message where that is a template that nobody filled in."""
    name = span.name
    if "{" in name and (message := text(span.attributes.get("logfire.msg"))) is not None:
        return message
    return name


def agent_name(attributes: Attributes) -> str | None:
    """The agent that the span is of, or at work in it."""
    return first(attributes, AGENT)
