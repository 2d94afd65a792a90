"""What a call used, in every spelling; which model, where, with what settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollscope_desktop.protocols.otlp import model
from rollscope_desktop.protocols.otlp.model import first_token_of
from rollscope_desktop.protocols.otlp.received import Event
from rollscope_desktop.protocols.otlp.usage import usage_of
from tests.app.protocols.otlp.sending import Sending, at, chat, span, used


def usage(given: int | None = None, came: int | None = None, **more: Any) -> dict[str, Any]:
    both = {"input_tokens": given, "output_tokens": came}
    return {name: value for name, value in both.items() if value is not None} | more


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        # OpenTelemetry, old and new
        (used(50, 12), usage(50, 12)),
        ({"gen_ai.usage.prompt_tokens": 50, "gen_ai.usage.completion_tokens": 12}, usage(50, 12)),
        (
            used(80, 9, **{"gen_ai.usage.cache_read.input_tokens": 64}),
            usage(80, 9, cache_read_tokens=64),
        ),
        (
            used(80, 9, **{"gen_ai.usage.cache_creation.input_tokens": 3}),
            usage(80, 9, cache_write_tokens=3),
        ),
        (
            used(80, 9, **{"gen_ai.usage.cache_write.input_tokens": 3}),
            usage(80, 9, cache_write_tokens=3),
        ),
        (
            used(80, 9, **{"gen_ai.usage.reasoning.output_tokens": 5}),
            usage(80, 9, reasoning_tokens=5),
        ),
        # OpenLLMetry 0.62 and 0.40
        (
            used(80, 9, **{"gen_ai.usage.total_tokens": 89, "gen_ai.usage.reasoning_tokens": 2}),
            usage(80, 9, reasoning_tokens=2),
        ),
        (
            {"llm.usage.total_tokens": 62, "gen_ai.usage.prompt_tokens": 50},
            usage(50, 12),
        ),
        # OpenInference
        (
            {"llm.token_count.prompt": 80, "llm.token_count.completion": 9,
             "llm.token_count.total": 89, "llm.token_count.prompt_details.cache_read": 64,
             "llm.token_count.prompt_details.cache_write": 1,
             "llm.token_count.completion_details.reasoning": 4, "llm.cost.total": 0.25},
            usage(80, 9, cache_read_tokens=64, cache_write_tokens=1, reasoning_tokens=4,
                  cost_usd=0.25),
        ),
        ({"llm.cost.prompt": 0.5, "llm.cost.completion": 0.25}, {"cost_usd": 0.75}),
        # pydantic-ai, also through logfire
        (
            used(80, 9, **{"gen_ai.usage.details.cache_read_tokens": 64, "operation.cost": 1e-5}),
            usage(80, 9, cache_read_tokens=64, cost_usd=1e-5),
        ),
        (
            {"gen_ai.aggregated_usage.input_tokens": 130,
             "gen_ai.aggregated_usage.output_tokens": 21},
            usage(130, 21),
        ),
        # Vercel
        (
            {"ai.usage.promptTokens": 50, "ai.usage.completionTokens": 12},
            usage(50, 12),
        ),
        (
            {"ai.usage.inputTokens": 50, "ai.usage.outputTokens": 12, "ai.usage.totalTokens": 62,
             "ai.usage.cachedInputTokens": 10, "ai.usage.reasoningTokens": 3},
            usage(50, 12, cache_read_tokens=10, reasoning_tokens=3),
        ),
        ({"ai.usage.tokens": 7}, usage(7)),
        # Langfuse
        (
            {"langfuse.observation.usage_details":
                 '{"input": 16, "output": 9, "input_cached_tokens": 64, "total": 89}',
             "langfuse.observation.cost_details": '{"input": 0.1, "total": 0.3}'},
            usage(80, 9, cache_read_tokens=64, cost_usd=0.3),
        ),
        ({"langfuse.observation.usage_details": "no JSON"}, None),
        ({"gen_ai.usage.cost": "0.5"}, {"cost_usd": 0.5}),
        # what was cached comes on top, as the provider counts
        (
            used(16, 9, **{"gen_ai.usage.cache_read.input_tokens": 64}),
            usage(80, 9, cache_read_tokens=64),
        ),
        (
            used(100, 9, **{"gen_ai.usage.cache_read.input_tokens": 64,
                            "gen_ai.usage.total_tokens": 173}),
            usage(164, 9, cache_read_tokens=64),
        ),
        (
            used(50, 10, **{"gen_ai.usage.reasoning_tokens": 30}),
            usage(50, 40, reasoning_tokens=30),
        ),
        # numbers as text and fractions, and what cannot be
        (used("50", 12.0), usage(50, 12)),
        (used(-1, 12), usage(came=12)),
        (used(1 << 50, 12), usage(came=12)),
        (used(True, float("nan")), None),
        (used("fifty", [1]), None),
        ({"gen_ai.usage.cost": -1}, None),
        ({"gen_ai.usage.cost": float("inf")}, None),
        ({"gen_ai.usage.input_tokens": "x", "llm.usage.prompt_tokens": 5}, usage(5)),
        ({"http.status": 200}, None),
    ],
)  # fmt: skip
def test_usage(attributes: dict[str, Any], expected: dict[str, Any] | None) -> None:
    assert usage_of(attributes) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"gen_ai.provider.name": "openai"}, 0.00021),
        ({"gen_ai.provider.name": "openai", "server.address": "api.openai.com"}, 0.00021),
        ({"gen_ai.system": "azure.ai.openai"}, 0.00021),
        # a server of one's own may call its models what it likes
        ({"gen_ai.provider.name": "openai", "server.address": "127.0.0.1"}, None),
        ({"gen_ai.provider.name": "openai", "url.full": "http://box:8000/v1/chat/completions"},
         None),
        ({"gen_ai.provider.name": "openai", "gen_ai.openai.api_base": "http://box:8000/v1"}, None),
        ({"gen_ai.provider.name": "openai", "gen_ai.usage.cost": 0.5}, 0.5),
        ({"gen_ai.provider.name": "openai",
          "llm.invocation_parameters": '{"base_url": "http://box/v1"}'}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_cost(attributes: dict[str, Any], expected: float | None) -> None:
    sending = Sending()
    sending.spans(chat(1, attributes={**used(1000, 100), **attributes}))
    found = sending.one("span.end")["usage"].get("cost_usd")
    assert found == (None if expected is None else pytest.approx(expected))


def test_no_price_without_tokens() -> None:
    sending = Sending()
    sending.spans(chat(1, attributes={"gen_ai.provider.name": "openai"}))
    assert sending.one("span.end")["usage"] == {"model": "gpt-4o-mini"}


def test_the_model_that_answered_is_the_one_that_is_paid_for() -> None:
    sending = Sending()
    sending.spans(chat(1, attributes={"gen_ai.response.model": "gpt-4o-mini-2024-07-18"}))
    assert sending.one("span.start")["name"] == "gpt-4o-mini"
    assert sending.one("span.end")["usage"]["model"] == "gpt-4o-mini-2024-07-18"


@pytest.mark.parametrize(
    ("attributes", "settings", "stream"),
    [
        (
            {"gen_ai.request.temperature": 0.5, "gen_ai.request.max_tokens": 99,
             "gen_ai.request.stop_sequences": ["END"], "gen_ai.request.choice.count": 2,
             "gen_ai.request.model": "gpt-4o", "gen_ai.openai.request.seed": 7},
            {"temperature": 0.5, "max_tokens": 99, "stop_sequences": ["END"], "n": 2, "seed": 7},
            False,
        ),
        (
            {"llm.invocation_parameters": '{"model": "m", "temperature": 0.5, "stream": true}'},
            {"temperature": 0.5},
            True,
        ),
        ({"llm.invocation_parameters": "not JSON"}, {}, False),
        ({"llm.invocation_parameters": '{"_type": "openai-chat", "stop": null, "n": 2}'},
         {"n": 2}, False),
        ({"ai.settings.maxOutputTokens": 99}, {"maxOutputTokens": 99}, False),
        ({"langfuse.observation.model.parameters": '{"top_p": 1}'}, {"top_p": 1}, False),
        ({"llm.top_k": 4, "llm.is_streaming": True}, {"top_k": 4}, True),
        ({"gen_ai.request.stream": True}, {}, True),
        ({"gen_ai.is_streaming": False}, {}, False),
    ],
)  # fmt: skip
def test_settings(attributes: dict[str, Any], settings: dict[str, Any], stream: bool) -> None:
    assert model.settings_of(attributes)[:2] == (settings, stream)


@pytest.mark.parametrize(
    ("attributes", "dialect"),
    [
        ({"gen_ai.provider.name": "openai"}, "openai.chat"),
        ({"gen_ai.provider.name": "openai", "openai.api.type": "responses"}, "openai.responses"),
        ({"gen_ai.system": "az.ai.openai"}, "openai.chat"),
        ({"llm.provider": "anthropic"}, "anthropic"),
        ({"ai.model.provider": "anthropic.messages"}, "anthropic"),
        ({"gen_ai.provider.name": "gcp.vertex_ai"}, "gemini"),
        ({"gen_ai.provider.name": "mistral_ai"}, None),
        ({}, None),
    ],
)
def test_dialects(attributes: dict[str, Any], dialect: str | None) -> None:
    assert model.dialect_of(attributes, model.provider_of(attributes), "llm") == dialect


@pytest.mark.parametrize(
    ("attributes", "id"),
    [
        ({"gen_ai.response.id": "chatcmpl-1"}, "chatcmpl-1"),
        ({"ai.response.id": "aitxt-1"}, "aitxt-1"),
        ({"openinference.span.kind": "LLM", "output.value": '{"id": "msg_3", "a": 1}'}, "msg_3"),
        ({"openinference.span.kind": "LLM", "output.value": '"id"'}, None),
        (
            {
                "openinference.span.kind": "LLM",
                "output.value": '{"generations": [[{"message":'
                ' {"kwargs": {"response_metadata": {"id": "m"}}}}]]}',
            },
            "m",
        ),
        ({"openinference.span.kind": "LLM", "output.value": '{"id": 5}'}, None),
        ({"openinference.span.kind": "LLM", "output.value": {"id": "msg_3"}}, None),
        ({"output.value": '{"id": "msg_3"}'}, None),
        ({"gen_ai.response.id": ""}, None),
    ],
)
def test_ids_of_answers(attributes: dict[str, Any], id: str | None) -> None:
    assert model.response_id(attributes) == id


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"gen_ai.response.time_to_first_chunk": 0.004}, 4),
        ({"gen_ai.client.operation.time_to_first_chunk": 0.004}, 4),
        ({"ai.response.msToFirstChunk": 4}, 4),
        ({"ai.response.msToFirstChunk": "4"}, 4),
        ({"ai.response.msToFirstChunk": 40}, None),
        ({"ai.response.msToFirstChunk": -1}, None),
        ({"ai.response.msToFirstChunk": 1e300}, None),
        ({"langfuse.observation.completion_start_time": "2025-11-21T04:40:00.004Z"}, 4),
        ({"langfuse.observation.completion_start_time": '"2025-11-21T04:40:00.004Z"'}, 4),
        ({"langfuse.observation.completion_start_time": "soon"}, None),
        ({}, None),
    ],
)
def test_when_the_first_token_came(attributes: dict[str, Any], expected: float | None) -> None:
    found = first_token_of(span(1, attributes=attributes))
    assert found == (None if expected is None else at(expected))


def test_the_first_of_many_pieces_is_when_the_first_token_came() -> None:
    pieces = tuple(Event("gen_ai.content.completion.chunk", at(n), {}) for n in (5, 4, 6))
    sending = Sending()
    sending.spans(chat(1, events=pieces))
    assert sending.one("span.end")["first_token"] == at(4)
    assert not sending.said("event")


def test_vectors_are_not_kept() -> None:
    long = [[0.5] * 1536, [0.25] * 1536]
    sending = Sending()
    sending.spans(
        span(
            1,
            name="embeddings",
            attributes={"openinference.span.kind": "EMBEDDING", "output.value": json.dumps(long)},
        )
    )
    line = sending.one("span.end")
    assert len(json.dumps(line)) < 20_000
    if line.get("output") is not None:  # as far as it is read as the output
        assert line["lossy"] == ["output"]
