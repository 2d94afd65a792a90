"""Parts of contents, calls and results of tools, in the shapes of all clients."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.messages.calls import arguments, call_part
from rollscope_desktop.protocols.otlp.messages.message import read_message
from rollscope_desktop.protocols.otlp.messages.parts import read_part, result_content
from rollscope_desktop.protocols.otlp.messages.reading import Reading
from rollscope_desktop.protocols.otlp.messages.tools import read_tools
from tests.app.protocols.otlp.messages.talk import ADDRESS, DATA, SCHEMA, text

INLINE = {"type": "image", "source": {"media_type": "image/png", "data": DATA}}
URL = "https://example.org/a.png"
FILE = {"type": "file", "file_id": "1"}
LINKED = {"type": "image", "source": {"url": URL}}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": DATA},
        {"type": "uri", "modality": "image", "uri": ADDRESS},
        {"type": "image_url", "image_url": {"url": ADDRESS, "detail": "auto"}},
        {"type": "image_url", "image_url": ADDRESS},
        {"type": "input_image", "image_url": ADDRESS, "detail": "high"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA}},
        {"type": "image", "image": DATA, "mediaType": "image/png"},
        {"type": "image", "content": {"format": "png", "source": {"bytes": DATA}}},
        {"type": "file", "mediaType": "image/png", "data": DATA},
        {"type": "binary", "media_type": "image/png", "content": DATA},
        {"kind": "binary", "media_type": "image/png", "binary_content": DATA},
        {"type": "image_content", "image": ADDRESS},
        {"image": {"format": "png", "source": {"bytes": DATA}}},
        {"inlineData": {"mimeType": "image/png", "data": DATA}},
        {"inline_data": {"mime_type": "image/png", "data": DATA}},
        {"message_content": {"type": "image", "image": {"image": {"url": ADDRESS}}}},
    ],
)
def test_a_picture_is_the_same_whoever_sends_it(part: Any) -> None:
    reading = Reading()
    assert read_part(part, reading) == INLINE
    assert not reading.is_lossy


@pytest.mark.parametrize(
    "part",
    [
        {"type": "uri", "modality": "image", "mime_type": "image/png", "uri": URL},
        {"type": "image_url", "image_url": {"url": URL}},
        {"type": "image", "source": {"type": "url", "url": URL}},
        {"type": "image-url", "url": URL},
        {"fileData": {"mimeType": "image/png", "fileUri": URL}},
        {"message_content": {"type": "image", "image": {"image": {"url": URL}}}},
    ],
)
def test_a_picture_that_lies_elsewhere(part: Any) -> None:
    assert read_part(part, Reading()) == LINKED


@pytest.mark.parametrize(
    "part",
    [
        {"image": {"format": "png", "source": {"bytes": "<replaced>"}}},
        {"message_content": {"type": "image", "image": {"image": {"url": "__REDACTED__"}}}},
        {"type": "blob", "modality": "image"},
    ],
)
def test_a_picture_that_was_left_out(part: Any) -> None:
    reading = Reading()
    made = read_part(part, reading)
    assert made is not None
    assert made["type"] == "image"
    assert reading.is_lossy


@pytest.mark.parametrize(
    ("part", "normal"),
    [
        ("hello", {"type": "text", "text": "hello"}),
        ({"type": "text", "text": "hello"}, {"type": "text", "text": "hello"}),
        ({"type": "text", "content": "hello"}, {"type": "text", "text": "hello"}),
        ({"type": "output_text", "text": "a", "annotations": []}, {"type": "text", "text": "a"}),
        ({"type": "text", "text": {"value": "hello"}}, {"type": "text", "text": "hello"}),
        ({"text": "hello"}, {"type": "text", "text": "hello"}),
        ({"type": "thinking", "thinking": "hm"}, {"type": "reasoning", "text": "hm"}),
        ({"type": "reasoning", "content": "hm"}, {"type": "reasoning", "text": "hm"}),
        ({"text": "hm", "thought": True}, {"type": "reasoning", "text": "hm"}),
        ({"type": "redacted_thinking", "data": "x"}, {"type": "reasoning", "text": ""}),
        (
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "a"}, {"text": "b"}],
            },
            {"type": "reasoning", "text": "a\n\nb"},
        ),
        (
            {"type": "reasoning", "content": '[{"type": "summary_text", "text": "a"}]'},
            {"type": "reasoning", "text": "a"},
        ),
        (
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "x"}}},
            {"type": "reasoning", "text": "hm"},
        ),
        ({"type": "refusal", "refusal": "no"}, {"type": "refusal", "text": "no"}),
        (
            {"type": "file", "file_id": "1"},
            {"type": "raw", "raw": {"type": "file", "file_id": "1"}},
        ),
        (
            {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": DATA},
            {"type": "raw", "raw": {"type": "audio", "media_type": "audio/wav", "data": DATA}},
        ),
        ({"type": "novel", "x": 1}, {"type": "raw", "raw": {"type": "novel", "x": 1}}),
        ({"type": "text", "content": "old", "visible": False}, None),
        ({"cachePoint": {"type": "default"}}, None),
        (None, None),
        (3, {"type": "text", "text": "3"}),
    ],
)
def test_a_part(part: Any, normal: Any) -> None:
    assert read_part(part, Reading()) == normal


CALL = {"type": "tool_call", "id": "1", "name": "f", "arguments": {"a": 1}}


@pytest.mark.parametrize(
    "call",
    [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
        {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
        {"type": "tool-call", "toolCallId": "1", "toolName": "f", "input": {"a": 1}},
        {"type": "tool-call", "toolCallId": "1", "toolName": "f", "args": {"a": 1}},
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "1",
            "name": "f",
            "arguments": '{"a":1}',
        },
        {"name": "f", "args": {"a": 1}, "id": "1", "type": "tool_call"},
        {"toolUse": {"toolUseId": "1", "name": "f", "input": {"a": 1}}},
        {"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}},
        {"tool_call": {"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}}},
        {"type": "server_tool_call", "id": "1", "name": "f", "server_tool_call": {"a": 1}},
    ],
)
def test_a_call(call: Any) -> None:
    assert call_part(call) == CALL


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ('{"city": "Paris"}', {"city": "Paris"}),
        ({"city": "Paris"}, {"city": "Paris"}),
        (None, {}),
        ("", {}),
        ("null", {}),
        ('{"args": [], "kwargs": {"city": "Paris"}}', {"city": "Paris"}),
        ({"args": [1], "kwargs": {}}, [1]),
        ({"args": [1], "kwargs": {"a": 1}}, {"args": [1], "kwargs": {"a": 1}}),
        ({"args": [], "sanitize_inputs_outputs": True, "kwargs": {"a": 1}}, {"a": 1}),
        ({"kwargs": {"a": 1}, "query": "x"}, {"kwargs": {"a": 1}, "query": "x"}),
        ("Paris", "Paris"),
        ('"Paris"', "Paris"),
        ('{"city": "Par', '{"city": "Par'),
        ("[1, NaN]", [1, pytest.approx(float("nan"), nan_ok=True)]),
    ],
)
def test_arguments(said: Any, value: Any) -> None:
    assert arguments(said) == value


@pytest.mark.parametrize(
    "said",
    [
        "21 °C",
        [{"type": "text", "text": "21 °C"}],
        {"type": "text", "text": "21 °C"},
        [{"text": "21 °C"}],
        '[{"type": "text", "text": "21 °C"}]',
        {"content": [{"type": "text", "text": "21 °C"}], "isError": False},
        {"type": "tool", "data": {"content": "21 °C", "tool_call_id": "1", "type": "tool"}},
        {"lc": 1, "type": "constructor", "id": ["ToolMessage"], "kwargs": {"content": "21 °C"}},
        text({"lc": 1, "id": ["ToolMessage"], "kwargs": {"content": "21 °C"}}),
        "content='21 °C' name='get_weather' tool_call_id='1'",
        "content=\"21 °C\" tool_call_id='1'",
    ],
)
def test_the_result_of_a_tool_is_its_text(said: Any) -> None:
    assert result_content(said, Reading()) == "21 °C"


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ({"hour": 7}, '{"hour":7}'),
        ([1, 2], "[1,2]"),
        (7, "7"),
        (None, ""),
        ('{"content": 1}', '{"content": 1}'),
        ("content='a", "content='a"),
        ("content='it\\'s' name='x'", "it's"),
        ("content='a' + 'b'", "content='a' + 'b'"),
        ([{"type": "file", "name": "a.py"}], '[{"type":"file","name":"a.py"}]'),
        ([{"type": "text", "line": 1}], '[{"type":"text","line":1}]'),
        ({"type": "temperature", "value": 21}, '{"type":"temperature","value":21}'),
        (
            [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": URL}}],
            [{"type": "text", "text": "a"}, LINKED],
        ),
    ],
)
def test_other_results_stay_what_they_are(said: Any, content: Any) -> None:
    assert result_content(said, Reading()) == content


def test_results_that_are_errors() -> None:
    parts: list[Any] = [
        {"type": "tool_result", "tool_use_id": "1", "content": "no", "is_error": True},
        {"toolResult": {"toolUseId": "1", "status": "error", "content": [{"text": "no"}]}},
        {
            "type": "tool-result",
            "toolCallId": "1",
            "output": {"type": "error-text", "value": "no"},
        },
    ]
    for part in parts:
        result = {"type": "tool_result", "tool_call_id": "1", "content": "no"}
        assert read_part(part, Reading()) == {**result, "extra": {"is_error": True}}


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("ai", "assistant"), ("human", "user"), ("model", "assistant"), ("AIMessage", "assistant"),
        ("HumanMessage", "user"), ("MessageRole.USER", "user"), ("tool-call", "assistant"),
        ("MessageRole.TOOL_RESPONSE", "tool"), ("tool-response", "tool"), ("function", "tool"),
        ("developer", "developer"), ("critic", "critic"), (None, "user"), (3, "user"),
        (["user"], "user"),
    ],
)  # fmt: skip
def test_who_speaks(said: Any, role: str) -> None:
    assert read_message({"role": said, "content": "x"}, Reading()) == {"role": role, "content": "x"}


def test_a_message_that_is_told_twice_is_said_once() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": "{}"}}
    said: dict[str, Any] = {
        "role": "assistant",
        "content": "hi",
        "contents": {
            "1": {"message_content": {"type": "tool_use"}, "tool_call": call},
            "0": {"message_content": {"type": "text", "text": "hi"}},
        },
        "tool_calls": {"0": {"tool_call": call}},
    }
    parts = [{"type": "text", "text": "hi"}, {**CALL, "arguments": {}}]
    assert read_message(said, Reading()) == {"role": "assistant", "content": parts}
    del said["contents"]["0"]
    assert read_message(said, Reading()) == {"role": "assistant", "content": parts}


def test_calls_that_look_alike_are_two() -> None:
    calls = [{"id": n, "function": {"name": "f", "arguments": "{}"}} for n in ("1", "2")]
    made = read_message({"role": "assistant", "content": "", "tool_calls": calls}, Reading())
    assert made is not None
    assert [part["id"] for part in made["content"]] == ["1", "2"]


def test_the_older_call_of_a_function() -> None:
    said: dict[str, Any] = {"role": "assistant", "function_call_name": "f"}
    said["function_call_arguments_json"] = "{}"
    call = {"type": "tool_call", "name": "f", "arguments": {}}
    assert read_message(said, Reading()) == {"role": "assistant", "content": [call]}
    said = {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}
    assert read_message(said, Reading()) == {"role": "assistant", "content": [call]}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}},
        {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True},
        {"name": "f", "description": "d", "input_schema": SCHEMA},
        {"type": "function", "name": "f", "description": "d", "inputSchema": SCHEMA},
        {"name": "f", "description": "d", "inputSchema": {"json": SCHEMA}, "outputSchema": None},
        {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": SCHEMA}}},
        {"name": "f", "description": "d", "parameters": text(SCHEMA)},
        {"functionDeclarations": [{"name": "f", "description": "d", "parameters": SCHEMA}]},
        {"json_schema": text({"name": "f", "description": "d", "input_schema": SCHEMA})},
        text({"name": "f", "description": "d", "parameters_json_schema": SCHEMA}),
    ],
)
def test_a_tool(tool: Any) -> None:
    normal = [{"name": "f", "description": "d", "schema": SCHEMA}]
    assert read_tools([tool]) == read_tools(text([tool])) == read_tools(tool) == normal


def test_tools_that_are_no_functions() -> None:
    assert read_tools(["f", {"name": "g", "parameters": "null"}]) == [{"name": "f"}, {"name": "g"}]
    search = {"type": "web_search", "max_uses": 2}
    assert read_tools([search]) == [{"name": "web_search", "raw": search}]
    assert read_tools(None) == read_tools(3) == read_tools([{}]) == []
