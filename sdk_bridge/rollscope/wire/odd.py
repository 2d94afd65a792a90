"""What JSON has no word for: subclasses, objects, huge integers, cycles, odd keys, deep nesting.

A value may be of the user's own class. None of its methods is trusted: where one may be called at
all, anything that it raises turns into the name of its type.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import orjson

from rollscope.wire.decode import load
from rollscope.wire.encoded import Json

_DEEP = 200
_WIDE = 1 << 4096  # from here on, Python refuses to write an integer in decimal
_NATIVE = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def as_plain(value: Any) -> Any:
    """One level of a value that orjson does not know, as something that it knows."""
    if isinstance(value, set | frozenset):
        try:
            return sorted(value, key=repr)
        except Exception:  # noqa: BLE001 - a user's __repr__ may raise anything
            return list(value)
    if isinstance(value, dict):
        return dict(dict.items(value))
    for kind, plain in _SUBCLASSES:
        if isinstance(value, kind):
            return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    return _text(value)


def let_stop(error: BaseException) -> None:
    """Raise what ends a program, if that is why orjson gave up: it wraps whatever is raised."""
    if isinstance(error.__cause__, KeyboardInterrupt | SystemExit):
        raise error.__cause__


def dump_odd(value: Any, embed: Callable[[Json], bytes]) -> bytes:
    """JSON of anything, the slow and careful way; ``embed`` says what to write for each Json."""
    try:
        plain = _Careful(embed).plain(value, 0)
        return json.dumps(plain, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    except Exception:  # noqa: BLE001 - whatever it is, it must not stop the user's program
        return orjson.dumps(_unwritable(value))


_SUBCLASSES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    # The plain self of an instance, without asking the methods of its own class.
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (list, lambda value: list(list.__iter__(value))),
    (tuple, lambda value: list(tuple.__iter__(value))),
)


def _text(value: Any) -> str:
    try:
        return str.__str__(str(value))
    except Exception:  # noqa: BLE001 - a user's __str__ may raise anything
        return _unwritable(value)


def _unwritable(value: Any) -> str:
    return f"<{type.__dict__['__name__'].__get__(type(value))}>"


class _Careful:
    """Makes plain values of any, one by one; remembers what it is inside of."""

    def __init__(self, embed: Callable[[Json], bytes]) -> None:
        self._embed = embed
        self._above: set[int] = set()

    def plain(self, value: Any, depth: int) -> Any:
        """The value as something that ``json`` writes."""
        if value is None or value is True or value is False:
            return value
        try:
            if issubclass(type(value), Json):
                value = load(self._embed(value))
            if isinstance(value, Enum):
                value = value.value
            if isinstance(value, str):
                return str.__str__(value)
            if isinstance(value, int):
                number = int.__int__(value)
                return number if -_WIDE < number < _WIDE else hex(number)
            if isinstance(value, float):
                return float.__float__(value) if math.isfinite(value) else None
            if id(value) in self._above:
                return "<cycle>"
            if depth >= _DEEP:
                return f"<deeper than {_DEEP} levels>"
            self._above.add(id(value))
            try:
                return self._container(value, depth + 1)
            finally:
                self._above.discard(id(value))
        except RecursionError:
            return "<too deep>"
        except Exception:  # noqa: BLE001 - a user's class may raise anything, even for isinstance
            return _unwritable(value)

    def _container(self, value: Any, depth: int) -> Any:
        items: Any
        if isinstance(value, dict):
            items = dict.items(value)
        elif isinstance(value, list | tuple | set | frozenset):
            return [self.plain(v, depth) for v in _items(value)]
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            items = [(n, getattr(value, n)) for n in names if n[0] != "_" and hasattr(value, n)]
        elif isinstance(value, Mapping):
            items = value.items()
        else:
            return _leaf(value)
        return {_key(k): self.plain(v, depth) for k, v in list(items)}


def _items(value: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any]) -> list[Any]:
    """The items, whatever the value's own class makes of being iterated over."""
    kind = next(kind for kind in (list, tuple, set, frozenset) if isinstance(value, kind))
    return list(kind.__iter__(value))  # type: ignore[arg-type]


def _leaf(value: Any) -> Any:
    """What orjson writes natively (times, UUIDs), else text."""
    try:
        return json.loads(orjson.dumps(value, option=_NATIVE))
    except (TypeError, ValueError):
        return _text(value)


def _key(key: Any) -> str:
    """A key as orjson writes it."""
    if isinstance(key, str):
        return str.__str__(key)
    try:
        return str(next(iter(json.loads(orjson.dumps({key: 0}, option=_NATIVE)))))
    except (TypeError, ValueError):
        return str(int.__int__(key)) if isinstance(key, int) else _text(key)
