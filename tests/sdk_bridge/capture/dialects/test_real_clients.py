"""The providers' own clients read what the dialects write, and agree on what streams add up to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from rollscope.capture.dialects import Answer, Choice, Usage
from tests.sdk_bridge.capture.dialects.recorded import ANSWERS, BY_NAME, Recorded, through_json
from tests.sdk_bridge.capture.dialects.test_streams import DIALECTS, STREAMS
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens

ASKED: list[Any] = [{"role": "user", "content": "Hello"}]
OWN = {"parsed", "parsed_arguments", "parsed_output", "output_parsed", "sdk_http_response"}
DROPPED = {"native_finish_reason", "prompt_filter_results", "reasoning_details", "role", "index"}
"""What openai's client leaves out of a stream or joins in its own way; numbers of pieces."""
CLIENTS = ("openai.chat", "openai.responses", "anthropic", "gemini")


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with StubModel() as stub:
        yield stub


class Clients:
    """Asks through a provider's own client; the answer as that client sees it, as plain JSON."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[Any] = []

    def close(self) -> None:
        for client in self._made:
            client.close()

    def _keep(self, client: Any) -> Any:
        self._made.append(client)
        return client

    @cached_property
    def openai(self) -> Any:
        return self._keep(openai.OpenAI(base_url=self._url + "/v1", api_key="k", max_retries=0))

    @cached_property
    def anthropic(self) -> Any:
        return self._keep(anthropic.Anthropic(base_url=self._url, api_key="k", max_retries=0))

    @cached_property
    def gemini(self) -> Any:
        return self._keep(genai.Client(api_key="k", http_options={"base_url": self._url}))

    def whole(self, name: str) -> Any:
        if name == "openai.chat":
            return seen(self.openai.chat.completions.create(model="m", messages=ASKED))
        if name == "openai.responses":
            return seen(self.openai.responses.create(model="m", input="Hello"))
        if name == "anthropic":
            return seen(self.anthropic.messages.create(model="m", max_tokens=9, messages=ASKED))
        return seen(self.gemini.models.generate_content(model="m", contents="Hello"))

    def streamed(self, name: str) -> Any:
        if name == "openai.chat":
            with self.openai.chat.completions.stream(
                model="m", messages=ASKED, stream_options={"include_usage": True}
            ) as stream:
                return seen(stream.get_final_completion())
        if name == "openai.responses":
            with self.openai.responses.stream(model="m", input="Hello") as stream:
                stream.until_done()
                return seen(stream.get_final_response())
        if name == "anthropic":
            with self.anthropic.messages.stream(model="m", max_tokens=9, messages=ASKED) as stream:
                return seen(stream.get_final_message())
        chunks = list(self.gemini.models.generate_content_stream(model="m", contents="Hello"))
        return [seen(chunk) for chunk in chunks]


@pytest.fixture
def clients(stub: StubModel) -> Iterator[Clients]:
    clients = Clients(stub.url)
    yield clients
    clients.close()


def seen(value: Any) -> Any:
    """What a client's object says, without what the client adds itself and what is not set."""
    return bare(value.model_dump(mode="json", by_alias=True, warnings=False))


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items() if v not in (None, [], {}) and k not in OWN}
    return [bare(item) for item in value] if isinstance(value, list) else value


def said(chunks: list[Any]) -> tuple[str, str, list[Any], Any, Any]:
    """Text, thoughts, calls, reason and usage of an answer of Gemini, whole or in chunks."""
    parts = [
        part
        for chunk in chunks
        for candidate in chunk.get("candidates", ())[:1]
        for part in candidate.get("content", {}).get("parts", ())
    ]
    last = chunks[-1]
    return (
        "".join(part.get("text", "") for part in parts if not part.get("thought")),
        "".join(part.get("text", "") for part in parts if part.get("thought")),
        [part["functionCall"] for part in parts if "functionCall" in part],
        [c.get("finishReason") for c in last.get("candidates", ())][-1:],
        last.get("usageMetadata"),
    )


def rows() -> list[Recorded]:
    return [row for row in ANSWERS if row.dialect.name in CLIENTS]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_a_client_sees_the_same_in_our_stream_as_in_the_answer(
    row: Recorded, stub: StubModel, clients: Clients
) -> None:
    name = row.dialect.name
    found = row.dialect.decode_answer(row.body)
    stub.script(
        Reply(body=row.dialect.encode_answer(found)),
        Reply(events=tuple(row.dialect.encode_stream(found))),
    )
    whole = clients.whole(name)
    if any(word in row.name for word in ("failed", "incomplete", "Mistral")):
        return  # the client raises for these when they are streamed
    streamed = clients.streamed(name)
    if name == "gemini":
        if "two candidates" not in row.name:
            assert said(streamed) == said([whole])
    else:
        assert streamed == whole or common(streamed) == common(whole)


def common(value: Any) -> Any:
    """Without what the client treats in its own way."""
    if isinstance(value, dict):
        return {k: common(v) for k, v in value.items() if k not in DROPPED}
    return [common(item) for item in value] if isinstance(value, list) else value


def agree(name: str, found: Answer, streamed: Any) -> None:
    """What was decoded from a stream is what the client made of it."""
    body = BY_NAME[name].encode_answer(found)
    if name == "gemini":
        assert said([bare(through_json(body))]) == said(streamed)
    else:
        assert common(bare(through_json(body))) == common(streamed)


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("text", ["", "Let me see. 🌞 " * 5])
@pytest.mark.parametrize("reasoning", ["", "They ask."])
def test_a_stream_of_the_stub_adds_up_as_the_client_says(
    name: str, text: str, reasoning: str, stub: StubModel, clients: Clients
) -> None:
    calls = (Call("get_weather", {"city": "Zürich"}, "c1"), Call("now", {}, "c2"))
    reply = Reply(text, calls, reasoning, Tokens(40, 20, 16, 0, 5))
    stub.script(reply, reply)
    streamed = clients.streamed(name)
    request = stub.requests[-1]
    raw = clients.openai._client.post(stub.url + request.path, content=request.body).content
    found = BY_NAME[name].decode_stream(raw)
    if name != "gemini":
        found.extra["id"] = streamed["id"]  # counted by the stub
    if name == "openai.responses":
        ids = [item["id"] for item in streamed["output"]]
        body = BY_NAME[name].encode_answer(found)
        for item, id in zip(body["output"], ids, strict=True):
            item["id"] = id
        found = BY_NAME[name].decode_answer(body)
    agree(name, found, streamed)
    assert found.usage is not None
    assert found.usage[1:4] == (40, 20, 16)


# Of two calls with one number, as Mistral gives them, openai's client makes one.
FILES = [
    file
    for file in STREAMS
    if DIALECTS[file] in CLIENTS and file.endswith(".sse") and file != "mistral.sse"
]


@pytest.mark.parametrize("file", FILES)
def test_recorded_streams_add_up_as_the_client_says(
    file: str, stub: StubModel, clients: Clients
) -> None:
    name = DIALECTS[file]
    stub.script(Reply(events=(STREAMS[file],)))
    agree(name, BY_NAME[name].decode_stream(STREAMS[file]), clients.streamed(name))


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_takes_an_answer_that_was_made_by_hand(
    name: str, stub: StubModel, clients: Clients
) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}
    message = {"role": "assistant", "content": [{"type": "text", "text": "Yes."}, call]}
    reason = {"anthropic": "tool_use", "gemini": "STOP"}.get(name, "tool_calls")
    made = Answer((Choice(message, reason),), Usage("m", 5, 2))
    dialect = BY_NAME[name]
    stub.script(
        Reply(body=dialect.encode_answer(made)), Reply(events=tuple(dialect.encode_stream(made)))
    )
    whole = clients.whole(name)
    streamed = clients.streamed(name)
    if name == "gemini":
        assert said(streamed) == said([whole])
        whole = [whole]
    else:
        assert common(streamed) == common(whole)
    again = dialect.decode_answer(dialect.encode_answer(made))
    assert again.usage is not None
    assert again.usage[:3] == ("m", 5, 2)
    assert call in again.choices[0].message["content"]
    assert "Yes." in str(whole)
