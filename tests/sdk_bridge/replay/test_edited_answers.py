"""An answer of a model that was edited comes out of the provider's own objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollscope.replay import Edit
from tests.sdk_bridge.replay.clients import (
    CLIENTS,
    RICH,
    Recorder,
    async_chat,
    chat,
    chat_stream,
    gemini_stream,
    responses_stream,
)  # fmt: skip
from tests.sdk_bridge.stub import Reply, StubModel

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession")


@pytest.fixture
def record(folder: Path) -> Iterator[Recorder]:
    """Records what is asked of a model server that follows its script."""
    with StubModel() as stub:
        yield Recorder(folder, stub)


def texts_and_calls(name: str, found: Any) -> tuple[str, list[str]]:
    """What an object of a provider says, and the tools that it calls."""
    kind, said = found[1] if name == "claude stream" else found[0] if name == "chat" else found
    if name.startswith("claude"):
        parts = said["content"]
        texts = [part["text"] for part in parts if part["type"] == "text"]
        return "".join(texts), [part["name"] for part in parts if part["type"] == "tool_use"]
    if name == "chat":
        message = said["choices"][0]["message"]
        calls = [call["function"]["name"] for call in message["tool_calls"] or ()]
        return message["content"] or "", calls
    assert kind is not None
    texts = [p["text"] for item in said["output"] for p in item.get("content") or () if "text" in p]
    names = [item["name"] for item in said["output"] if item["type"] == "function_call"]
    return "".join(texts), names


EDITS: dict[str, list[Any]] = {
    "text": [{"type": "text", "text": "CHANGED"}],
    "call": [
        {"type": "text", "text": "Look:"},
        {"type": "tool_call", "id": "call_1", "name": "look_up", "arguments": {"a": 1}},
    ],
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("name", ["chat", "claude", "claude stream", "responses"])
def test_an_edited_answer(record: Recorder, name: str, edit: str) -> None:
    bench = record(CLIENTS[name], RICH)
    message = {"role": "assistant", "content": EDITS[edit]}
    reason = bench.calls[0].output["finish_reason"]
    fork = bench.fork(Edit(bench.calls[0].id, output={"message": message, "finish_reason": reason}))
    assert fork.outcome.status == "ok", fork.outcome.sentence
    assert fork.requests == []
    expected = {"text": ("CHANGED", []), "call": ("Look:", ["look_up"])}[edit]
    assert texts_and_calls(name, record.seen[1]) == expected
    assert texts_and_calls(name, record.seen[0]) == ("Let me see.", ["get_weather"])


def test_edited_answers_as_text_streams(record: Recorder) -> None:
    for do in (chat_stream, responses_stream, gemini_stream, async_chat):
        bench = record(do, Reply("one two"))
        message = {"role": "assistant", "content": [{"type": "text", "text": "CHANGED"}]}
        edit = Edit(bench.calls[0].id, output={"message": message, "finish_reason": "stop"})
        fork = bench.fork(edit)
        assert fork.outcome.status == "ok", fork.outcome.sentence
        assert fork.requests == []
        assert "CHANGED" in str(record.seen[-1])
        assert "one two" not in str(record.seen[-1])


def test_an_answer_that_nobody_could_give(record: Recorder) -> None:
    bench = record(chat, Reply("one"))
    for wrong in ("text", {"message": 3}, {"message": {"role": "assistant", "content": [{}]}}):
        fork = bench.fork(Edit(bench.calls[0].id, output=wrong))
        assert fork.requests == []
        assert fork.outcome.status == "diverged", (wrong, fork.outcome.sentence)
        assert fork.outcome.sentence.startswith(("The output of the step", "This is no answer"))
