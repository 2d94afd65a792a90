"""A recorded model call as a command: the right place, a body that survives, and never a key."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from rollscope.capture import dialects
from rollscope_desktop.model.request import NoRequest, curl, python, request_of, without_keys

CHAT = {
    "model": "gpt-x",
    "messages": [{"role": "user", "content": 'It\'s $HOME and `date` and "JSON"\nJSON\n'}],
    "temperature": 0.5,
}


class _Echo(BaseHTTPRequestHandler):
    said: list[tuple[str, str | None, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.said.append((self.path, self.headers.get("Authorization"), body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Echo) as made:
        made.said = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this system")
def test_curl_sends_what_was_recorded_and_the_key_of_the_environment(server: HTTPServer) -> None:
    base = f"http://127.0.0.1:{server.server_port}/v1"
    command = curl(request_of(CHAT, None, base))
    subprocess.run(
        ["/bin/sh", "-c", command], check=True, timeout=20, capture_output=True,
        env={"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": "k-1"},
    )  # fmt: skip
    assert server.said == [("/v1/chat/completions", "Bearer k-1", CHAT)]  # type: ignore[attr-defined]


def called(script: str) -> tuple[str, dict[str, Any]]:
    """What a script calls, and with what."""
    [call] = [
        node.value
        for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).startswith("client.")
    ]  # fmt: skip
    given = {part.arg: ast.literal_eval(part.value) for part in call.keywords if part.arg}
    return ast.unparse(call.func), given


def test_python_calls_with_what_was_recorded() -> None:
    assert called(python(request_of(CHAT, None))) == ("client.chat.completions.create", CHAT)
    odd = {**CHAT, "top-k": 3}
    _, given = called(python(request_of(odd, None)))
    assert given == {**CHAT, "extra_body": {"top-k": 3}}


@pytest.mark.parametrize(
    ("sent", "model", "url", "key", "call"),
    [
        ("hello", "gpt-x", "/v1/chat/completions", "OPENAI", "client.chat.completions.create"),
        ([{"role": "user", "content": "x"}], "m", "/v1/chat/completions", "OPENAI",
         "client.chat.completions.create"),
        ({"model": "gpt-x", "input": "x"}, None, "/v1/responses", "OPENAI",
         "client.responses.create"),
        ({"model": "claude-x", "messages": []}, None, "/v1/messages", "ANTHROPIC",
         "client.messages.create"),
        ({"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"temperature": 1}},
         "models/gemini-x", "/v1beta/models/gemini-x:generateContent", "GEMINI",
         "client.models.generate_content"),
    ],
)  # fmt: skip
def test_each_provider_has_its_shape(sent: Any, model: str, url: str, key: str, call: str) -> None:
    made = request_of(sent, model)
    assert made.url.endswith(url)
    assert f"${key}_API_KEY" in curl(made)
    assert f"{key}_API_KEY" in python(made)
    name, given = called(python(made))
    assert name == call
    if key == "ANTHROPIC":
        assert given["max_tokens"] == 4096
    if key == "GEMINI":
        assert given["config"] == {"temperature": 1}


def test_no_key_is_ever_written() -> None:
    secret = "sk-" + "a1B2" * 8
    sent = {
        **CHAT,
        "api_key": secret,
        "headers": {"Authorization": f"Bearer {secret}"},
        "extra_headers": {"x-api-key": secret},
        "metadata": {"Api-Key": secret, "note": f"use {secret} here", "token_count": 3},
    }
    made = request_of(sent, None)
    for text in (curl(made), python(made)):
        assert secret not in text
        assert "[key removed]" in text
        assert "token_count" in text


def test_what_is_no_secret_stays() -> None:
    kept = {"max_tokens": 5, "tokens": [1], "authors": "me", "text": "the password is a word"}
    assert without_keys(kept) == kept


@pytest.mark.parametrize("sent", [None, 3, {}, {"question": "why?"}, {"input": "x"}])
def test_what_is_no_request_is_said(sent: Any) -> None:
    with pytest.raises(NoRequest, match=r"\.$"):
        request_of(sent, None)


ANTHROPIC = {
    "model": "claude-x",
    "max_tokens": 50,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": "2"}]},
    ],
    "tools": [{"name": "add", "description": "Adds", "input_schema": {"type": "object"}}],
}  # fmt: skip
GEMINI = {
    "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
    "generationConfig": {"temperature": 0.5},
}
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:generateContent"


@pytest.mark.parametrize(
    ("url", "body", "client"),
    [
        ("https://api.openai.com/v1/chat/completions", CHAT, "OpenAI()"),
        ("http://here/v1/chat/completions", CHAT, "OpenAI(base_url='http://here/v1')"),
        ("https://api.openai.com/v1/responses", {"model": "gpt-x", "input": "Hi"}, "OpenAI()"),
        ("https://api.anthropic.com/v1/messages", ANTHROPIC, "Anthropic()"),
        (GOOGLE, GEMINI, "genai.Client()"),
    ],
)
def test_the_common_form_becomes_what_the_provider_was_sent(
    url: str, body: dict[str, Any], client: str
) -> None:
    found = dialects.find("POST", url, {}, body)
    assert found is not None
    request = request_of(found.request().to_log(), None, None, found.dialect.name, url)
    assert (request.url, request.body) == (url, body)
    assert request.client.startswith(client)
    assert python(request)


def test_a_dialect_without_a_package_can_be_sent_but_not_written_as_python() -> None:
    body = {"model": "llama", "messages": [{"role": "user", "content": "Hi"}], "stream": False}
    found = dialects.find("POST", "http://localhost:11434/api/chat", {}, body)
    assert found is not None
    log = found.request().to_log()
    request = request_of(log, None, None, "ollama", "http://localhost:11434/api/chat")
    assert request.body == body
    assert "http://localhost:11434/api/chat" in curl(request)
    with pytest.raises(NoRequest, match="No package"):
        python(request)
    with pytest.raises(NoRequest, match="where this call was sent"):
        request_of(log, None, None, "ollama")
    with pytest.raises(NoRequest, match="odd, which is not known here"):
        request_of(log, None, None, "odd", "http://h")
    with pytest.raises(NoRequest, match="not a whole request"):
        request_of({"messages": 5}, None, None, "openai.chat", "http://h")


def test_the_common_form_without_a_dialect_is_written_as_most_servers_take_it() -> None:
    log = {"model": "m", "messages": CHAT["messages"], "settings": {"temperature": 0.5}}
    request = request_of(log, None, "http://h/v1/")
    assert request.url == "http://h/v1/chat/completions"
    assert request.body == {**CHAT, "model": "m"}
