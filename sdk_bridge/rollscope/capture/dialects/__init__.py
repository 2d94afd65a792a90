"""The dialects of model servers: which of them a call speaks. Pure: nothing is read or sent here.

``find`` names the dialect of an HTTP request; the dialect turns bodies and streams into one normal
form and back (``base`` describes it), ``StreamReader`` gives the events of a stream as it arrives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from rollscope.capture.dialects.anthropic import Anthropic
from rollscope.capture.dialects.base import (
    Answer,
    Choice,
    Dialect,
    Failure,
    NotThisDialect,
    Request,
    Usage,
)
from rollscope.capture.dialects.framing import Event, StreamReader
from rollscope.capture.dialects.gemini import Gemini
from rollscope.capture.dialects.ollama import Ollama
from rollscope.capture.dialects.openai_chat import OpenAIChat
from rollscope.capture.dialects.openai_embeddings import OpenAIEmbeddings
from rollscope.capture.dialects.openai_responses import OpenAIResponses
from rollscope.errors import ConfigError

__all__ = [
    "Answer",
    "Choice",
    "Dialect",
    "Event",
    "Failure",
    "Match",
    "NotThisDialect",
    "Registry",
    "Request",
    "StreamReader",
    "Usage",
    "dialects",
    "find",
    "register",
]


class Match(NamedTuple):
    """A call that a dialect knows: its body as JSON, and whether a stream was asked for."""

    dialect: Dialect
    url: str
    body: dict[str, Any]
    stream: bool

    def request(self) -> Request:
        """The request in the normal form. Raises NotThisDialect."""
        return self.dialect.decode_request(self.body, self.url)


class Registry:
    """The dialects that are known; of two that know a call, the one registered later is asked."""

    def __init__(self, *dialects: Dialect) -> None:
        self._dialects = dialects

    def register(self, dialect: Dialect) -> None:
        """Adds a dialect; it takes the place of one of the same name. Raises ConfigError."""
        known = isinstance(dialect, Dialect) and not isinstance(dialect, type)
        if not known or not isinstance(dialect.name, str):
            raise ConfigError(
                f"{dialect!r} is no dialect: it should be an object of a subclass of"
                " rollscope.capture.dialects.Dialect with a name."
            )
        others = tuple(known for known in self._dialects if known.name != dialect.name)
        self._dialects = (dialect, *others)  # one assignment: other threads may be looking

    def all(self) -> tuple[Dialect, ...]:
        """The dialects, in the order in which they are asked."""
        return self._dialects

    def find(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> Match | None:
        """The dialect of an HTTP request, None if it is no call of a model.

        ``body`` is bytes, text or parsed JSON; bytes are parsed only if the URL may be such a call.
        """
        if method != "POST":
            return None
        path = url.partition("?")[0].partition("#")[0].rstrip("/")
        for dialect in self._dialects:
            if not dialect.claims(path):
                continue
            if type(body) is not dict:
                body = _parsed(body)
                if body is None:
                    return None
            if dialect.matches(path, headers, body):
                return Match(dialect, url, body, dialect.is_stream(path, body))
        return None


def _parsed(body: Any) -> dict[str, Any] | None:
    if not isinstance(body, bytes | bytearray | memoryview | str):
        return None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if type(value) is dict else None


_registry = Registry(
    OpenAIChat(), OpenAIResponses(), Anthropic(), Gemini(), Ollama(), OpenAIEmbeddings()
)
register = _registry.register
dialects = _registry.all
find = _registry.find
