"""What a span says of its run: the conversation, the agent, where it ran, the user's own data."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.lenient import first, parsed, table, text
from rollscope_desktop.protocols.otlp.received import Attributes

_SESSION = (
    "gen_ai.conversation.id", "session.id", "langfuse.session.id",
    "traceloop.association.properties.session_id", "ai.telemetry.metadata.sessionId",
    "gen_ai.session.id", "mlflow.trace.session", "genkit:sessionId", "lk.session_id",
)  # fmt: skip
_USER = (
    "user.id", "langfuse.user.id", "enduser.id", "traceloop.association.properties.user_id",
    "ai.telemetry.metadata.userId", "mlflow.trace.user",
)  # fmt: skip
_TAGS = ("langfuse.trace.tags", "tag.tags", "ai.telemetry.metadata.tags")
_METADATA = ("langfuse.trace.metadata", "metadata")
_PREFIXES = (
    "langfuse.trace.metadata.", "traceloop.association.properties.", "ai.telemetry.metadata.",
)  # fmt: skip
_ENVIRONMENT = ("deployment.environment.name", "deployment.environment", "langfuse.environment")
_PROJECT = ("openinference.project.name", "service.name")
_UNNAMED = ("unknown_service", "default")
_DULL = frozenset({"service.name", "deployment.environment.name", "deployment.environment",
                   "openinference.project.name", "process.command", "process.command_args",
                   "process.command_line", "process.owner"})  # fmt: skip
"""Attributes of a resource that are told elsewhere, or that may hold secrets."""

_MOST = 64
_LONGEST = 2000


def session_of(attributes: Attributes) -> str | None:
    """The conversation that the span belongs to."""
    found = first(attributes, _SESSION)
    if found is None and "agent_trace_id" in attributes:  # the Agents SDK through logfire
        found = text(attributes.get("group_id"))
    return found


def project_of(resource: Attributes) -> str | None:
    """What the sender calls itself, if it was given a name."""
    for name in _PROJECT:
        found = text(resource.get(name))
        if found is not None and not found.startswith(_UNNAMED):
            return found
    return None


def environment_of(resource: Attributes, attributes: Attributes) -> str | None:
    """Where it ran."""
    return first(resource, _ENVIRONMENT) or first(attributes, _ENVIRONMENT)


def resource_meta(resource: Attributes) -> dict[str, Any]:
    """What the resource tells beside its name."""
    found: dict[str, Any] = {}
    for name, value in resource.items():
        if name in _DULL or len(found) >= _MOST:
            continue
        if type(value) is not str or 0 < len(value) <= _LONGEST:
            found[name] = value
    return found


def user_meta(attributes: Attributes) -> dict[str, Any]:
    """What the user told of the run on a span: who asked, tags, data of one's own."""
    found: dict[str, Any] = {}
    if (user := first(attributes, _USER)) is not None:
        found["user"] = user
    for name in _TAGS:
        if name in attributes:
            found["tags"] = parsed(attributes[name])
    for name in _METADATA:
        if name in attributes:
            found |= table(attributes[name])
    for name, value in attributes.items():
        if name.startswith(_PREFIXES) and name not in _SESSION and name not in _USER:
            prefix = next(filter(name.startswith, _PREFIXES))
            found[name[len(prefix) :]] = parsed(value)
    return found
