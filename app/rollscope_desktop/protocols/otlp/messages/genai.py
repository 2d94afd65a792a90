"""OpenTelemetry's conventions for generative AI, as attributes: structured, or JSON in a text."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.messages.answers import read_choices, reasons_of
from rollscope_desktop.protocols.otlp.messages.bodies import system_in
from rollscope_desktop.protocols.otlp.messages.reading import Message
from rollscope_desktop.protocols.otlp.messages.said import Attributes, Said
from rollscope_desktop.protocols.otlp.messages.thread import read_thread
from rollscope_desktop.protocols.otlp.messages.tools import read_tools

SYSTEM = "gen_ai.system_instructions"
INPUT = "gen_ai.input.messages"
OUTPUT = "gen_ai.output.messages"
TOOLS = "gen_ai.tool.definitions"

NAMES = frozenset({SYSTEM, INPUT, OUTPUT, TOOLS})


def read(attributes: Attributes, kind: str) -> Said:
    """Of a tool, the call that went in and the result that came out are its input and output."""
    said = Said()
    told = said.asked.structure(said.take(attributes, SYSTEM))
    said.system = system_in(told, said.asked)
    if (sent := said.take(attributes, INPUT)) is not None:
        said.messages = read_thread(said.asked.structure(sent), said.asked)
    said.tools = read_tools(said.take(attributes, TOOLS))
    if (came := said.take(attributes, OUTPUT)) is not None:
        apart = len(reasons_of(attributes)) > 1
        came = said.answered.structure(came)
        said.choices, told = read_choices(came, said.answered, apart=apart)
        if told:
            said.output = [*told, *(choice["message"] for choice in said.choices)]
            said.choices = []
    if kind == "tool":
        of_tool(said)
    return said


def of_tool(said: Said) -> None:
    """A tool's own span tells its call and its result as if they were messages."""
    for message in said.messages or ():
        for part in _parts(message):
            if part["type"] == "tool_call":
                said.input, said.messages = part["arguments"], None
                break
    told = said.output if type(said.output) is list else [c["message"] for c in said.choices]
    for message in told:
        if message["role"] == "tool":
            said.output, said.choices = message["content"], []
            break


def _parts(message: Message) -> list[dict[str, Any]]:
    content = message["content"]
    return content if type(content) is list else []
