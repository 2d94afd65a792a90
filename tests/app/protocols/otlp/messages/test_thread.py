"""Conversations: what is joined, what is split, and which result belongs to which call."""

from __future__ import annotations

from typing import Any

from rollscope_desktop.protocols.otlp.messages.answers import read_choices
from rollscope_desktop.protocols.otlp.messages.reading import Reading
from rollscope_desktop.protocols.otlp.messages.thread import read_thread


def thread(*said: Any) -> list[dict[str, Any]]:
    return read_thread(list(said), Reading())


def call(id: str | None, name: str = "f") -> dict[str, Any]:
    made: dict[str, Any] = {"type": "tool_call", "id": id, "name": name, "arguments": {}}
    return {key: value for key, value in made.items() if value is not None}


def assistant(*parts: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(parts)}


def result(content: str, id: str | None = None, name: str | None = None) -> dict[str, Any]:
    made = {"role": "tool", "content": content, "tool_call_id": id, "name": name}
    return {key: value for key, value in made.items() if value is not None}


def test_parallel_calls_are_one_message() -> None:
    said = (assistant(call("1")), assistant(call("2")), result("a", "1"), result("b", "2"))
    assert thread(*said) == [assistant(call("1"), call("2")), *said[2:]]


def test_calls_behind_a_text_are_one_message_with_it() -> None:
    said = {"role": "assistant", "content": "I look."}
    text = {"type": "text", "text": "I look."}
    assert thread(said, assistant(call("1"))) == [assistant(text, call("1"))]


def test_calls_one_after_another_stay_apart() -> None:
    said = (assistant(call("1")), result("a", "1"), assistant(call("2")), result("b", "2"))
    assert thread(*said) == list(said)


def test_reasoning_belongs_to_what_it_led_to() -> None:
    thought = {"type": "reasoning", "text": "hm"}
    text = {"type": "text", "text": "hi"}
    assert thread(assistant(thought), assistant(call("1"))) == [assistant(thought, call("1"))]
    said = {"role": "assistant", "content": "hi"}
    assert thread(assistant(thought), said) == [assistant(thought, text)]
    assert thread(assistant(text, thought)) == [assistant(thought, text)]
    assert thread(said, said) == [said, said]


def test_joining_leaves_what_it_was_given() -> None:
    one, two, three = assistant(call("1")), assistant(call("2")), assistant(call("3"))
    assert thread(one, two, three) == [assistant(call("1"), call("2"), call("3"))]
    assert one == assistant(call("1"))


def test_results_inside_messages_are_messages_of_the_tool() -> None:
    content = [
        {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "21"}]},
        {"type": "tool_result", "tool_use_id": "2", "content": "22"},
        {"type": "text", "text": "And now?"},
    ]
    assert thread({"role": "user", "content": content}) == [
        result("21", "1"),
        result("22", "2"),
        {"role": "user", "content": "And now?"},
    ]
    said = assistant(call("1"), {"type": "tool_result", "tool_call_id": "1", "content": "x"}, "hi")
    assert thread(said) == [
        assistant(call("1")),
        result("x", "1"),
        {"role": "assistant", "content": "hi"},
    ]


def test_a_result_is_named_as_its_call_is() -> None:
    said = (assistant(call("1", "f")), result("a", "1", "f"))
    assert thread(*said) == [said[0], result("a", "1")]
    said = (assistant(call("1", "f")), result("a", "1", "g"))
    assert thread(*said) == list(said)


def test_results_with_other_ids_are_taken_in_order() -> None:
    calls = assistant(call("fc_1"), call("fc_2"))
    assert thread(calls, result("a", "call_1"), result("b", "call_2")) == [
        calls,
        result("a", "fc_1"),
        result("b", "fc_2"),
    ]
    assert thread(calls, result("b", "fc_2"), result("a", "call_1")) == [
        calls,
        result("b", "fc_2"),
        result("a", "fc_1"),
    ]
    assert thread(assistant(call("1")), result("a")) == [assistant(call("1")), result("a", "1")]


def test_results_that_may_belong_to_others_stay() -> None:
    calls = assistant(call("1"), call("2"))
    assert thread(calls, result("a", "x")) == [calls, result("a", "x")]
    said = (assistant(call("1", "f")), result("a", "x", "g"))
    assert thread(*said) == list(said)
    between = {"role": "user", "content": "hi"}
    later = [assistant(call("1")), between, result("a", "x")]
    assert thread(*later) == later
    said = (assistant(call(None)), result("a", None, "f"))
    assert thread(*said) == list(said)


def test_one_message_may_stand_for_a_list() -> None:
    said = {"role": "user", "content": "hi"}
    assert read_thread(said, Reading()) == read_thread([[said]], Reading()) == [said]
    assert read_thread("hi", Reading()) == [said]
    assert read_thread([{"type": "text", "text": "hi"}], Reading()) == [said]
    assert read_thread({"1": said, "0": "first"}, Reading())[0]["content"] == "first"
    assert read_thread(None, Reading()) == []


def choices(*said: Any, apart: bool = False) -> list[Any]:
    found, told = read_choices(list(said), Reading(), apart=apart)
    assert told == []
    return [choice["message"] for choice in found]


def test_pieces_of_one_answer_are_one_choice() -> None:
    thought, text = {"type": "reasoning", "text": "hm"}, {"type": "text", "text": "hi"}
    assert choices(assistant(thought), assistant(text), assistant(call("1"))) == [
        assistant(thought, text, call("1"))
    ]
    assert choices("a", "b") == [
        {"role": "assistant", "content": "a"},
        {"role": "assistant", "content": "b"},
    ]
    both = choices(assistant(call("1")), assistant(call("2")), apart=True)
    assert both == [assistant(call("1")), assistant(call("2"))]
    assert choices(assistant(thought), assistant(text), apart=True) == [assistant(thought, text)]


def test_results_in_an_answer_stay_parts_of_it() -> None:
    said = {"type": "tool_call_response", "id": "1", "response": "x"}
    made = {"type": "tool_result", "tool_call_id": "1", "content": "x"}
    assert choices(assistant(call("1"), said)) == [assistant(call("1"), made)]
