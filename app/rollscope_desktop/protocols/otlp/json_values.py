"""Fields, attributes and values in JSON. What the specification forbids is taken where it is clear.

Names are those of the specification, or those of protobuf. A field that is not there, or null, is
empty, as in protobuf. One of another type raises Malformed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rollscope_desktop.protocols.otlp.bounds import ATTRIBUTES, DEPTH, TOO_DEEP
from rollscope_desktop.protocols.otlp.received import Attributes, Malformed


def text(held: dict[str, Any], name: str, other: str = "") -> str:
    """The text of this name, or of the ``other`` one."""
    found = held.get(name) or held.get(other) or ""
    if type(found) is not str:
        raise Malformed(f"Its {name} should be text.")
    return found


def number(held: dict[str, Any], name: str, other: str = "") -> int:
    """The integer of this name; it may be written as text."""
    found = held.get(name) or held.get(other) or 0
    return found if type(found) is int else integer(found, name)


def items(held: dict[str, Any], name: str, other: str = "") -> list[Any]:
    """The list of this name."""
    found = held.get(name) or held.get(other) or []
    if type(found) is not list:
        raise Malformed(f"Its {name} should be a list.")
    return found


def inner(held: dict[str, Any], name: str) -> dict[str, Any]:
    """The object of this name."""
    return as_object(held.get(name) or {}, f"Its {name}")


def as_object(value: Any, what: str) -> dict[str, Any]:
    """The value. Raises Malformed where it is no object."""
    if type(value) is not dict:
        raise Malformed(f"{what} should be an object.")
    return value


def integer(said: Any, name: str) -> int:
    """An integer, as a number or as text."""
    try:
        if type(said) is str:
            return int(said)
        if type(said) is int or (type(said) is float and said.is_integer()):
            return int(said)
    except ValueError:
        pass
    raise Malformed(f"Its {name} should be an integer.")


def attributes(holder: dict[str, Any]) -> tuple[Attributes, int]:
    """What an object has as attributes, and how many it has more: those that it says it dropped,
    those above ``ATTRIBUTES``, and those that cannot be read. Of one name, the last tells."""
    pairs = items(holder, "attributes")
    dropped = count(holder, "droppedAttributesCount", "dropped_attributes_count")
    if len(pairs) > ATTRIBUTES:
        dropped += len(pairs) - ATTRIBUTES
        pairs = pairs[:ATTRIBUTES]
    found: Attributes = {}
    for pair in pairs:
        try:
            key, value = _pair(pair, 0)
        except Malformed:
            dropped += 1
        else:
            found[key] = value
    return found, dropped


def count(held: dict[str, Any], name: str, other: str) -> int:
    """A number of 32 bits."""
    return min(max(number(held, name, other), 0), 0xFFFFFFFF)


def plain(value: Any, depth: int = 0) -> Any:
    """The value; None where it has none. ``depth`` counts the lists and objects around it.

    A value that is not wrapped in an object that says its type stands for itself.
    """
    if type(value) is list:
        return _array(value, depth)
    if type(value) is not dict:
        return value
    for name, held in value.items():
        if held is not None and (read := _READERS.get(name)) is not None:
            return read(held, depth)
    return None


def _pair(pair: Any, depth: int) -> tuple[str, Any]:
    held = as_object(pair, "An attribute")
    return text(held, "key"), plain(held.get("value"), depth)


def _text(said: Any, depth: int) -> str:
    if type(said) is not str:
        raise Malformed("A value should be text.")
    return said


def _bool(said: Any, depth: int) -> bool:
    if said not in (True, False, "true", "false"):
        raise Malformed("A value should be true or false.")
    return said in (True, "true")


def _int(said: Any, depth: int) -> int:
    return integer(said, "value")


def _double(said: Any, depth: int) -> float:
    try:
        return float(said)  # of text, too: "NaN", "-Infinity"
    except (TypeError, ValueError, OverflowError):
        raise Malformed("A value should be a number.") from None


def _array(said: Any, depth: int) -> Any:
    if depth == DEPTH:
        return TOO_DEEP
    values = said if type(said) is list else items(as_object(said, "A list"), "values")
    return [plain(value, depth + 1) for value in values]


def _kvlist(said: Any, depth: int) -> Any:
    if depth == DEPTH:
        return TOO_DEEP
    pairs = items(as_object(said, "An object of values"), "values")
    return dict(_pair(pair, depth + 1) for pair in pairs)


_READERS: dict[str, Callable[[Any, int], Any]] = {
    "stringValue": _text,
    "string_value": _text,
    "boolValue": _bool,
    "bool_value": _bool,
    "intValue": _int,
    "int_value": _int,
    "doubleValue": _double,
    "double_value": _double,
    "arrayValue": _array,
    "array_value": _array,
    "kvlistValue": _kvlist,
    "kvlist_value": _kvlist,
    "bytesValue": _text,  # base64 in JSON as well
    "bytes_value": _text,
}
