"""The run log's lines: whatever a value is, its line can be written, read again and validated."""

from __future__ import annotations

import copy
import dataclasses
import enum
import json
import math
import subprocess
import sys
import uuid
from collections import OrderedDict, namedtuple
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope import wire
from tests.conftest import ROOT

RUN = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"

any_text = st.text(st.characters(blacklist_categories=()), max_size=30)  # lone surrogates too
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**90), 2**90)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(any_text | st.sampled_from(["$blob", "$list", "$raw"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain_json)
def test_what_is_json_comes_back_as_it_was(value: Any) -> None:
    back = wire.load(wire.dump(value))

    assert back == value
    assert repr(back) == repr(value)  # True is not 1, 1 is not 1.0, -0.0 is not 0.0


@given(st.dictionaries(any_text, plain_json, max_size=4))
def test_an_event_is_one_line(event: dict[str, Any]) -> None:
    line = wire.encode(event)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert wire.decode(line) == event


class Hostile:
    """Raises whatever is done with it."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Liar(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __iter__ = __len__ = __str__  # type: ignore[assignment]


class LyingNumber(int):
    def __int__(self) -> int:
        raise RuntimeError("no number")

    __index__ = __str__ = __repr__ = __int__  # type: ignore[assignment]


class LyingFloat(float):
    def __float__(self) -> float:
        raise RuntimeError("no number")


class LyingList(list):
    def __iter__(self) -> Any:
        raise RuntimeError("no items")


class LyingDict(dict):
    def items(self) -> Any:
        raise RuntimeError("no items")

    __iter__ = keys = items


class Shy:
    """Not even its class can be asked for."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("no class")


class Colour(enum.Enum):
    RED = "red"


class Named(enum.StrEnum):
    A = "a"


@dataclasses.dataclass
class Point:
    x: int
    y: Any


Pair = namedtuple("Pair", "left right")
MOMENT = datetime(2025, 6, 15, 12, 30, tzinfo=UTC)
KEY = uuid.UUID(int=5)

ODD = [
    (2**80, 2**80),
    (-(2**80), -(2**80)),
    (10**5000, hex(10**5000)),
    ("\ud800 alone", "\ud800 alone"),
    (math.nan, None),
    (math.inf, None),
    ([math.nan, 2**80], [None, 2**80]),
    ({2: "a", None: "b", True: "c", 1.5: "d"}, {"2": "a", "null": "b", "true": "c", "1.5": "d"}),
    ({(1, 2): "x"}, {"(1, 2)": "x"}),
    ({2**80: "x"}, {str(2**80): "x"}),
    ({b"k": "x"}, {"b'k'": "x"}),
    ({MOMENT: 1, KEY: 2}, {"2025-06-15T12:30:00+00:00": 1, str(KEY): 2}),
    ({"\udc80": 1}, {"\udc80": 1}),
    (b"bytes", "b'bytes'"),
    ({3, 1, 2}, [1, 2, 3]),
    ((1, (2,)), [1, [2]]),
    (Pair(1, 2), [1, 2]),
    (OrderedDict(a=1), {"a": 1}),
    (MappingProxyType({"a": 1}), {"a": 1}),
    (Colour.RED, "red"),
    (Named.A, "a"),
    (Point(1, 2), {"x": 1, "y": 2}),
    (MOMENT, "2025-06-15T12:30:00+00:00"),
    (KEY, str(KEY)),
    (Hostile(), "<Hostile>"),
    ({Hostile(): 1}, {"<Hostile>": 1}),
    (Liar("text"), "text"),
    ({Liar("text"): 1}, {"text": 1}),
    (LyingNumber(7), 7),
    (LyingFloat(1.5), 1.5),
    (LyingList([1, 2]), [1, 2]),
    (LyingDict(a=1), {"a": 1}),
    (Shy(), "<Shy>"),
    (int, "<class 'int'>"),
]


@pytest.mark.parametrize(("value", "expected"), ODD, ids=[str(n) for n in range(len(ODD))])
@pytest.mark.parametrize("beside", [None, 2**80], ids=["fast", "careful"])
def test_odd_values_become_what_is_nearest(value: Any, expected: Any, beside: int | None) -> None:
    # A wide integer beside it sends the value down the careful road: both say the same.
    assert wire.load(wire.dump([value, beside])) == [expected, beside]


def test_a_set_that_cannot_be_sorted_is_written_all_the_same() -> None:
    assert wire.load(wire.dump({Hostile()})) == ["<Hostile>"]


def test_a_cycle_is_named_where_it_closes() -> None:
    value: dict[str, Any] = {"a": 1}
    value["self"] = [value]

    assert wire.load(wire.dump(value)) == {"a": 1, "self": ["<cycle>"]}


def test_the_same_value_twice_is_no_cycle() -> None:
    twice = {"x": 2**80}

    assert wire.load(wire.dump([twice, twice])) == [twice, twice]


def nested(depth: int, innermost: Any) -> Any:
    value = innermost
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [100, 254, 300, 100_000])
def test_deep_nesting_is_cut_with_a_word(depth: int) -> None:
    line = wire.encode({"input": nested(depth, "bottom")})

    assert (b"bottom" in line) == (depth <= 250)
    assert (b"<deeper than 200 levels>" in line) == (depth > 250)
    assert wire.decode(line)


def test_a_caller_without_stack_left_gets_a_line() -> None:
    lines = []

    def sink() -> None:
        lines.append(wire.dump({"a": nested(50, {Hostile(): 2**80})}))
        sink()

    with pytest.raises(RecursionError):
        sink()
    assert all(json.loads(line) for line in lines)


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"NaN", math.nan),
        (b'{"a":NaN,"b":-Infinity}', {"a": math.nan, "b": -math.inf}),
        (b'{"a":18446744073709551616}', {"a": 2**64}),
        (b"1208925819614629174706176", 2**80),
        (b'{"a":0.12345678901234567890123}', {"a": 0.12345678901234568}),
        (rb'"\ud800"', "\ud800"),
        (b'"\xed\xa0\x80"', "\ud800"),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (bytearray(b"[1]"), [1]),
        (memoryview(b"[1]"), [1]),
    ],
)
def test_what_writers_in_the_wild_produce_is_read(line: Any, value: Any) -> None:
    assert repr(wire.load(line)) == repr(value)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"", "The JSON cannot be read"),
        (b'{"a":', "The JSON cannot be read"),
        (b"\xff\xfe{", r"The bytes are not text in UTF-8\."),
        (b"[" * 200_000, r"The JSON is nested too deeply to be read\."),
        (b"1" * 5000, "The JSON cannot be read"),
        (b"[1]", r"The line is not a JSON object\."),
    ],
)
def test_what_is_no_event_is_refused_with_a_sentence(line: bytes, sentence: str) -> None:
    with pytest.raises(wire.WireError, match=sentence):
        wire.decode(line)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(line: bytes) -> None:
    try:
        wire.decode(line)
    except wire.WireError as error:
        assert str(error).endswith(".")  # noqa: PT017 - most bytes are refused, some are read


# -- blobs and escapes -----------------------------------------------------------------------------


def blobs_of(lines: bytes) -> dict[str, Any]:
    events = [wire.decode(line) for line in lines.splitlines()]
    return {event["hash"]: event["data"] for event in events if event["type"] == "blob"}


@given(st.lists(plain_json, max_size=5))
def test_shared_content_comes_back_as_it_was(messages: list[Any]) -> None:
    before = copy.deepcopy(messages)
    encoder = wire.Encoder(RUN)

    lines = encoder.line("span.start", span=SPAN, name="x", input=encoder.messages(messages))

    event = wire.decode(lines.splitlines()[-1])
    assert wire.expand(event["input"], blobs_of(lines).__getitem__) == messages == before


@given(plain_json)
def test_escaped_values_come_back_as_they_were(value: Any) -> None:
    def no_blob(name: str) -> Any:
        raise AssertionError(f"{name} was taken for a blob")

    escaped = wire.load(wire.dump(wire.escape(value)))

    assert wire.expand(escaped, no_blob) == value


@pytest.mark.parametrize(
    "own",
    [
        {"$blob": "0" * 32},
        {"$raw": {"$blob": "x"}},
        {"$raw": 5},
        {"$blob": {"$raw": {"a": 1}}, "more": 1},
        {"$blob": "x", "long": "text " * 40},
    ],
)
def test_a_users_own_keys_stay_what_they_are(own: Any) -> None:
    encoder = wire.Encoder(RUN)

    lines = encoder.line("event", name="x", data=[encoder.share(own), wire.escape(own)])

    event = wire.decode(lines.splitlines()[-1])
    assert wire.expand(event["data"], blobs_of(lines).__getitem__) == [own, own]


def test_a_blob_that_looks_like_a_reference_ends() -> None:
    assert wire.expand({"$blob": "a"}, lambda name: {"$blob": name}) == {"$blob": "a"}


def test_expanding_changes_nothing_of_what_it_was_given() -> None:
    value = {"a": [{"$blob": "h"}, {"$raw": {"$raw": 1}}]}
    before = copy.deepcopy(value)

    assert wire.expand(value, lambda _: "content") == {"a": ["content", {"$raw": 1}]}
    assert value == before


@pytest.mark.parametrize("depth", [900, 50_000])
def test_expanding_knows_no_depth(depth: int) -> None:
    found = wire.expand(nested(depth, {"$blob": "h"}), lambda _: "bottom")

    for _ in range(depth):
        [found] = found
    assert found == "bottom"


def test_escaping_survives_cycles_and_depth() -> None:
    cycle: dict[str, Any] = {"$blob": "mine"}
    cycle["self"] = cycle

    assert wire.escape(cycle) == {"$raw": {"$blob": "mine", "self": "<cycle>"}}
    assert b"deeper" in wire.dump(wire.escape(nested(5000, {"$raw": 1})))


def test_content_is_written_once_a_run() -> None:
    encoder = wire.Encoder(RUN)
    history = [{"role": "user", "content": "a long message " * 20 + str(n)} for n in range(50)]

    sizes = [
        len(encoder.line("span.start", span=SPAN, name="x", input=encoder.messages(history[:n])))
        for n in range(1, 51)
    ]

    content = sum(len(wire.dump(message)) for message in history)
    assert sum(sizes) < 50 * 50 / 2 * 60 + 2 * content  # references are short, contents come once


def test_short_content_is_written_in_place() -> None:
    encoder = wire.Encoder(RUN)

    assert encoder.share({"role": "user"}) == {"role": "user"}
    assert encoder.line("event", name="x").count(b"\n") == 1


# -- conversations that go on ----------------------------------------------------------------------

MESSAGES: list[Any] = [
    *({"role": "user", "content": f"{n} long " * 20} for n in range(4)),
    {"role": "user", "content": "short"},
    {"$list": SPAN},
    {"$blob": "mine", "long": "text " * 40},
    {"role": "tool", "content": [{"$raw": {"$list": "x"}}, 2**80, "\ud800"]},
    "text",
    None,
]
messages = st.lists(st.sampled_from(range(len(MESSAGES))), max_size=6)
deeds = st.lists(
    st.tuples(st.sampled_from(["grow", "grow", "grow", "branch", "repeat", "lose"]),
              st.integers(0, 5), messages),
    max_size=30,
)  # fmt: skip


def brought_by(lines: list[bytes]) -> dict[str, Any]:
    """What the events of some lines bring for others to refer to, by its name."""
    return dict(found for line in lines if (found := wire.shared(wire.decode(line))))


def span_starts(lines: list[bytes]) -> list[dict[str, Any]]:
    events = map(wire.decode, lines)
    return [event for event in events if event["type"] == "span.start"]


@given(deeds, st.sets(st.integers(0, len(MESSAGES) - 1)), st.data())
def test_conversations_come_back_as_they_were(
    todo: list[tuple[str, int, list[int]]], cut: set[int], data: st.DataObject
) -> None:
    """They grow, branch, begin anew and repeat; some lines are lost, and that is known."""
    encoder = wire.Encoder(RUN)
    talks: list[list[int]] = [[]]
    kept: list[bytes] = []
    sent: dict[str, list[int]] = {}
    for number, (deed, at, more) in enumerate(todo):
        talk = talks[at % len(talks)]
        if deed == "branch":
            talks.append(talk := [*talk[: data.draw(st.integers(0, len(talk)))], *more])
        elif deed == "grow":
            talk += more
        span = f"{number:016x}"
        said = [Json(wire.dump(MESSAGES[n]), lossy=n in cut) for n in talk]
        lines = encoder.line(
            "span.start", span=span, name="x", input={"messages": encoder.messages(said)}
        )
        if deed == "lose":
            encoder.forget()
        else:
            kept += lines.splitlines()
            sent[span] = list(talk)

    named = brought_by(kept)
    found = span_starts(kept)
    assert len(found) == len(sent)
    for event in found:
        VALIDATOR.validate(event)
        whole = wire.expand(event["input"], named.__getitem__)
        talk = sent[event["span"]]
        assert whole == {"messages": [MESSAGES[n] for n in talk]}
        assert event.get("lossy", []) == (["input"] if cut.intersection(talk) else [])


def conversation(turns: int) -> tuple[list[Any], list[bytes]]:
    """The messages of a conversation that grows by one at each turn, and its lines."""
    encoder = wire.Encoder(RUN, clock=lambda: 7)
    said: list[Any] = []
    lines: list[bytes] = []
    for n in range(turns):
        said.append({"role": "user", "content": f"{n} long " * 20})
        sent = {"messages": encoder.messages(said)}
        lines += encoder.line("span.start", span=f"{n:016x}", name="x", input=sent).splitlines()
    return said, lines


def test_lists_stand_for_each_other_so_often_at_most() -> None:
    said, lines = conversation(200)

    named = brought_by(lines)
    for number, event in enumerate(span_starts(lines), 1):
        deep, items = 0, event["input"]["messages"]
        while "$list" in items[0]:
            deep, items = deep + 1, named[items[0]["$list"]]
        assert deep <= 64
        assert wire.expand(event["input"]["messages"], named.__getitem__) == said[:number]


def test_a_long_conversation_takes_little_more_than_its_messages() -> None:
    said, lines = conversation(600)

    content = sum(len(wire.dump(message)) for message in said)
    each = 2 * len(b'{"type":"blob","run":"","proc":0,"seq":0000,"time":7,"hash":"","data":}') + 300
    every_64th = sum(range(0, 600, 64)) * len('{"$blob":"0123456789abcdef"},')
    assert sum(map(len, lines)) < content + 600 * each + every_64th


def test_a_short_list_is_written_out() -> None:
    encoder = wire.Encoder(RUN)
    for n in range(3):
        sent = {"messages": encoder.messages(MESSAGES[:3])}
        line = encoder.line("span.start", span=f"{n:016x}", name="x", input=sent)
        assert b"$list" not in line
        assert b"listed" not in line


def test_a_list_in_a_circle_or_of_nothing_stays_a_reference() -> None:
    lists = {"a": [{"$list": "b"}, 1], "b": [{"$list": "a"}, 2], "c": "no list"}

    assert wire.expand([{"$list": "a"}, 0], lists.get) == [{"$list": "a"}, 2, 1, 0]
    for name in ("c", "d"):
        assert wire.expand([{"$list": name}, 0], lists.get) == [{"$list": name}, 0]
    assert wire.expand({"$list": "a"}, lists.get) == {"$list": "a"}
    assert wire.expand([0, {"$list": "a"}], lists.get) == [0, {"$list": "a"}]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"type": "blob", "hash": "h", "data": [1]}, ("h", [1])),
        ({"type": "span.start", "span": "s", "listed": True, "input": {"messages": [1]}},
         ("s", [1])),
        ({"type": "span.start", "span": "s", "listed": True, "input": "x"}, ("s", None)),
        ({"type": "span.start", "span": "s", "input": {"messages": [1]}}, None),
        ({"type": "span.end", "span": "s"}, None),
    ],
)  # fmt: skip
def test_events_bring_what_others_refer_to(event: dict[str, Any], found: Any) -> None:
    assert wire.shared(event) == found


# -- values that are JSON already ------------------------------------------------------------------

Json = wire.Json


def event_of(lines: bytes) -> Any:
    """The last line's event, with blobs put where they belong."""
    event = wire.decode(lines.splitlines()[-1])
    return wire.expand(event, blobs_of(lines).__getitem__)


@given(plain_json, st.sampled_from([None, 2**80, "\ud800"]))
def test_json_stands_anywhere_in_a_field(value: Any, beside: Any) -> None:
    # What is beside it sends the line down the careful road: both write the same.
    encoder = wire.Encoder(RUN)
    json = Json(wire.dump(value))

    lines = encoder.line(
        "span.start", span=SPAN, name="x", input=json,
        attrs={"a": [json, {"b": json}], "beside": beside, "shared": encoder.share(json)},
    )  # fmt: skip

    event = event_of(lines)
    assert event["input"] == value
    assert event["attrs"] == {"a": [value, {"b": value}], "beside": beside, "shared": value}
    assert "lossy" not in event


@given(st.lists(plain_json, max_size=5))
def test_shared_json_is_the_content_that_was_shared_before(messages: list[Any]) -> None:
    encoder = wire.Encoder(RUN)
    first = encoder.messages(messages)
    again = encoder.messages([Json(wire.dump(message)) for message in messages])

    lines = encoder.line("event", name="x", data=[first, again])

    assert event_of(lines)["data"] == [messages, messages]
    assert len(blobs_of(lines)) == lines.count(b'"type":"blob"')


def test_json_is_written_as_it_is() -> None:
    made = Json(b'{"b": 1.50,  "a": 1e2}')

    assert b'"data":{"b": 1.50,  "a": 1e2}}' in wire.Encoder(RUN).line("event", name="x", data=made)
    assert wire.dump([made]) == b'[{"b": 1.50,  "a": 1e2}]'


@pytest.mark.parametrize(
    "own",
    [
        rb'{"$blob":"mine"}',
        rb'{"\u0024blob":"mine"}',
        rb'{"$\u0062lob":"mine"}',
        rb'{"$r\u0061w":{"a":1},"b":"\u00e9"}',
        b'{"a":\r\n[1,\n2],"$raw":"' + b"x" * 200 + b'"}',
        b'{"a":\r\n[1,\n2]}',
        b'{"price":"$5","path":"C:\\\\x"}',
    ],
)
def test_json_of_others_is_one_line_and_keeps_its_keys(own: bytes) -> None:
    encoder = wire.Encoder(RUN)
    json = Json(own)

    data = [json, encoder.share(json), *encoder.messages([json]), wire.escape(json), {"in": json}]
    lines = encoder.line("event", name="x", data=data)

    value = wire.load(own)
    assert event_of(lines)["data"] == [value, value, value, value, {"in": value}]


def test_json_that_is_none_becomes_text() -> None:
    line = wire.Encoder(RUN).line("event", name="x", data=Json(b'{"$blob" is not JSON'))

    assert wire.decode(line)["data"] == '{"$blob" is not JSON'


def test_fields_that_are_lossy_are_named() -> None:
    whole, cut = Json(b"[1]"), Json(b'["' + b"x" * 200 + b'"]', lossy=True)
    encoder = wire.Encoder(RUN)

    def lossy(**fields: Any) -> Any:
        return event_of(encoder.line("span.start", span=SPAN, name="x", **fields)).get("lossy")

    assert lossy(input=whole) is None
    assert lossy(input=cut, attrs=whole) == ["input"]
    assert lossy(input={"model": "m", "messages": [whole, cut]}, attrs={"a": cut}) == [
        "input", "attrs",
    ]  # fmt: skip
    assert lossy(input=encoder.share(cut)) == ["input"]
    assert lossy(input=encoder.messages([{"role": "user", "content": cut}])) == ["input"]
    assert lossy(input=encoder.share({"$raw": Json(b"1", lossy=True)})) == ["input"]
    assert lossy(input=cut, attrs={"wide": 2**80, "b": [cut]}) == ["input", "attrs"]
    assert lossy(input=cut, lossy=["name", "input"]) == ["name", "input"]
    assert lossy(input=whole, lossy=["input"]) == ["input"]


def test_an_event_without_a_place_for_it_does_not_name_them() -> None:
    cut = Json(b"[1]", lossy=True)
    event = wire.decode(wire.Encoder(RUN).line("message", role="user", content=cut))
    assert "lossy" not in event
    VALIDATOR.validate(event)


def test_what_was_lost_is_written_again() -> None:
    encoder = wire.Encoder(RUN)
    long = {"content": "x" * 200}
    encoder.line("event", name="x", data=encoder.share(long))  # and the disk was full

    encoder.forget()

    assert event_of(encoder.line("event", name="x", data=encoder.share(long)))["data"] == long


def test_a_line_is_made_without_stack_left() -> None:
    lines = []

    def sink() -> None:
        encoder = wire.Encoder(RUN)
        lines.append(encoder.line("event", name="x", data={"a": nested(50, {Hostile(): 2**80})}))
        sink()

    with pytest.raises(RecursionError):
        sink()
    assert all(wire.decode(line)["name"] == "x" for line in lines)


# -- the encoder -----------------------------------------------------------------------------------


def test_events_are_numbered_without_a_gap_and_time_never_runs_back() -> None:
    times = iter([5, 3, 9, 9])
    encoder = wire.Encoder(RUN, 2, clock=lambda: next(times))
    long = {"content": "x" * 200}

    lines = (
        encoder.line("run.start", v=1, name="r")
        + encoder.line("event", name="a", data=encoder.share(long))
        + encoder.line("event", name="b", data=encoder.share(long))
        + encoder.line("event", name="c", time=100)
        + encoder.line("event", name="d")
    )

    events = [wire.decode(line) for line in lines.splitlines()]
    assert [e["type"] for e in events] == ["run.start", "blob", *["event"] * 4]
    assert [e["seq"] for e in events] == [0, 1, 2, 3, 4, 5]
    assert [e["time"] for e in events] == [5, 5, 5, 9, 100, 100]
    assert {(e["run"], e["proc"]) for e in events} == {(RUN, 2)}


def test_fields_without_a_value_are_left_out() -> None:
    event = wire.decode(wire.Encoder(RUN).line("span.end", span=SPAN, status="ok", output=None))

    assert event.keys() == {"type", "run", "proc", "seq", "time", "span", "status"}


def test_a_required_field_is_written_also_when_it_is_none() -> None:
    event = wire.decode(wire.Encoder(RUN).line("message", role="assistant", content=None))

    assert event["content"] is None  # an answer that is all tool calls
    VALIDATOR.validate(event)


def test_ids_have_the_form_of_trace_context() -> None:
    assert len({wire.run_id() for _ in range(100)}) == 100
    assert all(len(bytes.fromhex(wire.run_id())) == 16 for _ in range(10))
    assert all(len(bytes.fromhex(wire.span_id())) == 8 for _ in range(10))


# -- the vocabulary --------------------------------------------------------------------------------

VALIDATOR = jsonschema.Draft202012Validator(wire.schema())
_FORMS: dict[str, st.SearchStrategy[Any]] = {
    "text": any_text,
    "int": st.integers(0, 2**70),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "list": st.lists(any_text, max_size=2),
    "any": plain_json,
    "ns": st.integers(0, 2**63),
    "id128": st.from_regex(r"\A[0-9a-f]{32}\Z"),
    "id64": st.from_regex(r"\A[0-9a-f]{16}\Z"),
    "object": st.dictionaries(any_text, plain_json, max_size=2),
}


def filled(fields: tuple[wire.Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    def of(field: wire.Field) -> st.SearchStrategy[Any]:
        return filled(field.fields) if field.fields else _FORMS[field.form]

    return st.fixed_dictionaries(
        {f.name: of(f) for f in fields if f.required},
        optional={f.name: of(f) for f in fields if not f.required},
    )


@pytest.mark.parametrize("kind", wire.EVENTS)
@given(data=st.data())
def test_every_line_validates(kind: str, data: st.DataObject) -> None:
    fields = data.draw(filled(wire.EVENTS[kind]))
    encoder = wire.Encoder(RUN, clock=lambda: 7)
    if "input" in fields:
        fields["input"] = encoder.messages([fields["input"]])

    for line in encoder.line(kind, **fields).splitlines():
        VALIDATOR.validate(wire.decode(line))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"type": "run.begin"},
        {"type": "event", "name": "x", "run": "short", "proc": 0, "seq": 0, "time": 0},
        {"type": "event", "run": RUN, "proc": 0, "seq": 0, "time": 0},
        {"type": "event", "name": "x", "run": RUN, "proc": 0, "seq": 0, "time": 1.5},
    ],
)
def test_the_schema_refuses_what_is_no_event(wrong: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(wrong)


def test_the_published_schema_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "rollscope.wire"], check=True, capture_output=True
    ).stdout

    published = ROOT / "resources" / "run-log.schema.json"
    assert published.read_bytes() == made, (
        f"run: python -m rollscope.wire > {published.relative_to(ROOT)}"
    )
    jsonschema.Draft202012Validator.check_schema(json.loads(made))
