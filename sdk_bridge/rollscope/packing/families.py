"""How values of a program's own classes are told in JSON, and made from it without their code.

A class is found only in a module that the program has imported itself, and only if it is a data
class, an enum, a named tuple or a pydantic model. None of its functions is called.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, Flag
from operator import or_
from types import MemberDescriptorType
from typing import Any

from rollscope.errors import RollscopeError


class NotPackable(RollscopeError, ValueError):
    """A value cannot be made again from a log; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Family:
    """Classes whose values are made from parts, without a call of their own code."""

    words: str
    holds: Callable[[type], bool]
    tell: Callable[[Any], Any]
    make: Callable[[type, Any], Any]


def family_of(kind: type) -> str | None:
    """The tag of the family that a class belongs to. One with ``__del__`` belongs to none: it would
    be called for a value that a log has made up."""
    if hasattr(kind, "__del__"):
        return None
    return next((tag for tag, family in FAMILIES.items() if family.holds(kind)), None)


def make_instance(tag: str, packed: dict[str, Any], told: Any) -> Any:
    """A value of the class that ``packed`` names, from its parts. Raises NotPackable where this
    program has no such class; whatever Python says to parts that do not fit."""
    kind = find(packed.get("module"), packed.get("class"))
    if not isinstance(kind, type) or family_of(kind) != tag:
        words = FAMILIES[tag].words
        raise NotPackable(
            f"This program has no {words} {packed.get('module')}.{packed.get('class')}."
        )
    return FAMILIES[tag].make(kind, told)


def _tell_enum(value: Any) -> Any:
    if type(value).__members__.get(value.name) is value:
        return value.name
    return [value.value]  # flags together


def _make_enum(kind: Any, told: Any) -> Any:
    if isinstance(told, str):
        return kind.__members__[told]
    known = functools.reduce(or_, (one.value for one in kind), 0) if issubclass(kind, Flag) else 0
    [value] = told
    own = getattr(kind._missing_, "__func__", None) is not Flag._missing_.__func__  # type: ignore[attr-defined]
    if type(value) is not int or value & ~known or own:
        raise NotPackable(f"The enum {kind.__qualname__} has no such member.")
    return kind(value)


def _tell_named(value: Any) -> Any:
    if getattr(value, "__dict__", None):
        raise impossible(type(value), "it has more than its fields.")
    return list(value)


def _make_named(kind: Any, told: Any) -> Any:
    if len(told) != len(kind._fields):
        raise NotPackable(f"The named tuple {kind.__qualname__} has other fields now.")
    return tuple.__new__(kind, told)


def _tell_dataclass(value: Any) -> Any:
    kind = type(value)
    try:
        object.__new__(kind)
    except TypeError:
        raise impossible(kind, "its class is not only a data class.") from None
    told = dict(getattr(value, "__dict__", {}))
    for field in fields(kind):
        if hasattr(value, field.name):
            told[field.name] = getattr(value, field.name)
    return told


def _make_dataclass(kind: Any, told: Any) -> Any:
    value = object.__new__(kind)
    names = {field.name for field in fields(kind)}
    for name, part in told.items():
        if name in names:
            at = inspect.getattr_static(kind, name, None)
            if hasattr(type(at), "__set__") and not isinstance(at, MemberDescriptorType):
                raise impossible(kind, f"its {name} is computed.")
            object.__setattr__(value, name, part)
        else:
            vars(value)[name] = part
    return value


_MODEL_PARTS = ("__pydantic_extra__", "__pydantic_private__")


def _is_model(kind: type) -> bool:
    """Whether it is a class of pydantic 2; pydantic is not imported to know it."""
    base = getattr(sys.modules.get("pydantic.main"), "BaseModel", None)
    return isinstance(base, type) and issubclass(kind, base)


def _tell_model(value: Any) -> Any:
    parts = [getattr(value, part, None) for part in _MODEL_PARTS]
    return [dict(value.__dict__), sorted(value.__pydantic_fields_set__), *parts]


def _make_model(kind: Any, told: Any) -> Any:
    state, chosen, *parts = told
    if missing := [name for name in kind.model_fields if name not in state]:
        raise NotPackable(f"The model {kind.__qualname__} has a field {missing[0]} now.")
    value = object.__new__(kind)
    object.__setattr__(value, "__dict__", state)
    object.__setattr__(value, "__pydantic_fields_set__", set(chosen))
    for name, part in zip(_MODEL_PARTS, parts, strict=True):
        object.__setattr__(value, name, part)
    return value


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple)


FAMILIES: dict[Any, Family] = {
    "enum": Family("enum", lambda kind: issubclass(kind, Enum), _tell_enum, _make_enum),
    "model": Family("pydantic model", _is_model, _tell_model, _make_model),
    "named": Family("named tuple", _is_named_tuple, _tell_named, _make_named),
    "dataclass": Family("data class", is_dataclass, _tell_dataclass, _make_dataclass),
}
"""By the tag in logs."""


def find(module: Any, name: Any) -> Any:
    """What an imported module has under a dotted name, or None. Imports nothing."""
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        # vars, not getattr: a module may import what it is asked for, and a class compute it.
        found = getattr(found, "__dict__", {}).get(part)
    return found


def a_or_an(kind: type) -> str:
    """The name of a class with its article, for the start of a sentence."""
    name = kind.__name__
    return f"{'An' if name[:1] in 'AEIOUaeiou' else 'A'} {name}"


def impossible(kind: type, why: str) -> NotPackable:
    """The error that says why values of a class cannot be had again."""
    return NotPackable(f"{a_or_an(kind)} cannot be made again from a log: {why}")
