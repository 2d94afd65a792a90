"""What a person has edited as JSON gets the types of what was recorded."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope import wire
from rollscope.packing import NotPackable, pack
from rollscope.packing.reshaping import reshaped
from rollscope.values import to_json


class Sky(enum.Enum):
    CLEAR = "clear"


class Place(NamedTuple):
    name: str
    at: tuple[int, int]


@dataclass
class Weather:
    celsius: int
    place: Place
    days: list[Day] = field(default_factory=list)


class Day(pydantic.BaseModel):
    on: datetime.date
    sky: Sky = Sky.CLEAR


def edited(value: Any, edit: Any) -> Any:
    shown = wire.load(to_json(value).data)
    edit(shown)
    now = wire.load(to_json(value).data)
    return reshaped(pack(value), now, shown)


def weather() -> Weather:
    return Weather(21, Place("Paris", (48, 2)), [Day(on=datetime.date(2026, 1, 1))])


def test_a_part_of_an_object() -> None:
    def edit(shown: Any) -> None:
        shown["celsius"] = -4
        shown["place"]["at"] = [1, 2, 3]
        shown["days"][0]["on"] = "2026-02-03"

    now = edited(weather(), edit)

    day = Day(on=datetime.date(2026, 2, 3))
    assert now == Weather(-4, Place("Paris", (1, 2, 3)), [day])  # type: ignore[arg-type]
    assert type(now.place) is Place
    assert type(now.days[0]) is Day


def test_one_more_of_a_kind_and_one_less() -> None:
    def more(shown: Any) -> None:
        shown["days"].append({"on": "2027-01-01", "sky": "clear"})

    assert edited(weather(), more).days[1].on == datetime.date(2027, 1, 1)
    assert edited(weather(), lambda shown: shown["days"].clear()).days == []


def test_what_does_not_fit() -> None:
    def rename(shown: Any) -> None:
        shown["degrees"] = shown.pop("celsius")

    with pytest.raises(NotPackable):
        edited(weather(), rename)
    assert reshaped(pack((1, 2)), [1, 2], "something else") == "something else"
    told = {"$": "tuple", "v": [1]}
    assert reshaped(pack({"a": (1,)}), {"a": [1]}, told) == told


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(_json, _json)
def test_plain_data_is_what_was_written(was: Any, now: Any) -> None:
    packed = pack({"was": was, "kept": (1,)})
    shown = {"was": was, "kept": [1]}
    assert reshaped(packed, shown, {"was": now, "kept": [1]}) == {"was": now, "kept": (1,)}
