"""Calls of the openai package over real HTTP: what the log says, and what the program sees."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.sdk_bridge.capture.runs import KEY, Runs, Seen
from tests.sdk_bridge.stub import Call, Reply, StubModel, Tokens

LONG = "How warm is it in Paris, and is it going to rain tomorrow? " * 3
ASKED: list[Any] = [
    {"role": "system", "content": "You are brief."},
    {"role": "user", "content": LONG},
]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city, as the station measured it this morning.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
def client(stub: StubModel) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stub.url}/v1", api_key=KEY, max_retries=2) as made:
        yield made


def check_start(span: Seen, stub: StubModel, path: str, dialect: str, stream: bool) -> None:
    assert span.start["kind"] == "llm"
    assert span.start["name"] == "gpt-4o"
    attrs = {"dialect": dialect, "url": f"{stub.url}{path}"}
    assert span.start["attrs"] == (attrs | {"stream": True} if stream else attrs)


def test_a_call_is_a_span_with_messages_answer_and_usage(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    stub.script(Reply("21 degrees.", tokens=Tokens(input=40, output=6, cached=32, reasoning=2)))
    with runs.run():
        said = client.chat.completions.create(model="gpt-4o", messages=ASKED, temperature=0.2)
    assert said.choices[0].message.content == "21 degrees."
    span = runs.span()
    check_start(span, stub, "/v1/chat/completions", "openai.chat", stream=False)
    assert span.input["model"] == "gpt-4o"
    assert span.input["messages"] == ASKED
    assert span.input["settings"] == {"temperature": 0.2}
    assert span.said == "21 degrees."
    assert span.output["finish_reason"] == "stop"
    assert span.end["status"] == "ok"
    usage = span.end["usage"]
    assert usage["model"] == "gpt-4o"
    assert usage["input_tokens"] == 40
    assert usage["output_tokens"] == 6
    assert usage["cache_read_tokens"] == 32
    assert usage["reasoning_tokens"] == 2
    assert span.end["attrs"] == {"status": 200, "request_id": "req_1"}
    assert "first_token" not in span.end
    assert span.notes == []


def test_a_streamed_call_has_the_time_of_its_first_token(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    stub.script(Reply("one two three four", pause=0.01))
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    with runs.run():
        stream = client.chat.completions.create(model="gpt-4o", messages=ASKED, **options)
        [open_span] = runs.spans()
        assert open_span.end == {}
        text = [c.choices[0].delta.content or "" for c in stream if c.choices]
    assert "".join(text) == "one two three four"
    span = runs.span()
    check_start(span, stub, "/v1/chat/completions", "openai.chat", stream=True)
    assert span.said == "one two three four"
    assert span.output["finish_reason"] == "stop"
    assert span.end["usage"]["output_tokens"] == 7
    assert span.start["time"] < span.end["first_token"] < span.end["time"]


def test_calls_of_tools_and_their_results(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    stub.script(Reply(text="", calls=(Call("get_weather", {"city": "Paris"}, "call_1"),)), Reply())
    with runs.run():
        first = client.chat.completions.create(model="gpt-4o", messages=ASKED, tools=[TOOL])
        answer = first.choices[0].message
        assert answer.tool_calls
        history = [
            *ASKED,
            answer.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": "call_1", "content": "21"},
        ]
        client.chat.completions.create(model="gpt-4o", messages=history, tools=[TOOL])
    one, two = runs.spans()
    assert one.output["finish_reason"] == "tool_calls"
    [called] = [p for p in one.output["message"]["content"] if p["type"] == "tool_call"]
    assert called["name"] == "get_weather"
    assert called["arguments"] == {"city": "Paris"}
    function = TOOL["function"]
    [tool] = one.input["tools"]
    assert tool["name"] == "get_weather"
    assert tool["description"] == function["description"]
    assert tool["schema"] == function["parameters"]
    assert [m["role"] for m in two.input["messages"]] == ["system", "user", "assistant", "tool"]
    # What was written for the first call is referred to in the second.
    text = next(runs.folder.iterdir()).read_text()
    assert text.count(LONG) == 1
    assert text.count(function["description"]) == 1


def test_responses_whole_and_streamed(runs: Runs, stub: StubModel, client: openai.OpenAI) -> None:
    stub.script(Reply("whole"), Reply("in parts"))
    with runs.run():
        whole = client.responses.create(model="gpt-4o", input="Say something.")
        events = list(client.responses.create(model="gpt-4o", input="Go on.", stream=True))
    assert whole.output_text == "whole"
    assert events[-1].type == "response.completed"
    one, two = runs.spans()
    check_start(one, stub, "/v1/responses", "openai.responses", stream=False)
    check_start(two, stub, "/v1/responses", "openai.responses", stream=True)
    assert one.said == "whole"
    assert two.said == "in parts"
    assert two.end["status"] == "ok"
    assert one.end["usage"] == two.end["usage"]
    assert two.start["time"] < two.end["first_token"] < two.end["time"]


def test_attempts_of_one_call_are_one_span(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    stub.script(
        Reply(status=429, error="slow down", headers={"retry-after-ms": "20"}),
        Reply(status=503, error="overloaded", headers={"retry-after-ms": "1"}),
        Reply("at last"),
    )
    with runs.run():
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
    span = runs.span()
    first, second = [note["data"] for note in span.notes]
    assert [note["name"] for note in span.notes] == ["attempt", "attempt"]
    assert first["number"] == 1
    assert first["status"] == 429
    assert first["error"].endswith(": slow down")
    assert first["retry_after"] == 0.02
    assert 0 < first["seconds"] < 10
    assert (second["number"], second["status"]) == (2, 503)
    assert span.end["attrs"] == {"status": 200, "request_id": "req_3", "attempts": 3}
    assert span.said == "at last"


def test_a_failed_attempt_is_in_the_log_before_the_next(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    seen = []

    def look(request: Any) -> Reply:
        seen.extend(runs.spans())
        return Reply()

    stub.script(Reply(status=500, headers={"retry-after-ms": "1"}), look)
    with runs.run():
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
    [span] = seen
    assert span.end == {}
    assert [note["data"]["status"] for note in span.notes] == [500]


def test_retries_that_run_out_end_with_the_error_of_the_program(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    stub.script(*[Reply(status=429, error="no more", headers={"retry-after-ms": "1"})] * 3)
    with runs.run(), pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True)
    span = runs.span()
    assert span.end["status"] == "error"
    assert span.end["error"]["type"] == "RateLimitError"
    assert "no more" in span.end["error"]["message"]
    assert [note["data"]["number"] for note in span.notes] == [1, 2, 3]
    assert span.end["attrs"] == {"status": 429, "request_id": "req_3", "attempts": 3}


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_that_is_not_tried_again(
    runs: Runs, stub: StubModel, client: openai.OpenAI, stream: bool
) -> None:
    stub.script(Reply(status=400, error=f"no such model, {KEY}"))
    with runs.run(), pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=stream)
    assert KEY in str(raised.value)
    span = runs.span()
    assert span.end["status"] == "error"
    assert span.end["error"]["type"] == "BadRequestError"
    assert span.end["error"]["message"] == "no such model, ***"
    assert "Traceback" in span.end["error"]["stack"]
    assert span.end["attrs"] == {"status": 400, "request_id": "req_1"}
    assert span.notes == []


def test_nobody_listens(runs: Runs) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with (
            openai.OpenAI(base_url=url, api_key=KEY, max_retries=0) as client,
            runs.run(),
            pytest.raises(openai.APIConnectionError),
        ):
            client.chat.completions.create(model="gpt-4o", messages=ASKED)
    span = runs.span()
    assert span.end["status"] == "error"
    assert span.end["error"]["type"] == "APIConnectionError"
    assert "ConnectError" in span.notes[0]["data"]["error"]
    assert "status" not in span.end.get("attrs", {})


def test_a_timeout(runs: Runs, stub: StubModel) -> None:
    stub.script(Reply(delay=5))
    url = f"{stub.url}/v1"
    with (
        openai.OpenAI(base_url=url, api_key=KEY, max_retries=0, timeout=0.05) as client,
        runs.run(),
        pytest.raises(openai.APITimeoutError),
    ):
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
    span = runs.span()
    assert span.end["error"]["type"] == "APITimeoutError"
    assert "ReadTimeout" in span.end["error"]["stack"]


def test_a_stream_that_is_closed_early_is_cancelled_with_what_had_come(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    stub.script(Reply("one two three four five", pause=0.01))
    with runs.run():
        stream = client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True)
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        stream.close()
    span = runs.span()
    assert span.end["status"] == "cancelled"
    assert "one two three four five".startswith(span.said)
    assert span.said
    assert "first_token" in span.end


def test_a_stream_that_is_dropped_ends_its_span(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    with runs.run():
        stream = client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True)
        next(iter(stream))
        del stream
        gc.collect()  # the package's streams refer to themselves
        assert runs.span().end["status"] == "cancelled"


def test_a_stream_that_breaks_off(runs: Runs, stub: StubModel, client: openai.OpenAI) -> None:
    stub.script(Reply("one two three four five", cut=3))
    with runs.run(), pytest.raises(openai.APIConnectionError):
        for _ in client.chat.completions.create(model="gpt-4o", messages=ASKED, stream=True):
            pass
    span = runs.span()
    assert span.end["status"] == "error"
    assert span.end["error"]["type"] == "RemoteProtocolError"
    assert span.said


def test_raw_and_streaming_responses(runs: Runs, stub: StubModel, client: openai.OpenAI) -> None:
    with runs.run():
        raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=ASKED)
        assert raw.parse().choices[0].message.content == "Hello from the stub."
        later = client.chat.completions.with_streaming_response
        with later.create(model="gpt-4o", messages=ASKED) as response:
            [_, open_span] = runs.spans()
            assert open_span.end == {}
            assert response.parse().choices[0].message.content == "Hello from the stub."
    one, two = runs.spans()
    assert one.said == two.said == "Hello from the stub."
    assert "first_token" not in two.end


def test_what_the_program_gets_does_not_change(stub: StubModel, runs: Runs) -> None:
    def ask() -> list[Any]:
        with openai.OpenAI(base_url=f"{stub.url}/v1", api_key=KEY) as client:
            create: Any = client.chat.completions.create
            whole = create(model="gpt-4o", messages=ASKED)
            parts = list(create(model="gpt-4o", messages=ASKED, stream=True))
            return [whole.model_dump() | {"id": 0}, [p.model_dump() | {"id": 0} for p in parts]]

    before = ask()
    with runs.run():
        recorded = ask()
    assert recorded == before
    assert len(runs.spans()) == 2


def test_other_requests_of_the_client_are_no_steps(
    runs: Runs, stub: StubModel, client: openai.OpenAI
) -> None:
    with runs.run():
        client.models.list()
    assert runs.spans() == []
