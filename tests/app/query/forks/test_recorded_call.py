"""What a recorded call would be sent as again, whatever it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollscope.capture import dialects
from rollscope_desktop.query.forks.recorded_call import RecordedCall, read_recorded_call
from rollscope_desktop.query.payloads import PayloadGone
from tests.app.support import Log, run_key

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from tests.app.support import Index

SPAN = "0a" * 8
HELLO = [{"role": "user", "content": "Hello"}]
CALL = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}


def call(index: Index, reader: Reader, sent: Any, **more: Any) -> RecordedCall:
    log = Log(run_key(1))
    out = log.line("run.start", v=1, name="r")
    end = {"output": {"message": {"role": "assistant", "content": "Hi"}}, **more.pop("end", {})}
    fields = {"kind": "llm", "name": "chat", **more}
    out += log.line("span.start", span=SPAN, input=sent, **fields)
    [run] = index.grow("a", out + log.line("span.end", after=2_000_000_000, span=SPAN,
                                           status="ok", **end))  # fmt: skip
    return read_recorded_call(reader, run << 31)


def encoded(found: RecordedCall) -> dict[str, Any]:
    """The body that its provider would get."""
    dialect = next(one for one in dialects.dialects() if one.name == found.dialect)
    body: dict[str, Any] = dialect.encode_request(dialects.Request.from_log(found.request))
    return body


def test_a_call_that_our_sdk_recorded(index: Index, reader: Reader) -> None:
    sent = {"model": "m", "messages": HELLO, "settings": {"temperature": 0}, "form": "x"}
    attrs = {"dialect": "openai.responses", "url": "https://h/v1/responses"}
    usage = {"model": "m", "input_tokens": 3, "output_tokens": 4, "cost_usd": 0.5}
    found = call(index, reader, sent, attrs=attrs, end={"usage": usage})
    assert found == RecordedCall(
        found.id, "chat", "openai.responses", False, attrs["url"], sent,
        {"message": {"role": "assistant", "content": "Hi"}}, 3, 4, 0.5, 2.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "attrs", "dialect", "bare"),
    [
        ("gpt-x", {}, "openai.chat", "gpt-x"),
        ("openai/gpt-x", {}, "openai.chat", "gpt-x"),
        ("meta/llama-x", {}, "openai.chat", "meta/llama-x"),
        ("claude-x", {}, "anthropic", "claude-x"),
        ("anthropic/claude-x", {}, "anthropic", "claude-x"),
        ("gemini-x", {}, "gemini", "gemini-x"),
        ("qwen", {"gen_ai.system": "ollama"}, "ollama", "qwen"),
    ],
)
def test_the_provider_is_guessed(
    index: Index, reader: Reader, model: str, attrs: dict[str, Any], dialect: str, bare: str
) -> None:
    end = {"usage": {"model": model}}
    found = call(index, reader, {"messages": HELLO}, attrs=attrs, end=end)
    assert (found.dialect, found.guessed, found.request["model"]) == (dialect, True, bare)
    assert found.url == ""


@pytest.mark.parametrize(
    ("sent", "dialect"),
    [
        ({"model": "m", "messages": HELLO, "temperature": 0.5,
          "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
         "openai.chat"),
        ({"model": "m", "messages": [*HELLO, {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]},
         "openai.chat"),
        ({"model": "m", "input": "Hello", "instructions": "Be short."}, "openai.responses"),
        ({"model": "claude-x", "max_tokens": 5, "system": "Be short.", "messages": HELLO},
         "anthropic"),
    ],
)  # fmt: skip
def test_a_providers_own_body(
    index: Index, reader: Reader, sent: dict[str, Any], dialect: str
) -> None:
    end = {"usage": {"model": sent["model"]}}
    found = call(index, reader, sent, end=end)
    assert found.dialect == dialect
    assert encoded(found) == sent


@pytest.mark.parametrize(
    ("sent", "messages"),
    [
        ("Hello", HELLO),
        (HELLO, HELLO),
        ({"messages": [{"role": "assistant", "content": [CALL]}]},
         [{"role": "assistant", "content": [CALL]}]),
        ({"prompt": "Hello"}, HELLO),
        ([{"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "function": {"name": "f", "arguments": '{"a": 1}'}}]},
          {"role": "tool", "tool_call_id": "c1", "content": "21"}],
         [{"role": "assistant", "content": [CALL]},
          {"role": "tool", "tool_call_id": "c1", "content": "21"}]),
    ],
)  # fmt: skip
def test_other_shapes(index: Index, reader: Reader, sent: Any, messages: list[Any]) -> None:
    found = call(index, reader, sent)
    assert found.request["messages"] == messages
    assert encoded(found)["messages"]


def test_the_address_of_a_server(index: Index, reader: Reader) -> None:
    found = call(index, reader, HELLO, attrs={"base_url": "http://10.0.0.1:8000/v1/"})
    assert found.url == "http://10.0.0.1:8000/v1/chat/completions"


def test_an_address_that_is_none(index: Index, reader: Reader) -> None:
    found = call(index, reader, HELLO, attrs={"url": "file:///etc/passwd"})
    assert found.url == ""


def test_what_was_cut_is_said(index: Index, reader: Reader) -> None:
    assert "in full" in call(index, reader, {"messages": HELLO}, lossy=["input"]).warning


@pytest.mark.parametrize(
    ("sent", "more", "said"),
    [
        (None, {}, "does not hold"),
        ({}, {}, "does not hold"),
        ({"a": 1}, {}, "does not hold"),
        ({"messages": "x"}, {"attrs": {"dialect": "openai.chat"}}, "does not hold"),
        (HELLO, {"kind": "tool"}, "Only a model call"),
        ([{"role": "user", "content_preview": "Good"}], {}, "only the beginning"),
    ],
)
def test_what_cannot_be_sent(
    index: Index, reader: Reader, sent: Any, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(PayloadGone, match=said):
        call(index, reader, sent, **more)
    with pytest.raises(PayloadGone, match="no longer"):
        read_recorded_call(reader, 1 << 40)


def test_a_long_request_is_whole(index: Index, reader: Reader) -> None:
    found = call(index, reader, [{"role": "user", "content": "x" * 300_000}])
    assert len(found.request["messages"][0]["content"]) == 300_000
