"""Golden files of another maker, which hold steps alone, are played as far as they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import openai
import orjson
import pytest

from rollscope.capture.calls import sent
from rollscope.client import Rollscope
from rollscope.replay.golden.check import check
from rollscope.replay.golden.files import read_golden
from rollscope.replay.golden.report import Report
from rollscope.replay.golden.steering import StepPlaying
from rollscope.replay.golden.steps import text_of
from rollscope.replay.golden.tolerance import Tolerance
from tests.conftest import ROOT

SAMPLE = ROOT / "tests" / "data" / "golden" / "retrace.json"
NOWHERE = "http://127.0.0.1:9"  # nobody listens there


def play(path: Path, function: Callable[[], Any]) -> Report:
    return check(read_golden(path), function, folder=path.parent, tolerance=Tolerance())


def told(report: Report) -> list[tuple[str, int | None]]:
    return [(one.kind, one.index) for one in report.drift]


@pytest.fixture
def chat() -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{NOWHERE}/v1", api_key="k")


def of_sample(client: Rollscope, chat: openai.OpenAI, seen: list[Any]) -> Callable[[], None]:
    """The program that the sample was made with."""
    claude = anthropic.Anthropic(base_url=NOWHERE, api_key="k")

    @client.tool
    def get_weather(city: str) -> Any:
        raise AssertionError("a tool is never called")

    @client.tool
    def lookup(what: str) -> Any:
        raise AssertionError("a tool is never called")

    def ask(messages: Any, model: str = "gpt-4o-mini", **more: Any) -> Any:
        return chat.chat.completions.create(model=model, messages=messages, **more)

    @client.agent("research-agent")
    def run() -> None:
        first = ask(
            [{"role": "system", "content": "be brief"}, {"role": "user", "content": "weather?"}]
        ).choices[0]
        [call] = first.message.tool_calls
        seen.append((first.finish_reason, call.function.name))
        seen.append(get_weather(**json.loads(call.function.arguments)))
        with pytest.raises(RuntimeError, match="lookup failed"):
            lookup("x")
        history = [
            {"role": "user", "content": "weather?"}, first.message,
            {"role": "tool", "tool_call_id": call.id, "content": "21C"},
        ]  # fmt: skip
        seen.append(ask(history).choices[0].message.content)
        stream = ask([{"role": "user", "content": "stream me please now"}], "x", stream=True)
        seen.append("".join(one.choices[0].delta.content or "" for one in stream if one.choices))
        with pytest.raises(openai.BadRequestError, match="fake upstream failure"):
            ask([{"role": "user", "content": "boom"}])
        answer = claude.messages.create(
            model="claude", max_tokens=9, messages=[{"role": "user", "content": "hi claude"}]
        )
        seen.append(answer.content[0].text)  # type: ignore[union-attr]

    return run


def test_the_sample_is_played_through_the_providers_own_objects(
    client: Rollscope, chat: openai.OpenAI
) -> None:
    seen: list[Any] = []
    report = play(SAMPLE, of_sample(client, chat, seen))
    assert report.differences == (), report.text
    assert seen == [
        ("tool_calls", "get_weather"),
        {"temp": 21},
        "echo[tool]: 21C",
        "echo[user]: stream me please now ",
        "claude-echo: hi claude",
    ]


def write(path: Path, *steps: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"version": 1, "name": "agent", "steps": steps}))
    return path


def llm(said: str, output: str | None, **more: Any) -> dict[str, Any]:
    asked = {"messages": [{"role": "user", "content": said}]}
    return {"span_type": "llm_call", "name": "x", "input": asked, "output": output, **more}


@pytest.fixture
def ask(client: Rollscope, chat: openai.OpenAI) -> Callable[..., Any]:
    def asking(*texts: str) -> Callable[[], list[str | None]]:
        @client.agent
        def run() -> list[str | None]:
            return [
                chat.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": text}]
                ).choices[0].message.content
                for text in texts
            ]  # fmt: skip

        return run

    return asking


def test_another_question_is_drift(tmp_path: Path, ask: Any) -> None:
    path = write(tmp_path / "g.json", llm("a", "1"), llm("b", "2"))
    assert play(path, ask("a", "b")).drift == ()
    assert play(path, ask("b", "a")).drift == ()  # the one is found, wherever it stands
    assert told(play(path, ask("a", "c"))) == [("changed", 1)]
    assert told(play(path, ask("a"))) == [("missing", 1)]
    report = play(path, ask("a", "b", "c"))
    assert told(report) == [("new", None)]
    assert "has no more model calls" in report.text


def test_long_messages_are_compared_as_far_as_they_are_kept(tmp_path: Path, ask: Any) -> None:
    path = write(tmp_path / "g.json", llm("x" * 1000, "1"))
    assert play(path, ask("x" * 3000)).drift == ()
    assert told(play(path, ask("x" * 999 + "y"))) == [("changed", 0)]


def test_errors_without_a_number_are_the_servers(
    tmp_path: Path, client: Rollscope, chat: openai.OpenAI, ask: Any
) -> None:
    path = write(tmp_path / "g.json", llm("a", None, error="it broke"))
    run = ask("a")

    @client.agent
    def careful() -> None:
        with pytest.raises(openai.InternalServerError, match="it broke"):
            run()

    assert play(path, careful).drift == ()


def test_tools_get_results_from_what_the_model_was_told(tmp_path: Path, client: Rollscope) -> None:
    def tool(type: str, input: Any, output: Any) -> dict[str, Any]:
        return {"span_type": type, "name": "look", "input": input, "output": output}

    path = write(
        tmp_path / "g.json",
        tool("tool_call", {"at": 1}, None),
        tool("tool_call", {"at": 2}, None),
        tool("tool_result", None, "one"),
        tool("tool_result", None, "two"),
        tool("tool_call", "by hand", "three"),
    )
    look = client.tool("look")(lambda at: pytest.fail("a tool is never called"))
    seen: list[Any] = []

    @client.agent
    def run() -> None:
        seen.extend([look(at=2), look(at=1), look(at="by hand")])

    assert play(path, run).drift == ()
    assert seen == ["two", "one", "three"]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "a"}]}),
        ("/v1/responses", {"model": "m", "input": "a"}),
        (
            "/v1/messages",
            {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]},
        ),
        (
            "/v1beta/models/m:generateContent",
            {"contents": [{"role": "user", "parts": [{"text": "a"}]}]},
        ),
        ("/api/chat", {"model": "m", "messages": [{"role": "user", "content": "a"}]}),
    ],
)
def test_every_dialect_gets_its_own_words(
    tmp_path: Path, path: str, body: dict[str, Any], streamed: bool
) -> None:
    if "models" in path:
        path = path.replace("generate", "streamGenerate") + "?alt=sse" if streamed else path
    else:
        body = {**body, "stream": streamed}
    request = sent(NOWHERE + path, [], orjson.dumps(body))
    assert request is not None
    golden = write(
        tmp_path / "g.json", llm("a", "Warm."), llm("a", '[tool calls] look({"at": "here"}); go(1)')
    )
    playing = StepPlaying(read_golden(golden).steps)
    said = []
    for _ in range(2):
        [reply] = playing.model(None, request, "m", "").replies or ()  # type: ignore[arg-type]
        dialect = request.match.dialect
        decode = dialect.decode_stream if streamed else dialect.decode_answer
        message = decode(reply.body if streamed else orjson.loads(reply.body)).message or {}
        said.append(message["content"])
    text, calls = said
    assert text_of(text) == "Warm."
    assert [(call["name"], call["arguments"]) for call in calls if call["type"] == "tool_call"] == [
        ("look", {"at": "here"}), ("go", 1),
    ]  # fmt: skip
    assert playing.differences == []
