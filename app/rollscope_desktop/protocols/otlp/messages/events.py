"""Events that carry messages: of a span, as log records, or as a list in an attribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollscope_desktop.protocols.otlp.messages import genai
from rollscope_desktop.protocols.otlp.messages.answers import (
    Choice,
    read_choices,
    reason_of,
    reasons_of,
    with_reasons,
)
from rollscope_desktop.protocols.otlp.messages.bodies import answer_in, request_in
from rollscope_desktop.protocols.otlp.messages.message import read_message
from rollscope_desktop.protocols.otlp.messages.reading import MOST, Message, literal
from rollscope_desktop.protocols.otlp.messages.said import Said
from rollscope_desktop.protocols.otlp.messages.thread import whole

CHOICE = "gen_ai.choice"
_PROMPT = "gen_ai.content.prompt"
_COMPLETION = "gen_ai.content.completion"
_DETAILS = "gen_ai.client.inference.operation.details"
_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
NAMES = frozenset({*_ROLES, CHOICE, _PROMPT, _COMPLETION, _DETAILS})
_HELD = "gen_ai.event.content"
_BODIES = {_PROMPT: "gen_ai.prompt", _COMPLETION: "gen_ai.completion"}

_BESIDE = ("content", "tool_calls")
"""What some clients put beside the message of a choice."""

Event = tuple[str, Mapping[str, Any], Any]
"""Its name, its attributes, and the body that a log record has beside them."""


def read(events: Iterable[Event], kind: str) -> Said | None:
    """None if no event carries messages."""
    said, messages, choices = Said(), list[Message](), list[tuple[int, Choice]]()
    found = False
    for name, attributes, body in events:
        if name not in NAMES or len(messages) + len(choices) >= MOST:
            said.asked.is_lossy |= name in NAMES
            continue
        found = True
        if name == _DETAILS:
            _take_details({**attributes, **body} if type(body) is dict else attributes, said)
        elif name in _BODIES:
            held = attributes.get(_BODIES[name], attributes.get(_HELD, body))
            _take_body(name, held, said)
        elif name == CHOICE:
            choices += _choice(_payload(attributes, body), said)
        else:
            message = read_message(_payload(attributes, body), said.asked, _ROLES[name])
            if message is not None:
                messages.append(message)
    if not found:
        return None
    if messages:
        said.messages = whole([*(said.messages or ()), *messages])
    said.choices += [choice for _, choice in sorted(choices, key=lambda one: one[0])]
    if kind == "tool":
        _of_tool(said)
    return said


def _payload(attributes: Mapping[str, Any], body: Any) -> dict[str, Any]:
    """What an event says, wherever it says it."""
    said = dict(attributes)
    for held in (literal(attributes.get(_HELD)), literal(body)):
        if type(held) is dict:
            said.update(held)
        elif held is not None and type(body) is str:
            said["content"] = held
    return said


def _choice(payload: dict[str, Any], said: Said) -> list[tuple[int, Choice]]:
    """A choice whose message is an object, JSON, text, or spread among the fields of the event."""
    place = payload.get("index")
    inner = payload.get("message")
    if type(inner) is str:
        held = literal(inner) if inner[:1] in ("{", "[") else inner
        inner = held if type(held) is dict and ("content" in held or "role" in held) else inner
    if type(inner) is dict:
        inner = {
            name: payload[name] for name in ("content", "tool_calls") if name in payload
        } | inner
    elif inner is not None:
        inner = {"content": inner, "tool_calls": payload.get("tool_calls")}
    else:
        inner = payload
    reason = reason_of(payload)
    found, _ = read_choices([inner], said.answered)
    found = found if reason is None else with_reasons(found, [reason])
    return [(place if type(place) is int else 0, choice) for choice in found]


def _take_details(attributes: Mapping[str, Any], said: Said) -> None:
    """The structured attributes on an event; several events may each tell a part."""
    told = genai.read(attributes, "")
    said.system = said.system or told.system
    if told.messages is not None:
        said.messages = [*(said.messages or ()), *told.messages]
    said.tools = said.tools or told.tools
    said.choices += with_reasons(told.choices, reasons_of(attributes))
    said.output = told.output if said.output is None else said.output
    said.asked.is_lossy |= told.asked.is_lossy
    said.answered.is_lossy |= told.answered.is_lossy


def _take_body(name: str, held: Any, said: Said) -> None:
    """A whole prompt or completion, as text or as JSON."""
    if name == _PROMPT:
        asked = request_in(said.asked.structure(held), said.asked)
        if asked is not None:
            said.messages = [*(said.messages or ()), *asked.messages]
            said.tools = said.tools or asked.tools
    else:
        said.choices += answer_in(said.answered.structure(held), said.answered)


def _of_tool(said: Said) -> None:
    """The events of a tool's own span: what it was called with, and what it gave back."""
    genai.of_tool(said)
    if said.input is None and said.messages and said.messages[0]["role"] == "tool":
        said.input, said.messages = literal(said.messages[0]["content"]), None
    if said.output is None and said.choices:
        said.output, said.choices = said.choices[0]["message"]["content"], []


def listed_events(value: Any) -> list[Event] | None:
    """The events of a list that names them; None if the value is none."""
    if type(value) is not list or not value:
        return None
    found = [_event(one) for one in value[: MOST + 1] if type(one) is dict]
    return found if found and all(name.startswith("gen_ai.") for name, _, _ in found) else None


def _event(one: dict[str, Any]) -> Event:
    name = one.get("event.name")
    if name == "gen_ai.unknown" and type(one.get("data")) is dict:
        return "gen_ai.assistant.message", {"content": [one["data"]]}, None
    return name if type(name) is str else "", one, None
