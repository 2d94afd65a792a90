"""Makes JSON of any value that a program may hand over, within limits; never raises, never long.

What JSON has a word for is what it was. An object becomes its parts, or a text; what is too long is
cut where it hurts least, and says so: long texts first, then the ends of lists.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from rollscope import wire
from rollscope.values.bases import type_name
from rollscope.values.patience import Patience
from rollscope.values.shortening import LEAST, fitted
from rollscope.values.trees import Taker, are_numbers
from rollscope.wire import Json


class Limits(NamedTuple):
    """How much of one value is kept."""

    bytes: int = 4 << 20
    """Of its JSON."""

    depth: int = 100
    """Levels of lists and dicts inside each other."""

    items: int = 50_000
    """Items of all its lists and dicts together; numbers of a list count for an eighth."""


_USUAL = Limits()
_SEVERAL = 16
_DIGITS = 20
"""Bytes of a number, with some to spare."""


def to_json(value: Any, limits: Limits = _USUAL) -> Json:
    """The JSON of a value. It is lossy when something was cut, or text stands for an object.

    Tuples and sets become lists; named tuples, dataclasses, attrs classes and pydantic models
    become objects; NaN and the infinities become text. Generators and the like are not consumed.
    Nothing is raised but KeyboardInterrupt and SystemExit.
    """
    kind = type(value)
    if kind is Json:
        return value  # type: ignore[no-any-return]
    most, depth, items = limits
    try:
        if kind is dict or kind is list or kind is tuple:
            plain = _room_after(value, most, most // items or 1, depth) >= 0
        elif kind is str:
            plain = len(value) <= most
        else:
            plain = value is None or kind is bool or kind is int
        if plain:
            data = orjson.dumps(value)
            if len(data) <= most:
                return tuple.__new__(Json, (data, False))  # half as dear as calling the class
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - it is not as plain as it seemed, or has changed
        pass
    try:
        return _careful(value, limits)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - whatever it is, the program must not notice
        return Json(wire.dump(type_name(kind)), lossy=True)


def _room_after(items: Any, room: int, unit: int, depth: int) -> int:
    """How much room a dict, list or tuple leaves; less than 0 if it is too long, or if not all of
    it is of the types that JSON has words for.

    An item counts as ``unit`` bytes at least, so that their number is limited too; numbers of a
    list are so quick to write that they do not. Keys are left to orjson, which takes only text.
    """
    if depth < 1:
        return -1
    if type(items) is dict:
        items = items.values()
    elif _SEVERAL < len(items) <= room // _DIGITS and are_numbers(items):
        return room - _DIGITS * len(items)
    room -= len(items) * unit
    if room < 0:
        return -1
    for item in items:
        kind = type(item)
        if kind is str:
            room -= len(item)
        elif kind is dict or kind is list or kind is tuple:
            room = _room_after(item, room, unit, depth - 1)
            if room < 0:
                return -1
        elif kind is float:
            if item - item != 0.0:  # it is not finite
                return -1
        elif kind is not int and kind is not bool and item is not None:
            return -1
    return room


def _careful(value: Any, limits: Limits) -> Json:
    most, depth, items = limits
    patience = Patience()
    items = min(items, max(most // 4, 1))
    while items:
        taker = Taker(items, depth, most, patience)
        tree = taker.tree(value)
        least = LEAST if taker.taken > 1 else 0
        data, need, is_cut = fitted(tree, taker.long, most, least)
        if data is not None:
            return Json(data, taker.lossy or is_cut)
        items = int(min(items, taker.taken) * min(0.7, 0.9 * most / need))
    return Json(b'"[cut]"', lossy=True)
