"""Calls that are tried again: what was edited is sent with each attempt, and no attempt waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from google import genai
from google.genai import types

from rollscope.client import Rollscope
from rollscope.replay import Edit
from tests.sdk_bridge.stub import Reply

if TYPE_CHECKING:
    from tests.sdk_bridge.replay.conftest import Server, Tools

pytestmark = pytest.mark.soak

SLOW = Reply(status=429, error="slow down", headers={"retry-after-ms": "1"})


def with_openai(url: str) -> Any:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k") as model:
        said: Any = [{"role": "user", "content": "hello"}]
        return model.chat.completions.create(model="gpt-x", messages=said).model


def with_gemini(url: str) -> Any:
    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.001, max_delay=0.002)
    options = types.HttpOptions(base_url=url, retry_options=retry)
    with genai.Client(api_key="k", http_options=options) as model:
        return model.models.generate_content(model="gemini-x", contents="hello").text


def with_a_loop(url: str) -> Any:
    body = {"model": "gpt-x", "messages": [{"role": "user", "content": "hello"}]}
    with httpx2.Client() as http:
        for _ in range(3):
            answer = http.post(f"{url}/v1/chat/completions", json=body)
            if answer.status_code == 200:
                return answer.json()
    return None


@pytest.mark.parametrize("scope", ["call", "later"])
@pytest.mark.parametrize("ask", [with_openai, with_gemini, with_a_loop])
def test_every_attempt_sends_what_was_edited(
    client: Rollscope, record: Any, stub: Server, ask: Any, scope: Any
) -> None:
    bench = record(client.agent("asks")(lambda: str(ask(stub.url))))
    request = dict(bench.calls[0].input)
    request["messages"] = [{"role": "user", "content": [{"type": "text", "text": "CHANGED"}]}]
    request["model"] = "another-x"
    stub.refusals.extend([SLOW, SLOW])
    fork = bench.fork(Edit(bench.calls[0].id, input=request, scope=scope))
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert len(fork.requests) == 3
    for sent in fork.requests:
        assert "CHANGED" in sent.body.decode()
        assert "hello" not in sent.body.decode()
        assert "another-x" in sent.path + sent.body.decode()
    [span] = fork.record.spans.values()
    assert span.attrs["attempts"] == 3
    assert fork.how(span) == "edited"


@pytest.mark.parametrize("ask", [with_openai, with_a_loop])
def test_nobody_waits_for_an_answer_out_of_a_record(
    client: Rollscope, record: Any, stub: Server, ask: Any
) -> None:
    stub.refusals.extend([Reply(status=503, error="busy")] * 2)
    bench = record(client.agent("asks")(lambda: str(ask(stub.url))))
    began = time.perf_counter()
    fork = bench.fork(None)
    fork.check()
    assert time.perf_counter() - began < 0.4  # openai waits for half a second, and then for one
    assert fork.requests == []


def test_an_edited_answer_of_a_call_that_was_tried_again(
    client: Rollscope, record: Any, stub: Server, tools: Tools
) -> None:
    stub.refusals.append(SLOW)
    bench = record(client.agent("asks")(lambda: str(tools.read(str(with_a_loop(stub.url))))))
    message = {"role": "assistant", "content": "CHANGED"}
    edit = Edit(bench.calls[0].id, output={"message": message, "finish_reason": "stop"})
    fork = bench.fork(edit)
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert fork.requests == []
    assert "CHANGED" in str(fork.record.end["output"])
