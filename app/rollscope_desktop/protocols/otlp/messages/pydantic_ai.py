"""Pydantic AI and Logfire: whole conversations of agents, events in an attribute, raw bodies."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.lenient import parsed
from rollscope_desktop.protocols.otlp.messages import events
from rollscope_desktop.protocols.otlp.messages.answers import Choice, choice_of
from rollscope_desktop.protocols.otlp.messages.bodies import answer_in, request_in
from rollscope_desktop.protocols.otlp.messages.reading import Message
from rollscope_desktop.protocols.otlp.messages.said import Attributes, Said
from rollscope_desktop.protocols.otlp.messages.thread import in_front, read_thread, whole
from rollscope_desktop.protocols.otlp.messages.tools import read_tools

_ALL = ("pydantic_ai.all_messages", "all_messages")
_EVENTS = ("events", "all_messages_events")
_PARAMETERS = "model_request_parameters"
_BODY = "request_data"
_REQUEST = ("input", _BODY, "raw_input")
_RESPONSE = ("output", "response_data", "response")

NAMES = frozenset({*_ALL, *_EVENTS, _PARAMETERS, *_REQUEST, *_RESPONSE})


def read(attributes: Attributes, kind: str) -> Said:
    """Of an agent's whole conversation, what it was asked goes in; the rest its steps tell."""
    said = Said()
    for name in _ALL:
        held = parsed(attributes.get(name))
        if type(held) is list:
            said.used.add(name)
            _take_conversation(read_thread(held, said.asked), said)
            said.messages = _asked(said.messages or [])
    for name in _EVENTS:
        found = events.listed_events(parsed(attributes.get(name)))
        told = None if found is None else events.read(found, "")
        if told is not None:
            said.used.add(name)
            _take_events(told, said)
            if name == _EVENTS[1]:
                said.messages = _asked(said.messages or [])
    parameters = parsed(attributes.get(_PARAMETERS))
    if type(parameters) is dict and "function_tools" in parameters:
        said.used.add(_PARAMETERS)
        said.tools = read_tools(parameters)
    if kind == "llm":
        _read_bodies(attributes, said)
    elif kind == "embedding":
        body = parsed(attributes.get(_BODY))
        said.input = body.get("input") if type(body) is dict else None
        if said.input is not None:
            said.used.add(_BODY)
    return said


def _take_conversation(messages: list[Message], said: Said) -> None:
    said.messages = messages
    if len(messages) > 1 and messages[-1]["role"] == "assistant":
        said.choices = [choice_of(messages[-1], None)]
        said.messages = messages[:-1]


def _asked(messages: list[Message]) -> list[Message]:
    """The messages up to the last of the user."""
    end = max((n for n, message in enumerate(messages, 1) if message["role"] == "user"), default=0)
    return messages[:end] or messages


def _take_events(told: Said, said: Said) -> None:
    """Where no event says that it is a choice, the assistant's last message is the answer."""
    messages = told.messages or []
    if told.choices or not messages:
        said.messages, said.choices = messages, told.choices
    else:
        _take_conversation(messages, said)
    said.asked.is_lossy |= told.asked.is_lossy
    said.answered.is_lossy |= told.answered.is_lossy


def _read_bodies(attributes: Attributes, said: Said) -> None:
    """Bodies of requests and responses tell more than the events that were made of them."""
    response: Any = None
    for name in _RESPONSE:
        held = parsed(attributes.get(name))
        choices = answer_in(held, said.answered) if type(held) in (dict, list) else []
        if choices:
            said.used.add(name)
            said.choices = choices if len(choices) > 1 else [_fuller(choices[0], said.choices)]
            response = held
    for name in _REQUEST:
        held = parsed(attributes.get(name))
        asked = request_in(held, said.asked) if type(held) in (dict, list) else None
        if asked is None:
            if type(held) is dict and held.keys() <= {"model", "stream"}:
                said.used.add(name)
            continue
        said.used.add(name)
        messages = asked.messages
        if type(response) is dict and type(system := response.get("instructions")) is str:
            messages = in_front([{"role": "system", "content": system}], messages)
        said.messages = whole(_without(messages, said.choices))
        said.tools = asked.tools or said.tools
    if not said.tools and type(response) is dict:
        said.tools = read_tools(response.get("tools"))


def _fuller(choice: Choice, others: list[Choice]) -> Choice:
    reason = choice.get("finish_reason") or next((o.get("finish_reason") for o in others), None)
    return choice_of(choice["message"], reason)


def _without(messages: list[Message], choices: list[Choice]) -> list[Message]:
    """Logfire adds the answer to the messages of the request."""
    last = messages[-1] if messages else None
    if last is not None and last["role"] == "assistant":
        return messages[:-1] if not choices or choices[0]["message"] == last else messages
    return messages
