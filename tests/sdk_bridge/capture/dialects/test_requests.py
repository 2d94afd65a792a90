"""Requests: nothing is lost on the way into the log and back; an edited one is a request again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollscope.capture.dialects import Request, find
from tests.sdk_bridge.capture.dialects import recording
from tests.sdk_bridge.capture.dialects.recorded import (
    BY_NAME,
    REQUESTS,
    Recorded,
    request,
    through_json,
)

each = pytest.mark.parametrize("row", REQUESTS, ids=lambda row: row.name)


@each
def test_a_recorded_request_comes_out_as_it_went_in(row: Recorded) -> None:
    match = find("POST", row.url, {}, row.body)
    assert match is not None
    assert match.dialect is row.dialect
    before = through_json(row.body)
    log = through_json(match.request().to_log())
    assert row.dialect.encode_request(Request.from_log(log)) == before
    assert row.body == before, "the body was changed in place"


def test_what_the_installed_clients_send_is_known_too() -> None:
    for row in recording.record():
        match = find("POST", "http://127.0.0.1" + row["path"], {}, row["body"])
        assert match is not None
        assert match.dialect.name == row["dialect"], row["name"]
        assert match.dialect.encode_request(match.request()) == row["body"], row["name"]


def decoded(name: str) -> tuple[Recorded, Request]:
    row = request(name)
    return row, row.dialect.decode_request(row.body, row.url)


def test_chat_in_the_normal_form() -> None:
    _, asked = decoded("openai.chat: chat 2")
    assert asked.model == "m"
    assert asked.messages[0] == {"role": "system", "content": "Be brief."}
    call = {"type": "tool_call", "id": "call_1_0", "name": "get_weather"}
    text = '{"city": "Z\\u00fcrich"}'
    assert asked.messages[2] == {
        "role": "assistant",
        "content": [{**call, "arguments": {"city": "Zürich"}, "text": text}],
        "form": "absent",
    }
    result = {"role": "tool", "tool_call_id": "call_1_0", "content": recording.RESULT}
    assert asked.messages[3] == result
    tool = {"name": "get_weather", "description": "How warm it is", "schema": recording.SCHEMA}
    assert asked.tools == [{**tool, "extra": {"strict": True}}]
    assert asked.settings["stream"] is True


def test_plain_messages_are_not_copied() -> None:
    row, asked = decoded("openai.chat: chat 2")
    assert asked.messages[0] is row.body["messages"][0]
    assert asked.messages[3] is row.body["messages"][3]
    assert row.dialect.encode_request(asked)["messages"][0] is row.body["messages"][0]


def test_anthropic_in_the_normal_form() -> None:
    _, asked = decoded("anthropic: anthropic 3")
    roles = [message["role"] for message in asked.messages]
    assert roles == ["system", "user", "assistant", "user"]
    assert asked.messages[0]["content"][0] == {"type": "text", "text": "Be brief."}
    kinds = [part["type"] for part in asked.messages[2]["content"]]
    assert kinds == ["reasoning", "raw", "raw", "text", "tool_call", "tool_call"]
    assert asked.messages[2]["content"][5]["arguments"] == {"by": 2}
    failed = asked.messages[3]["content"][0]
    assert failed["tool_call_id"] == "t1"
    assert failed["extra"] == {"is_error": True}
    assert [part["type"] for part in failed["content"]] == ["text", "image"]


def test_gemini_in_the_normal_form() -> None:
    _, asked = decoded("gemini: gemini 2")
    assert asked.model == "gemini-x"
    assert [m["role"] for m in asked.messages] == ["system", "user", "assistant", "user"]
    assert asked.settings["temperature"] == 0.2
    assert [tool["name"] for tool in asked.tools] == ["get_weather", "zoom"]
    assert asked.tools[0]["schema"] == recording.SCHEMA
    kinds = [part["type"] for part in asked.messages[2]["content"]]
    assert kinds == ["reasoning", "text", "tool_call"]
    assert asked.messages[3]["content"][0]["content"] == {"result": {"celsius": 21.0}}


def test_responses_in_the_normal_form() -> None:
    _, asked = decoded("openai.responses: responses 1")
    system = {"role": "system", "content": "Be brief.", "form": "instructions"}
    assert asked.messages[0] == system
    _, asked = decoded("openai.responses: responses 2")
    roles = [message["role"] for message in asked.messages]
    assert roles == ["user", "assistant", "assistant", "assistant", "tool"]
    assert asked.messages[1]["content"][0]["text"] == "They ask."
    assert asked.messages[3]["content"][0]["id"] == asked.messages[4]["tool_call_id"]
    _, asked = decoded("openai.responses: responses 3")
    assert asked.messages == [{"role": "user", "content": "And now?"}]


SYSTEMS: dict[str, Any] = {
    "openai.chat: chat 1": lambda body: body["messages"][0]["content"],
    "openai.responses: responses 1": lambda body: body["instructions"],
    "anthropic: anthropic 1": lambda body: body["system"],
    "gemini: gemini 1": lambda body: body["systemInstruction"]["parts"],
    "ollama: ollama 1": lambda body: body["messages"][0]["content"],
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_an_edited_system_prompt(name: str) -> None:
    row, asked = decoded(name)
    for content in ("Be long.", [{"type": "text", "text": "Be long."}]):
        edited = [{**asked.messages[0], "content": content}, *asked.messages[1:]]
        body = row.dialect.encode_request(replace(asked, messages=edited))
        said = SYSTEMS[name](body)
        assert said in ("Be long.", [{"type": "text", "text": "Be long."}], [{"text": "Be long."}])
        assert {**body, **{k: row.body[k] for k in _CONVERSATION & body.keys()}} == row.body


_CONVERSATION = {"messages", "instructions", "system", "systemInstruction", "contents"}

ARGUMENTS: dict[str, Any] = {
    "openai.chat: chat 2": lambda body: body["messages"][2]["tool_calls"][0]["function"],
    "openai.responses: responses 2": lambda body: body["input"][3],
    "anthropic: anthropic 2": lambda body: body["messages"][1]["content"][2],
    "gemini: gemini 2": lambda body: body["contents"][1]["parts"][2]["functionCall"],
    "ollama: ollama 1": lambda body: body["messages"][2]["tool_calls"][0]["function"],
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_edited_arguments_of_a_tool_call(name: str) -> None:
    row, asked = decoded(name)
    log = through_json(asked.to_log())
    calls = [
        part
        for message in log["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "tool_call"
    ]
    assert calls[0]["arguments"] == {"city": "Zürich"}
    calls[0]["arguments"] = {"city": "Bern", "days": 2}
    call = ARGUMENTS[name](row.dialect.encode_request(Request.from_log(log)))
    [made] = [call[key] for key in ("arguments", "args", "input") if key in call]
    assert made in ({"city": "Bern", "days": 2}, '{"city":"Bern","days":2}')


@pytest.mark.parametrize("name", ["openai.chat", "openai.responses", "anthropic", "ollama"])
def test_a_request_made_by_hand(name: str) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}
    asked = Request(
        "m",
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "text", "text": "Wait."}, call]},
            {"role": "tool", "tool_call_id": "c1", "content": "2"},
        ],
        [{"name": "f", "description": "Adds", "schema": {"type": "object"}}],
        {"temperature": 0},
    )
    dialect = BY_NAME[name]
    again = dialect.decode_request(dialect.encode_request(asked))
    assert (again.model, again.tools, again.settings) == (asked.model, asked.tools, asked.settings)
    assert again.messages[1] == asked.messages[1]
    assert call in [p for m in again.messages for p in m["content"] if not isinstance(p, str)]


def test_a_model_that_is_named_in_the_url() -> None:
    row, asked = decoded("gemini: gemini 2")
    url = row.dialect.encode_url(replace(asked, model="gemini-y"), row.url)
    assert url == "http://127.0.0.1/v1/models/gemini-y:streamGenerateContent?alt=sse"
    assert row.dialect.encode_url(asked, row.url) == row.url
    anthropic = BY_NAME["anthropic"]
    body = {"anthropic_version": "vertex-2023-10-16", "messages": [], "max_tokens": 5}
    for url in (
        "https://x/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:rawPredict",
        "https://x/model/claude%401/invoke",
    ):
        match = find("POST", url, {}, body)
        assert match is not None
        asked = match.request()
        assert asked.model == "claude@1"
        assert anthropic.encode_request(asked) == body
        assert anthropic.encode_url(asked, url) == url
        assert "claude@2" in anthropic.encode_url(replace(asked, model="claude@2"), url)
