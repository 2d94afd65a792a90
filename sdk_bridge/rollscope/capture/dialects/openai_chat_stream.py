"""Streams of chat completions: chunks into the whole answer, and the whole answer into chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rollscope.capture.dialects.base import NotThisDialect
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.parts import pieces
from rollscope.capture.dialects.sse import write

_SAID = ("content", "reasoning_content", "reasoning", "refusal")
_CALLED = ("tool_calls", "function_call")
_ONCE = ("role", "type", "id", "name")


def joined(events: Sequence[Event]) -> Any:
    """The body of the completion that the chunks add up to, as if it had not been streamed."""
    body: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for _, chunk in events:
        if type(chunk) is not dict:
            continue  # "[DONE]"
        said = chunk.get("choices")
        for choice in said if type(said) is list else ():
            if type(choice) is dict:
                index = choice.get("index")
                _add_choice(choices, index if type(index) is int else 0, choice)
        for name, value in chunk.items():
            if name != "choices" and (value is not None or name not in body):
                body[name] = value
    if not body and not choices:
        raise NotThisDialect("The stream holds no chunk of a completion.")
    if body.get("object") == "chat.completion.chunk":
        body["object"] = "chat.completion"
    body["choices"] = [_finished(choices[index]) for index in sorted(choices)]
    return body


def _add_choice(choices: dict[int, dict[str, Any]], index: int, choice: dict[str, Any]) -> None:
    whole = choices.setdefault(index, {"message": {}})
    delta = choice.get("delta")
    if type(delta) is dict:
        _add(whole["message"], delta)
    for name, value in choice.items():
        if name == "logprobs" and type(value) is dict and type(whole.get(name)) is dict:
            _add(whole[name], value)
        elif name in ("delta", "message"):
            continue
        elif value is not None or name not in whole:
            whole[name] = dict(value) if type(value) is dict else value


def _add(whole: dict[str, Any], delta: dict[str, Any]) -> None:
    """Adds what is new to what is there: texts and lists grow, the rest is replaced."""
    for name, value in delta.items():
        there = whole.get(name)
        if name == "tool_calls" and type(value) is list:
            calls = whole[name] = there if type(there) is list else []
            for call in value:
                _add_call(calls, call)
        elif type(value) is dict and type(there) is dict:
            _add(there, value)
        elif type(value) is str and type(there) is list:
            there.append(value)
        elif type(value) is str and type(there) is str and name not in _ONCE:
            whole[name] = there + value
        elif type(value) is list and type(there) is list:
            there.extend(value)
        elif value is not None or name not in whole:
            whole[name] = _own(value)


def _own(value: Any) -> Any:
    """The value, as a container that may be added to without changing the event."""
    if type(value) is dict:
        return {name: _own(item) if type(item) is dict else item for name, item in value.items()}
    return list(value) if type(value) is list else value


def _add_call(calls: list[Any], call: Any) -> None:
    if type(call) is not dict:
        calls.append(call)
        return
    index = call.get("index")
    there = next((c for c in calls if type(c) is dict and c.get("index") == index), None)
    new = there is not None and call.get("id") and there.get("id") not in (None, call["id"])
    if there is None or index is None or new:
        calls.append(_own(call))  # some servers give each call whole, all with the same number
        return
    for name, value in call.items():
        if name == "function" and type(value) is dict and type(there.get(name)) is dict:
            function = there[name]
            more = value.get("arguments")
            if type(more) is str and type(function.get("arguments")) is str:
                function["arguments"] += more
            for key, item in value.items():
                if item is not None and (key not in function or function[key] is None):
                    function[key] = item
        elif value is not None or name not in there:
            there[name] = _own(value)


def _finished(choice: dict[str, Any]) -> dict[str, Any]:
    """The choice as a whole answer has it: its calls have no numbers."""
    message = choice["message"]
    calls = message.get("tool_calls")
    if type(calls) is list:
        for call in calls:
            if type(call) is dict:
                call.pop("index", None)
    message.setdefault("role", "assistant")
    return choice


def split(body: dict[str, Any]) -> list[bytes]:
    """The chunks that add up to the body, each as a server-sent event."""
    head = {name: value for name, value in body.items() if name not in ("choices", "usage")}
    if head.get("object") == "chat.completion":
        head["object"] = "chat.completion.chunk"
    chunks = []
    for number, choice in enumerate(body["choices"]):
        index = choice["index"] if type(choice.get("index")) is int else number
        deltas = _deltas(choice["message"])
        last = {n: v for n, v in choice.items() if n not in ("message", "index")}
        for delta in deltas:
            said = {"index": index, "delta": delta}
            if "finish_reason" in choice:
                said["finish_reason"] = None
            chunks.append({**head, "choices": [said]})
        chunks.append({**head, "choices": [{"index": index, "delta": {}, **last}]})
    if "usage" in body:
        chunks.append({**head, "choices": [], "usage": body["usage"]})
    return [*map(write, chunks or [{**head, "choices": []}]), write("[DONE]")]


def _deltas(message: dict[str, Any]) -> list[dict[str, Any]]:
    first = {n: v for n, v in message.items() if n not in _CALLED and not _is_said(n, v)}
    deltas = [first]
    for name in _SAID:
        if _is_said(name, message.get(name)):
            deltas += [{name: piece} for piece in pieces(message[name])]
    call = message.get("function_call")
    if type(call) is dict and type(call.get("arguments")) is str:
        deltas.append({"function_call": {**call, "arguments": ""}})
        deltas += [{"function_call": {"arguments": p}} for p in pieces(call["arguments"])]
    elif "function_call" in message:
        first["function_call"] = call
    calls = message.get("tool_calls")
    if type(calls) is not list or not all(map(_is_call, calls)):
        if "tool_calls" in message:
            first["tool_calls"] = calls
        return deltas
    if not calls and "tool_calls" in message:
        first["tool_calls"] = calls
    for index, call in enumerate(calls):
        function = call["function"]
        begun = {**call, "index": index, "function": {**function, "arguments": ""}}
        deltas.append({"tool_calls": [begun]})
        for piece in pieces(function["arguments"]):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    return deltas


def _is_said(name: str, value: Any) -> bool:
    return name in _SAID and type(value) is str and value != ""


def _is_call(call: Any) -> bool:
    return (
        type(call) is dict
        and type(call.get("function")) is dict
        and type(call["function"].get("arguments")) is str
    )


def is_first_token(event: Event) -> bool:
    """Whether a chunk carries text, reasoning, or a call."""
    choices = event.data.get("choices") if type(event.data) is dict else None
    for choice in choices if type(choices) is list else ():
        delta = choice.get("delta") if type(choice) is dict else None
        if type(delta) is dict and any(delta.get(name) for name in (*_SAID, *_CALLED)):
            return True
    return False
