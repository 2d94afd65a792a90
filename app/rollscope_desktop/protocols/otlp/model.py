"""Which model was called, where, and with what settings."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.lenient import first, flag, instant, number, parsed, table
from rollscope_desktop.protocols.otlp.received import Attributes, Span

_ASKED = (
    "gen_ai.request.model", "llm.request.model_name", "langfuse.observation.model.name",
    "ai.model.id", "llm.model_name", "embedding.model_name", "reranker.model_name",
    "llm.request.model", "model_name",
)  # fmt: skip
_ANSWERED = (
    "gen_ai.response.model", "llm.response.model_name", "ai.response.model", "llm.model_name",
)  # fmt: skip
_PROVIDER = (
    "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider",
    "llm.vendor",
)  # fmt: skip
_RESPONSE = ("gen_ai.response.id", "ai.response.id", "llm.response.id", "llm.response_id")
_ID_PATHS: tuple[tuple[str | int, ...], ...] = (
    ("id",),
    ("llm_output", "id"),
    ("generations", 0, 0, "message", "kwargs", "response_metadata", "id"),
)
_BASE = ("gen_ai.openai.api_base", "openai.api_base", "llm.openai.api_base", "llm.base_url")

NAMES = frozenset((*_ASKED, *_ANSWERED, *_PROVIDER, *_RESPONSE)) - {"model_name"}
"""All attributes that are told in other words."""

_DIALECTS = (
    ("openai.responses", "openai.responses"),
    ("openai", "openai.chat"),
    ("azure", "openai.chat"),
    ("az.ai", "openai.chat"),
    ("anthropic", "anthropic"),
    ("gcp", "gemini"),
    ("gemini", "gemini"),
    ("google", "gemini"),
    ("vertex", "gemini"),
)
"""How names of providers begin, and the shape of their requests."""

_PREFIXES = ("gen_ai.request.", "gen_ai.openai.request.", "ai.settings.")
_SETTINGS = {
    "llm.frequency_penalty": "frequency_penalty", "llm.presence_penalty": "presence_penalty",
    "llm.temperature": "temperature", "llm.top_p": "top_p", "llm.top_k": "top_k",
    "llm.chat.stop_sequences": "stop_sequences", "llm.request.max_tokens": "max_tokens",
    "gen_ai.is_streaming": "stream", "llm.is_streaming": "stream",
}  # fmt: skip
_OBJECTS = ("llm.invocation_parameters", "langfuse.observation.model.parameters")
_RENAMED = {"choice.count": "n", "reasoning.level": "reasoning_effort"}
_ELSEWHERE = frozenset(
    {"model", "messages", "tools", "type", "input", "system", "model_name", "_type", "api_key"}
)


def models_of(attributes: Attributes) -> tuple[str | None, str | None]:
    """The model that was asked for, and the one that answered; each stands in for the other."""
    asked, answered = first(attributes, _ASKED), first(attributes, _ANSWERED)
    if asked is None and answered is None:  # a call that failed may tell of it only there
        settings = (table(attributes[name]) for name in _OBJECTS if name in attributes)
        asked = next(
            filter(None, (first(each, ("model", "model_name")) for each in settings)), None
        )
    return asked or answered, answered or asked


def provider_of(attributes: Attributes) -> str | None:
    """The provider as the sender calls it: ``openai``, ``aws.bedrock``, ``openai.chat`` …"""
    return first(attributes, _PROVIDER)


def dialect_of(attributes: Attributes, provider: str | None, kind: str) -> str | None:
    """The shape of the provider's requests, by its name in ``rollscope.capture.dialects``."""
    if provider is None:
        return None
    if kind != "llm":
        is_openai = kind == "embedding" and provider.lower().startswith(
            ("openai", "azure", "az.ai")
        )
        return "openai.embeddings" if is_openai else None
    if attributes.get("openai.api.type") == "responses":
        provider = "openai.responses"
    name = provider.lower()
    return next((dialect for start, dialect in _DIALECTS if name.startswith(start)), None)


def url_of(attributes: Attributes, dialect: str | None, base: Any) -> str | None:
    """The address that was called, without what may be a secret in it. ``base`` is that of the
    server where the settings say it."""
    url = attributes.get("url.full") or attributes.get("http.url")
    if type(url) is str and url.startswith("http"):
        return url.partition("?")[0].partition("#")[0]
    base = first(attributes, _BASE) or base
    if type(base) is str and base.startswith("http") and dialect == "openai.chat":
        return f"{base.partition('?')[0].rstrip('/')}/chat/completions"
    return None


def where_of(attributes: Attributes, url: str | None, provider: str | None) -> str | None:
    """What says whose prices hold: the address if one is known, else the provider."""
    host = attributes.get("server.address")
    if url is None and type(host) is str and host:
        return host if "://" in host else f"https://{host}"
    return url or provider


def response_id(attributes: Attributes) -> str | None:
    """The provider's id of the answer."""
    found = first(attributes, _RESPONSE)
    if found is None and "openinference.span.kind" in attributes:
        # There it only is in what the provider wrote.
        said = attributes.get("output.value")
        if type(said) is str and '"id"' in said:
            found = _written_id(table(said))
    return found


def _written_id(said: Any) -> str | None:
    """The id in an answer as the provider wrote it, or in LangChain's own form around it."""
    for path in _ID_PATHS:
        found = said
        for step in path:
            if type(found) is dict:
                found = found.get(step)
            elif type(found) is list and found and step == 0:
                found = found[0]
            else:
                found = None
        if type(found) is str and found:
            return found
    return None


def settings_of(attributes: Attributes) -> tuple[dict[str, Any], bool, set[str]]:
    """The settings of a call under the provider's names, whether its answer was asked for as a
    stream, and the attributes that tell of them."""
    found: dict[str, Any] = {}
    used: set[str] = set()
    for name, value in attributes.items():
        if name.startswith(_PREFIXES):
            key = name[len(next(filter(name.startswith, _PREFIXES))) :]
        elif name in _SETTINGS:
            key = _SETTINGS[name]
        else:
            continue
        if key not in _ELSEWHERE:
            used.add(name)
            found.setdefault(_RENAMED.get(key, key), parsed(value))
    for name in _OBJECTS:
        if name in attributes and (said := table(attributes[name])):
            used.add(name)
            for key, value in said.items():
                if key not in _ELSEWHERE and value is not None:
                    found.setdefault(key, value)
    return found, flag(found.pop("stream", None)), used


_TO_FIRST = {
    "gen_ai.response.time_to_first_chunk": 1e9,
    "gen_ai.client.operation.time_to_first_chunk": 1e9,
    "gen_ai.server.time_to_first_token": 1e9,
    "ai.response.msToFirstChunk": 1e6,
    "ai.stream.msToFirstChunk": 1e6,
}
_LONGEST = 1e7
_FIRST_AT = "langfuse.observation.completion_start_time"
_FIRST_EVENTS = frozenset(
    {"First Token Stream Event", "ai.stream.firstChunk", "gen_ai.content.completion.chunk",
     "llm.content.completion.chunk"}
)  # fmt: skip


def first_token_of(span: Span) -> int | None:
    """When the first of the answer arrived, in ns; None where it is not told, or cannot be."""
    attributes = span.attributes
    at = instant(attributes[_FIRST_AT]) if _FIRST_AT in attributes else None
    if at is None:
        for name, unit in _TO_FIRST.items():
            after = number(attributes[name]) if name in attributes else None
            if after is not None and 0 <= after < _LONGEST:
                at = span.start + round(after * unit)
                break
    if at is None and span.events:
        at = min((event.time for event in span.events if event.name in _FIRST_EVENTS), default=None)
    if at is None or not span.start <= at <= (span.end or at):
        return None
    return at
