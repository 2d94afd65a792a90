"""Any value becomes JSON within limits: the same where JSON allows, readable where not."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import math
import pathlib
import sys
import threading
import time
import types
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import attrs
import pydantic
import pydantic.v1
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope import wire
from rollscope.values import Limits, to_json

MIB = 1 << 20

any_text = st.text(st.characters(blacklist_categories=()), max_size=30)  # lone surrogates too
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**90), 2**90)
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(any_text | st.sampled_from(["$blob", "$raw"]), inner, max_size=4)
    ),
    max_leaves=20,
)
hashable = (
    st.integers()
    | any_text
    | st.binary(max_size=5)
    | st.floats()
    | st.none()
    | st.dates()
    | st.uuids()
    | st.tuples(st.integers(), any_text)
)
anything = st.recursive(
    plain_json | hashable | st.decimals() | st.complex_numbers() | st.timedeltas(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.sets(hashable, max_size=4)
        | inner.map(lambda value: Point(1, value))
    ),
    max_leaves=20,
)


def shown(value: Any, limits: Limits = Limits()) -> Any:  # noqa: B008 - it is immutable
    """What the JSON of a value says."""
    return wire.load(to_json(value, limits).data)


# -- what is JSON, and what is nearly --------------------------------------------------------------


@given(plain_json)
def test_what_is_json_is_whole_and_comes_back(value: Any) -> None:
    made = to_json(value)

    back = wire.load(made.data)
    assert not made.lossy
    assert back == value
    assert repr(back) == repr(value)  # True is not 1, 1 is not 1.0, -0.0 is not 0.0


@given(plain_json)
def test_it_comes_back_through_a_line_as_well(value: Any) -> None:
    encoder = wire.Encoder("1" * 32)
    lines = encoder.line("event", name="x", data=[to_json(value), encoder.share(to_json(value))])

    *blobs, event = [wire.decode(line) for line in lines.splitlines()]
    data = {blob["hash"]: blob["data"] for blob in blobs}
    assert wire.expand(event["data"], data.__getitem__) == [value, value]


@given(anything, st.integers(30, 300), st.integers(1, 30), st.integers(1, 6))
def test_anything_is_json_within_the_limits(value: Any, most: int, items: int, depth: int) -> None:
    made = to_json(value, Limits(most, depth, items))

    assert len(made.data) <= most
    back = wire.load(made.data)
    assert made.data.count(b"\n") == 0
    if not made.lossy and value == value and not _holds_object(value):
        assert back == _listed(value)


def _holds_object(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_object, value))
    if isinstance(value, dict):
        return any(map(_holds_object, value.values()))
    return not isinstance(value, str | int | float | None)


def _listed(value: Any) -> Any:
    """Tuples are lists in JSON."""
    if isinstance(value, list | tuple):
        return [_listed(item) for item in value]
    return {k: _listed(v) for k, v in value.items()} if isinstance(value, dict) else value


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    YES = "yes"


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass
class Point:
    x: Any
    y: Any


@dataclasses.dataclass(slots=True, frozen=True)
class Slotted:
    x: int
    key: str = dataclasses.field(repr=False, default="secret")


@attrs.define
class Attrs:
    a: int
    token: str = attrs.field(repr=False)


class Model(pydantic.BaseModel):
    when: dt.date
    secret: pydantic.SecretStr
    hidden: int = pydantic.Field(default=1, exclude=True)


class OldModel(pydantic.v1.BaseModel if sys.version_info < (3, 14) else object):  # type: ignore[misc]
    a: int = 1


class Spoken:
    def __str__(self) -> str:
        return "I am spoken"


class Written:
    def __repr__(self) -> str:
        return f"<Written at {id(self):#x}>"


class Silent:
    pass


class Text(str):
    __slots__ = ()


class Own(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        return iter("ab")

    def __len__(self) -> int:
        return 2


HERE = __name__
MOMENT = dt.datetime(2025, 6, 15, 12, 30, tzinfo=dt.UTC)
PNG = b"\x89PNG\r\n\x1a\n\x00"

WHOLE = [
    ((1, (2,)), [1, [2]]),
    ({3, 1, 2}, [1, 2, 3]),
    (frozenset({"b", "a"}), ["a", "b"]),
    (collections.deque([1, 2]), [1, 2]),
    (collections.OrderedDict(a=1), {"a": 1}),
    (collections.Counter("aab"), {"a": 2, "b": 1}),
    (types.MappingProxyType({"a": (1,)}), {"a": [1]}),
    ({"a": 1}.keys(), ["a"]),
    ({"a": 1}.values(), [1]),
    ({"a": 1}.items(), [["a", 1]]),
    (Own(), {"a": 1, "b": 1}),
    (Pair(1, [2]), {"left": 1, "right": [2]}),
    (Point(1, {2}), {"x": 1, "y": [2]}),
    (Level.HIGH, 3),
    (Word.YES, "yes"),
    (Text("text"), "text"),
    (array.array("d", [1.5]), [1.5]),
    (wire.Json(b'{"a":1}'), {"a": 1}),
    ([wire.Json(b'{"a":1}'), {4}], [{"a": 1}, [4]]),
    (2**4000, 2**4000),
    ("\ud800", "\ud800"),
]

LOSSY = [
    (math.nan, "NaN"),
    ([math.inf, -math.inf], ["Infinity", "-Infinity"]),
    (2**5000, hex(2**5000)),
    (MOMENT, "2025-06-15T12:30:00+00:00"),
    (MOMENT.date(), "2025-06-15"),
    (dt.timedelta(seconds=90), "0:01:30"),
    (uuid.UUID(int=5), str(uuid.UUID(int=5))),
    (decimal.Decimal("1.50"), "1.50"),
    (pathlib.PurePosixPath("/tmp/x"), "/tmp/x"),
    (1 + 2j, "(1+2j)"),
    (range(3), "range(0, 3)"),
    ("café\n".encode(), "café\n"),
    (bytearray(b"text"), "text"),
    (memoryview(b"text"), "text"),
    (b"", ""),
    (b"\xff\x00", "data:application/octet-stream;base64,/wA="),
    (PNG, "data:image/png;base64,iVBORw0KGgoA"),
    (Colour.RED, "red"),
    (Colour.BLUE, "Colour.BLUE"),
    (Access.READ | Access.WRITE, "Access.READ|WRITE"),
    (ValueError("boom"), "ValueError: boom"),
    (KeyError(), "KeyError"),
    (len, "len"),
    (math.sqrt, "math.sqrt"),
    (Silent, f"{HERE}.Silent"),
    (Spoken.__str__, f"{HERE}.Spoken.__str__"),
    (math, "math"),
    (Spoken(), "I am spoken"),
    (Written(), "<Written>"),
    (Silent(), f"<{HERE}.Silent>"),
    (object(), "<object>"),
    (threading.Lock(), "<unlocked _thread.lock object>"),
    (iter([1]), "<list_iterator>"),
    (Slotted(1), {"x": 1}),
    (Attrs(1, "secret"), {"a": 1}),
    (
        Model(when=MOMENT.date(), secret=pydantic.SecretStr("x")),
        {"when": "2025-06-15", "secret": "**********"},
    ),
    ({2: "a", None: "b", True: "c", 1.5: "d"}, {"2": "a", "null": "b", "true": "c", "1.5": "d"}),
    ({1: "a", "1": "b"}, {"1": "a", "1 (2)": "b"}),
    ({(1, "x"): 1, b"k": 2, Colour.RED: 3}, {'[1,"x"]': 1, "k": 2, "red": 3}),
    ({MOMENT: 1, Silent(): 2}, {"2025-06-15T12:30:00+00:00": 1, f"<{HERE}.Silent>": 2}),
    (wire.Json(b"1", lossy=True), 1),
    ([wire.Json(b"1", lossy=True)], [1]),
]


@pytest.mark.parametrize(("value", "expected"), WHOLE, ids=[str(n) for n in range(len(WHOLE))])
def test_what_has_parts_becomes_its_parts(value: Any, expected: Any) -> None:
    made = to_json(value)

    assert wire.load(made.data) == expected
    assert not made.lossy


@pytest.mark.parametrize(("value", "expected"), LOSSY, ids=[str(n) for n in range(len(LOSSY))])
def test_what_is_text_instead_is_lossy(value: Any, expected: Any) -> None:
    made = to_json(value)

    assert wire.load(made.data) == expected
    assert made.lossy
    assert shown({"inside": [value]}) == {"inside": [expected]}


def test_models_of_pydantic_1_are_their_fields() -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("pydantic.v1 does not run there")
    assert shown(OldModel(a=5)) == {"a": 5}


def test_a_partial_and_a_lambda_name_no_address() -> None:
    assert b"0x" not in to_json([functools.partial(print, lambda: 1), lambda: 1]).data


def test_generators_are_not_consumed() -> None:
    numbers = (n for n in range(3))
    mapped = map(str, [1, 2])

    assert "generator object" in shown([numbers, mapped])[0]
    assert list(numbers) == [0, 1, 2]
    assert list(mapped) == ["1", "2"]


def test_a_coroutine_is_not_started() -> None:
    async def never() -> None: ...

    coroutine = never()
    assert shown(coroutine) == f"<coroutine object {never.__qualname__}>"
    coroutine.close()


# -- arrays ----------------------------------------------------------------------------------------


class Array:
    """An array as numpy, torch and others have them."""

    def __init__(self, *shape: int) -> None:
        self._shape = shape

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def dtype(self) -> str:
        return "float32"

    def tolist(self) -> Any:
        return [0.5] * math.prod(self._shape)


def test_small_arrays_are_listed_and_big_ones_described() -> None:
    assert shown(Array(3)) == [0.5, 0.5, 0.5]
    assert shown(Array(512, 512)) == f"<{HERE}.Array of float32, shape (512, 512)>"
    assert to_json(Array(512, 512)).lossy
    assert shown(array.array("i", range(2000))) == "<array.array of i, length 2,000>"


def test_arrays_of_numpy() -> None:
    np = pytest.importorskip("numpy")

    assert shown({"a": np.arange(4).reshape(2, 2), "b": np.float32(1.5), "c": np.bool_(True)}) == {
        "a": [[0, 1], [2, 3]], "b": 1.5, "c": True,
    }  # fmt: skip
    assert shown(np.zeros((100, 100))) == "<numpy.ndarray of float64, shape (100, 100)>"
    assert shown(np.datetime64("2025-06-15")) == "2025-06-15"
    assert shown(np.array([1.0, np.nan])) == [1.0, "NaN"]


# -- cycles, depth, sharing ------------------------------------------------------------------------


def test_a_cycle_is_named_where_it_closes() -> None:
    value: dict[str, Any] = {"a": 1}
    value["self"] = [value]
    point = Point(1, None)
    point.y = [point]

    assert shown(value) == {"a": 1, "self": ["<cycle>"]}
    assert shown(point) == {"x": 1, "y": ["<cycle>"]}


def test_the_same_value_twice_is_no_cycle() -> None:
    twice = {"x": {1}}
    assert shown([twice, twice]) == [{"x": [1]}, {"x": [1]}]


def test_what_doubles_at_each_level_ends() -> None:
    value: Any = [1]
    for _ in range(60):
        value = [value, value]

    made = to_json(value)

    assert made.lossy
    assert len(made.data) < 4 * MIB


@pytest.mark.parametrize("depth", [50, 100, 101, 300, 100_000])
def test_deep_nesting_is_cut_with_a_word(depth: int) -> None:
    value: Any = "bottom"
    for _ in range(depth):
        value = [value]

    made = to_json(value)

    assert made.lossy == (depth > 100)
    assert (b"bottom" in made.data) == (depth <= 100)
    assert ("… [cut: deeper than 100 levels]".encode() in made.data) == (depth > 100)


# -- limits ----------------------------------------------------------------------------------------


def test_a_text_of_100_mib_is_its_beginning_at_once() -> None:
    text = "x" * (100 * MIB)
    to_json("warm")
    took = []
    for _ in range(5):
        start = time.perf_counter()
        made = to_json({"short": 1, "long": text})
        took.append(time.perf_counter() - start)

    value = wire.load(made.data)
    kept = value["long"].index("…")
    assert value["short"] == 1
    assert value["long"] == "x" * kept + f"… [cut: {100 * MIB - kept:,} characters]"
    assert 3.9 * MIB < len(made.data) <= 4 * MIB
    assert made.lossy
    assert min(took) < 0.05  # a row of the benchmark has the real limit


@pytest.mark.parametrize("letter", ["é", "世", "\n", '"', "\x00", "😀", "\ud800"])
def test_a_long_text_fits_whatever_its_letters_need(letter: str) -> None:
    made = to_json(letter * MIB, Limits(bytes=100_000))

    assert 80_000 < len(made.data) <= 100_000
    assert wire.load(made.data).startswith(letter * 1000)


def test_a_text_that_becomes_dense_fits_too() -> None:
    made = to_json("x" * 1000 + "\x00" * MIB, Limits(bytes=100_000))

    assert 50_000 < len(made.data) <= 100_000


def test_long_texts_go_first_then_the_ends_of_lists() -> None:
    value = {
        "texts": ["short", "x" * 5000, "y" * 100_000],
        "numbers": list(range(100)),
        "last": {"deep": [1, {"a": "b"}]},
    }

    some = shown(value, Limits(bytes=8000))
    less = shown(value, Limits(bytes=700))

    assert some["texts"][0] == "short"
    assert some["texts"][1].startswith("x" * 1000)
    assert "cut" in some["texts"][2]
    assert some["numbers"] == list(range(100))
    assert some["last"] == value["last"]
    assert less["texts"][2].endswith("characters]")
    assert less["last"] == value["last"]


def test_a_list_of_a_million_is_its_beginning() -> None:
    numbers = to_json(list(range(1_000_000)))
    rows = to_json([{"id": n, "name": "x"} for n in range(100_000)])

    for made in (numbers, rows):
        value = wire.load(made.data)
        assert made.lossy
        assert value[-1].startswith("… [cut: ")
        assert len(made.data) <= 4 * MIB
    value = wire.load(numbers.data)
    assert value[:-1] == list(range(len(value) - 1))
    assert value[-1] == f"… [cut: {1_000_001 - len(value):,} items]"
    assert len(value) > 100_000
    assert wire.load(rows.data)[10_000] == {"id": 10_000, "name": "x"}


def test_an_embedding_is_whole() -> None:
    vectors = [[0.123456789] * 1536 for _ in range(100)]
    assert to_json(vectors) == wire.Json(wire.dump(vectors))


def test_a_wide_dict_is_its_beginning() -> None:
    value = shown({f"key {n}": n for n in range(1000)}, Limits(items=10))

    assert list(value) == [*(f"key {n}" for n in range(10)), "…"]
    assert value["…"] == "… [cut: 990 items]"


def test_every_part_gets_its_share() -> None:
    value = {name: list(map(str, range(10_000))) for name in "abcdef"}

    made = shown(value, Limits(items=600))

    assert list(made) == list("abcdef")
    assert min(map(len, made.values())) > 50


def test_a_long_key_is_cut() -> None:
    [key] = shown({"k" * 5000: 1}, Limits(bytes=3000))
    assert key == "k" * 1000 + "… [cut: 4,000 characters]"
    assert shown({"k" * 5000: {1}}) == {"k" * 5000: [1]}


def test_long_bytes_are_their_beginning() -> None:
    text = shown(b"x" * MIB, Limits(bytes=1000))
    code = shown(b"\x00" * MIB, Limits(bytes=1000))
    letters = shown("é".encode() * MIB, Limits(bytes=1001))

    assert text.startswith("x" * 500)
    assert code.startswith("data:application/octet-stream;base64,AAAA")
    assert letters.startswith("é" * 400)
    assert all("… [cut: " in made for made in (text, code, letters))


def test_many_long_bytes_are_not_all_copied() -> None:
    block = b"\xff" * MIB

    start = time.perf_counter()
    made = shown([block] * 1000)

    assert time.perf_counter() - start < 1
    assert len(made) == 1000
    assert made[-1].endswith("characters]")


@pytest.mark.parametrize("most", [1, 5, 20, 50])
def test_limits_that_leave_nothing_say_so(most: int) -> None:
    for value in ("x" * 1000, list(range(1000)), {"a": {"b": "c" * 1000}}, Silent()):
        made = to_json(value, Limits(bytes=most))
        assert made.lossy
        assert len(made.data) <= max(most, len(b'"[cut]"'))


# -- classes of all sorts --------------------------------------------------------------------------


class Hostile:
    """Raises whatever is done with it."""

    def _no(self, *_: Any) -> Any:
        raise RuntimeError("no")

    __str__ = __repr__ = __len__ = __iter__ = __bool__ = __eq__ = __hash__ = _no
    __getattr__ = __getattribute__ = __reduce__ = _no


class HostileType(type):
    def _no(cls, *_: Any) -> Any:
        raise RuntimeError("no")

    __hash__ = __eq__ = __repr__ = __instancecheck__ = __getattribute__ = _no


class Typed(metaclass=HostileType):
    pass


class HostileModel(pydantic.BaseModel):
    a: int = 1
    b: str = "x"

    def model_dump(self, **_: Any) -> Any:
        raise RuntimeError("no")


class HostileMapping(Own):
    def items(self) -> Any:
        raise RuntimeError("no")


class Endless(Own):
    def items(self) -> Any:
        while True:
            time.sleep(0.001)
            yield "a", 1


class HostileArray(Array):
    def tolist(self) -> Any:
        raise RuntimeError("no")


class ArrayOfItself(Array):
    def tolist(self) -> Any:
        return self

    def __repr__(self) -> str:
        return "itself"


class Shy:
    """Not even its class can be asked for."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("no class")


class Unraisable(BaseException):
    pass


class Stopping:
    def __init__(self, error: type[BaseException]) -> None:
        self._error = error

    def __str__(self) -> str:
        raise self._error


class LyingList(list):
    def __iter__(self) -> Any:
        raise RuntimeError("no items")

    __len__ = __getitem__ = __iter__  # type: ignore[assignment]


class LyingDict(dict):
    def items(self) -> Any:
        raise RuntimeError("no items")

    __iter__ = keys = __len__ = items


class Property:
    @property
    def shape(self) -> Any:
        raise RuntimeError("no")

    dtype = tolist = shape


MEAN = [
    (Hostile(), f"<{HERE}.Hostile>"),
    ([Hostile()], [f"<{HERE}.Hostile>"]),
    (Typed(), f"<{HERE}.Typed>"),
    (HostileModel(), {"a": 1, "b": "x"}),
    (HostileArray(2), f"<{HERE}.HostileArray>"),
    (ArrayOfItself(2), "itself"),
    (Shy(), f"<{HERE}.Shy>"),
    ([1, Typed()], [1, f"<{HERE}.Typed>"]),
    ([0.5] * 20 + [Typed()], [0.5] * 20 + [f"<{HERE}.Typed>"]),
    ({Shy(): 1}, {f"<{HERE}.Shy>": 1}),
    (Stopping(Unraisable), f"<{HERE}.Stopping>"),
    (Stopping(RecursionError), f"<{HERE}.Stopping>"),
    (Stopping(MemoryError), f"<{HERE}.Stopping>"),
    (LyingList([1, {2}]), [1, [2]]),
    (LyingDict(a=1), {"a": 1}),
    (Property(), f"<{HERE}.Property>"),
    (HostileMapping(), f"<{HERE}.HostileMapping>"),
]


@pytest.mark.parametrize("number", range(len(MEAN)))  # pytest itself cannot name such values
def test_classes_that_do_not_answer_are_named(number: int) -> None:
    expected = MEAN[number][1]
    assert shown(MEAN[number][0]) == expected
    assert shown({"beside": 1, "it": MEAN[number][0]}) == {"beside": 1, "it": expected}


def test_a_mapping_without_end_is_what_came_at_once() -> None:
    start = time.perf_counter()
    made = to_json(Endless())

    assert time.perf_counter() - start < 1
    assert wire.load(made.data)["a"] == 1
    assert made.lossy


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("place", [list, lambda held: {"a": {"b": held}}, lambda held: held[0]])
def test_what_ends_a_program_is_not_swallowed(stop: type[BaseException], place: Any) -> None:
    value = place([Stopping(stop)])

    with pytest.raises(stop):
        to_json(value)
    with pytest.raises(stop):
        wire.dump(value)
    with pytest.raises(stop):
        wire.Encoder("1" * 32).line("event", name="x", data=value)


def test_a_slow_type_is_not_asked_again() -> None:
    asked = []

    class Slow:
        def __str__(self) -> str:
            asked.append(self)
            time.sleep(0.15)
            return "slow"

    name = f"<{HERE}.{Slow.__qualname__}>"
    assert shown([Slow(), Slow()]) == ["slow", name]
    assert shown(Slow()) == name
    assert len(asked) == 1


def test_a_type_that_is_a_little_slow_is_asked_twice() -> None:
    asked = []

    class Slowish:
        def __repr__(self) -> str:
            asked.append(self)
            time.sleep(0.02)
            return "slowish"

    for _ in range(4):
        to_json(Slowish())
    assert 1 <= len(asked) <= 2  # once, if the machine was busy meanwhile


def test_a_slow_model_shows_what_it_holds() -> None:
    class SlowModel(pydantic.BaseModel):
        a: int = 1
        _private: int = 2

        def model_dump(self, **_: Any) -> dict[str, Any]:
            time.sleep(0.15)
            return {"dumped": True}

    assert shown(SlowModel()) == {"dumped": True}
    assert shown(SlowModel()) == {"a": 1}


def test_many_slow_types_together_are_not_slow() -> None:
    def text(self: Any) -> str:
        time.sleep(0.009)
        return "slow"

    def made(n: int) -> Any:
        return type(f"Slow{n}", (), {"__str__": text})()

    start = time.perf_counter()
    value = shown([made(n) for n in range(1000)])

    assert time.perf_counter() - start < 1
    assert value[0] == "slow"
    assert value[-1] == f"<{HERE}.Slow999>"


def test_a_dict_that_another_thread_changes_is_recorded() -> None:
    value: dict[str, Any] = {str(n): {n} for n in range(500)}
    stop = threading.Event()

    def change() -> None:
        n = 0
        while not stop.is_set():
            value[f"new {n % 5000}"] = n
            value.pop(f"new {(n - 2500) % 5000}", None)
            n += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(20):
            assert shown(value, Limits(items=1000))["7"] == [7]
    finally:
        stop.set()
        thread.join()


def test_without_stack_left_there_is_still_json() -> None:
    found = []

    def sink() -> None:
        found.append(to_json({"a": [{Silent()}]}).data)
        sink()

    with pytest.raises(RecursionError):
        sink()
    assert all(wire.load(data) for data in found)
