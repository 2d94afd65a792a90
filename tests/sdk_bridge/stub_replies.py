"""What can be scripted for the stub server: replies, their calls of tools and their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import threading

CREATED = 1763700000


class Call(NamedTuple):
    """A tool call that the model asks for."""

    name: str
    arguments: Mapping[str, Any] = {}
    id: str = ""  # made up when empty


class Tokens(NamedTuple):
    """What the answer says it used; ``input`` holds cached, ``output`` reasoning."""

    input: int = 11
    output: int = 7
    cached: int = 0
    written: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Reply:
    """One scripted answer. Without anything it says "Hello from the stub.".

    ``status`` and ``error`` make an error in the provider's own form; ``body`` (a JSON value, or
    bytes) is sent as it is; ``events`` are sent as the events of a stream as they are. Times are
    seconds: ``delay`` before the answer begins, ``pause`` before each event of a stream after the
    first. ``hold`` is waited for (at most 30 s) before the second event of a stream, or before the
    answer that is no stream. ``cut`` ends the connection after so many events. ``gzip`` packs the
    body of an answer that is no stream.
    """

    text: str = "Hello from the stub."
    calls: tuple[Call, ...] = ()
    reasoning: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    finish: str = ""  # the provider's own word; empty: the usual one
    status: int = 200
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    events: tuple[Any, ...] = ()
    delay: float = 0.0
    pause: float = 0.0
    hold: threading.Event | None = None
    cut: int | None = None
    gzip: bool = False


class Ask(NamedTuple):
    """What is asked for: which form, how it is to be sent, and the number of the request."""

    form: str  # chat, responses, anthropic, gemini, ollama, embeddings, count, models
    number: int
    model: str
    stream: str  # "", "sse", "lines" or "array"
    body: Mapping[str, Any]


def error_body(form: str, status: int, message: str) -> Any:
    """An error as the provider writes it."""
    kind = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
    name = kind.get(status, "overloaded_error" if status == 529 else "api_error")
    if form in ("anthropic", "count"):
        error = {"type": name, "message": message}
        return {"type": "error", "error": error, "request_id": "req_stub"}
    if form == "gemini":
        said = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED"}
        return {
            "error": {"code": status, "message": message, "status": said.get(status, "INTERNAL")}
        }
    if form == "ollama":
        return {"error": message}
    return {"error": {"message": message, "type": name, "param": None, "code": None}}


def pieces(text: str, size: int = 5) -> list[str]:
    """The text in small pieces."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def calls_of(ask: Ask, reply: Reply, prefix: str) -> list[tuple[str, Call]]:
    """The calls with their ids."""
    return [
        (call.id or f"{prefix}_{ask.number}_{index}", call)
        for index, call in enumerate(reply.calls)
    ]
