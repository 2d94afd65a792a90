"""One span in the words of the run log, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rollscope_desktop.protocols.otlp import errors, kind, model, naming, usage
from rollscope_desktop.protocols.otlp.lenient import first, table, text
from rollscope_desktop.protocols.otlp.messages import Content, content_of
from rollscope_desktop.protocols.otlp.received import Attributes, Span
from rollscope_desktop.protocols.otlp.vectors import without_vectors

_TOOL_CALL = (
    "gen_ai.tool.call.id", "ai.toolCall.id", "tool.id", "tool_call_id", "lk.function_tool.id",
)  # fmt: skip
_SAID_ELSEWHERE = usage.NAMES | {"logfire.json_schema"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model was asked, in the normal form; see ``rollscope.capture.dialects.base``."""

    model: str | None
    messages: list[Any]
    tools: list[Any]
    settings: dict[str, Any]


@dataclass(slots=True)
class Told:
    """What a span says. ``run`` and ``parent`` are where it is shown. ``asked`` is what is known of
    the request to a model, without messages too. ``used`` is what the step used up,
    ``is_priced`` says that its cost is from the list of prices, and ``counts`` that no other step
    tells of it, so that it may be added up. ``is_lone``: it is a call, and all there is of its
    trace."""

    span: Span
    run: str
    parent: str | None
    kind: str
    name: str
    model: str | None = None
    input: Any = None
    output: Any = None
    asked: Asked | None = None
    used: dict[str, Any] | None = None
    is_priced: bool = False
    counts: bool = False
    is_lone: bool = False
    first_token: int | None = None
    failed: bool = False
    error: dict[str, Any] | None = None
    agent: str | None = None
    response: str | None = None
    attrs: dict[str, Any] = field(default_factory=dict)
    lossy: frozenset[str] = frozenset()


def tell(span: Span) -> Told:
    """What a span says, each thing in its place."""
    attributes = span.attributes
    what, convention = kind.kind_of(span)
    content = content_of(attributes, span.events, what)
    told = Told(span, span.trace, span.parent, what, span.name, lossy=content.lossy)
    told.agent = naming.agent_name(attributes)
    told.used = usage.usage_of(attributes)
    told.failed, told.error = errors.error_of(span)
    own: dict[str, Any] = {}
    taken: set[str] = set()
    if what in kind.CALLS:
        _tell_call(told, content, own, taken)
    else:
        told.name = naming.name_of(span, what, None)
        told.input, told.output = content.input, content.output
        if content.messages is not None and told.input is None:
            told.input = Asked(None, content.messages, content.tools, {})
        if told.output is None:
            told.output = answer_of(content)
    if what == "tool":
        call = first(attributes, _TOOL_CALL) or _answered(attributes.get("output.value"))
        if call is not None:
            own["tool_call_id"] = call
            taken.update(_TOOL_CALL)
    if convention:
        own["convention"] = convention
        taken |= kind.NAMES
    told.attrs = {**_rest(told, content.used, taken), **own}
    if told.used is not None and not told.counts:
        told.attrs["usage_sum"] = told.used
    return told


def _tell_call(told: Told, content: Content, own: dict[str, Any], taken: set[str]) -> None:
    """A call of a model: what is told of it beyond what any span tells."""
    attributes, span = told.span.attributes, told.span
    asked, told.model = model.models_of(attributes)
    told.name = naming.name_of(span, told.kind, asked)
    told.counts = True
    settings, is_stream, used = model.settings_of(attributes)
    messages = content.messages
    if told.kind == "embedding" and messages is None:
        messages = _texts(content.input)
    told.asked = Asked(asked, messages or [], content.tools, settings)
    if messages is not None:
        told.input = told.asked
        taken |= used
    else:
        told.input = content.input
        if settings:
            own["settings"] = dict(settings)  # until log records bring what was said
            taken |= used
    told.output = answer_of(content)
    if told.kind == "embedding":
        told.output, is_cut = without_vectors(told.output)
        if is_cut:
            told.lossy |= {"output"}
    told.first_token = model.first_token_of(span)
    told.response = model.response_id(attributes)
    provider = model.provider_of(attributes)
    dialect = model.dialect_of(attributes, provider, told.kind)
    url = model.url_of(attributes, dialect, settings.pop("base_url", None))
    own.update(
        (name, value)
        for name, value in (
            ("provider", provider), ("dialect", dialect), ("url", url),
            ("stream", is_stream or None), ("response_id", told.response),
        )
        if value is not None
    )  # fmt: skip
    if told.model is not None:
        tokens = told.used = told.used or {}
        where = model.where_of(attributes, url, provider)
        cost = usage.price(tokens, told.model, where, attributes, span.start) if tokens else None
        tokens["model"] = told.model
        if cost is not None:
            tokens["cost_usd"], told.is_priced = cost, True
    taken |= model.NAMES
    if url is not None:
        taken.update(("url.full", "http.url"))


def answer_of(content: Content) -> Any:
    """What came out: the answer of a model in the normal form, else any value."""
    choices = content.choices
    if not choices:
        return content.output
    return choices[0] if len(choices) == 1 else {"choices": choices}


def _texts(value: Any) -> list[Any] | None:
    """Texts that are embedded, as messages."""
    texts = [value] if type(value) is str else value
    if type(texts) is not list or not texts or not all(type(text) is str for text in texts):
        return None
    return [{"role": "user", "content": text} for text in texts]


def _answered(said: Any) -> str | None:
    """The call that a result says it is of: LangChain tells of it only there."""
    if type(said) is not str or '"tool_call_id"' not in said:
        return None
    message = table(said)
    for inner in (message, message.get("data"), message.get("kwargs")):
        if type(inner) is dict and (found := text(inner.get("tool_call_id"))) is not None:
            return found
    return None


def _rest(told: Told, read: frozenset[str], taken: set[str]) -> Attributes:
    """The attributes that were not told in other words, and what OTLP says beside them."""
    span, name = told.span, told.name
    if told.failed:
        taken |= errors.NAMES
    attrs = {
        key: value
        for key, value in span.attributes.items()
        if key not in read
        and key not in _SAID_ELSEWHERE
        and key not in taken
        and not (value == name and key in naming.NAMES)
        and not (value == told.agent and key in naming.AGENT)
    }
    if span.name != name and span.name:
        attrs["span_name"] = span.name
    if span.scope:
        attrs["scope"] = span.scope
    if span.links:
        attrs["links"] = list(_links(span))
    if span.dropped:
        attrs["dropped"] = span.dropped
    return attrs


def _links(span: Span) -> Iterator[dict[str, Any]]:
    for link in span.links:
        said: dict[str, Any] = {"trace": link.trace, "span": link.span}
        if link.attributes:
            said["attributes"] = link.attributes
        yield said
