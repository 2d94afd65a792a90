"""Whatever is sent, nothing raises, and every line is an event of the log."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollscope_desktop.formats.base import Place
from rollscope_desktop.formats.runlog import RunLog
from rollscope_desktop.protocols.otlp import facts, kind, model, naming, usage
from rollscope_desktop.protocols.otlp.messages import CONTENT_EVENTS
from rollscope_desktop.protocols.otlp.received import Event, Link, Record, Span
from tests.app.protocols.otlp.sending import START, Sending, id_of, trace

NAMES = sorted({
    *usage.NAMES, *model.NAMES, *naming.NAMES, *naming.AGENT, *kind.NAMES, *facts._SESSION,
    *facts._USER, *facts._TAGS, *facts._METADATA, *kind._MODELS,
    "gen_ai.operation.name", "ai.operationId", "operation.name", "llm.request.type",
    "gen_ai.input.messages", "gen_ai.output.messages", "input.value", "output.value",
    "llm.invocation_parameters", "gen_ai.request.temperature", "gen_ai.request.stream",
    "error", "error.type", "error.message", "langfuse.observation.level", "server.address",
    "langfuse.observation.completion_start_time", "ai.response.msToFirstChunk",
    "gen_ai.tool.call.arguments", "gen_ai.tool.call.id", "logfire.msg", "logfire.span_type",
    "logfire.pending_parent_id", "gen_ai.evaluation.name", "gen_ai.evaluation.score.value",
    "annotations.0.annotation.name", "annotations.0.annotation.score", "url.full",
    "exception.type", "exception.message", "exception.stacktrace", "exception.escaped",
    "llm.input_messages.0.message.role", "llm.input_messages.0.message.content",
    "gen_ai.prompt.0.content", "gen_ai.completion.0.content", "$blob", "$raw", "$list",
    "langfuse.trace.name", "embedding.embeddings.0.embedding.vector",
})  # fmt: skip
WORDS = st.sampled_from([
    "chat", "LLM", "EMBEDDING", "CHAIN", "AGENT", "invoke_agent", "ai.generateText.doGenerate",
    "pending_span", "gpt-4o", "openai", "x", "", "null", "50", "-1", "nan", "{}", "[]", "[[[",
    '{"id": "r"}', '[{"role": "user", "parts": [{"type": "text", "content": "x"}]}]',
    '{"input": 5, "total": 2}', "Traceback (most recent call last):\n  x", "\ud800", "a\x00b",
    "2025-11-21T04:40:00Z", "9999-99-99", '{"$blob": "00"}',
])  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 100)
    | st.floats()
    | WORDS
    | st.text(max_size=20)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.just("$blob"), inner, max_size=3)
    ),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=12)
TIMES = st.integers(0, 20).map(lambda ms: START + ms * 1_000_000)
IDS = st.integers(1, 6).map(id_of)
TRACES = st.integers(1, 2).map(trace)
SOURCES = st.integers(1, 40).map(id_of)
EVENTS = st.builds(
    Event,
    st.sampled_from([*sorted(CONTENT_EVENTS), "exception", "gen_ai.evaluation.result", "x", ""]),
    TIMES | st.just(0),
    ATTRIBUTES,
)
SPANS = st.builds(
    Span,
    TRACES,
    IDS,
    st.none() | IDS,
    WORDS,
    TIMES | st.just(0),
    st.none() | TIMES,
    ATTRIBUTES,
    ATTRIBUTES | st.just({"service.name": "x"}),
    st.sampled_from(["", "pydantic-ai", "logfire", "livekit-agents"]),
    SOURCES,
    st.sampled_from(["", "ok", "error"]),
    WORDS,
    st.booleans(),
    st.lists(EVENTS, max_size=3).map(tuple),
    st.lists(st.builds(Link, TRACES, IDS, ATTRIBUTES), max_size=1).map(tuple),
    st.integers(0, 2),
)
RECORDS = st.builds(
    Record,
    TRACES,
    IDS,
    st.sampled_from([*sorted(CONTENT_EVENTS), "gen_ai.evaluation.result", "x", ""]),
    TIMES | st.just(0),
    VALUES,
    ATTRIBUTES,
    ATTRIBUTES,
    WORDS,
    SOURCES,
)
REQUESTS = st.lists(
    st.lists(SPANS, max_size=5) | st.lists(RECORDS, max_size=5) | st.just("restart"), max_size=5
)


def send(requests: list[Any]) -> Sending:
    sending = Sending()
    for request in requests:
        if request == "restart":
            sending.restart()
        elif request and isinstance(request[0], Span):
            sending.spans(*request)
        else:
            sending.records(*request)
    return sending


@settings(max_examples=60)
@given(REQUESTS)
def test_every_line_is_an_event(requests: list[Any]) -> None:
    lines = send(requests).lines()
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    assert not RunLog().reader(Place(("x",)), b"").feed(text, 0, 1).problems
    started = [(line["run"], line["span"]) for line in lines if line["type"] == "span.start"]
    ended = [(line["run"], line["span"]) for line in lines if line["type"] == "span.end"]
    assert len(set(started)) == len(started)
    assert len(set(ended)) == len(ended)
    assert set(ended) <= set(started)
    begun = {line["run"] for line in lines if line["type"] == "run.start"}
    assert {line["run"] for line in lines} == begun


@settings(max_examples=40)
@given(REQUESTS)
def test_what_is_sent_again_writes_nothing(requests: list[Any]) -> None:
    """The last request once more, as a sender repeats it that got no answer."""
    numbers = itertools.count()
    requests = [
        [replace(one, source=id_of(next(numbers))) for one in request]
        for request in requests
        if request != "restart"
    ]
    sending = send(requests)
    before = len(sending.lines())
    for one in requests[-1:]:
        (sending.spans if one and isinstance(one[0], Span) else sending.records)(*one)
    assert len(sending.lines()) == before
