"""Model calls come out in the normal form, and say where the SDK has cut something off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.protocols.retrace.arriving import Arriving, ended, span, trace

OPENAI = "openai.chat.completions.create"


def call(arriving: Arriving, **said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The start of a model call, and what was told of it next."""
    given = {"name": OPENAI, "model": "gpt-4o", **said}
    arriving.frames(
        ("trace_started", trace()), ("span_started", span("llm_call", 1, ended=2, **given))
    )
    [start] = arriving.said("span.start")
    told = arriving.said("span.set")
    return start, told[0] if told else {}


def chat(*texts: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text} for text in texts]}


def test_a_prompt_that_is_one_text(arriving: Arriving) -> None:
    start, _ = call(arriving, name="retrace.ai.generate", model="gemini-2", input="hi")
    messages = [{"role": "user", "content": "hi"}]
    assert start["input"] == {"model": "gemini-2", "messages": messages}
    assert "lossy" not in start


@pytest.mark.parametrize(("length", "cut"), [(999, False), (1000, True)])
def test_a_message_of_full_length_is_cut(arriving: Arriving, length: int, cut: bool) -> None:
    start, _ = call(arriving, input=chat("x" * length))
    assert start.get("lossy") == (["input"] if cut else None)


def test_what_a_program_tells_itself_is_whole(arriving: Arriving) -> None:
    start, told = call(arriving, name="mine", input=chat("x" * 1000), output="y" * 2000)
    assert "lossy" not in start
    assert "lossy" not in told


def test_messages_that_were_left_out(arriving: Arriving) -> None:
    start, _ = call(arriving, input={**chat("a"), "messages_omitted": 4})
    assert start["lossy"] == ["input"]
    assert start["attrs"]["messages_omitted"] == 4


@pytest.mark.parametrize(("old", "cut"), [(True, True), (False, False)])
def test_an_older_sdk_does_not_say_that_it_left_out_messages(old: bool, cut: bool) -> None:
    arriving = Arriving(old=old)
    start, _ = call(arriving, input=chat(*"abcdefghij"))
    assert ("lossy" in start) is cut


@pytest.mark.parametrize(
    ("output", "meta", "cut"),
    [("x" * 1999, {}, False), ("x" * 2000, {}, True), ("x", {"truncated": True}, True)],
)
def test_an_answer_of_full_length_is_cut(
    arriving: Arriving, output: str, meta: dict[str, Any], cut: bool
) -> None:
    _, told = call(arriving, output=output, metadata=meta)
    assert told.get("lossy") == (["output"] if cut else None)


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        ('[tool calls] a({"x": 1}); b({})', [("a", {"x": 1}), ("b", {})]),
        ('[tool calls] a("); b(")', [("a", "); b(")]),
        ('[tool calls] a({"x": 1}', None),
        ("[tool calls] a(x)", None),
        ("[tool calls] (1)", None),
        ("[tool calls] ", None),
        ("a({})", None),
    ],
)
def test_tool_calls_out_of_the_text_that_stands_for_them(
    arriving: Arriving, said: str, calls: list[Any] | None
) -> None:
    _, told = call(arriving, output=said)
    content = told["output"]["message"]["content"]
    if calls is None:
        assert content == said
    else:
        parts = [{"type": "tool_call", "name": n, "arguments": value} for n, value in calls]
        assert content == parts


def test_messages_of_a_program_with_calls_and_parts(arriving: Arriving) -> None:
    asked = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
    ]
    answer = {"role": "assistant", "content": [{"type": "text", "text": "two"}]}
    start, told = call(
        arriving, name="mine", input={"messages": messages, "temperature": 0}, output=answer
    )
    part = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}
    assert start["input"]["messages"][0]["content"] == [part]
    assert start["input"]["messages"][1] == messages[1]
    assert start["input"]["settings"] == {"temperature": 0}
    assert told["output"] == {"message": answer}


@pytest.mark.parametrize("sent", [{"prompt": "x"}, 5, [1], {"messages": 5}, [{"role": "user"}, 1]])
def test_an_input_without_messages_stays_what_it_is(arriving: Arriving, sent: Any) -> None:
    start, _ = call(arriving, name="mine", input=sent)
    assert start["input"] == sent


def test_a_list_of_messages(arriving: Arriving) -> None:
    start, _ = call(arriving, name="mine", input=chat("a", "b")["messages"])
    assert [message["content"] for message in start["input"]["messages"]] == ["a", "b"]


def test_a_talk_is_written_once(arriving: Arriving) -> None:
    arriving.frame("trace_started", trace())
    texts = [f"{n} " * 100 for n in range(8)]
    for n in range(1, 9):
        said = span("llm_call", n, f"step {n}", name="mine", input=chat(*texts[:n]))
        arriving.frame("span_started", said)
    whole = "".join(str(line) for line in arriving.lines())
    assert [whole.count(text) for text in texts] == [1] * 8


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({"input_tokens": 3, "output_tokens": 4, "cost": 0.5}, (3, 4, 0.5)),
        ({"input_tokens": 3, "output_tokens": 0, "cost": 0}, (3, 0, 0)),
        ({"input_tokens": 0, "output_tokens": 0, "cost": 0.0}, (None, None, None)),
        ({"input_tokens": -1, "output_tokens": True, "cost": "0.5"}, (None, None, None)),
        ({"input_tokens": 2.0, "output_tokens": 2.5, "cost": float("nan")}, (2, None, None)),
        ({"cost": 0.5}, (None, None, 0.5)),
    ],
)
def test_usage(arriving: Arriving, said: dict[str, Any], usage: tuple[Any, ...]) -> None:
    used = call(arriving, **said)[1]["usage"]
    assert used.pop("model") == "gpt-4o"
    assert tuple(used.get(n) for n in ("input_tokens", "output_tokens", "cost_usd")) == usage


def test_what_costs_something_although_nobody_says_so(arriving: Arriving) -> None:
    model = "claude-sonnet-4-5-20250929"
    used = call(arriving, model=model, input_tokens=100_000, output_tokens=0)[1]["usage"]
    assert used["cost_usd"] == pytest.approx(0.3)


def test_usage_that_is_told_at_the_end(arriving: Arriving) -> None:
    arriving.frames(
        ("trace_started", trace()),
        ("span_started", span("llm_call", 1, name="mine")),
        ("span_ended", ended(2, output="x", output_tokens=4, cost=0.25)),
    )
    [end] = arriving.said("span.end")
    assert end["usage"] == {"output_tokens": 4, "cost_usd": 0.25}
    assert end["output"] == {"message": {"role": "assistant", "content": "x"}}


def test_a_users_own_keys_stay_what_they_are(arriving: Arriving) -> None:
    odd = {"$blob": "x"}
    start, _ = call(
        arriving, name="mine", metadata={"sampling": odd, "own": odd}, model=None,
        input={"messages": [{"role": "user", "content": [odd]}]},
    )  # fmt: skip
    raw = {"$raw": odd}
    assert start["input"]["settings"] == raw
    assert start["attrs"]["metadata"] == {"own": raw}
    assert start["input"]["messages"][0]["content"] == [{"type": "raw", "raw": raw}]
