"""Turns one value into JSON bytes; whatever it is, nothing is raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from rollscope.wire.decode import WireError, load
from rollscope.wire.encoded import Escaped, Json, in_line
from rollscope.wire.odd import as_plain, dump_odd, let_stop

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def dump(value: Any) -> bytes:
    """JSON bytes of any Python value, lossless where JSON allows and readable text where not.

    NaN and the infinities become null, as JSON has no word for them.
    """
    return dump_with(value, _as_it_is)


def dump_with(value: Any, embed: Callable[[Json], bytes]) -> bytes:
    """The same; ``embed`` says what to write for each Json in the value."""

    def default(odd: Any) -> Any:
        return orjson.Fragment(embed(odd)) if issubclass(type(odd), Json) else as_plain(odd)

    try:
        return orjson.dumps(value, default, _OPTIONS)
    except (TypeError, ValueError, RecursionError) as error:
        let_stop(error)
        return dump_odd(value, embed)


def _as_it_is(value: Json) -> bytes:
    return in_line(value.data)


def escape(value: Any) -> Any:
    """The value with a user's own ``$blob``, ``$list`` and ``$raw`` keys wrapped: they stay so.

    A value without such keys is itself; they are rare.
    """
    if type(value) is Json:
        return Escaped(escaped_data(value.data), value.lossy)
    data = dump(value)
    return _wrapped(load(data)) if may_hold_marks(data) else value


def escaped_data(data: bytes) -> bytes:
    """The same for a value that is JSON already; the result is always JSON of one line.

    What turns out to be no JSON is written as text.
    """
    if not may_hold_marks(data):
        return in_line(data)
    try:
        return dump(_wrapped(load(data)))
    except WireError:
        return dump(data.decode("utf-8", "replace"))


def may_hold_marks(data: bytes) -> bool:
    """Whether such keys may be in the JSON."""
    # Looking for one byte is free, and most values have neither.
    if 36 in data and (b'"$blob"' in data or b'"$raw"' in data or b'"$list"' in data):
        return True
    return 92 in data and (b"\\u0024" in data or b"\\u006" in data or b"\\u007" in data)


_MARKS = frozenset({"$blob", "$list", "$raw"})


def _wrapped(value: Any) -> Any:
    out = [value]
    todo: list[tuple[Any, Any]] = [(out, 0)]
    while todo:
        held, at = todo.pop()
        found = held[at]
        if isinstance(found, dict):
            held[at] = found if _MARKS.isdisjoint(found) else {"$raw": found}
            todo.extend((found, key) for key in found)
        elif isinstance(found, list):
            todo.extend((found, index) for index in range(len(found)))
    return out[0]
