"""Makes protobuf that the official parser refuses into such that it reads, at little loss.

Some exporters send text that is not UTF-8, and values can be nested more deeply than the parser
goes. One such attribute must not cost its span.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollscope_desktop.protocols.otlp.bounds import DEPTH, TOO_DEEP
from rollscope_desktop.protocols.otlp.fields import Fields

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

_TEXT = 9  # the type of a field that is text, in descriptors
_VALUE = "opentelemetry.proto.common.v1.AnyValue"
_VALUE_TEXT = 1  # its field that is text


def mended(
    fields: Fields, data: bytes, kind: Descriptor, at: int, end: int, depth: int = 0
) -> bytes:
    """The message of this kind that lies at ``at``. Raises Malformed.

    ``depth`` counts the lists and objects that the message is in.
    """
    out = bytearray()
    inner = depth + 1 if kind.full_name == _VALUE else depth
    for number, begin, start, stop in fields(data, at, end):
        field = kind.fields_by_number.get(number) if start else None
        if field is not None and field.type == _TEXT:
            _write(out, number, data[start:stop].decode("utf-8", "replace").encode())
        elif field is None or field.message_type is None:
            out += data[begin:stop]
        elif inner > DEPTH:
            _write(out, _VALUE_TEXT, TOO_DEEP.encode())
        else:
            _write(out, number, mended(fields, data, field.message_type, start, stop, inner))
    return bytes(out)


def _write(out: bytearray, number: int, content: bytes) -> None:
    """Add a field that is text, bytes or a message."""
    for head in (number << 3 | 2, len(content)):
        while head > 127:
            out.append(head & 127 | 128)
            head >>= 7
        out.append(head)
    out += content
