"""The stub server answers the providers' own clients, and says what they sent."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from tests.conftest import ROOT
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens

CALL = Call("get_weather", {"city": "Zürich"}, "id-1")
ASKED = [{"role": "user", "content": "How warm is it?"}]


def openai_client(stub: StubModel, retries: int = 0) -> Any:
    return openai.OpenAI(base_url=stub.url + "/v1", api_key="k", max_retries=retries)


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with StubModel() as stub:
        yield stub


def test_openai(stub: StubModel) -> None:
    stub.script(
        Reply("", (CALL,)), Reply("streamed", (CALL,), "because"), Reply("yes", (CALL,), "so")
    )
    with openai_client(stub) as client:
        answer = client.chat.completions.create(model="m", messages=ASKED)
        [call] = answer.choices[0].message.tool_calls
        assert json.loads(call.function.arguments) == CALL.arguments
        with client.chat.completions.stream(
            model="m", messages=ASKED, stream_options={"include_usage": True}
        ) as stream:
            streamed = stream.get_final_completion()
        assert streamed.choices[0].message.content == "streamed"
        assert streamed.usage.prompt_tokens == 11
        with client.responses.stream(model="m", input="hello") as stream:
            assert stream.get_final_response().output_text == "yes"
        assert client.responses.create(model="m", input="x").output_text == "Hello from the stub."
        assert len(client.embeddings.create(model="m", input=["a", "b"]).data) == 2
        assert client.models.list().data[0].id == "stub-model"
    assert [r.path for r in stub.requests[:2]] == ["/v1/chat/completions"] * 2
    assert stub.requests[0].json["messages"] == ASKED
    assert stub.requests[0].headers["authorization"] == "Bearer k"


def test_anthropic(stub: StubModel) -> None:
    tokens = Tokens(30, 5, 16, 4)
    stub.script(Reply("a", (CALL,), "so", tokens), Reply("a", (CALL,), "so", tokens))
    ask = {"model": "m", "max_tokens": 10, "messages": ASKED}
    maker: Any = anthropic.Anthropic
    with maker(base_url=stub.url, api_key="k", max_retries=0) as client:
        whole = client.messages.create(**ask)
        with client.messages.stream(**ask) as stream:
            streamed = stream.get_final_message()
        assert client.messages.count_tokens(model="m", messages=ASKED).input_tokens == 11
    assert [b.type for b in whole.content] == ["thinking", "text", "tool_use"]
    assert whole.content[2].input == CALL.arguments
    assert [b.model_dump() for b in streamed.content] == [b.model_dump() for b in whole.content]
    assert (whole.usage.input_tokens, streamed.usage.output_tokens) == (10, 5)


def test_gemini(stub: StubModel) -> None:
    stub.script(*[Reply("warm", (CALL,), "so", Tokens(reasoning=2))] * 2)
    client: Any = genai.Client(api_key="k", http_options={"base_url": stub.url})
    try:
        whole = client.models.generate_content(model="gemini-x", contents="hello")
        chunks = list(client.models.generate_content_stream(model="gemini-x", contents="hello"))
    finally:
        client.close()
    assert whole.candidates[0].content.parts[1].text == "warm"
    assert whole.function_calls[0].args == CALL.arguments
    assert (
        "".join(
            p.text
            for c in chunks
            for p in c.candidates[0].content.parts
            if p.text and not p.thought
        )
        == "warm"
    )
    assert "streamGenerateContent?alt=sse" in stub.requests[1].path


def test_errors_retries_and_gzip(stub: StubModel) -> None:
    stub.script(
        Reply(status=429, error="slow down", headers={"retry-after": "0"}),
        Reply("packed", gzip=True),
        Reply(status=400, error="no such model"),
    )
    with openai_client(stub, retries=1) as client:
        answer = client.chat.completions.create(model="m", messages=ASKED)
        assert answer.choices[0].message.content == "packed"
        with pytest.raises(openai.BadRequestError, match="no such model"):
            client.chat.completions.create(model="m", messages=ASKED)
    assert len(stub.wait(3)) == 3


def test_a_held_stream_waits_and_a_cut_one_breaks(stub: StubModel) -> None:
    hold = threading.Event()
    stub.script(Reply("abc", hold=hold), Reply("abc" * 10, cut=3))
    with openai_client(stub) as client:
        stream = client.chat.completions.create(model="m", messages=ASKED, stream=True)
        assert next(stream).choices[0].delta.role == "assistant"
        hold.set()
        assert [c.choices[0].delta.content for c in stream] == ["abc", None]
        broken = client.chat.completions.create(model="m", messages=ASKED, stream=True)
        with pytest.raises(openai.APIConnectionError):
            list(broken)


def test_an_unfinished_stream_does_not_keep_the_server(stub: StubModel) -> None:
    stub.script(Reply("abc", hold=threading.Event()))
    client = openai_client(stub)
    stream = client.chat.completions.create(model="m", messages=ASKED, stream=True)
    next(stream)
    stream.close()
    client.close()


def test_another_process_may_use_it() -> None:
    command = [sys.executable, "-m", "tests.sdk_bridge.stub"]
    pipe = subprocess.PIPE
    started: Any = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, text=True)
    with started as process:
        url = process.stdout.readline().strip()

        def send(path: str, value: Any = None) -> Any:
            data = None if value is None else json.dumps(value).encode()
            with urllib.request.urlopen(url + path, data, timeout=5) as answer:
                return json.load(answer)

        send("/_stub/script", [{"text": "scripted", "calls": [{"name": "f"}]}])
        answer = send("/v1/chat/completions", {"model": "m", "messages": ASKED})
        assert answer["choices"][0]["message"]["content"] == "scripted"
        assert len(send("/_stub/requests")) == 1
        process.stdin.close()
        assert process.wait(10) == 0
