"""What a span says, each thing in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollscope_desktop.protocols.otlp.received import Event, Link
from tests.app.protocols.otlp.sending import Sending, at, chat, id_of, span, trace, used

AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "ask"}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"}


def send(*requests: Any) -> Sending:
    sending = Sending()
    for request in requests:
        sending.spans(*(request if isinstance(request, list) else [request]))
    return sending


def test_the_lines_of_a_tool() -> None:
    said = {
        **TOOL, "gen_ai.tool.call.id": "call_1", "gen_ai.tool.type": "function",
        "gen_ai.agent.name": "ask",
    }  # fmt: skip
    sending = send(span(3, 1, "execute_tool get_weather", scope="mine", attributes=said))
    line = sending.one("span.start")
    assert (line["kind"], line["name"], line["agent"]) == ("tool", "get_weather", {"id": "ask"})
    assert line["attrs"] == {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.type": "function",
        "tool_call_id": "call_1", "convention": "gen_ai", "scope": "mine",
        "span_name": "execute_tool get_weather",
    }  # fmt: skip


def test_the_id_of_a_tool_call_out_of_the_result() -> None:
    result = '{"type": "tool", "data": {"content": "21", "tool_call_id": "call_1"}}'
    said = {"openinference.span.kind": "TOOL", "output.value": result}
    assert send(span(3, 1, attributes=said)).one("span.start")["attrs"]["tool_call_id"] == "call_1"


def test_the_lines_of_a_call() -> None:
    said = {
        **used(50, 12), "gen_ai.provider.name": "openai", "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.request.stream": True, "gen_ai.openai.api_base": "http://box/v1/", "mine": 5,
        "gen_ai.response.time_to_first_chunk": 0.004,
    }  # fmt: skip
    sending = send(chat(2, 1, attributes=said))
    begun, ended = sending.one("span.start"), sending.one("span.end")
    assert (begun["kind"], begun["name"]) == ("llm", "gpt-4o-mini")
    assert begun["attrs"] == {
        "gen_ai.operation.name": "chat", "gen_ai.request.stream": True, "mine": 5,
        "gen_ai.openai.api_base": "http://box/v1/", "gen_ai.response.time_to_first_chunk": 0.004,
        "provider": "openai", "dialect": "openai.chat", "url": "http://box/v1/chat/completions",
        "stream": True, "response_id": "chatcmpl-1", "convention": "gen_ai",
        "span_name": "chat gpt-4o-mini",
    }  # fmt: skip
    usage = {"model": "gpt-4o-mini", "input_tokens": 50, "output_tokens": 12}
    assert (ended["usage"], ended["first_token"]) == (usage, at(4))


def test_an_address_is_kept_without_what_may_be_secret() -> None:
    attrs = send(
        chat(1, attributes={"url.full": "https://api.example.com/v1beta/m:go?key=AIza&alt=sse"})
    ).one("span.start")["attrs"]
    assert attrs["url"] == "https://api.example.com/v1beta/m:go"
    assert "url.full" not in attrs


def test_sums_of_agents_are_told_and_not_counted(tmp_path: Path) -> None:
    sending = send([
        chat(3, 2, attributes=used(50, 12)),
        span(2, 1, "cycle", attributes=used(50, 12)),
        span(1, attributes={**AGENT, **used(50, 12)}),
    ])  # fmt: skip
    for id in (1, 2):
        sums = sending.one("span.start", id)["attrs"]["usage_sum"]
        assert sums == {"input_tokens": 50, "output_tokens": 12}
    with sending.seen(tmp_path) as seen:
        [run] = seen.runs()
        assert (run.row.tokens_in, run.row.tokens_out) == (50, 12)


def test_links_scopes_and_what_was_dropped() -> None:
    links = (Link(trace(7), id_of(8), {"why": "because"}), Link(trace(7), id_of(9), {}))
    attrs = send(span(1, scope="mine", links=links, dropped=3)).one("span.start")["attrs"]
    assert attrs == {
        "scope": "mine", "dropped": 3,
        "links": [
            {"trace": trace(7), "span": id_of(8), "attributes": {"why": "because"}},
            {"trace": trace(7), "span": id_of(9)},
        ],
    }  # fmt: skip


def test_events_of_a_span() -> None:
    events = (
        Event("retry", at(2), {"attempt": 2}),
        Event("exception", at(3), {"exception.type": "Handled", "exception.message": "never mind"}),
        Event("gen_ai.user.message", at(1), {"content": "Hello?"}),
        Event("", 0, {}),
    )
    lines = send(span(1, events=events)).said("event")
    assert [(line["name"], line["time"], line.get("data")) for line in lines] == [
        ("retry", at(2), {"attempt": 2}),
        ("exception", at(3), {"exception.type": "Handled", "exception.message": "never mind"}),
        ("event", at(0), None),
    ]


def test_judgements() -> None:
    said = {
        "gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.explanation": "so-so",
        "annotations.0.annotation.name": "thumbs", "annotations.0.annotation.label": "up",
        "trace.annotations.0.annotation.name": "solved", "trace.annotations.0.annotation.score": 1,
    }  # fmt: skip
    event = Event(
        "gen_ai.evaluation.result",
        at(5),
        {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.label": "polite"},
    )
    sending = send(span(2, 1, attributes=said, events=(event,)))
    assert [
        (line.get("span"), line["name"], line["value"], line.get("comment"))
        for line in sending.said("feedback")
    ] == [
        (id_of(2), "tone", "polite", None),
        (id_of(2), "relevance", 0.5, "so-so"),
        (id_of(2), "thumbs", "up", None),
        (None, "solved", 1, None),
    ]


def test_a_users_own_marks_stay_what_they_are(tmp_path: Path) -> None:
    said = {"$blob": "a", "$raw": {"x": 1}, "deep": {"$blob": "00"}, "$list": [1]}
    with send(span(1, attributes=said)).seen(tmp_path) as seen:
        attributes = seen.runs()[0].steps[0].attributes
        assert attributes["deep"] == {"$blob": "00"}
        assert attributes["attribute $blob"] == "a"
        assert attributes["attribute $raw"] == {"x": 1}


def test_long_attributes_that_repeat_are_written_once() -> None:
    long = {"parameters": "x" * 5000}
    sending = send([chat(n, 1, begun=n, attributes=long) for n in range(2, 20)])
    assert sum(len(str(line)) for line in sending.lines()) < 20_000
