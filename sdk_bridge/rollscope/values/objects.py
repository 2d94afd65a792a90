"""What an object shows of itself: its parts where it has some, else a text.

One level at a time: the parts may be any objects again. Types are known by what they are made of,
so no library is imported to know its objects.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from math import prod
from time import perf_counter
from typing import Any

from rollscope.values.bases import Fields, Text, base_of, lookup, qualified, type_name
from rollscope.values.patience import Patience, RefusedError

Way = Callable[[Any, type, Patience, int], Any]
"""Takes a value, its type, and how many parts to show at most."""

_FEW = 1000
"""Numbers of an array that are listed; a bigger one is described in a line."""

_NAMED = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType,
    types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType,
)  # fmt: skip
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+| id='\d+'")
_SEARCHED = 100_000  # characters; no address is looked for in a longer text
_LONG = 0.010  # seconds for the parts of a mapping, which may never end


def shown(value: Any, patience: Patience, room: int) -> Any:
    """Fields, Items, a Text, or a value of another type that stands for the object."""
    kind = type(value)
    try:
        way: Way = way_of(kind)  # type: ignore[arg-type] # a type may be no good as a key: it raises
        return way(value, kind, patience, room)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a user's class may raise anything, whatever is done
        return Text(type_name(kind))


@lru_cache(maxsize=1024)
def way_of(kind: type) -> Way:
    """How values of a type are shown."""
    if (base := base_of(kind)) is not None:
        return lambda value, kind, patience, room: base(value, room)
    if issubclass(kind, type | types.ModuleType) or issubclass(kind, _NAMED):
        return _name
    if issubclass(kind, BaseException):
        return _exception
    for marks, way in _WAYS:
        if all(lookup(kind, mark) is not None for mark in marks):
            return way
    return _mapping if issubclass(kind, Mapping) else _text


def _name(value: Any, kind: type, patience: Patience, room: int) -> Text:
    if issubclass(kind, type):
        return Text(qualified(value))
    if issubclass(kind, types.ModuleType):
        return Text(str(value.__name__))
    module = getattr(value, "__module__", None)
    name = value.__qualname__
    return Text(f"{module}.{name}" if module and module != "builtins" else name)


def _exception(value: Any, kind: type, patience: Patience, room: int) -> Text:
    try:
        said = patience.ask(kind, lambda: str.__str__(str(value)))
    except RefusedError:
        said = ""
    return Text(f"{qualified(kind)}: {said}" if said else qualified(kind))


def _model(value: Any, kind: type, patience: Patience, room: int) -> Any:
    """A pydantic model of version 2, as it wants to be written."""
    return _dumped(value, kind, patience, room, lambda: value.model_dump(warnings=False))


def _old_model(value: Any, kind: type, patience: Patience, room: int) -> Any:
    """A pydantic model of version 1."""
    return _dumped(value, kind, patience, room, value.dict)


def _dumped(value: Any, kind: type, patience: Patience, room: int, dump: Callable[[], Any]) -> Any:
    try:
        made = patience.ask(kind, dump)
    except RefusedError:
        return _own(value, kind, room)
    return made if type(made) is not kind else Text(type_name(kind))


def _dataclass(value: Any, kind: type, patience: Patience, room: int) -> Any:
    fields = lookup(kind, "__dataclass_fields__").values()
    fields = [field for field in fields if field._field_type.name == "_FIELD"]
    return _fields(value, kind, patience, room, {f.name: f.repr for f in fields})


def _attrs(value: Any, kind: type, patience: Patience, room: int) -> Any:
    fields = {field.name: field.repr is not False for field in lookup(kind, "__attrs_attrs__")}
    return _fields(value, kind, patience, room, fields)


def _struct(value: Any, kind: type, patience: Patience, room: int) -> Any:
    fields = dict.fromkeys(lookup(kind, "__struct_fields__"), True)
    return _fields(value, kind, patience, room, fields)


def _fields(
    value: Any, kind: type, patience: Patience, room: int, fields: dict[str, bool]
) -> Fields:
    """The fields that the class itself shows in its text: others may be secrets, or huge."""
    shown = [name for name, is_shown in fields.items() if is_shown]

    def read() -> list[tuple[str, Any]]:
        return [(name, getattr(value, name)) for name in shown if hasattr(value, name)]

    try:
        items: list[tuple[str, Any]] = patience.ask(kind, read)
    except RefusedError:
        return _own(value, kind, room)
    return Fields(items, hidden=len(items) < len(fields))


def _own(value: Any, kind: type, room: int) -> Fields:
    """What the object holds, without asking it. Raises AttributeError if it holds nothing."""
    held = object.__getattribute__(value, "__dict__")
    items = [(k, v) for k, v in list(dict.items(held)) if type(k) is str and k[:1] != "_"]
    return Fields(items[:room], hidden=True)


def _array(value: Any, kind: type, patience: Patience, room: int) -> Any:
    """An array of numbers, of whichever library."""
    shape = patience.ask(kind, lambda: tuple(int(size) for size in value.shape))
    if prod(shape) > _FEW:
        dtype = patience.ask(kind, lambda: str(value.dtype))
        return Text(f"<{qualified(kind)} of {dtype}, shape {shape}>")
    made = patience.ask(kind, value.tolist)
    return made if type(made) is not kind else _text(value, kind, patience, room)


def _numbers(value: Any, kind: type, patience: Patience, room: int) -> Any:
    """An array of the module array."""
    if len(value) > _FEW:
        return Text(f"<{qualified(kind)} of {value.typecode}, length {len(value):,}>")
    return value.tolist()


def _mapping(value: Any, kind: type, patience: Patience, room: int) -> Any:
    def read() -> Fields:
        items = []
        until = perf_counter() + _LONG
        for key, item in islice(value.items(), room):
            items.append((key, item))
            if perf_counter() > until:
                return Fields(items, hidden=True)
        return Fields(items, max(0, len(value) - len(items)))

    try:
        return patience.ask(kind, read)
    except RefusedError:
        return _text(value, kind, patience, room)


def _text(value: Any, kind: type, patience: Patience, room: int) -> Text:
    speak: Callable[[Any], str]
    if lookup(kind, "isoformat") is not None:
        speak = kind.isoformat  # type: ignore[attr-defined]
    elif lookup(kind, "__str__") is not object.__str__:
        speak = str
    elif lookup(kind, "__repr__") is not object.__repr__:
        speak = repr
    else:
        return Text(type_name(kind))
    try:
        text = patience.ask(kind, lambda: str.__str__(speak(value)))
    except RefusedError:
        return Text(type_name(kind))
    if len(text) <= _SEARCHED and (" at 0x" in text or " id='" in text):
        text = _ADDRESS.sub("", text)
    return Text(text)


_WAYS: tuple[tuple[tuple[str, ...], Way], ...] = (
    (("model_dump", "__pydantic_validator__"), _model),
    (("dict", "__fields__", "__validators__"), _old_model),
    (("__dataclass_fields__",), _dataclass),
    (("__attrs_attrs__",), _attrs),
    (("__struct_fields__",), _struct),
    (("shape", "dtype", "tolist"), _array),
    (("typecode", "itemsize", "tolist"), _numbers),
)
