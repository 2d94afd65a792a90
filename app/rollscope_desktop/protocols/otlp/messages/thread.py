"""A conversation as a whole: what clients split is joined, and results find their calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rollscope_desktop.protocols.otlp.messages.message import read_message
from rollscope_desktop.protocols.otlp.messages.parts import is_part
from rollscope_desktop.protocols.otlp.messages.reading import MOST, Message, Part, Reading, listed


def read_thread(said: Any, reading: Reading, role: str = "user") -> list[Message]:
    """The messages that went into a model: those of a list, or one."""
    read = (read_message(one, reading, role) for one in sources(said, reading))
    return whole(message for message in read if message is not None)


def whole(messages: Iterable[Message]) -> list[Message]:
    """Messages, as they were read, as a conversation."""
    return mended(joined([part for message in messages for part in _split(message)]))


def sources(said: Any, reading: Reading) -> list[Any]:
    """The messages as the client wrote them, no more than MOST; lists of lists are one list."""
    if type(said) is not list:
        said = listed(said) or ([] if said is None else [said])
    if said and all(map(is_part, said)) and not any("role" in one for one in said):
        return [{"content": said}]
    found = [one for item in said for one in (item if type(item) is list else (item,))]
    if len(found) > MOST:
        reading.is_lossy = True
    return found[:MOST]


def in_front(system: list[Message], messages: list[Message]) -> list[Message]:
    """The messages with the system's in front, unless they begin with these."""
    return messages if messages[: len(system)] == system else system + messages


def _split(message: Message) -> Iterator[Message]:
    """Results of tools that stand inside a message are messages of their own."""
    content = message["content"]
    if type(content) is not list or not any(part["type"] == "tool_result" for part in content):
        if message["role"] == "tool" and type(content) is list and _calls(message):
            message = {**message, "role": "assistant"}
        yield message
        return
    rest: list[Part] = []
    for part in content:
        if part["type"] != "tool_result":
            rest.append(part)
            continue
        if rest:
            yield from _rest(message, rest)
            rest = []
        result = {"role": "tool", "content": part["content"]}
        yield result | {name: part[name] for name in part if name != "type"}
    if rest:
        yield from _rest(message, rest)


def _rest(message: Message, parts: list[Part]) -> Iterator[Message]:
    """What stands around results: said by the user, where the message was to be a tool's."""
    content: Any = parts
    if len(parts) == 1 and parts[0]["type"] == "text":
        content = parts[0]["text"]
        if not content:
            return
    role = message["role"]
    if role == "tool":
        role = "assistant" if any(part["type"] == "tool_call" for part in parts) else "user"
    yield {**message, "role": role, "content": content}


def joined(messages: list[Message]) -> list[Message]:
    """Messages of the assistant that only go on with the one before are part of it: calls, and
    whatever follows reasoning."""
    found: list[Message] = []
    is_grown = False
    for message in messages:
        if found and goes_on(found[-1], message):
            found[-1] = together(found[-1], message, is_grown)
            is_grown = True
        else:
            found.append(message)
            is_grown = False
    return found


def goes_on(before: Message, message: Message) -> bool:
    """Whether a message of the assistant belongs to the one before."""
    if before["role"] != "assistant" or message["role"] != "assistant":
        return False
    head, tail = before["content"], message["content"]
    if type(head) is list and head[-1]["type"] == "reasoning":
        return True
    return type(tail) is list and all(part["type"] in ("tool_call", "reasoning") for part in tail)


def together(before: Message, message: Message, is_grown: bool) -> Message:
    """Two messages as one. One that is grown already was made here, and is added to."""
    if not is_grown:
        return {**before, "content": _parts(before) + _parts(message)}
    before["content"] += _parts(message)
    return before


def _parts(message: Message) -> list[Part]:
    content = message["content"]
    if type(content) is str:
        return [{"type": "text", "text": content}] if content else []
    return content or []


def _calls(message: Message) -> list[Part]:
    content = message["content"]
    if type(content) is not list:
        return []
    return [part for part in content if part["type"] == "tool_call"]


def mended(messages: list[Message]) -> list[Message]:
    """The messages, with results that name their calls by the ids that the calls have.

    Some clients give a result another id, or none; then as many results as there are calls without
    one are taken in order. A result's name that is that of its call says nothing new.
    """
    found: list[Message] = []
    called: dict[str, str] = {}
    waiting: list[Part] = []
    at = 0
    while at < len(messages):
        message = messages[at]
        if message["role"] != "tool":
            waiting = _calls(message)
            called.update((call["id"], call["name"]) for call in waiting if "id" in call)
            found.append(message)
            at += 1
            continue
        end = at
        while end < len(messages) and messages[end]["role"] == "tool":
            end += 1
        results = messages[at:end]
        found += [_named(result, called) for result in _paired(results, called, waiting)]
        waiting, at = [], end
    return found


def _paired(results: list[Message], called: dict[str, str], waiting: list[Part]) -> list[Message]:
    lost = [n for n, result in enumerate(results) if result.get("tool_call_id") not in called]
    if not lost:
        return results
    told = {result.get("tool_call_id") for result in results}
    calls = [call for call in waiting if call.get("id") not in told]
    if len(calls) != len(lost) or not all("id" in call for call in calls):
        return results
    pairs = list(zip(lost, calls, strict=True))
    if any(results[n].get("name", call["name"]) != call["name"] for n, call in pairs):
        return results
    found = list(results)
    for n, call in pairs:
        found[n] = {**results[n], "tool_call_id": call["id"]}
    return found


def _named(result: Message, called: dict[str, str]) -> Message:
    name = result.get("name")
    if name is None or called.get(result.get("tool_call_id", "")) != name:
        return result
    return {key: value for key, value in result.items() if key != "name"}
