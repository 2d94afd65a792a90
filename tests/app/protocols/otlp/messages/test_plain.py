"""Plain values: what a step was called with, and what it gave back."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.protocols.otlp.messages import content_of
from rollscope_desktop.protocols.otlp.received import Event
from tests.app.protocols.otlp.messages.talk import text


@pytest.mark.parametrize(
    ("told", "input", "output"),
    [
        (
            {"input.value": '{"a": 1}', "input.mime_type": "application/json"},
            {"a": 1},
            None,
        ),
        ({"input.value": "Paris", "output.value": "21"}, "Paris", "21"),
        ({"input.value": "3", "input.mime_type": "application/json"}, 3, None),
        (
            {"gen_ai.tool.call.arguments": '{"a": 1}', "gen_ai.tool.call.result": '"x"'},
            {"a": 1},
            "x",
        ),
        ({"gen_ai.tool.call.arguments": {"a": 1}, "gen_ai.tool.call.result": [1]}, {"a": 1}, [1]),
        ({"tool_arguments": '{"a":1}', "tool_response": "x"}, {"a": 1}, "x"),
        ({"ai.toolCall.args": '{"a":1}', "ai.toolCall.result": '"21"'}, {"a": 1}, "21"),
        ({"ai.toolCall.args": "{}", "ai.toolCall.result": "21"}, {}, 21),
        ({"lk.function_tool.arguments": "{}", "lk.function_tool.output": "x"}, {}, "x"),
        (
            {"gcp.vertex.agent.tool_call_args": "{}", "gcp.vertex.agent.tool_response": '{"a": 1}'},
            {},
            {"a": 1},
        ),
        ({"mlflow.spanInputs": '"x"', "mlflow.spanOutputs": "[1]"}, "x", [1]),
        (
            {"traceloop.entity.input": '{"args": ["x"], "kwargs": {}}'},
            ["x"],
            None,
        ),
        (
            {
                "traceloop.entity.input": text(
                    {"input_str": "x", "tags": [], "metadata": {}, "inputs": {"a": 1}, "kwargs": {}}
                ),
                "traceloop.entity.output": text({"output": "y", "kwargs": {"tags": []}}),
            },
            {"a": 1},
            "y",
        ),
        ({"langfuse.observation.input": '{"a": 1}', "input.value": "other"}, {"a": 1}, None),
        ({"input": "x", "output": "y"}, "x", "y"),
        ({"input.value": '{"a": NaN'}, '{"a": NaN', None),
    ],
)
def test_a_tool(told: dict[str, Any], input: Any, output: Any) -> None:
    content = content_of(told, [], "tool")
    assert (content.messages, content.choices) == (None, [])
    assert (content.input, content.output) == (input, output)


def test_what_is_told_otherwise_is_not_used_up() -> None:
    told = {"input.value": "x", "input": "y", "output.value": "z", "output": "z"}
    content = content_of(told, [], "tool")
    assert (content.input, content.output) == ("x", "z")
    assert content.used == {"input.value", "output.value", "output"}


def test_events_of_a_tool() -> None:
    events = [
        Event("gen_ai.tool.message", 1, {"role": "tool", "content": '{"a": 1}', "id": "1"}),
        Event("gen_ai.choice", 2, {"message": '[{"text": "x"}]', "id": "1"}),
    ]
    content = content_of({}, events, "tool")
    assert (content.input, content.output) == ({"a": 1}, "x")
    assert (content.messages, content.choices) == (None, [])


def test_embeddings_and_documents() -> None:
    told: dict[str, Any] = {
        "embedding.embeddings.1.embedding.text": "b",
        "embedding.embeddings.0.embedding.text": "a",
        "embedding.embeddings.0.embedding.vector": [0.5],
        "embedding.embeddings.1.embedding.vector": [0.25],
    }
    content = content_of(told, [], "embedding")
    assert (content.input, content.output) == (["a", "b"], [[0.5], [0.25]])
    told = {
        "input.value": "what?",
        "retrieval.documents.0.document.id": "1",
        "retrieval.documents.0.document.content": "this",
        "retrieval.documents.0.document.score": 0.5,
        "output.value": text([{"page_content": "this"}]),
    }
    content = content_of(told, [], "retriever")
    assert content.input == "what?"
    assert content.output == [{"id": "1", "content": "this", "score": 0.5}]
    told = {
        "reranker.query": "what?",
        "reranker.input_documents.0.document.content": "this",
        "reranker.input_documents.1.document.content": "that",
        "reranker.output_documents.0.document.content": "that",
    }
    content = content_of(told, [], "reranker")
    assert content.input == {
        "query": "what?",
        "documents": [{"content": "this"}, {"content": "that"}],
    }
    assert content.output == [{"content": "that"}]
    told = {"gen_ai.retrieval.query.text": "what?", "gen_ai.retrieval.documents": '[{"id": "1"}]'}
    content = content_of(told, [], "retriever")
    assert (content.input, content.output) == ("what?", [{"id": "1"}])
    told = {"request_data": text({"model": "m", "input": ["a", "b"]})}
    assert content_of(told, [], "embedding").input == ["a", "b"]
    told = {"ai.values": ['"a"', '"b"'], "ai.embeddings": ["[0.5]", "[0.25]"]}
    content = content_of(told, [], "embedding")
    assert (content.input, content.output) == (["a", "b"], [[0.5], [0.25]])


def test_prompts_and_completions_of_old() -> None:
    told = {
        "llm.prompts.0.prompt.text": "Say",
        "llm.choices.0.completion.text": "Said",
        "llm.finish_reason": "stop",
    }
    content = content_of(told, [], "llm")
    assert content.messages == [{"role": "user", "content": "Say"}]
    answer = {"message": {"role": "assistant", "content": "Said"}, "finish_reason": "stop"}
    assert content.choices == [answer]
    told = {"gen_ai.prompt": "Say", "gen_ai.completion": "Said"}
    content = content_of(told, [], "llm")
    assert content.messages == [{"role": "user", "content": "Say"}]
    assert content.choices == [{"message": {"role": "assistant", "content": "Said"}}]
    events = [
        Event(
            "gen_ai.content.prompt", 1, {"gen_ai.prompt": text([{"role": "user", "content": "a"}])}
        ),
        Event("gen_ai.content.completion", 2, {"gen_ai.completion": text([{"content": "b"}])}),
    ]
    content = content_of({}, events, "llm")
    assert content.messages == [{"role": "user", "content": "a"}]
    assert content.choices == [{"message": {"role": "assistant", "content": "b"}}]


def test_a_model_whose_values_are_no_conversation() -> None:
    told = {"input.value": '{"rows": 3}', "output.value": '{"score": 0.5}'}
    content = content_of(told, [], "llm")
    assert (content.input, content.output) == ({"rows": 3}, {"score": 0.5})
    assert (content.messages, content.choices) == (None, [])


def test_serialised_messages_in_the_state_of_a_graph() -> None:
    human = {"type": "human", "data": {"content": "hi", "type": "human", "id": "1"}}
    tool = {"type": "tool", "data": {"content": "21", "type": "tool", "tool_call_id": "1"}}
    told = {"input.value": text({"messages": [human], "n": 1}), "output.value": text(tool)}
    content = content_of(told, [], "task")
    assert content.input == {"messages": [{"role": "user", "content": "hi"}], "n": 1}
    assert content.output == "21"
    mine = {"data": {"content": 1}, "type": "report"}
    assert content_of({"input.value": text(mine)}, [], "task").input == mine


def test_events_in_an_attribute_whose_last_message_is_the_answer() -> None:
    events = [
        {"event.name": "gen_ai.user.message", "role": "user", "content": "hi"},
        {
            "event.name": "gen_ai.unknown",
            "role": "assistant",
            "content": "reasoning\n\nSee JSON for details",
            "data": {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        },
        {"event.name": "gen_ai.assistant.message", "role": "assistant", "content": "ho"},
    ]
    content = content_of({"events": text(events)}, [], "llm")
    parts = [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "ho"}]
    assert content.messages == [{"role": "user", "content": "hi"}]
    assert content.choices == [{"message": {"role": "assistant", "content": parts}}]
    theirs = {"events": text([{"name": "click"}]), "response": "ok", "request_data": "x"}
    assert content_of(theirs, [], "llm").used == frozenset()


def test_calls_beside_the_text_of_an_answer() -> None:
    call = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
    told = {"lk.response.text": "hi", "lk.response.function_calls": text([call])}
    [choice] = content_of(told, [], "llm").choices
    assert choice["message"]["content"] == [
        {"type": "text", "text": "hi"},
        {"type": "tool_call", "id": "1", "name": "f", "arguments": {}},
    ]
    told = {"ai.response.toolCalls": text([{"toolCallId": "1", "toolName": "f", "input": "{}"}])}
    [choice] = content_of(told, [], "llm").choices
    assert choice["message"]["content"] == [
        {"type": "tool_call", "id": "1", "name": "f", "arguments": {}}
    ]
    told = {"ai.prompt": text({"system": "s", "prompt": "p"}), "ai.response.object": '{"a": 1}'}
    content = content_of(told, [], "workflow")
    assert content.messages == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "p"},
    ]
    assert content.choices == [{"message": {"role": "assistant", "content": '{"a": 1}'}}]
