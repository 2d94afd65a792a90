"""Chat messages out of the shapes that providers and logs use."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope.capture import dialects
from rollscope_desktop.model.messages import (
    NOT_SHOWN,
    Message,
    ToolCall,
    first_text,
    messages_in,
    messages_out,
    results_in,
)
from tests.conftest import ROOT

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}}


def test_openai_chat() -> None:
    request = {
        "model": "gpt-x",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What is this?"},
                                         {"type": "image_url",
                                          "image_url": {"url": "data:image/png;base64,AAAA"}}]},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": "4"},
        ],
    }  # fmt: skip
    assert messages_in(request) == [
        Message("system", ("Be brief.",)),
        Message("user", ("What is this?",), images=("image/png",)),
        Message("assistant", calls=(ToolCall("c1", "add", {"a": 2}),)),
        Message("tool", ("4",), tool_call_id="c1"),
    ]
    answer = {
        "choices": [
            {"message": {"role": "assistant", "content": "4", "reasoning_content": "2 + 2"}}
        ]
    }
    assert messages_out(answer) == [Message("assistant", ("4",), reasoning=("2 + 2",))]


def test_openai_responses() -> None:
    output = {
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
            {"type": "message", "role": "assistant",
             "content": [{"type": "output_text", "text": "Done."}]},
        ]
    }  # fmt: skip
    assert messages_out(output) == [
        Message("assistant", reasoning=("hm",)),
        Message("assistant", calls=(ToolCall("c1", "add", {"a": 1}),)),
        Message("assistant", ("Done.",)),
    ]


def test_anthropic() -> None:
    request = {
        "system": "Be kind.",
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm"},
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1",
                 "content": [{"type": "text", "text": "seen"}]}]},
        ],
    }  # fmt: skip
    assert messages_in(request) == [
        Message("system", ("Be kind.",)),
        Message("user", ("hi",)),
        Message(
            "assistant", ("Let me see.",), (ToolCall("t1", "look", {"at": 1}),), reasoning=("hm",)
        ),
        Message("tool", ("seen",), tool_call_id="t1"),
    ]
    answer = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "ok"}]}
    assert messages_out(answer) == [Message("assistant", ("ok",))]


def test_previews_of_osmosis_logs() -> None:
    asked = [{"index": 0, "role": "user", "content_preview": "What is", "tool_call_id": None}]
    assert messages_in(asked) == [Message("user", ("What is",), is_preview=True)]
    assert messages_in({"messages_summary": asked}) == messages_in(asked)
    answer = {"result_message": {"role": "assistant", "content_preview": "It is"}}
    assert messages_out(answer) == [Message("assistant", ("It is",), is_preview=True)]
    results = {"results_summary": [{"tool_call_id": "c1", "content_preview": "5"}]}
    assert results_in(results) == [Message("tool", ("5",), tool_call_id="c1", is_preview=True)]


def test_agentfly_turns() -> None:
    turns = [
        {"role": "assistant", "content": [{"type": "text", "text": "adding"}],
         "tool_calls": [CALL], "loss": True, "status": "continue"},
        {"role": "tool", "tool_call_id": "c1", "tool_name": "add",
         "content": [{"type": "text", "text": "5"}, {"type": "image", "image": "data:image/gif,"}]},
    ]  # fmt: skip
    assert messages_in(turns) == [
        Message("assistant", ("adding",), (ToolCall("c1", "add", {"a": 2}),)),
        Message("tool", ("5",), tool_call_id="c1", name="add", images=("image/gif",)),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (None, ""),
        ({}, ""),
        ([], ""),
        (7, ""),
        ({"content": "c"}, "c"),
        ({"text": "t"}, "t"),
        ({"message": {"content": "m"}}, "m"),
        ([{"type": "text", "text": "part"}], "part"),
        ({"role": "assistant", "content": {"odd": 1}}, '{"odd":1}'),
    ],
)
def test_first_text(value: Any, text: str) -> None:
    assert first_text(value) == text


def test_a_broken_argument_stays_text() -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": "{oops"}}
    [message] = messages_out({"role": "assistant", "tool_calls": [call]})
    assert message.calls == (ToolCall("c", "f", "{oops"),)


@pytest.mark.parametrize(
    ("part", "name", "data"),
    [
        ({"type": "image", "source": {"url": "https://x/y.png"}}, "https://x/y.png", ""),
        ({"type": "image", "source": {"media_type": "image/png", "data": "A-_A" * 8}},
         "image/png", "A+/A" * 8),
        ({"type": "raw", "raw": {"inlineData": {"mime_type": "image/gif", "data": "AAAA" * 8}}},
         "image/gif", "AAAA" * 8),
        ({"type": "image", "source": {"media_type": "image/png", "url": "gs://x"}},
         "image/png", ""),
    ],
)  # fmt: skip
def test_pictures_of_the_common_form(part: dict[str, Any], name: str, data: str) -> None:
    [message] = messages_in([{"role": "user", "content": [part]}])
    assert (message.images, message.pictures, message.texts) == ((name,), (data,), ())


def test_a_reference_to_nothing_says_so() -> None:
    sent = {"messages": [{"$list": "ab"}, {"$blob": "cd"}, {"role": "user", "content": "hi"}]}
    assert [(message.role, message.text) for message in messages_in(sent)] == [
        ("messages", "(The messages before these are not in the log.)"),
        ("message", "(This message is not in the log.)"),
        ("user", "hi"),
    ]


def test_what_providers_are_sent_is_read_through_the_common_form() -> None:
    """Every request that is known, as the SDK writes it into a log."""
    path = ROOT / "tests" / "data" / "providers" / "requests.json"
    known = {dialect.name: dialect for dialect in dialects.dialects()}
    said: Counter[str] = Counter()
    for row in orjson.loads(path.read_bytes()):
        asked = known[row["dialect"]].decode_request(row["body"], f"http://host{row['path']}")
        found = messages_in(asked.to_log())
        assert found or not asked.messages
        for message in found:
            said[message.role] += 1
            said["calls"] += len(message.calls)
            said["failed"] += message.failed
            said["not shown"] += NOT_SHOWN in message.reasoning
            assert "$" not in message.role
            assert not any('"tool_result"' in text for text in message.texts)
    assert said.keys() == {
        "system", "developer", "user", "assistant", "tool", "calls", "failed", "not shown",
    }  # fmt: skip
    assert min(said.values()) > 0


def test_a_picture_is_named_and_not_fetched() -> None:
    def picture(part: dict[str, Any]) -> tuple[str, ...]:
        return messages_in([{"role": "user", "content": [part]}])[0].images

    source = {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}
    assert picture({"type": "image", "source": source}) == ("image/jpeg",)
    assert picture({"type": "image", "image": "AAAA" * 1000}) == ("image",)
    assert picture({"type": "image_url", "image_url": "https://x/y"}) == ("https://x/y",)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["role", "content", "type", "text", "tool_calls", "function", "messages", "message",
             "choices", "system", "content_preview", "source", "image_url", "reasoning", "x",
             "inlineData", "mimeType", "extra", "is_error", "$list"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_whatever_a_log_holds_nothing_raises(value: Any) -> None:
    for message in messages_in(value) + messages_out(value) + results_in(value):
        assert isinstance(message.text, str)


def test_the_common_form_of_all_providers() -> None:
    asked = [
        {"type": "reasoning", "text": "hm"},
        {"type": "reasoning", "text": "", "form": "redacted"},
        {"type": "text", "text": "I look."},
        {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 2}},
        {"type": "tool_call", "id": "c2", "name": "run", "arguments": "ls -l", "text": "ls -l"},
        {"type": "refusal", "text": "No."},
        {"type": "raw", "raw": {"type": "thinking", "thinking": "hidden"}},
        {"type": "raw", "raw": {"odd": 1}},
        {"type": "raw", "raw": 5},
    ]
    source = {"media_type": "image/png", "data": "QUFB" * 8}
    request = {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "image", "source": source}]},
            {"role": "assistant", "content": asked},
            {"role": "tool", "tool_call_id": "c1", "content": "4"},
            {"role": "tool", "content": [
                {"type": "tool_result", "tool_call_id": "c2", "name": "run", "content": "a.txt"},
                {"type": "tool_result", "tool_call_id": "c3", "content": [
                    {"type": "text", "text": "b"}], "extra": {"is_error": True}},
                {"type": "tool_result", "name": "look", "content": {"text": "one", "more": 2}},
            ]},
        ],
        "tools": [{"name": "add", "description": "Adds", "schema": {}}],
        "settings": {"temperature": 0.2},
    }  # fmt: skip
    assert messages_in(request) == [
        Message("system", ("Be brief.",)),
        Message("user", images=("image/png",)),
        Message(
            "assistant",
            ("I look.", "No.", '{"odd":1}', "5"),
            (ToolCall("c1", "add", {"a": 2}), ToolCall("c2", "run", "ls -l")),
            reasoning=("hm", "(not shown)", "hidden"),
        ),
        Message("tool", ("4",), tool_call_id="c1"),
        Message("tool", ("a.txt",), tool_call_id="c2", name="run"),
        Message("tool", ("b",), tool_call_id="c3", failed=True),
        Message("tool", ('{"text":"one","more":2}',), tool_call_id="", name="look"),
    ]
    choices = {
        "choices": [{"message": {"role": "assistant", "content": "a"}, "finish_reason": "x"}]
    }
    assert messages_out(choices) == [Message("assistant", ("a",))]
