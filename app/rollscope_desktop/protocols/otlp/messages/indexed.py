"""The older form of OpenLLMetry, which other clients took over: ``gen_ai.prompt.0.content``."""

from __future__ import annotations

from rollscope_desktop.protocols.otlp.messages.answers import read_choices
from rollscope_desktop.protocols.otlp.messages.flat import gathered, prefixes
from rollscope_desktop.protocols.otlp.messages.said import Attributes, Said
from rollscope_desktop.protocols.otlp.messages.thread import read_thread
from rollscope_desktop.protocols.otlp.messages.tools import read_tools

_SENT = "gen_ai.prompt."
_CAME = "gen_ai.completion."
_TOOLS = "llm.request.functions."

NAMES: frozenset[str] = frozenset()
PREFIXES = prefixes(_SENT, _CAME, _TOOLS)


def read(attributes: Attributes, kind: str) -> Said:
    """Each completion is a choice of its own."""
    said = Said()
    trees = gathered(attributes, PREFIXES, said)
    if sent := trees.get(_SENT):
        said.messages = read_thread(sent, said.asked)
    if came := trees.get(_CAME):
        said.choices, _ = read_choices(came, said.answered, apart=True)
    said.tools = read_tools(trees.get(_TOOLS))
    return said
