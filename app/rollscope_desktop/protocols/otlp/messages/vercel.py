"""Vercel's AI SDK: attributes ``ai.…``, whose values are JSON."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.messages.answers import choice_of
from rollscope_desktop.protocols.otlp.messages.bodies import request_in
from rollscope_desktop.protocols.otlp.messages.message import read_message
from rollscope_desktop.protocols.otlp.messages.reading import REPLACED, json_text, literal, text_of
from rollscope_desktop.protocols.otlp.messages.said import Attributes, Said
from rollscope_desktop.protocols.otlp.messages.thread import read_thread
from rollscope_desktop.protocols.otlp.messages.tools import read_tools

_MESSAGES = "ai.prompt.messages"
_PROMPT = "ai.prompt"
_TOOLS = "ai.prompt.tools"
_SAID = {
    "reasoning": ("ai.response.reasoning", "ai.result.reasoning"),
    "text": ("ai.response.text", "ai.result.text"),
    "object": ("ai.response.object", "ai.result.object"),
    "files": ("ai.response.files",),
    "calls": ("ai.response.toolCalls", "ai.result.toolCalls"),
}
_INPUTS = ("ai.toolCall.args", "ai.toolCall.input", "ai.values", "ai.value", "ai.documents")
_OUTPUTS = (
    "ai.toolCall.result", "ai.toolCall.output", "ai.embeddings", "ai.embedding", "ai.ranking",
)  # fmt: skip

NAMES = frozenset(
    {
        _MESSAGES,
        _PROMPT,
        _TOOLS,
        *_INPUTS,
        *_OUTPUTS,
        *(n for names in _SAID.values() for n in names),
    }
)


def read(attributes: Attributes, kind: str) -> Said:
    """A call of a model has messages; what surrounds it has a prompt, in a shape of its own."""
    said = Said()
    prompt, sent = said.take(attributes, _PROMPT), said.take(attributes, _MESSAGES)
    if sent is not None:
        said.messages = read_thread(said.asked.structure(sent), said.asked)
    elif prompt is not None:
        asked = request_in(said.asked.structure(prompt), said.asked)
        if asked is None:
            said.input = literal(prompt)
        else:
            said.messages, said.tools = asked
    said.tools = read_tools(said.take(attributes, _TOOLS)) or said.tools
    _read_answer(attributes, said)
    said.input = _value(attributes, _INPUTS, said) if said.input is None else said.input
    said.output = _value(attributes, _OUTPUTS, said)
    return said


def _read_answer(attributes: Attributes, said: Said) -> None:
    told = {what: _first(attributes, names, said) for what, names in _SAID.items()}
    if all(value is None for value in told.values()):
        return
    parts: list[Any] = []
    if (thought := told["reasoning"]) is not None:
        parts.append({"type": "reasoning", "text": said.answered.structure(thought)})
    for what in ("text", "object"):
        if (text := text_of(json_text(told[what]))) if told[what] is not None else None:
            parts.append({"type": "text", "text": text})
            said.answered.is_lossy |= text in REPLACED
            break
    files = literal(told["files"])
    parts += files if type(files) is list else []
    calls = literal(told["calls"])
    made = {"role": "assistant", "content": parts, "tool_calls": calls}
    message = read_message(made, said.answered)
    if message is not None:
        said.choices = [choice_of(message, None)]


def _first(attributes: Attributes, names: tuple[str, ...], said: Said) -> Any:
    found = [said.take(attributes, name) for name in names]
    return next((value for value in found if value is not None), None)


def _value(attributes: Attributes, names: tuple[str, ...], said: Said) -> Any:
    value = _first(attributes, names, said)
    return [literal(one) for one in value] if type(value) is list else literal(value)
