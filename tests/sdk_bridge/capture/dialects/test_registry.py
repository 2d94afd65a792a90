"""Which dialect a request is in: by the shape of its path and of its body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from rollscope.capture.dialects import Dialect, NotThisDialect, Registry, dialects, find
from rollscope.capture.dialects.openai_chat import OpenAIChat
from rollscope.errors import ConfigError

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
MESSAGES = {**CHAT, "max_tokens": 5}
RESPONSES = {"model": "m", "input": "Hello"}
GEMINI = {"contents": [{"parts": [{"text": "Hello"}]}]}

AZURE = "https://x.azure.com/openai"
VERTEX = "https://x/v1/projects/p/locations/l/publishers/google/models/g"
ON = {"stream": True}

KNOWN: list[tuple[str, dict[str, Any], str, bool]] = [
    ("https://api.openai.com/v1/chat/completions", CHAT, "openai.chat", False),
    ("http://localhost:11434/v1/chat/completions", CHAT | ON, "openai.chat", True),
    (f"{AZURE}/deployments/d/chat/completions?api-version=1", CHAT, "openai.chat", False),
    ("https://openrouter.ai/api/v1/chat/completions", CHAT, "openai.chat", False),
    ("https://api.groq.com/openai/v1/chat/completions", CHAT, "openai.chat", False),
    ("http://proxy/chat/completions/", CHAT, "openai.chat", False),
    ("https://g.com/v1beta/openai/chat/completions", CHAT, "openai.chat", False),
    ("https://api.openai.com/v1/responses", RESPONSES, "openai.responses", False),
    (f"{AZURE}/v1/responses?api-version=p", RESPONSES | ON, "openai.responses", True),
    (f"{AZURE}/v1/responses", {"model": "m", "prompt": {"id": "p"}}, "openai.responses", False),
    ("https://api.anthropic.com/v1/messages?beta=true", MESSAGES, "anthropic", False),
    ("https://proxy/anthropic/v1/messages", MESSAGES | ON, "anthropic", True),
    ("https://g.com/v1beta/models/gemini-x:generateContent", GEMINI, "gemini", False),
    ("https://g.com/v1/models/gemini-x:streamGenerateContent?alt=sse", GEMINI, "gemini", True),
    (f"{VERTEX}:streamGenerateContent", GEMINI, "gemini", True),
    ("http://localhost:11434/api/chat", CHAT, "ollama", True),
    ("http://localhost:11434/api/chat", {**CHAT, "stream": False}, "ollama", False),
    ("https://api.openai.com/v1/embeddings", RESPONSES, "openai.embeddings", False),
]


@pytest.mark.parametrize(("url", "body", "name", "stream"), KNOWN)
def test_known_calls(url: str, body: dict[str, Any], name: str, stream: bool) -> None:
    for form in (
        body,
        orjson.dumps(body),
        orjson.dumps(body).decode(),
        bytearray(orjson.dumps(body)),
    ):
        match = find("POST", url, {}, form)
        assert match is not None
        assert (match.dialect.name, match.stream, match.body) == (name, stream, body)
        assert match.request().model in ("m", "gemini-x", "g")
    assert find("GET", url, {}, body) is None


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://api.anthropic.com/v1/messages/count_tokens", MESSAGES),
        ("https://api.anthropic.com/v1/messages/batches", {"requests": []}),
        ("https://api.openai.com/v1/threads/t/messages", {"role": "user", "content": "Hello"}),
        ("https://api.openai.com/v1/responses/resp_1/cancel", {}),
        ("https://api.openai.com/v1/responses/input_tokens", RESPONSES),
        ("https://api.openai.com/v1/completions", {"model": "m", "prompt": "Hello"}),
        ("https://api.openai.com/v1/batches", CHAT),
        ("https://api.openai.com/v1/models", CHAT),
        ("https://g.com/v1beta/models/gemini-x:countTokens", GEMINI),
        ("https://g.com/v1beta/models/gemini-x:embedContent", {"content": {}}),
        ("https://x/api/chat", {"text": "Hello"}),
        ("https://x/survey/responses", {"answers": [1]}),
        ("https://x/chat/completions", {"messages": "Hello"}),
        ("https://x/chat/completions", b"no JSON"),
        ("https://x/chat/completions", b"[]"),
        ("https://x/chat/completions", None),
        ("", {}),
        ("?#/", b""),
    ],
)
def test_what_is_no_call_of_a_model(url: str, body: object) -> None:
    assert find("POST", url, {}, body) is None


class House(OpenAIChat):
    """A house's own server, which speaks chat completions at another address."""

    name = "house.chat"

    def claims(self, path: str) -> bool:
        return path.endswith("/ask")

    def matches(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> bool:
        return headers.get("x-house") == "1"


def test_a_dialect_of_the_user() -> None:
    registry = Registry(*dialects())
    assert registry.find("POST", "http://x/ask", {"x-house": "1"}, CHAT) is None
    registry.register(House())
    match = registry.find("POST", "http://x/ask", {"x-house": "1"}, CHAT)
    assert match is not None
    assert match.dialect.name == "house.chat"
    assert match.dialect.encode_request(match.request()) == CHAT
    assert find("POST", "http://x/ask", {"x-house": "1"}, CHAT) is None


def test_the_one_registered_later_is_asked_first_and_replaces_its_name() -> None:
    class Mine(OpenAIChat):
        name = "mine"

    registry = Registry(*dialects())
    registry.register(Mine())
    match = registry.find("POST", "http://x/chat/completions", {}, CHAT)
    assert match is not None
    assert match.dialect.name == "mine"
    registry.register(again := Mine())
    assert registry.all()[0] is again
    assert len(registry.all()) == len(dialects()) + 1


@pytest.mark.parametrize("thing", [None, "openai", OpenAIChat, object()])
def test_what_is_no_dialect(thing: Any) -> None:
    registry = Registry()
    with pytest.raises(ConfigError, match="is no dialect"):
        registry.register(thing)


def test_a_dialect_without_streams_says_so() -> None:
    class Plain(Dialect):
        name = "plain"

    plain: Any = Plain
    with pytest.raises(NotThisDialect):
        plain().decode_stream(b"data: 1\n\n")
    with pytest.raises(NotThisDialect):
        plain().encode_stream(None)
