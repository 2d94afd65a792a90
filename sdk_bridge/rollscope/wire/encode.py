"""Turns events into lines: any Python value becomes JSON, none of them raises."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from time import time_ns
from typing import Any

import orjson

from rollscope.wire.decode import load
from rollscope.wire.odd import as_plain, dump_odd
from rollscope.wire.vocabulary import EVENTS

SHARE_FROM = 96
"""Bytes. A shared value that is shorter is written in place: a reference is no shorter."""


def run_id() -> str:
    """A new run id: 32 hex digits."""
    return os.urandom(16).hex()


def span_id() -> str:
    """A new span id: 16 hex digits."""
    return os.urandom(8).hex()


_REQUIRED = {
    kind: frozenset(field.name for field in fields if field.required)
    for kind, fields in EVENTS.items()
}
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def encode(event: Mapping[str, Any]) -> bytes:
    """One line, newline included, of any mapping: odd values become text, none of them raises."""
    return dump(event) + b"\n"


def dump(value: Any) -> bytes:
    """JSON bytes of any Python value, lossless where JSON allows and readable text where not.

    NaN and the infinities become null, as JSON has no word for them.
    """
    try:
        return orjson.dumps(value, default=as_plain, option=_OPTIONS)
    except (TypeError, ValueError, RecursionError):
        return dump_odd(value)


class Encoder:
    """The lines of one process of one run: stamps run, process, number and time, shares content.

    It keeps the hashes of what it has shared (32 bytes each), and nothing else. It is used by one
    thread at a time, and its lines are written in the order in which it made them.
    """

    def __init__(self, run: str, proc: int = 0, clock: Callable[[], int] = time_ns) -> None:
        self.run = run
        self.proc = proc
        self._clock = clock
        self._seq = 0
        self._last = 0
        self._shared: set[str] = set()
        self._pending: list[bytes] = []

    def line(self, type: str, **fields: Any) -> bytes:
        """The bytes of one event, after those of the blobs that it is the first to mention.

        Fields that are None are left out, unless the event must have them. ``time`` may be given;
        it never runs backwards.
        """
        now = fields.pop("time", None)
        self._last = max(self._last, self._clock() if now is None else now)
        stamp = {"type": type, "run": self.run, "proc": self.proc}
        required = _REQUIRED.get(type, frozenset())
        body = {k: v for k, v in fields.items() if v is not None or k in required}
        blobs, self._pending = self._pending, []
        out = []
        for blob in blobs:
            head = {**stamp, "type": "blob", "seq": self._next(), "time": self._last}
            out.append(dump(head)[:-1] + blob)
        event = {**stamp, "seq": self._next(), "time": self._last, **body}
        return b"".join(out) + encode(event)

    def share(self, value: Any) -> Any:
        """What to write for a user's value: a reference to content that is written once, or itself.

        The user's own ``$blob`` and ``$raw`` keys are escaped on the way.
        """
        value, data = _escaped(value)
        if len(data) < SHARE_FROM:
            return value
        name = blake2b(data, digest_size=16).hexdigest()
        if name not in self._shared:
            self._shared.add(name)
            self._pending.append(b',"hash":"%b","data":%b}\n' % (name.encode(), data))
        return {"$blob": name}

    def messages(self, messages: Iterable[Any]) -> list[Any]:
        """A chat history with each message shared: a run of k turns stays of size k, not k²."""
        return [self.share(message) for message in messages]

    def _next(self) -> int:
        seq = self._seq
        self._seq = seq + 1
        return seq


def escape(value: Any) -> Any:
    """The value with a user's own ``$blob`` and ``$raw`` keys wrapped: they stay what they are."""
    return _escaped(value)[0]


def _escaped(value: Any) -> tuple[Any, bytes]:
    """The escaped value and its JSON. A value without such keys is itself; they are rare."""
    data = dump(value)
    if b'"$blob"' not in data and b'"$raw"' not in data:
        return value, data
    value = _wrapped(load(data))
    return value, dump(value)


def _wrapped(value: Any) -> Any:
    out = [value]
    todo: list[tuple[Any, Any]] = [(out, 0)]
    while todo:
        held, at = todo.pop()
        found = held[at]
        if isinstance(found, dict):
            held[at] = {"$raw": found} if "$blob" in found or "$raw" in found else found
            todo.extend((found, key) for key in found)
        elif isinstance(found, list):
            todo.extend((found, index) for index in range(len(found)))
    return out[0]
