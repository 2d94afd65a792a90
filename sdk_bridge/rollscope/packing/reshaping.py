"""Gives JSON that a person has edited the types of the value that it was made of."""

from __future__ import annotations

from typing import Any

from rollscope.packing import NotPackable, unpack

_TAG = "$"
_ORDERED = frozenset({"tuple", "set", "frozenset"})


def reshaped(packed: Any, shown: Any, edited: Any) -> Any:
    """The value that ``edited`` says, with the types of the one that was packed and ``shown``.

    What is new in a list has the type of what was first in it. Where there is nothing to go by,
    JSON stays what it is. Raises NotPackable where a class does not take its new parts.
    """
    return unpack(_shaped(packed, shown, edited))


def _shaped(packed: Any, shown: Any, edited: Any) -> Any:
    if edited == shown:
        return packed
    if isinstance(packed, list):
        return _items(packed, shown, edited)
    if not isinstance(packed, dict):
        return _plain(edited)
    if _TAG not in packed:
        return _parts(packed, shown, edited)
    tag, told = packed[_TAG], packed.get("v")
    if tag in _ORDERED and isinstance(edited, list):
        return {**packed, "v": _items(told, shown, edited)}
    if tag == "dataclass" and isinstance(edited, dict):
        return {**packed, "v": _fields(packed, told, shown, edited)}
    if tag == "model" and isinstance(edited, dict) and isinstance(told, list):
        return {**packed, "v": [_fields(packed, told[0], shown, edited), *told[1:]]}
    if tag == "named" and isinstance(shown, dict) and isinstance(told, list):
        named = dict(zip(shown, told, strict=False))
        return {**packed, "v": list(_fields(packed, named, shown, edited).values())}
    if isinstance(edited, str) and isinstance(told, str):  # a date, a path, a decimal number
        return {**packed, "v": edited}
    if isinstance(edited, str) and isinstance(told, list) and told and isinstance(told[0], str):
        return {**packed, "v": [edited, *told[1:]]}
    return _plain(edited)


def _items(packed: Any, shown: Any, edited: Any) -> Any:
    if not isinstance(edited, list) or not isinstance(shown, list) or not isinstance(packed, list):
        return _plain(edited)
    known = list(zip(packed, shown, strict=False))
    first = known[:1]
    return [
        _shaped(*(known[at] if at < len(known) else first[0]), item) if first else _plain(item)
        for at, item in enumerate(edited)
    ]


def _parts(packed: Any, shown: Any, edited: Any) -> Any:
    if not isinstance(edited, dict) or not isinstance(shown, dict) or not isinstance(packed, dict):
        return _plain(edited)
    if _TAG in edited:  # what a person wrote is no packed value, whatever its keys are called
        return _plain(edited)
    return {
        name: _shaped(packed[name], shown.get(name), value) if name in packed else _plain(value)
        for name, value in edited.items()
    }


def _fields(packed: Any, told: Any, shown: Any, edited: Any) -> dict[str, Any]:
    """The parts of an object of a class. Nobody runs its code, so nobody else would notice."""
    if not isinstance(edited, dict) or not isinstance(told, dict) or edited.keys() != told.keys():
        named = ", ".join(told) if isinstance(told, dict) else "what it has"
        raise NotPackable(f"a {packed.get('class')} has {named}, and nothing else.")
    made: dict[str, Any] = _parts(told, shown, edited)
    return {name: made[name] for name in told}


def _plain(edited: Any) -> Any:
    if isinstance(edited, list):
        return [_plain(item) for item in edited]
    if not isinstance(edited, dict):
        return edited
    parts = {name: _plain(value) for name, value in edited.items()}
    return {_TAG: "dict", "v": [list(item) for item in parts.items()]} if _TAG in parts else parts
