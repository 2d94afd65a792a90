"""Watching for clients: before and after their import, once, and beside other tracers."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import wrapt

from rollscope import capture
from rollscope.capture import httpx as watched
from rollscope.capture.patching import wrap
from tests.sdk_bridge.capture.runs import KEY, Runs
from tests.sdk_bridge.stub import Reply, StubModel

if TYPE_CHECKING:
    import pytest

ASKED = {"model": "llama", "messages": [{"role": "user", "content": "Hello."}]}

LATE = """
import sys
from rollscope.capture import install
install()
install()
names = [name for name in sys.modules if name.partition(".")[0] in ("httpx", "httpx2", "aiohttp")]
assert not names, names
import httpx
import httpx._client as inner
send = vars(httpx.Client)["send"]
assert send._self_rollscope
assert not hasattr(send.__wrapped__, "_self_rollscope")
import openai
import openai._base_client as base
assert vars(base.SyncAPIClient)["request"]._self_rollscope
assert vars(base.AsyncAPIClient)["request"]._self_rollscope
"""


def test_clients_that_are_imported_later_are_watched_and_none_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_method_is_wrapped_once() -> None:
    class Client:
        def send(self) -> str:
            return "sent"

    calls = []

    def watch(wrapped: Any, client: Any, args: Any, kwargs: Any) -> Any:
        calls.append(client)
        return wrapped(*args, **kwargs)

    wrap(Client, "send", watch)
    wrap(Client, "send", watch)
    Client.send = wrapt.FunctionWrapper(  # type: ignore[method-assign]
        Client.send, lambda wrapped, instance, args, kwargs: wrapped(*args, **kwargs)
    )
    wrap(Client, "send", watch)
    wrap(Client, "receive", watch)
    wrap(None, "send", watch)
    client = Client()
    assert client.send() == "sent"
    assert calls == [client]


def test_installing_again_changes_nothing(runs: Runs) -> None:
    before = vars(httpx.Client)["send"]
    capture.install()
    watched.patch(httpx)
    assert vars(httpx.Client)["send"] is before


def test_another_tracer_around_it(
    runs: Runs, stub: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = httpx.Client.send
    seen = []

    def traced(self: httpx.Client, *args: Any, **kwargs: Any) -> httpx.Response:
        seen.append(args)
        return inner(self, *args, **kwargs)

    monkeypatch.setattr(httpx.Client, "send", traced)
    watched.patch(httpx)
    with runs.run():
        httpx.post(f"{stub.url}/v1/chat/completions", json=ASKED)
    assert len(seen) == 1
    assert runs.span().end["status"] == "ok"


def test_what_goes_wrong_in_the_recorder_does_not_reach_the_program(
    runs: Runs,
    stub: StubModel,
    monkeypatch: pytest.MonkeyPatch,
    expected_log: Any,
) -> None:
    from rollscope import guard
    from rollscope.capture import answers, attempts
    from rollscope.capture.dialects import Dialect
    from rollscope.capture.dialects.openai_chat import OpenAIChat

    monkeypatch.setenv("ROLLSCOPE_INTERNAL_RAISE", "0")
    monkeypatch.setattr(guard.failed, "_said", set())
    expected_log("Rollscope could not")
    url = f"{stub.url}/v1/chat/completions"

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a bug")

    def ask() -> None:
        count = len(stub.requests)
        asked: Any = {**ASKED, "stream": True}
        with httpx.Client() as client, client.stream("POST", url, json=asked) as response:
            assert "[DONE]" in response.read().decode()
        assert httpx.post(url, json=ASKED).status_code == 200
        assert len(stub.requests) == count + 2

    places: list[tuple[Any, str]] = [
        (watched, "sent"),
        (attempts, "taken_up"),
        (attempts, "Call"),
        (attempts.Attempt, "answer"),
        (answers, "composed"),
        (OpenAIChat, "is_first_token"),
        (OpenAIChat, "decode_stream"),
        (OpenAIChat, "decode_answer"),
        (Dialect, "stream_error"),
    ]
    for owner, name in places:
        with runs.run(), monkeypatch.context() as patch:
            patch.setattr(owner, name, broken)
            ask()
    assert all(span.end for span in runs.spans())


def test_an_answer_that_nobody_knows_is_kept_as_it_came(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply(body={"choices": "none"}), Reply(body=b"no JSON at all"))
    with runs.run():
        for _ in range(2):
            httpx.post(f"{stub.url}/v1/chat/completions", json=ASKED)
    one, two = runs.spans()
    assert one.output == {"choices": "none"}
    assert two.output == "no JSON at all"
    assert (one.end["status"], two.end["status"]) == ("ok", "ok")


def test_a_dialect_of_your_own(
    runs: Runs, stub: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollscope.capture import dialects
    from rollscope.capture.dialects import Answer, Choice, Dialect, Registry, Request

    class Echo(Dialect):
        name = "echo"

        def claims(self, path: str) -> bool:
            return path.endswith("/echo")

        def matches(self, path: str, headers: Any, body: dict[str, Any]) -> bool:
            return "say" in body

        def decode_request(self, body: Any, url: str = "") -> Request:
            return Request("parrot", [{"role": "user", "content": body["say"]}])

        def decode_answer(self, body: Any) -> Answer:
            return Answer((Choice({"role": "assistant", "content": body["said"]}, "end"),))

        def encode_request(self, request: Request) -> Any:
            return {"say": request.messages[0]["content"]}

        def encode_answer(self, answer: Answer) -> Any:
            return {"said": answer.choices[0].message["content"]}

    registry = Registry(*dialects.dialects())
    monkeypatch.setattr(dialects, "dialects", registry.all)
    monkeypatch.setattr(dialects, "find", registry.find)
    monkeypatch.setattr(dialects, "register", registry.register)
    capture.register(Echo())
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"said": "Hello."}))
    with runs.run(), httpx.Client(transport=transport) as client:
        client.post("http://127.0.0.1/echo", json={"say": "Hello."})
    span = runs.span()
    assert span.start["name"] == "parrot"
    assert span.start["attrs"]["dialect"] == "echo"
    assert span.said == "Hello."


def test_the_log_of_a_client_without_a_key(runs: Runs, stub: StubModel) -> None:
    with runs.run():
        httpx.post(
            f"{stub.url}/v1/chat/completions?key={KEY}&api-version=7",
            json=ASKED,
            headers={"x-api-key": KEY},
        )
    span = runs.span()
    assert span.start["attrs"]["url"] == f"{stub.url}/v1/chat/completions?api-version=7"
