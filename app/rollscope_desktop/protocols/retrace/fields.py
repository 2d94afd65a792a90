"""What the SDK says of a step, in the fields of the run log."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.retrace.call import usage_of
from rollscope_desktop.protocols.retrace.said import Data, instant, lasting, table, text
from rollscope_desktop.protocols.run import Run

_KINDS = {"llm_call": "llm", "tool_call": "tool", "reasoning": "task", "action": "task"}
_SLACK = 2_000_000
"""Nanoseconds by which a duration of whole milliseconds may be off."""


def kind_of(data: Data) -> str:
    """The kind of a step; see the package."""
    type = text(data.get("span_type")) or ""
    if type == "tool_result":
        return "span" if tool_call_of(data) is None else "tool"
    kind = _KINDS.get(type, "span")
    return "span" if kind == "task" and usage_of(data, kind, 0) is not None else kind


def name_of(data: Data, kind: str) -> str:
    """A model call goes by its model, everything else by its own name."""
    model = text(data.get("model")) if kind == "llm" else None
    return model or text(data.get("name")) or text(data.get("span_type")) or "span"


def tool_call_of(data: Data) -> str | None:
    """The id that the model gave to the call of a tool."""
    return text(table(data.get("metadata")).get("tool_call_id"))


def began_at(data: Data, now: int) -> int:
    """When a step began, in ns: an older SDK says when it was told of, and how long it took."""
    began, ended = instant(data.get("started_at")), instant(data.get("ended_at"))
    lasted = lasting(data.get("duration_ms"))
    if ended is None:
        return now if began is None else began
    if lasted is None:
        return ended if began is None else began
    if began is None or ended - began < lasted - _SLACK:
        return max(0, ended - lasted)
    return began


def when(data: Data, now: int) -> int:
    """The latest time that a message says, in ns."""
    return instant(data.get("ended_at")) or instant(data.get("started_at")) or now


def agent_of(data: Data) -> Data | None:
    """The agent at work."""
    names = {"id": "agent_id", "role": "agent_role", "parent": "parent_agent_id"}
    said = {name: text(data.get(field)) for name, field in names.items()}
    return {name: value for name, value in said.items() if value is not None} or None


def attributes_of(run: Run, data: Data, kind: str, began: int) -> Data:
    """What has no other place, under the names that it was sent by."""
    made: Data = {"source_id": data["id"], "span_type": text(data.get("span_type"))}
    name, meta = text(data.get("name")), {**table(data.get("metadata"))}
    if name != name_of(data, kind):
        made["name"] = name
    if kind != "llm":
        made["model"] = text(data.get("model"))
    if began != instant(data.get("started_at")):
        made["started_at"] = text(data.get("started_at"))
    if (call := tool_call_of(data)) is not None:
        made["tool_call_id"] = call
        del meta["tool_call_id"]
    if kind == "llm":
        for placed in ("tool_schemas", "sampling"):
            if isinstance(meta.get(placed), dict):
                del meta[placed]
        made["messages_omitted"] = run.plain(table(data.get("input")).get("messages_omitted"))
    for field in ("token_ids", "logprobs"):
        made[field] = run.plain(data.get(field))
    made["metadata"] = run.plain(meta or None)
    return {name: value for name, value in made.items() if value is not None}


def own_error(data: Data) -> Data | None:
    """A step of the type ``error`` is one, also where it does not say which."""
    if data.get("span_type") != "error":
        return None
    said: Any = data.get("output") or data.get("input")
    return {"message": said if isinstance(said, str) else text(data.get("name")) or "error"}
