"""What real clients sent about one and the same conversation with a stub model.

Each file of ``tests/data/otlp/attributes`` has spans of one client, with the kind that they are of,
or the log records of one span.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.messages import Content, content_of, content_of_records
from rollscope_desktop.protocols.otlp.received import Event, Record
from tests.conftest import ROOT

FILES = ROOT / "tests" / "data" / "otlp" / "attributes"
CLIENTS = sorted(path.stem for path in FILES.glob("*.json"))
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ASKED: list[dict[str, Any]] = [
    {"type": "text", "text": "How warm is Paris?"},
    {"type": "image", "source": {"media_type": "image/png", "data": PICTURE}},
]
THOUGHT = {"type": "reasoning", "text": "The tool says 21."}
SAID = "It is 21 °C."
WHOLE = [THOUGHT, {"type": "text", "text": SAID}]

NO_QUESTION = {"openai-v2-span", "openai-v2-event"}
"""Those that leave out a message that is more than text."""
NO_THOUGHT = {
    "openai-v2", "openai-v2-span", "openai-v2-event", "openinference-langchain",
    "openllmetry-langchain",
}  # fmt: skip
NO_CHOICES_REASON = {
    "logfire-openai-agents", "logfire-openai-agents-chat", "openinference-openai-agents-chat",
    "openinference-openai-responses", "pydantic-ai-1.0", "pydantic-ai-1.0-logs",
}  # fmt: skip


OTHERS = {"openinference-smolagents", "openllmetry-openai-0.40"}
"""Those that tell of another conversation, or of its beginning."""


def spans(client: str) -> list[tuple[str, dict[str, Any], list[Event]]]:
    said = json.loads((FILES / f"{client}.json").read_text("utf-8"))
    return [
        (
            span["kind"],
            span["attributes"],
            [Event(e["name"], n, e["attributes"]) for n, e in enumerate(span["events"], 1)],
        )
        for span in said.get("spans", [])
    ]


def records(client: str) -> list[Record]:
    said = json.loads((FILES / f"{client}.json").read_text("utf-8"))
    return [
        Record("a" * 32, "b" * 16, each["name"], 0, each["body"], each["attributes"], {}, "", "")
        for each in said.get("records", [])
    ]


def of_kind(client: str, kind: str) -> Content:
    [found] = [content_of(a, events, k) for k, a, events in spans(client) if k == kind]
    return found


def having(kind: str) -> list[str]:
    return [client for client in CLIENTS if any(k == kind for k, _, _ in spans(client))]


def call_of(client: str) -> Content:
    """The second call of the model: it knows the results of two tools."""
    return content_of_records(found) if (found := records(client)) else of_kind(client, "llm")


@pytest.mark.parametrize("client", sorted(set(CLIENTS) - OTHERS))
def test_a_call(client: str) -> None:
    content = call_of(client)
    assert content.messages is not None
    system, asked, called, *results = content.messages[-5:]
    assert system == {"role": "system", "content": "You tell the weather."}
    if client in NO_QUESTION:
        assert asked == {"role": "user", "content": ""}
    elif client.startswith("strands"):
        picture = {"type": "image", "source": {"media_type": "image/png"}}
        assert asked == {"role": "user", "content": [ASKED[0], picture]}
    else:
        assert asked == {"role": "user", "content": ASKED}
    assert content.lossy == ({"input"} if asked["content"] != ASKED else frozenset())
    assert called["role"] == "assistant"
    names = [(part["type"], part["name"], part["arguments"]) for part in called["content"]]
    assert names == [
        ("tool_call", "get_weather", {"city": "Paris"}),
        ("tool_call", "get_time", {}),
    ]
    time = '{"time":"12:00"}' if client.startswith("vercel") else "12:00"
    assert results == [
        {"role": "tool", "content": text, "tool_call_id": call["id"]}
        for text, call in zip(("21 °C", time), called["content"], strict=True)
    ]
    [choice] = content.choices
    expected = SAID if client in NO_THOUGHT else WHOLE
    assert choice["message"] == {"role": "assistant", "content": expected}
    assert ("finish_reason" not in choice) == (client in NO_CHOICES_REASON)


@pytest.mark.parametrize("client", sorted(c for c in having("llm") if c not in {"openai-v2-span"}))
def test_the_tools_of_a_call(client: str) -> None:
    tools = of_kind(client, "llm").tools
    if client in ("strands", "strands-latest", "openinference-openai-agents-chat") or (
        client == "logfire-openai-agents-chat"
    ):
        assert tools == []  # they do not say
        return
    weather, other = tools
    assert weather["name"] == "get_weather"
    assert weather["description"] == "Tells the weather."
    assert "city" in weather["schema"]["properties"]
    assert other["name"] in ("get_time", "final_answer")
    assert "raw" not in other


@pytest.mark.parametrize("client", sorted(set(having("tool")) - {"openinference-langchain"}))
def test_a_tool(client: str) -> None:
    content = of_kind(client, "tool")
    assert (content.input, content.output) == ({"city": "Paris"}, "21 °C")
    assert content.messages is None
    assert content.choices == []


def test_a_tool_of_langchain_is_called_with_a_text() -> None:
    content = of_kind("openinference-langchain", "tool")
    assert (content.input, content.output) == ("Paris", "21 °C")


@pytest.mark.parametrize("client", having("agent"))
def test_an_agent(client: str) -> None:
    content = of_kind(client, "agent")
    assert content.messages is not None
    assert [message["role"] for message in content.messages[-2:]] == ["system", "user"]
    assert content.messages[-1]["content"][0] == ASKED[0]
    assert content.output == SAID or content.choices[-1]["message"]["content"] in (
        WHOLE,
        SAID + "\n",
        [*WHOLE, *content.choices[-1]["message"]["content"][2:]],
    )


@pytest.mark.parametrize("client", having("task"))
def test_a_step_of_a_graph(client: str) -> None:
    content = of_kind(client, "task")
    assert content.input[0]["name"] == "get_weather"
    result = {"role": "tool", "content": "21 °C", "tool_call_id": "call_1_0"}
    assert content.output == {"messages": [{**result, "name": "get_weather"}]}


@pytest.mark.parametrize("client", having("embedding"))
def test_embeddings(client: str) -> None:
    content = of_kind(client, "embedding")
    assert content.input == ["one", "two"]
    assert content.output == [[0.5, 0.25, -0.5, 1.0]] * 2


def test_what_follows_a_picture_is_not_told_by_the_older_openllmetry() -> None:
    content = of_kind("openllmetry-openai-0.40", "llm")
    assert [message["role"] for message in content.messages or []] == ["system", "user"]
    assert content.lossy == {"input"}
    answer = {"message": {"role": "assistant", "content": SAID}, "finish_reason": "stop"}
    assert content.choices == [answer]


def test_calls_and_results_of_smolagents_are_texts_of_python() -> None:
    content = of_kind("openinference-smolagents", "llm")
    call = {"type": "tool_call", "id": "call_1_0", "name": "get_weather"}
    assert (content.messages or [])[2:] == [
        {"role": "assistant", "content": [{**call, "arguments": {"city": "Paris"}}]},
        {"role": "tool", "content": "Observation:\n21 °C", "tool_call_id": "call_1_0"},
    ]


def test_a_whole_prompt_around_calls_of_the_model() -> None:
    content = of_kind("vercel-6", "workflow")
    system = {"role": "system", "content": "You tell the weather."}
    assert content.messages == [system, {"role": "user", "content": ASKED}]
    assert content.choices[0]["message"]["content"] == WHOLE


@pytest.mark.parametrize("client", CLIENTS)
def test_all_content_is_used_up(client: str) -> None:
    for kind, attributes, events in spans(client):
        used = content_of(attributes, events, kind).used
        left = {name for name, value in attributes.items() if len(str(value)) > 60} - used
        assert left <= {"ai.schema", "embedding.invocation_parameters", "tool.parameters"}


def test_the_files_are_small() -> None:
    assert all(path.stat().st_size < 10_000 for path in Path(FILES).iterdir())
