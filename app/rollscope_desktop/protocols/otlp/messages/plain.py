"""Whole inputs and outputs as plain values, which every convention has a name for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rollscope_desktop.protocols.otlp.messages.bodies import (
    answer_in,
    bare,
    request_in,
    simplified,
)
from rollscope_desktop.protocols.otlp.messages.reading import REPLACED, Reading, literal
from rollscope_desktop.protocols.otlp.messages.said import Attributes, Said
from rollscope_desktop.protocols.otlp.messages.tools import read_tools

_INPUTS = (
    "langfuse.observation.input", "gen_ai.tool.call.arguments", "tool_arguments",
    "gcp.vertex.agent.tool_call_args", "lk.function_tool.arguments", "gen_ai.prompt",
    "input.value", "traceloop.entity.input", "gen_ai.task.input", "mlflow.spanInputs",
    "gcp.vertex.agent.llm_request", "lk.chat_ctx", "lk.user_input", "lk.user_transcript",
    "lk.input_text", "gen_ai.retrieval.query.text", "genkit:input", "input",
)  # fmt: skip
_OUTPUTS = (
    "langfuse.observation.output", "gen_ai.tool.call.result", "tool_response",
    "gcp.vertex.agent.tool_response", "lk.function_tool.output", "gen_ai.completion",
    "output.value", "traceloop.entity.output", "gen_ai.task.output", "mlflow.spanOutputs",
    "gcp.vertex.agent.llm_response", "lk.response.text", "gen_ai.retrieval.documents",
    "final_result", "genkit:output", "output",
)  # fmt: skip
"""In the order in which they are believed."""

_ALWAYS_JSON = frozenset(
    {"mlflow.spanInputs", "mlflow.spanOutputs", "genkit:input", "genkit:output"}
)
_TYPES = {"input.value": "input.mime_type", "output.value": "output.mime_type"}
_TOOLS = ("lk.function_tools", "mlflow.chat.tools")
_CALLS = "lk.response.function_calls"
_INSTRUCTIONS = "lk.instructions"

NAMES = frozenset({*_INPUTS, *_OUTPUTS, *_TOOLS, _CALLS, _INSTRUCTIONS})


class _Told(NamedTuple):
    """A value as it was sent, and whether it is JSON for sure."""

    value: Any
    is_json: bool


def read(attributes: Attributes, kind: str, others: Sequence[Said]) -> Said:
    """What is told of by plain values alone, or told more fully by them than by ``others``, the
    structured conventions. Those of a model's call are a request and an answer."""
    said = Said()
    sent = _first(attributes, _INPUTS, said)
    came = _first(attributes, _OUTPUTS, said)
    for name in _TOOLS:
        said.tools = read_tools(said.take(attributes, name)) or said.tools
    if type(system := said.take(attributes, _INSTRUCTIONS)) is str and system:
        said.system = [{"role": "system", "content": system}]
    calls = literal(said.take(attributes, _CALLS))
    if type(calls) is list and calls:
        content = None if came is None else came.value
        came = _Told({"role": "assistant", "content": content, "tool_calls": calls}, False)
    if kind == "llm":
        if sent is not None and _is_fuller_request(sent.value, others):
            _take_request(_value(sent, said.asked), said)
        if came is not None and _is_fuller_answer(came.value, others):
            _take_answer(_value(came, said.answered), said)
    else:
        if sent is not None and all(other.input is None for other in others):
            said.input = simplified(_value(sent, said.asked), said.asked)
        if came is not None and all(other.output is None for other in others):
            said.output = simplified(_value(came, said.answered), said.answered)
    return said


def _first(attributes: Attributes, names: tuple[str, ...], said: Said) -> _Told | None:
    """The first value that is told; where another name tells the same, it is used up as well."""
    first: Any = None
    is_json = False
    for name in names:
        found = attributes.get(name)
        if found is None or (first is not None and found != first):
            continue
        said.used.add(name)
        kind = _TYPES.get(name, "")
        if kind in attributes:
            said.used.add(kind)
        if first is None:
            first = found
            is_json = name in _ALWAYS_JSON or attributes.get(kind) == "application/json"
    return None if first is None else _Told(first, is_json)


def _value(told: _Told, reading: Reading) -> Any:
    value = told.value
    if type(value) is str:
        if value in REPLACED:
            reading.is_lossy = True
        quoted = value[:1] == '"' and value[-1:] == '"' and len(value) > 1
        value = literal(value) if told.is_json or quoted else reading.structure(value)
    return bare(value)


def _is_fuller_request(sent: Any, others: Sequence[Said]) -> bool:
    """Whether a request may tell what its messages, told one by one, do not."""
    messages = [message for other in others for message in other.messages or ()]
    if not messages or not all(message["content"] for message in messages):
        return True
    return type(sent) is str and '"image' in sent and not _have(messages, "image")


def _is_fuller_answer(came: Any, others: Sequence[Said]) -> bool:
    """The same of an answer: some clients tell its reasoning nowhere else."""
    messages = [choice["message"] for other in others for choice in other.choices]
    if not messages:
        return True
    thinks = type(came) is str and ("reasoning" in came or "thinking" in came)
    return thinks and not _have(messages, "reasoning")


def _have(messages: list[dict[str, Any]], kind: str) -> bool:
    return any(
        part["type"] == kind
        for message in messages
        if type(message["content"]) is list
        for part in message["content"]
    )


def _take_request(value: Any, said: Said) -> None:
    asked = request_in(value, said.asked)
    if asked is None or not asked.messages:
        said.input = value
    else:
        said.messages, said.tools = asked.messages, asked.tools or said.tools


def _take_answer(value: Any, said: Said) -> None:
    said.choices = answer_in(value, said.answered)
    if not said.choices:
        said.output = value
