"""OpenInference: everything flattened into names; older clients write prompts and completions."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.messages.answers import choice_of, read_choices
from rollscope_desktop.protocols.otlp.messages.flat import gathered, prefixes
from rollscope_desktop.protocols.otlp.messages.reading import text_of
from rollscope_desktop.protocols.otlp.messages.said import Attributes, Said
from rollscope_desktop.protocols.otlp.messages.thread import read_thread
from rollscope_desktop.protocols.otlp.messages.tools import read_tools

_SENT = "llm.input_messages."
_CAME = "llm.output_messages."
_PROMPTS = "llm.prompts."
_COMPLETIONS = ("llm.choices.", "llm.completions.")
_TOOLS = "llm.tools."
_TEXTS = "embedding.embeddings."
_FOUND = "retrieval.documents."
_RANKED = ("reranker.input_documents.", "reranker.output_documents.")
_QUERY = "reranker.query"
NAMES = frozenset({_QUERY})
PREFIXES = prefixes(_SENT, _CAME, _PROMPTS, *_COMPLETIONS, _TOOLS, _TEXTS, _FOUND, *_RANKED)


def read(attributes: Attributes, kind: str) -> Said:
    """Documents and vectors are plain values."""
    said = Said()
    trees = gathered(attributes, PREFIXES, said)
    if (sent := trees.get(_SENT)) or (sent := trees.get(_PROMPTS)):
        said.messages = read_thread([_prompt(one) for one in sent], said.asked)
    if came := trees.get(_CAME):
        said.choices, _ = read_choices(came, said.answered)
    for prefix in _COMPLETIONS:
        for one in trees.get(prefix, ()) if not said.choices else ():
            said.choices += _completion(one, said)
    said.tools = read_tools([_inner(one, "tool") for one in trees.get(_TOOLS, ())])
    _read_values(attributes, trees, said)
    return said


def _read_values(attributes: Attributes, trees: dict[str, list[Any]], said: Said) -> None:
    if texts := trees.get(_TEXTS):
        held = [_inner(one, "embedding") for one in texts]
        said.input = _told(held, "text")
        said.output = _told(held, "vector")
    if found := trees.get(_FOUND):
        said.output = [_inner(one, "document") for one in found]
    sent, ranked = (trees.get(prefix) for prefix in _RANKED)
    query = said.take(attributes, _QUERY)
    if sent or query is not None:
        documents = [_inner(one, "document") for one in sent or ()]
        told = {"query": query, "documents": documents}
        said.input = {name: value for name, value in told.items() if value}
    if ranked:
        said.output = [_inner(one, "document") for one in ranked]


def _told(held: list[Any], name: str) -> list[Any] | None:
    found = [one.get(name) for one in held if type(one) is dict]
    return found if any(value is not None for value in found) else None


def _inner(one: Any, name: str) -> Any:
    inner = one.get(name) if type(one) is dict else None
    return one if inner is None else inner


def _prompt(one: Any) -> Any:
    """A prompt that is no message is text of the user's."""
    inner = _inner(one, "prompt")
    return inner.get("text", one) if type(inner) is dict and inner is not one else one


def _completion(one: Any, said: Said) -> list[dict[str, Any]]:
    inner = _inner(one, "completion")
    text = text_of(inner.get("text")) if type(inner) is dict else None
    if text is None:
        return read_choices([one], said.answered)[0]
    return [choice_of({"role": "assistant", "content": text}, None)]
