"""Ids of runs and spans out of those that the SDK made, and hashes of what it sent."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from rollscope import wire

_UUID = re.compile("[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}(?:\\1[0-9a-fA-F]{4}){2}\\1[0-9a-fA-F]{12}")


def run_of(trace: str) -> str:
    """The run of a trace: the digits of its UUID, or a hash of any other id."""
    if _UUID.fullmatch(trace):
        return trace.replace("-", "").lower()
    return _hash(trace.encode("utf-8", "surrogatepass"), 16)


def span_of(span: str) -> str:
    """The span of an id: the first half of its UUID, or a hash of any other id."""
    if _UUID.fullmatch(span):
        return span.replace("-", "").lower()[:16]
    return _hash(span.encode("utf-8", "surrogatepass"), 8)


def source_of(kind: str, data: Any) -> str:
    """The name of a message: the same when it is sent again."""
    return _hash(wire.dump([kind, data]), 8)


def _hash(data: bytes, size: int) -> str:
    return blake2b(data, digest_size=size).hexdigest()
