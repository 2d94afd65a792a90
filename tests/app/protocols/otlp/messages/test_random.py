"""Whatever is sent, nothing raises, and what comes out is messages in the normal form."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollscope import wire
from rollscope_desktop.protocols.otlp.messages import Content, content_of, content_of_records
from rollscope_desktop.protocols.otlp.messages.content import _HEADS, _NAMES
from rollscope_desktop.protocols.otlp.messages.events import NAMES as EVENTS
from rollscope_desktop.protocols.otlp.messages.indexed import PREFIXES as INDEXED
from rollscope_desktop.protocols.otlp.messages.openinference import PREFIXES as FLAT
from rollscope_desktop.protocols.otlp.received import Event, Record
from tests.app.protocols.otlp.messages.conventions import CONVENTIONS

KINDS = st.sampled_from(["llm", "tool", "agent", "span", "embedding", "retriever", "task"])
PREFIXES = [prefix for known in (FLAT, INDEXED) for names in known.values() for prefix in names]
ENDS = ["0", "1.message.role", "0.message.contents.0.message_content.type", "x.y", "²", "9" * 30]
ENDS += ["0.message.tool_calls.1.tool_call.function.arguments", "2.content", "0.tool.json_schema"]
KEYS = sorted({*_NAMES, *(f"{prefix}{end}" for prefix in PREFIXES for end in ENDS)})
WORDS = sorted(
    {"role", "content", "parts", "type", "kind", "id", "tool_calls", "message", "name", "kwargs",
     "function", "arguments", "image", "image_url", "url", "data", "text", "messages", "lc",
     "input", "output", "choices", "generations", "candidates", "config", "contents", "system",
     "tool_call", "message_content", "toolUse", "toolResult", "functionResponse", "response",
     "result", "value", "args", "inputs", "additional_kwargs", "event.name", "json_schema",
     "function_tools", "functionDeclarations", "reasoning", "source", "finish_reason", "0", "1"}
)  # fmt: skip
SAID = ["text", "tool_call", "tool_result", "tool-result", "image", "reasoning", "function_call"]
SAID += ["user", "assistant", "tool", "ai", "human", "constructor", "function", "thinking"]
SAID += ["refusal", "blob", "uri", "file"]
SAID += ["gen_ai.choice", "__REDACTED__", "<replaced>", "[", "null", '"x"', "content='a' name='b'"]
SAID += ["data:image/png;base64,AA", "Calling tools:\n[{'name': 'f'}]", "content='\\", "{}", ""]

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
    | st.sampled_from(SAID),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=14,
)  # fmt: skip
VALUES = ODD | ODD.map(json.dumps) | ODD.map(lambda value: json.dumps(json.dumps(value)))


def check(content: Content) -> None:
    json.loads(wire.dump([content.messages, content.tools, content.choices]))
    for message in [*(content.messages or []), *(choice["message"] for choice in content.choices)]:
        assert type(message["role"]) is str
        assert message.keys() <= {"role", "content", "name", "tool_call_id", "extra"}
        if type(message["content"]) is list:
            assert message["content"]
            assert all(type(part["type"]) is str for part in message["content"])
        else:
            assert type(message["content"]) is str
    for message in content.messages or []:
        parts = message["content"] if type(message["content"]) is list else []
        assert not any(part["type"] == "tool_result" for part in parts)
    assert all(type(tool["name"]) is str for tool in content.tools)
    assert all(type(choice.get("finish_reason", "")) is str for choice in content.choices)
    assert content.lossy <= {"input", "output"}


@given(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6),
    st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), VALUES), max_size=3),
    KINDS,
)
def test_odd_values_under_known_names(
    attributes: dict[str, Any], said: list[tuple[str, Any]], kind: str
) -> None:
    events = [Event(name, 0, value if type(value) is dict else {}) for name, value in said]
    content = content_of(attributes, events, kind)
    check(content)
    assert content.used <= attributes.keys()
    records = [Record("", "", name, 0, value, attributes, {}, "", "") for name, value in said]
    check(content_of_records(records))


@given(st.data(), st.sampled_from(sorted(CONVENTIONS)), KINDS)
def test_a_conversation_of_which_something_is_odd(data: Any, name: str, kind: str) -> None:
    attributes, events = CONVENTIONS[name]
    keys = sorted(attributes)
    attributes = {key: attributes[key] for key in keys if data.draw(st.booleans())}
    for key in data.draw(st.lists(st.sampled_from(keys), max_size=3)) if keys else []:
        value = attributes.get(key)
        cut = st.just(value[: data.draw(st.integers(0, 40))] if type(value) is str else value)
        attributes[key] = data.draw(VALUES | cut)
    check(content_of(attributes, data.draw(st.permutations(events)), kind))


def test_every_name_is_found_by_its_beginning() -> None:
    assert all(name[:9] in _HEADS for name in _NAMES)
    assert all(prefix[:9] in _HEADS for prefix in PREFIXES)
    assert min(map(len, PREFIXES)) >= 9
