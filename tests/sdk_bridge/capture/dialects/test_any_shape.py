"""Whatever stands in a body: it comes out as it went in, or it is said to be of no dialect."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope.capture.dialects import Answer, Dialect, NotThisDialect, Request, dialects
from rollscope.capture.dialects.framing import Event, read
from tests.sdk_bridge.capture.dialects.recorded import ANSWERS, REQUESTS, through_json
from tests.sdk_bridge.capture.dialects.test_streams import STREAMS

URL = "http://127.0.0.1/v1/models/m:generateContent"
each = pytest.mark.parametrize("dialect", dialects(), ids=lambda dialect: dialect.name)


def words_of(value: Any) -> set[str]:
    """The names of fields and the short texts: what decides about the shape."""
    if isinstance(value, dict):
        return set(value).union(*map(words_of, value.values()))
    if isinstance(value, list):
        return set().union(*map(words_of, value))
    return {value} if isinstance(value, str) and len(value) < 30 else set()


def bodies(dialect: Dialect) -> list[Any]:
    return [row.body for row in (*REQUESTS, *ANSWERS) if row.dialect is dialect]


WORDS = sorted(words_of([row.body for row in (*REQUESTS, *ANSWERS)]) | {"form", "extra", "raw"})
leaves = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(WORDS) | st.just(0.5)
garbage = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
    ),
    max_leaves=25,
)  # fmt: skip


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a value at which something else could stand."""
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        holder = todo.pop()
        keys: Sequence[Any] = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                todo.append(holder[key])
    return found


@st.composite
def bent(draw: st.DrawFn, dialect: Dialect) -> Any:
    """A real body in which a few things are replaced, dropped or added."""
    body = copy.deepcopy(draw(st.sampled_from(bodies(dialect))))
    for _ in range(draw(st.integers(1, 3))):
        places = places_in(body)
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        how = draw(st.sampled_from(["replace", "drop", "add"]))
        if how == "drop":
            del holder[key]
        elif how == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(WORDS))] = draw(garbage)
        else:
            holder[key] = draw(garbage)
    return body


def check_request(dialect: Dialect, body: Any) -> None:
    decode = type(dialect).decode_request.__wrapped__  # type: ignore[attr-defined]
    encode = type(dialect).encode_request.__wrapped__  # type: ignore[attr-defined]
    before = orjson.dumps(body)
    try:
        found = decode(dialect, body, URL)
    except NotThisDialect:
        return
    again = Request.from_log(through_json(found.to_log()))
    assert same(encode(dialect, again), body)
    assert orjson.dumps(body) == before, "the body was changed in place"


def check_answer(dialect: Dialect, body: Any) -> None:
    before = orjson.dumps(body)
    try:
        found = dialect.decode_answer(body)
    except NotThisDialect:
        return
    if not isinstance(body, list):  # the chunks of a stream are given as the answer they make
        assert same(dialect.encode_answer(Answer.from_log(through_json(found.to_log()))), body)
    if dialect.kind != "embedding":
        data = b"".join(dialect.encode_stream(found))
        dialect.decode_stream(data)
    assert orjson.dumps(body) == before, "the body was changed in place"


def same(value: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        other, option=orjson.OPT_SORT_KEYS
    )


@each
@given(st.data())
def test_bent_requests_lose_nothing(dialect: Dialect, data: st.DataObject) -> None:
    check_request(dialect, data.draw(bent(dialect)))


@each
@given(st.data())
def test_bent_answers_lose_nothing(dialect: Dialect, data: st.DataObject) -> None:
    check_answer(dialect, data.draw(bent(dialect)))


@each
@given(garbage)
def test_garbage_is_of_no_dialect_or_loses_nothing(dialect: Dialect, body: Any) -> None:
    check_request(dialect, body)
    check_answer(dialect, body)


LISTS = {"openai.chat": "messages", "openai.responses": "input", "anthropic": "messages",
         "gemini": "contents", "ollama": "messages", "openai.embeddings": "input"}  # fmt: skip


@each
@given(st.lists(garbage, max_size=3), st.dictionaries(st.sampled_from(WORDS), garbage, max_size=3))
def test_any_messages(dialect: Dialect, messages: list[Any], more: dict[str, Any]) -> None:
    check_request(dialect, {**more, LISTS[dialect.name]: messages})


@each
@given(st.lists(garbage, max_size=4))
def test_any_events(dialect: Dialect, chunks: list[Any]) -> None:
    events = [Event(None, chunk) for chunk in chunks]
    try:
        found = dialect.decode_stream(events)
        dialect.encode_answer(found)
    except NotThisDialect:
        pass
    for event in events:
        dialect.is_first_token(event)
    dialect.stream_error(events)


@given(st.data())
def test_bent_events(data: st.DataObject) -> None:
    events = [
        (event.name, event.data)
        for event in read(STREAMS[data.draw(st.sampled_from(sorted(STREAMS)))])
    ]
    body = copy.deepcopy(events)
    chunks = [chunk for _, chunk in body]
    for _ in range(3):
        holder, key = data.draw(st.sampled_from(places_in(chunks)))
        holder[key] = data.draw(garbage)
        places = places_in(chunks)
        if not places:
            break
    before = orjson.dumps(chunks)
    bent_events = [Event(None, chunk) for chunk in chunks]
    for dialect in dialects():
        try:
            dialect.encode_answer(dialect.decode_stream(bent_events))
        except NotThisDialect:
            continue
    assert orjson.dumps(chunks) == before, "an event was changed in place"


@each
@given(garbage, garbage)
def test_a_log_that_somebody_wrote(dialect: Dialect, request: Any, answer: Any) -> None:
    for made, encode in ((Request, dialect.encode_request), (Answer, dialect.encode_answer)):
        value = request if made is Request else answer
        wrapped = {"messages": [value], "message": value, "tools": [value]}
        for log in (value, wrapped):
            try:
                encode(made.from_log(log))  # type: ignore[arg-type]
            except NotThisDialect:
                continue


def test_deep_values_are_kept_and_not_gone_through() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"content": [deep]}
    chat = dialects()[0]
    for dialect in dialects():
        body = {"model": "m", LISTS[dialect.name]: [deep, {"role": "user", "content": [deep]}]}
        found = dialect.decode_request(body, URL)
        assert dialect.encode_request(found)[LISTS[dialect.name]]
    assert chat.name
    text = "[" * 1000 + "]" * 1000  # it can be read, but not written by the same library
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": text}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    dialect = next(d for d in dialects() if d.name == "openai.chat")
    again = dialect.encode_request(dialect.decode_request({"messages": [message]}))
    assert again == {"messages": [message]}
