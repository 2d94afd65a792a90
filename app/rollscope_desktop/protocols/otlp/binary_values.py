"""Attributes and values in protobuf: as plain values."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from rollscope_desktop.protocols.otlp.bounds import ATTRIBUTES, DEPTH, TOO_DEEP
from rollscope_desktop.protocols.otlp.received import Attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


def attributes(pairs: Sequence[KeyValue]) -> Attributes:
    """By name; the last of those of one name tells. At most ``ATTRIBUTES`` are looked at."""
    if len(pairs) > ATTRIBUTES:
        pairs = pairs[:ATTRIBUTES]
    found: Attributes = {}
    for pair in pairs:
        value = pair.value
        # Most are text, and asking which it is takes longer than asking for the text.
        found[pair.key] = value.string_value or plain(value)
    return found


def plain(value: AnyValue, depth: int = 0) -> Any:
    """The value; None where it has none. ``depth`` counts the lists and objects around it."""
    kind = value.WhichOneof("value")
    if kind == "int_value":  # the most frequent first
        return value.int_value
    if kind == "array_value":
        if depth == DEPTH:
            return TOO_DEEP
        return [plain(item, depth + 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        if depth == DEPTH:
            return TOO_DEEP
        return {pair.key: plain(pair.value, depth + 1) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return b64encode(value.bytes_value).decode()
    if kind is None or kind == "string_value_strindex":  # a text that only a profile has
        return None
    return getattr(value, kind)
