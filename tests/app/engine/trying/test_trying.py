"""Calls that are tried against a model server that says what it received."""

from __future__ import annotations

import logging
import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rollscope_desktop.engine.trying.trying import Trying
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens

MESSAGES = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}]
TOOLS = [{"name": "get_weather", "schema": {"type": "object", "properties": {}}}]
KEYS = {"OPENAI_API_KEY": "sk-environment", "ANTHROPIC_API_KEY": "sk-ant", "GEMINI_API_KEY": "g"}
PATHS = {
    "openai.chat": "/v1/chat/completions",
    "openai.responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/old:streamGenerateContent?alt=sse",
    "ollama": "/api/chat",
}


class Heard:
    """A line on which answers are waited for."""

    def __init__(self) -> None:
        self.said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def send(self, message: dict[str, Any]) -> None:
        self.said.put(message)

    def next(self) -> dict[str, Any]:
        return self.said.get(timeout=30)


class Kept:
    """A keychain in memory."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}

    def get(self, place: str) -> str:
        return self.keys.get(place, "")

    def put(self, place: str, key: str) -> None:
        self.keys[place] = key

    def trouble(self) -> str:
        return ""


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with StubModel() as made:
        yield made


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def trying(kept: Kept) -> Iterator[Trying]:
    made = Trying(KEYS, kept, timeout=20)
    yield made
    made.close()


def asked(stub: StubModel, dialect: str = "openai.chat", **more: Any) -> dict[str, Any]:
    request = {"model": "stub-1", "messages": MESSAGES, **more.pop("fields", {})}
    url = stub.url + PATHS[dialect]
    return {"id": 1, "do": "try_call", "dialect": dialect, "url": url, "request": request, **more}


def tried(trying: Trying, request: dict[str, Any]) -> dict[str, Any]:
    line = Heard()
    assert trying.serve(line, request)
    return line.next()


def answered(trying: Trying, request: dict[str, Any]) -> dict[str, Any]:
    said = tried(trying, request)
    assert "ok" in said, said
    found: dict[str, Any] = said["ok"]
    return found


def holding(stub: StubModel, hold: threading.Event) -> threading.Event:
    """Have the next call wait for ``hold``; what is given is set when it has come."""
    came = threading.Event()

    def reply(request: object) -> Reply:
        came.set()
        return Reply(hold=hold)

    stub.script(reply)
    return came


@pytest.mark.parametrize("dialect", PATHS)
def test_every_dialect(stub: StubModel, trying: Trying, dialect: str) -> None:
    stub.script(Reply("It is warm.", tokens=Tokens(input=40, output=6)))
    streams = {"stream": True, "stream_options": {"include_usage": True}}
    settings = {} if dialect == "gemini" else streams
    found = answered(trying, asked(stub, dialect, fields={"tools": TOOLS, "settings": settings}))

    [got] = stub.requests
    assert "It is warm." in str(found["answer"]["message"]["content"])
    assert (found["usage"]["input_tokens"], found["usage"]["output_tokens"]) == (40, 6)
    assert found["seconds"] >= 0
    assert found["key"] == ""
    assert got.json.get("stream", False) is False
    assert "stream_options" not in got.json
    assert "get_weather" in str(got.json["tools"])
    if dialect == "gemini":
        assert got.path == "/v1beta/models/stub-1:generateContent"
    else:
        assert got.json["model"] == "stub-1"
    if dialect == "anthropic":
        assert got.headers["anthropic-version"] == "2023-06-01"
        assert got.json["max_tokens"] == 4096


def test_calls_of_tools_come_back_in_the_normal_form(stub: StubModel, trying: Trying) -> None:
    for dialect in PATHS:
        stub.script(Reply("", calls=(Call("get_weather", {"city": "Paris"}),)))
        found = answered(trying, asked(stub, dialect))
        [call] = [
            part for part in found["answer"]["message"]["content"] if part["type"] == "tool_call"
        ]
        assert (call["name"], call["arguments"]) == ("get_weather", {"city": "Paris"})


def test_a_log_does_not_choose_where_a_key_goes(stub: StubModel, trying: Trying) -> None:
    for dialect in PATHS:
        answered(trying, asked(stub, dialect))
    assert len(stub.requests) == len(PATHS)
    for got in stub.requests:
        assert not any(key in str(got) for key in ("sk-environment", "sk-ant"))
        assert not {"authorization", "x-api-key", "x-goog-api-key"} & got.headers.keys()


def test_a_key_that_was_typed_needs_the_users_word(stub: StubModel, trying: Trying) -> None:
    place = stub.url
    said = tried(trying, asked(stub, key="sk-typed"))
    assert said["error"]["code"] == "permission"
    said = tried(trying, asked(stub, key="sk-typed", confirmed="api.openai.com"))
    assert said["error"]["code"] == "permission"
    assert stub.requests == []

    found = answered(trying, asked(stub, key="sk-typed", confirmed=place))
    assert found["key"] == "typed"
    assert stub.requests[0].headers["authorization"] == "Bearer sk-typed"
    found = answered(trying, asked(stub, "anthropic", confirmed=place))
    assert found["key"] == "ANTHROPIC_API_KEY"
    assert stub.requests[1].headers["x-api-key"] == "sk-ant"


def test_a_key_of_the_keychain(stub: StubModel, trying: Trying, kept: Kept) -> None:
    line = Heard()
    trying.serve(line, {"id": 1, "do": "try_key", "url": stub.url, "key": " sk-kept "})
    assert line.next() == {"id": 1, "ok": {"place": stub.url}}
    assert kept.keys == {stub.url: "sk-kept"}
    assert answered(trying, asked(stub))["key"] == "keychain"
    assert stub.requests[0].headers["authorization"] == "Bearer sk-kept"


def test_where_a_call_would_go(stub: StubModel, trying: Trying) -> None:
    line = Heard()
    trying.serve(line, {"id": 1, "do": "try_place", "dialect": "openai.chat", "url": ""})
    said = line.next()["ok"]
    assert said["url"] == "https://api.openai.com/v1/chat/completions"
    assert (said["place"], said["provider"], said["known"]) == ("api.openai.com", "OpenAI", True)
    assert (said["key"], said["key_names"]) == ("OPENAI_API_KEY", ["OPENAI_API_KEY"])
    request = {"id": 2, "do": "try_place", "dialect": "openai.chat", "url": stub.url + "/v1"}
    trying.serve(line, request)
    said = line.next()["ok"]
    assert (said["place"], said["known"], said["here"]) == (stub.url, False, True)


def test_redirects_are_not_followed(stub: StubModel, trying: Trying) -> None:
    stub.script(Reply(status=307, headers={"location": stub.url + PATHS["openai.chat"]}))
    said = tried(trying, asked(stub, key="sk-typed", confirmed=stub.url))
    assert "go elsewhere" in said["error"]["sentence"]
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(400, "provider"), (401, "key"), (403, "key"), (529, "provider")]
)
def test_a_providers_error_is_a_sentence(
    stub: StubModel, trying: Trying, status: int, code: str
) -> None:
    for dialect in PATHS:
        stub.script(Reply(status=status, error="no such model, sk-typed"))
        said = tried(trying, asked(stub, dialect, key="sk-typed", confirmed=stub.url))
        assert said["error"]["code"] == code
        assert said["error"]["sentence"].endswith(f"({status}): no such model, …")


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (
            Reply(
                body=b"<html>",
            ),
            "provider",
            "cannot be read",
        ),
        (Reply(body=b"[1, 2]"), "provider", "cannot be read"),
        (Reply(cut=0), "network", "broke off"),
    ],
)
def test_answers_that_are_none(
    stub: StubModel, trying: Trying, reply: Reply, code: str, said: str
) -> None:
    stub.script(reply)
    error = tried(trying, asked(stub))["error"]
    assert error["code"] == code
    assert said in error["sentence"]


def test_nobody_listens(trying: Trying) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    request = {"model": "m", "messages": MESSAGES}
    error = tried(trying, {
        "id": 1, "do": "try_call", "dialect": "ollama", "url": f"http://127.0.0.1:{port}/api/chat",
        "request": request,
    })["error"]  # fmt: skip
    assert error["code"] == "network"
    assert "127.0.0.1 cannot be reached" in error["sentence"]


def test_a_server_that_does_not_answer(stub: StubModel, kept: Kept) -> None:
    hold = threading.Event()
    stub.script(Reply(hold=hold))
    trying = Trying({}, kept, timeout=0.2)
    error = tried(trying, asked(stub))["error"]
    hold.set()
    trying.close()
    assert error == {"code": "time", "sentence": "127.0.0.1 did not answer within 0.2 seconds."}


def test_a_call_is_stopped(stub: StubModel, trying: Trying) -> None:
    hold = threading.Event()
    came = holding(stub, hold)
    line, other = Heard(), Heard()
    trying.serve(line, asked(stub, **{"try": "a"}))
    assert came.wait(20)
    trying.serve(other, {"id": 8, "do": "try_cancel", "try": "a"})  # not its own
    trying.serve(line, {"id": 9, "do": "try_cancel", "try": "b"})
    assert line.next() == {"id": 9, "ok": {}}
    assert line.said.empty()
    trying.serve(line, {"id": 10, "do": "try_cancel", "try": "a"})
    said = [line.next(), line.next()]
    hold.set()
    assert {"id": 10, "ok": {}} in said
    assert {"id": 1, "error": {"code": "cancelled", "sentence": "The call was stopped."}} in said


def test_who_leaves_waits_for_nothing(stub: StubModel, trying: Trying) -> None:
    hold, line = threading.Event(), Heard()
    came = holding(stub, hold)
    trying.serve(line, asked(stub))
    assert came.wait(20)
    trying.leave(line)
    assert line.next()["error"]["code"] == "cancelled"
    hold.set()


def test_there_is_an_end_to_calls_at_once(stub: StubModel, trying: Trying) -> None:
    hold, line = threading.Event(), Heard()
    stub.script(*[Reply(hold=hold)] * 8)
    for _ in range(9):
        trying.serve(line, asked(stub))
    assert line.next()["error"]["code"] == "busy"
    hold.set()
    assert all("ok" in line.next() for _ in range(8))


@pytest.mark.parametrize(
    "wrong",
    [
        {"dialect": "openai.embeddings"},
        {"dialect": "klingon"},
        {"dialect": 7},
        {"url": "file:///etc/passwd"},
        {"request": None},
        {"request": {"messages": MESSAGES}},
        {"request": {"model": "m", "messages": "hello"}},
        {"request": {"model": "m", "messages": [7]}},
        {"request": {"model": "m", "messages": MESSAGES, "tools": [7]}},
        {"request": {"model": "m", "messages": MESSAGES, "settings": 7}},
        {"request": {"model": ["m"], "messages": MESSAGES}},
        {"key": ["k"]},
    ],
)
def test_requests_that_are_none(
    stub: StubModel, trying: Trying, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any]
) -> None:
    with caplog.at_level(logging.DEBUG):
        error = tried(trying, {**asked(stub), **wrong})["error"]
    assert error["code"] == "argument"
    assert stub.requests == []
    assert "sk-" not in caplog.text


def test_a_provider_without_a_key_is_not_asked(kept: Kept) -> None:
    trying = Trying({}, kept)
    request = {"model": "gpt-4o", "messages": MESSAGES}
    error = tried(trying, {
        "id": 1, "do": "try_call", "dialect": "openai.chat", "request": request,
        "url": "https://api.openai.com/v1/chat/completions",
    })["error"]  # fmt: skip
    trying.close()
    assert error["code"] == "key"
    assert "set OPENAI_API_KEY" in error["sentence"]


def test_other_requests_are_left_alone(trying: Trying) -> None:
    assert not trying.serve(Heard(), {"id": 1, "do": "status"})


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/organization/admin_api_keys",
        "https://api.openai.com/v1/chat/completions/../../files",
        "https://api.openai.com/v1/files#/v1/chat/completions",
        "https://api.openai.com/v1/files?x=/v1/chat/completions",
    ],
)
@pytest.mark.parametrize("key", ["", "sk-typed"])
def test_a_log_does_not_choose_what_a_key_is_used_for(
    stub: StubModel, trying: Trying, url: str, key: str
) -> None:
    said = tried(trying, {**asked(stub), "url": url, "key": key})

    assert said["error"]["code"] == "argument"
    assert "is no address of model calls" in said["error"]["sentence"]
    assert stub.requests == []
