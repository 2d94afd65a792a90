"""Ids, amounts and values of a log as columns of the index hold them. Pure."""

from __future__ import annotations

import struct
from binascii import unhexlify
from hashlib import blake2b
from math import isfinite

LONGEST = 300
"""Characters of a text that a column keeps."""


def span_key(text: str) -> int:
    """A span id as the signed 64-bit integer that the index knows it by."""
    try:
        (key,) = _SIGNED(unhexlify(text))
    except (ValueError, struct.error):
        return _odd_key(text)
    if text != text.lower():
        return _odd_key(text)  # what is written differently is an id of its own
    return key  # type: ignore[no-any-return]


_SIGNED = struct.Struct(">q").unpack


def _odd_key(text: str) -> int:
    """The key of an id that is not 16 hex digits."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def nano_dollars(usd: float | None) -> int | None:
    """Dollars as whole nano-dollars; None for what is no amount of money."""
    if usd is None or not isfinite(usd) or abs(usd) > 1e9:
        return None
    return round(usd * 1e9)


def blob_key(text: str) -> bytes:
    """The hash that names shared content, as bytes; of another text, a hash of it."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def short(value: object) -> object:
    """A value as an index column may hold it: a number, a short text, or nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return value if abs(value) < 1 << 62 else float(value) if abs(value) < 1 << 900 else None
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, str):
        return value[:LONGEST].encode("utf-8", "replace").decode()
    return None
