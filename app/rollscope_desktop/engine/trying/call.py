"""A call in the normal form, as its provider wants it; and an answer back in the normal form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from rollscope.capture import dialects
from rollscope.capture.prices import cost, hints
from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.engine.trying.providers import DIALECTS

if TYPE_CHECKING:
    from rollscope.capture.dialects import Answer, Dialect

LONGEST = 64 << 20
"""Bytes of a body, sent or received."""
_STREAMING = frozenset({"stream", "stream_options"})
_TOKENS = 4_096
"""What Anthropic is told to answer at most, where the request does not say: it insists."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent."""

    dialect: Dialect
    url: str
    model: str
    body: bytes


def prepare(name: str, url: str, request: Any) -> Call:
    """The call that a request in the normal form is. Raises Refused with a sentence."""
    dialect = next((one for one in dialects.dialects() if one.name == name), None)
    if dialect is None or name not in DIALECTS:
        raise Refused("argument", f"A call cannot be tried in the dialect {name:.60}.")
    try:
        asked = dialects.Request.from_log(request)
        if not isinstance(asked.model, str) or not asked.model:
            raise Refused("argument", "The request names no model.")
        model = asked.model
        asked = replace(asked, settings=_at_once(asked.settings), extra=_at_once(asked.extra))
        body = dialect.encode_request(asked)
        url = dialect.encode_url(asked, url)
    except dialects.NotThisDialect as error:
        raise Refused("argument", f"This is no whole request: {error}") from None
    except (TypeError, ValueError, KeyError, AttributeError):
        # A dialect is careful about bodies, not about what somebody types in their place.
        raise Refused("argument", "This is no whole request in its dialect.") from None
    if name == "anthropic" and isinstance(body, dict):
        body.setdefault("max_tokens", _TOKENS)
    if name == "ollama":
        body = {**body, "stream": False}
    try:
        data = orjson.dumps(body)
    except (TypeError, orjson.JSONEncodeError):
        raise Refused("argument", "The request holds what JSON cannot say.") from None
    if len(data) > LONGEST:
        raise Refused("argument", f"The request is longer than {LONGEST >> 20} MB.")
    return Call(dialect, _whole_answer(url), model, data)


def read_answer(call: Call, data: bytes) -> dict[str, Any]:
    """``answer`` in the normal form, ``usage`` and ``cost_usd``, as far as they are known. Raises
    Refused."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        body = None
    try:
        if body is None:
            answer = call.dialect.decode_stream(data)  # it streams, although it was not asked to
        else:
            answer = call.dialect.decode_answer(body)
    except dialects.NotThisDialect as error:
        raise Refused("provider", f"The answer cannot be read: {error}") from None
    usage = _usage(call, answer)
    return {"answer": answer.to_log(), "usage": usage, "cost_usd": _cost(call, answer, usage)}


def _usage(call: Call, answer: Answer) -> dict[str, Any]:
    usage = {} if answer.usage is None else answer.usage.to_log()
    return {"model": call.model, **usage}


def _cost(call: Call, answer: Answer, usage: dict[str, Any]) -> float | None:
    options, more = hints(answer.extra)
    return cost(call.url, usage["model"], usage | more, options=options)


def _at_once(fields: dict[str, Any]) -> dict[str, Any]:
    """Settings that do not ask for a stream: an answer is looked at when it is whole."""
    return {name: value for name, value in fields.items() if name not in _STREAMING}


def _whole_answer(url: str) -> str:
    """The address of the same call that does not stream: Gemini says it there."""
    path, mark, query = url.partition("?")
    if path.endswith(":streamGenerateContent"):
        path = path.removesuffix(":streamGenerateContent") + ":generateContent"
        query = "&".join(part for part in query.split("&") if part and part != "alt=sse")
        mark = "?" if query else ""
    if path.endswith(":streamRawPredict"):
        path = path.removesuffix(":streamRawPredict") + ":rawPredict"
    return f"{path}{mark}{query}"
