"""Streams as servers send them: what they add up to, in any framing and cut anywhere."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope.capture.dialects import Answer, StreamReader
from rollscope.capture.dialects.framing import Event, read
from rollscope.capture.dialects.sse import write
from tests.sdk_bridge.capture.dialects.recorded import BY_NAME, FOLDER

STREAMS = {path.name: path.read_bytes() for path in sorted((FOLDER / "streams").iterdir())}
DIALECTS = {
    "anthropic.sse": "anthropic",
    "azure.sse": "openai.chat",
    "gemini.json": "gemini",
    "gemini.sse": "gemini",
    "mistral.sse": "openai.chat",
    "ollama.jsonl": "ollama",
    "openrouter.sse": "openai.chat",
}
WEATHER = {"type": "tool_call", "name": "get_weather", "arguments": {"city": "Zürich"}}


def joined(file: str) -> Answer:
    return BY_NAME[DIALECTS[file]].decode_stream(STREAMS[file])


def content(file: str) -> Any:
    message = joined(file).message
    assert message is not None
    return message["content"]


def test_every_stream_has_its_dialect() -> None:
    assert set(STREAMS) == set(DIALECTS)


def test_azure() -> None:
    found = joined("azure.sse")
    assert content("azure.sse") == "Grüezi 🌞"
    assert found.finish_reason == "stop"
    assert found.usage is not None
    assert found.usage[:3] == ("gpt-4o", 9, 3)
    assert found.extra["object"] == "chat.completion"
    assert found.extra["prompt_filter_results"]


def test_openrouter() -> None:
    text = '{"city": "Zürich"}'
    assert content("openrouter.sse") == [
        {"type": "reasoning", "text": "They ask.", "form": "reasoning"},
        {"type": "text", "text": ""},
        {**WEATHER, "id": "call_1", "text": text},
        {"type": "tool_call", "id": "call_2", "name": "now", "arguments": {}},
    ]
    assert joined("openrouter.sse").finish_reason == "tool_calls"


def test_mistral_gives_two_calls_one_number() -> None:
    calls = [part for part in content("mistral.sse") if part["type"] == "tool_call"]
    assert [(call["id"], call["arguments"]) for call in calls] == [
        ("a1", {}),
        ("a2", {"city": "Bern"}),
    ]


def test_anthropic() -> None:
    thinking, text, search, result, weather, now = content("anthropic.sse")
    assert thinking == {
        "type": "reasoning", "text": "Let me see.", "extra": {"signature": "EqQB"},
    }  # fmt: skip
    assert text["text"] == "Pixels are small."
    assert text["extra"]["citations"][0]["cited_text"] == "small"
    assert search["raw"]["input"] == {"query": "pixel"}
    assert result["raw"]["type"] == "web_search_tool_result"
    assert weather == {**WEATHER, "id": "toolu_1"}
    assert now["arguments"] == {}
    found = joined("anthropic.sse")
    assert found.usage is not None
    assert found.usage[:5] == ("claude", 600, 89, 100, 0)
    assert found.finish_reason == "tool_use"


@pytest.mark.parametrize("file", ["gemini.sse", "gemini.json"])
def test_gemini(file: str) -> None:
    assert content(file) == [
        {"type": "reasoning", "text": "**Looking**"},
        {"type": "text", "text": "Let me see."},
        {**WEATHER, "extra": {"thoughtSignature": "CpwC"}},
        {"type": "tool_call", "name": "now", "arguments": {}},
        {"type": "text", "text": ""},
    ]
    usage = joined(file).usage
    assert usage is not None
    assert usage[:3] == ("gemini-2.5-pro", 9, 24)


def test_ollama() -> None:
    reasoning = {"type": "reasoning", "text": "They ask."}
    assert content("ollama.jsonl") == [
        reasoning, {"type": "text", "text": "Let me see."}, WEATHER,
    ]  # fmt: skip


@pytest.mark.parametrize("file", STREAMS)
def test_the_first_token(file: str) -> None:
    dialect = BY_NAME[DIALECTS[file]]
    events = read(STREAMS[file])
    first = next(i for i, event in enumerate(events) if dialect.is_first_token(event))
    assert first == {"azure.sse": 2, "mistral.sse": 1, "anthropic.sse": 3}.get(file, 0)


@pytest.mark.parametrize("file", STREAMS)
def test_a_joined_stream_can_be_streamed_again(file: str) -> None:
    dialect, found = BY_NAME[DIALECTS[file]], joined(file)
    assert dialect.decode_stream(b"".join(dialect.encode_stream(found))) == found
    assert dialect.decode_answer(dialect.encode_answer(found)) == found


def test_what_breaks_off_inside_arguments_keeps_their_text() -> None:
    data = STREAMS["anthropic.sse"]
    data = data[: data.index(b' \\"Z\xc3\xbcrich')]
    message = BY_NAME["anthropic"].decode_stream(data).message
    assert message is not None
    assert message["content"][-1]["arguments"] == '{"city":'


@given(st.sampled_from(sorted(STREAMS)), st.lists(st.integers(0, 6000), max_size=12))
def test_cut_anywhere_the_events_are_the_same(file: str, cuts: list[int]) -> None:
    data = STREAMS[file]
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    reader = StreamReader()
    found = [event for begin, end in pairwise(places) for event in reader.feed(data[begin:end])]
    assert found + reader.close() == read(data)


@pytest.mark.parametrize("file", STREAMS)
def test_byte_by_byte(file: str) -> None:
    reader, data = StreamReader(), STREAMS[file]
    found = [event for at in range(len(data)) for event in reader.feed(data[at : at + 1])]
    assert found + reader.close() == read(data)


lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


@given(st.lists(st.tuples(lines, lines), max_size=5), st.sampled_from(["\n", "\r\n", "\r"]))
def test_server_sent_events_with_any_ends_of_lines(events: list[tuple[str, str]], end: str) -> None:
    names = [name.strip() for name, _ in events]
    text = "".join(
        f"id: 7{end}event: {name}{end}data: {data}{end}: x{end}data{end}{end}"
        for name, (_, data) in zip(names, events, strict=True)
    )
    found = read(text.encode())
    assert [event.name for event in found] == names
    assert len(found) == len(events)


def test_events_are_read_as_the_standard_has_it() -> None:
    assert read(b"\xef\xbb\xbfdata: a\ndata:b\n\nevent: x\n\ndata: c") == [
        Event(None, "a\nb"),
        Event(None, "c"),
    ]
    assert read(write({"a": "b\nc"}, "n") + write("x\ny")) == [
        Event("n", {"a": "b\nc"}),
        Event(None, "x\ny"),
    ]
    assert read(b"") == read(b" \n") == []


@pytest.mark.parametrize("data", [b"[", b"]", b"{", b'{"a":"\\', b"}{}", b'"{"', b'[{"a":"}"},{}]'])
def test_json_that_is_no_stream(data: bytes) -> None:
    assert all(isinstance(event, Event) for event in read(data))


def test_a_long_text_is_not_searched_again_and_again() -> None:
    reader = StreamReader()
    text = '{"a":"' + "x" * 2_000_000
    for at in range(0, len(text), 1000):
        assert reader.feed(text[at : at + 1000].encode()) == []
    [event] = reader.feed(b'"}')
    assert len(event.data["a"]) == 2_000_000
