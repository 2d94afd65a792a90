"""Turns lines into events: reads what JSON writers in the wild produce, and undoes sharing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson

_MARK = b"\xef\xbb\xbf"  # some writers begin a file with it
_ROUNDED = 20  # digits from which an integer may exceed 64 bits, and orjson makes a float of it


class WireError(ValueError):
    """A line that is not an event; its text is a sentence for the person who owns the log."""


def load(data: bytes | bytearray | memoryview) -> Any:
    """The value of JSON bytes; also NaN, Infinity, integers of any size and lone surrogates.

    Raises WireError with a sentence when the bytes are not JSON.
    """
    if isinstance(data, memoryview):
        data = bytes(data)
    try:
        return orjson.loads(data) if not _may_be_wide(data) else _load_odd(data)
    except orjson.JSONDecodeError:
        return _load_odd(data)


def _load_odd(data: bytes | bytearray) -> Any:
    try:
        return json.loads(data.removeprefix(_MARK).decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        raise WireError("The bytes are not text in UTF-8.") from None
    except RecursionError:
        raise WireError("The JSON is nested too deeply to be read.") from None
    except ValueError as error:
        raise WireError(f"The JSON cannot be read: {error}.") from None


def _may_be_wide(data: bytes | bytearray) -> bool:
    return len(data) >= _ROUNDED and b"1" * _ROUNDED in data.translate(_DIGITS)


_DIGITS = bytes(0x31 if 0x30 <= byte <= 0x39 else byte for byte in range(256))


def decode(line: bytes) -> dict[str, Any]:
    """The event of one line. Raises WireError when the line is not one."""
    event = load(line)
    if not isinstance(event, dict):
        raise WireError("The line is not a JSON object.")
    return event


def shared(event: dict[str, Any]) -> tuple[str, Any] | None:
    """What an event brings for others to refer to, and its name: the content of a ``blob``, or the
    messages of a ``span.start`` that says so; None for other events."""
    if event.get("type") == "blob":
        return str(event.get("hash")), event.get("data")
    if event.get("type") == "span.start" and event.get("listed"):
        sent = event.get("input")
        return str(event.get("span")), sent.get("messages") if isinstance(sent, dict) else None
    return None


def spliced(items: list[Any], named: Callable[[str], Any]) -> list[Any]:
    """A list with ``{"$list": name}`` at its beginning replaced by the items of that list."""
    parts: list[list[Any]] = []
    seen: set[str] = set()
    while items and (name := _list_name(items[0])) is not None and name not in seen:
        seen.add(name)
        before = named(name)
        if not isinstance(before, list):
            break
        parts.append(items[1:])
        items = before
    if not parts:
        return items
    return [*items, *(item for part in reversed(parts) for item in part)]


def _list_name(item: Any) -> str | None:
    name = item.get("$list") if isinstance(item, dict) and len(item) == 1 else None
    return name if isinstance(name, str) else None


def expand(value: Any, blob: Callable[[str], Any]) -> Any:
    """The value with every reference replaced by what ``blob(name)`` gives, and escapes undone:
    ``{"$blob": name}`` by the content, ``{"$list": name}`` at the beginning of a list by its items.

    Content refers to nothing: in what stands for ``$blob``, only escapes are undone. The value is
    not changed, and may be nested as deeply as JSON can be read.
    """
    out = [value]
    todo: list[tuple[Any, Any, bool]] = [(out, 0, True)]
    while todo:
        held, at, refers = todo.pop()
        found = held[at]
        if isinstance(found, dict):
            if len(found) == 1:
                if refers and isinstance(name := found.get("$blob"), str):
                    held[at] = blob(name)
                    todo.append((held, at, False))
                    continue
                if isinstance(raw := found.get("$raw"), dict):
                    found = raw
            held[at] = found = dict(found)
            todo.extend((found, key, refers) for key in found)
        elif isinstance(found, list):
            held[at] = found = list(spliced(found, blob) if refers else found)
            todo.extend((found, key, refers) for key in range(len(found)))
    return out[0]
