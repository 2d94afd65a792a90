"""The fields of a protobuf message, without its schema: where each begins and ends in the bytes.

The official parser reads a request whole, or not at all. Looking for the spans first lets each be
read alone: one that is odd costs no other, and little is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollscope_desktop.protocols.otlp.bounds import PARTS
from rollscope_desktop.protocols.otlp.received import Malformed

_NUMBER, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Fields:
    """Goes through messages of one request: ``PARTS`` fields at most, in all of them."""

    def __init__(self) -> None:
        self._left = PARTS

    def __call__(self, data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Number, begin, start and end of each field of the message that lies at ``at``.

        ``begin`` is that of the whole field and ``start`` that of its content; it is 0 where that
        is neither text nor bytes nor a message. Raises Malformed.
        """
        while at < end:
            if not self._left:
                raise Malformed(f"It has more than {PARTS} parts; send less at a time.")
            self._left -= 1
            begin = at
            tag = data[at]
            at += 1
            if tag > 127:
                tag, at = _number(data, begin)
            kind = tag & 7
            start = 0
            if kind == _BYTES:
                size, start = _number(data, at)
                at = start + size
            elif kind == _NUMBER:
                _, at = _number(data, at)
            elif kind == _FIXED64:
                at += 8
            elif kind == _FIXED32:
                at += 4
            else:
                raise Malformed("It is no message of protobuf.")
            if at > end:
                raise Malformed("It is cut off, or no message of protobuf.")
            yield tag >> 3, begin, start, at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends; what is beyond the data ends there."""
    number = shift = 0
    for byte in data[at : at + 10]:
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7
    raise Malformed("It is cut off, or no message of protobuf.")
