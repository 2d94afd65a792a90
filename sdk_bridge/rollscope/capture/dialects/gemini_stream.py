"""Streams of Gemini: chunks into the whole answer, and the whole answer into chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from rollscope.capture.dialects.base import NotThisDialect
from rollscope.capture.dialects.framing import Event
from rollscope.capture.dialects.parts import pieces
from rollscope.capture.dialects.sse import write

_PLAIN = ({"text"}, {"text", "thought"})


def joined(events: Sequence[Event]) -> Any:
    """The answer that the chunks add up to.

    The first part of a chunk continues the last one before it, if both are nothing but text (or
    nothing but thought); parts that stand in one chunk stay apart.
    """
    body: dict[str, Any] = {}
    candidates: dict[int, dict[str, Any]] = {}
    for _, chunk in events:
        if type(chunk) is not dict:
            continue
        given = chunk.get("candidates")
        for number, candidate in enumerate(given if type(given) is list else ()):
            if type(candidate) is dict:
                index = candidate.get("index")
                _add(candidates, index if type(index) is int else number, candidate)
        for name, value in chunk.items():
            if name != "candidates":
                body[name] = value
            elif type(body.get(name)) is not list:
                body[name] = [] if type(value) is list else value
    if not body:
        raise NotThisDialect("The stream holds no chunk of an answer.")
    if candidates:
        body["candidates"] = [candidates[index] for index in sorted(candidates)]
    return body


def _add(candidates: dict[int, dict[str, Any]], index: int, candidate: dict[str, Any]) -> None:
    whole = candidates.setdefault(index, {})
    for name, value in candidate.items():
        there = whole.get(name)
        if name != "content" or type(value) is not dict:
            whole[name] = value
        elif type(there) is not dict:
            parts = value.get("parts")
            whole[name] = {**value, "parts": list(parts)} if type(parts) is list else dict(value)
        else:
            _add_content(there, value)


def _add_content(whole: dict[str, Any], content: dict[str, Any]) -> None:
    for name, value in content.items():
        there = whole.get(name)
        if name == "parts" and type(value) is list and type(there) is list:
            more = list(value)
            if more and there and _continues(there[-1], more[0]):
                there[-1] = {**there[-1], "text": there[-1]["text"] + more.pop(0)["text"]}
            there += more
        else:
            whole[name] = list(value) if type(value) is list else value


def _continues(part: Any, more: Any) -> bool:
    return (
        _is_plain(part)
        and _is_plain(more)
        and part.get("thought", False) == more.get("thought", False)
    )


def _is_plain(part: Any) -> bool:
    return type(part) is dict and part.keys() in _PLAIN and type(part.get("text")) is str


def split(body: dict[str, Any], framed: bool) -> list[bytes]:
    """The chunks of an answer: as server-sent events, or together as one JSON array."""
    chunks = _chunks(body)
    if framed:
        return [write(chunk) for chunk in chunks]
    packed = [orjson.dumps(chunk) for chunk in chunks]
    return [b"[" + packed[0], *[b",\r\n" + chunk for chunk in packed[1:]], b"]"]


def _chunks(body: dict[str, Any]) -> list[dict[str, Any]]:
    candidates = body.get("candidates")
    if type(candidates) is not list or not all(type(one) is dict for one in candidates):
        return [body]
    rest = {name: value for name, value in body.items() if name != "candidates"}
    chunks = []
    for number, candidate in enumerate(candidates):
        content = candidate.get("content")
        parts = content.get("parts") if type(content) is dict else None
        index = {"index": candidate["index"]} if "index" in candidate else {}
        if not index and number:
            return [body]  # without numbers, several can only come together
        slices = _slices(parts) if type(parts) is list and parts else []
        for some in slices[:-1]:
            said = {**content, "parts": some}
            chunks.append({**rest, "candidates": [{"content": said, **index}]})
        last = {**candidate, "content": {**content, "parts": slices[-1]}} if slices else candidate
        chunks.append({**rest, "candidates": [last]})
    return chunks or [body]


def _slices(parts: list[Any]) -> list[list[Any]]:
    """The parts of each chunk: texts in pieces, so that ``joined`` makes the same parts of them."""
    slices: list[list[Any]] = []
    before: Any = None
    for part in parts:
        cut = pieces(part["text"]) if _is_plain(part) else []
        said: list[Any] = [{**part, "text": piece} for piece in cut] or [part]
        if slices and _continues(before, part):
            slices[-1].append(said[0])  # in one chunk with the end of the text before: apart
        else:
            slices.append([said[0]])
        slices += [[piece] for piece in said[1:]]
        before = part
    return slices


def is_first_token(event: Event) -> bool:
    """Whether a chunk carries text, a thought, or a call."""
    given = event.data.get("candidates") if type(event.data) is dict else None
    for candidate in given if type(given) is list else ():
        content = candidate.get("content") if type(candidate) is dict else None
        parts = content.get("parts") if type(content) is dict else None
        for part in parts if type(parts) is list else ():
            if type(part) is dict and (part.get("text") or part.get("functionCall")):
                return True
    return False
