"""Values come back from a log exactly as they were, or a sentence says why not."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict, defaultdict, namedtuple
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import openai
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import types as mcp_types
from pydantic import BaseModel, Field, PrivateAttr, field_validator

from rollscope.packing import (
    NotPackable,
    make_error,
    pack,
    pack_error,
    pickled,
    unpack,
    unpickled,
)

KEY = b"k" * 32


class Mood(Enum):
    GOOD = ("good", 1)
    BAD = ("bad", 2)


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    YES = "yes"


class Rights(Flag):
    READ = 1
    WRITE = 2


@dataclass
class Invoice:
    number: int
    lines: list[Any] = field(default_factory=list)
    total: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    tags: frozenset[str] = frozenset()


class Pair(NamedTuple):
    left: Any
    right: Any = None


Old = namedtuple("Old", "a b")


class Person(BaseModel):
    name: str = Field(alias="fullName")
    age: int = 0
    friends: list[Person] = []
    _seen: set[str] = PrivateAttr(default_factory=set)

    @field_validator("age")
    @classmethod
    def _doubled(cls, age: int) -> int:
        return age * 2  # a second validation would change the value


class Anything(BaseModel, extra="allow", frozen=True):
    value: Any = None


class Broken(Exception):
    def __init__(self, thing: str) -> None:
        super().__init__(f"no {thing}")
        self.thing = thing


class Fatal(BaseException):
    pass


def again(value: Any) -> Any:
    """The value after a way through a log."""
    packed = pack(value)
    if packed is None:
        return orjson.loads(orjson.dumps(value))
    return unpack(orjson.loads(orjson.dumps(packed)))


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down; not a number is itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return repr(left) == repr(right)
    if isinstance(left, dict):
        return len(left) == len(right) and all(
            same(a, b) for a, b in zip(left.items(), right.items(), strict=True)
        )
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, set | frozenset):
        return sorted(map(repr, left)) == sorted(map(repr, right))
    if isinstance(left, datetime | time):
        return repr(left) == repr(right)
    if isinstance(left, Invoice | Anything):
        return same(vars(left), vars(right)) and left == right
    return bool(left == right) or repr(left) == repr(right)


zones = st.one_of(
    st.none(),
    st.just(UTC),
    st.builds(
        timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)), st.text(max_size=3)
    ),
    st.sampled_from([ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")]),
)
text = st.text(st.characters(), max_size=8)  # with halves of pairs
hashable = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.integers(min_value=1 << 61),
        st.floats(), text, st.binary(max_size=9), st.decimals(allow_nan=False), st.uuids(),
        st.dates(), st.datetimes(timezones=zones), st.times(timezones=zones), st.timedeltas(),
        st.sampled_from([*Mood, *Level, *Word, Rights.READ | Rights.WRITE, Rights(0)]),
        st.sampled_from([Path("/tmp/a"), PurePosixPath("b"), PureWindowsPath("c:/d")]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner), st.frozensets(inner, max_size=3), st.builds(Pair, inner, inner)
    ),
    max_leaves=4,
)  # fmt: skip
values = st.recursive(
    hashable,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.sets(hashable, max_size=3),
        st.dictionaries(text | st.just("$"), inner, max_size=4),
        st.dictionaries(hashable, inner, max_size=3), st.tuples(inner),
        st.tuples(inner, inner).map(Old._make), st.tuples(inner, inner).map(Pair._make),
        st.lists(inner, max_size=2).map(lambda lines: Invoice(1, lines, Decimal("1.10"))),
        inner.map(lambda value: Anything(value=value, **{"other": value})),
    ),
    max_leaves=12,
)  # fmt: skip


@given(values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert same(again(value), value)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 61), 1 << 61) | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)  # fmt: skip


@given(json)
def test_plain_json_needs_no_packing(value: Any) -> None:
    assert pack(value) is None


@given(json)
def test_no_json_makes_anything_but_a_value_or_a_sentence(packed: Any) -> None:
    for told in (packed, {"$": packed, "v": packed}, {"$": "dataclass", "v": packed}):
        with suppress(NotPackable):
            unpack(told)


@pytest.mark.parametrize(
    "tag",
    ["int", "float", "bytes", "str", "dict", "tuple", "set", "datetime.datetime", "uuid.UUID",
     "datetime.timedelta", "pathlib.PosixPath", "decimal.Decimal", "enum", "model", "named"],
)  # fmt: skip
@given(told=json)
def test_tags_with_other_contents_are_refused_in_a_sentence(tag: str, told: Any) -> None:
    with suppress(NotPackable):
        unpack({"$": tag, "v": told})


def test_types_count_exactly() -> None:
    for value in (OrderedDict(a=1), defaultdict(list), type("Text", (str,), {})("a"), object()):
        with pytest.raises(NotPackable, match="cannot be made again from a log"):
            pack(value)
    assert type(again(True)) is bool
    assert math.copysign(1, again(-0.0)) == -1


def test_a_subclass_of_date_is_not_taken_for_a_date() -> None:
    class datetime(date):
        pass

    with pytest.raises(NotPackable):
        pack(datetime(2026, 1, 1))


def test_a_model_is_not_validated_again() -> None:
    person = Person(fullName="Ada", age=3, friends=[Person(fullName="Bob")])
    person._seen.add("x")
    made = again({"who": person})["who"]
    assert made == person
    assert made.age == 6
    assert made._seen == {"x"}
    assert made.model_fields_set == person.model_fields_set
    assert made.friends[0].name == "Bob"
    made.age = 5  # it is a whole model, not a shell
    assert made.model_dump(by_alias=True)["fullName"] == "Ada"


def test_results_of_mcp_come_back() -> None:
    result = mcp_types.CallToolResult(
        content=[mcp_types.TextContent(type="text", text="21 °C")], structured_content={"temp": 21}
    )
    made = again(result)
    assert made == result
    assert isinstance(made.content[0], mcp_types.TextContent)


def test_a_data_class_runs_none_of_its_code() -> None:
    invoice = Invoice(1)
    invoice.number = -5  # which __post_init__ would refuse
    invoice.note = "added"  # type: ignore[attr-defined]
    made = again(invoice)
    assert made == invoice
    assert made.note == "added"
    assert again(Point(1, math.inf, frozenset("ab"))) == Point(1, math.inf, frozenset("ab"))


def test_what_cannot_be_found_again_says_so() -> None:
    @dataclass
    class Local:
        x: int

    with pytest.raises(NotPackable, match=r"A Local cannot .* found as .*<locals>.Local"):
        pack(Local(1))
    with pytest.raises(NotPackable, match="An object cannot"):
        pack([object()])


def test_a_log_names_only_classes_of_the_kind_it_says() -> None:
    here = __name__
    for tag, module, name in [
        ("dataclass", "os", "system"),
        ("dataclass", here, "Mood"),
        ("named", "builtins", "tuple"),
        ("enum", here, "Invoice"),
        ("model", here, "Invoice"),
        ("model", "pydantic.main", "nothing"),
        ("dataclass", "not_imported_yet", "Thing"),
        ("dataclass", here, "again.__globals__"),
        ("dataclass", here, 3),
    ]:
        with pytest.raises(NotPackable, match="This program has no"):
            unpack({"$": tag, "module": module, "class": name, "v": {}})


def test_nothing_is_imported_for_a_log() -> None:
    sys.modules.pop("this", None)
    with pytest.raises(NotPackable):
        unpack({"$": "dataclass", "module": "this", "class": "s", "v": {}})
    assert "this" not in sys.modules


def test_a_class_that_changed_since_says_so() -> None:
    packed: Any = pack(Pair(1))
    packed["v"].append(3)
    with pytest.raises(NotPackable, match="other fields now"):
        unpack(packed)
    packed = pack(Person(fullName="Ada"))
    del packed["v"][0]["age"]
    with pytest.raises(NotPackable, match="has a field age now"):
        unpack(packed)


def test_size_and_depth_have_bounds() -> None:
    with pytest.raises(NotPackable, match="too large"):
        pack((b"x" * 2000,), limit=1000)
    endless: list[Any] = []
    endless.append((endless, endless))
    with pytest.raises(NotPackable, match="too deeply"):
        pack(endless)
    round_about: list[Any] = []
    round_about.append(round_about)
    with pytest.raises(NotPackable, match="size"):
        pack(round_about)
    deep: Any = "end"
    for _ in range(5000):
        deep = {"$": "tuple", "v": [deep]}
    with pytest.raises(NotPackable, match="too deeply"):
        unpack(deep)


def test_an_error_comes_back_with_its_class_and_text() -> None:
    for error in (
        ValueError("no", 3),
        KeyError(("a", 1)),
        FileNotFoundError(2, "gone", "/tmp/x"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        Broken("cake"),
    ):
        made = make_error(orjson.loads(orjson.dumps(pack_error(error))))
        assert type(made) is type(error)
        assert made.args == error.args
        assert str(made) == str(error)
        assert vars(made) == vars(error)


def test_an_error_of_a_provider_is_known_to_except() -> None:
    response = httpx2.Response(429, request=httpx2.Request("POST", "http://x"))
    error = openai.RateLimitError("slow down", response=response, body={"code": "rate"})
    with pytest.raises(openai.RateLimitError, match="slow down") as caught:
        raise make_error(orjson.loads(orjson.dumps(pack_error(error))))
    assert caught.value.status_code == 429
    assert caught.value.body == {"code": "rate"}


def test_an_error_whose_arguments_cannot_be_kept_keeps_its_text() -> None:
    made = make_error(pack_error(RuntimeError(object)))
    assert type(made) is RuntimeError
    assert str(made) == "<class 'object'>"


def test_a_log_makes_nothing_but_errors() -> None:
    for module, name in [
        ("builtins", "print"), ("os", "system"), ("builtins", "SystemExit"), (__name__, "Fatal"),
        ("nowhere", "Error"), ("builtins", "dict"), (None, None),
    ]:  # fmt: skip
        with pytest.raises(NotPackable, match="This program has no error"):
            make_error({"module": module, "type": name, "args": []})
    with pytest.raises(NotPackable, match="no arguments"):
        make_error({"module": "builtins", "type": "ValueError", "args": 3})


def test_a_pickle_needs_the_signature() -> None:
    told = pickled(OrderedDict(a=1), KEY)
    assert unpickled(orjson.loads(orjson.dumps(told)), KEY) == OrderedDict(a=1)
    with pytest.raises(NotPackable, match="not signed on this machine"):
        unpickled(told, b"other")
    with pytest.raises(NotPackable, match="not signed"):
        unpickled({**told, "pickle": pickled(1, KEY)["pickle"]}, KEY)
    for bad in ({}, {"pickle": 3, "sig": 3}, {"pickle": "???", "sig": "ä"}):
        with pytest.raises(NotPackable):
            unpickled(bad, KEY)
    with pytest.raises(NotPackable, match="larger"):
        pickled(b"x" * 100, KEY, limit=50)
    with pytest.raises(NotPackable, match="pickle says"):
        pickled(lambda: 1, KEY)


def test_uuid_of_another_kind() -> None:
    assert again(UUID(int=5)) == UUID(int=5)
