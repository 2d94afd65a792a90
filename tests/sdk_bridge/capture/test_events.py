"""Reading a stream in one go gives what reading it event by event gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollscope.capture.dialects.framing import read
from rollscope.capture.events import events_of

_values = some.dictionaries(some.text(max_size=5), some.integers() | some.text(), max_size=3)


@given(some.lists(_values, max_size=5), some.sampled_from(["", "event: x\n"]), some.booleans())
def test_usual_streams(values: list[object], name: str, done: bool) -> None:
    stream = "".join(f"{name}data: {json.dumps(value)}\n\n" for value in values)
    stream += "data: [DONE]\n\n" if done else ""
    assert events_of(stream.encode()) == read(stream.encode())


@given(
    some.lists(
        some.sampled_from(
            [
                "data: ",
                "event: a\n",
                "{",
                "}",
                '{"a":1}',
                "\n",
                "\n\n",
                "\r\n",
                "[DONE]",
                ",",
                ": hi",
            ]
        )
    )
)
def test_odd_streams(parts: list[str]) -> None:
    stream = "".join(parts).encode()
    assert events_of(stream) == read(stream)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\n\n",
        b"data: {}\n\n",
        b'data: {"a":1}\n\ndata: {"a":',
        b'data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\n',
        b'data: {"a":1}\n\n: comment\n\ndata: {"b":2}\n\n',
        b'data: {"a":1}\n\ndata: text\n\ndata: {"b":2}\n\n',
        b'event: a\ndata: {"a":1}\n\nevent: b\ndata: {"b":2}\n\n',
        b'event: a\ndata: {"a":1}\n\ndata: {"b":2}\n\n',
        b'data: {"a":NaN}\n\n',
        b'[{"a":1},\n{"b":2}]',
        b'{"a":1}\n{"b":2}\n',
    ],
)
def test_streams(stream: bytes) -> None:
    assert events_of(stream) == read(stream)
