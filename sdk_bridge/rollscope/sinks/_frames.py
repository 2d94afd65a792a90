"""The messages of the stream: one header line of JSON, then the lines of a log as they are."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from rollscope.wire import WireError, decode

VERSION = 1
MAX_LINE = 64 << 20
"""Bytes. A longer line is not taken: no server has to take a longer message."""

_HEAD = re.compile(rb'\{"type":"[^"\\]*","run":"[0-9a-f]{32}","proc":\d+,"seq":(\d+)[,}]')


class Batch(NamedTuple):
    """Whole lines of one process of one run, and the numbers of the first and the last of them."""

    first: int
    last: int
    body: bytes


def pack(header: dict[str, Any], body: bytes = b"") -> bytes:
    """A message, ready to be sent."""
    return orjson.dumps(header) + b"\n" + body


def unpack(message: bytes) -> dict[str, Any]:
    """The header of a message. Raises ValueError."""
    header = orjson.loads(message.partition(b"\n")[0])
    if not isinstance(header, dict) or not isinstance(header.get("type"), str):
        raise ValueError("a message begins with an object that has a type")
    return header


def seq_at(body: bytes, start: int, end: int) -> int | None:
    """The number of the event whose line lies between two places; None when it is no event."""
    # Our own lines begin with their stamp: a line of megabytes is not parsed to know its number.
    if found := _HEAD.match(body, start, end):
        return int(found[1])
    try:
        seq = decode(body[start:end]).get("seq")
    except WireError:
        return None
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and seq >= 0 else None


def batch(body: bytes) -> Batch | None:
    """Whole lines as a batch; None when there is no event among them."""
    first = last = None
    start = 0
    while first is None and start < len(body):
        end = body.index(b"\n", start)
        first = seq_at(body, start, end)
        start = end + 1
    if first is None:
        return None
    end = len(body) - 1
    while last is None:
        start = body.rfind(b"\n", 0, end) + 1
        last = seq_at(body, start, end)
        end = start - 1
    return Batch(first, last, body)


def after(body: bytes, seq: int) -> int | None:
    """Where the first event with a higher number begins in these whole lines; None without one."""
    start = 0
    while start < len(body):
        end = body.index(b"\n", start)
        found = seq_at(body, start, end)
        if found is not None and found > seq:
            return start
        start = end + 1
    return None
