"""The answer of a model's server as a log keeps it, byte for byte, and as a client gets it."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rollscope.playing import Reply

if TYPE_CHECKING:
    from rollscope.capture.streams import Arrived

_HEADERS = frozenset(
    {
        "content-type", "x-request-id", "request-id", "apim-request-id", "x-amzn-requestid",
        "x-should-retry", "openai-version", "openai-model", "anthropic-organization-id",
    }
)  # fmt: skip
"""Headers that clients of providers look at. The others are the network's, or the account's."""

_SHORT = 1024
"""Bytes of a body that is written as it is."""

_LONGEST = 4 << 20
"""Bytes of a body that is kept."""

_FAST = 1
_STATUSES = 1000


def to_log(arrived: Arrived) -> dict[str, Any] | None:
    """``response`` of ``span.end``; None for an answer that is too long to be kept."""
    body = arrived.body
    if len(body) > _LONGEST:
        return None
    headers = {name: arrived.headers[name] for name in _HEADERS if name in arrived.headers}
    told: dict[str, Any] = {"status": arrived.status, "headers": headers}
    text = _text(body) if len(body) <= _SHORT else None
    if text is not None:
        told["body"] = text
    else:
        told["packed"] = base64.b64encode(zlib.compress(body, _FAST)).decode("ascii")
    if isinstance(arrived.error, Exception):
        told["failure"] = type(arrived.error).__name__
    return told


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def from_log(told: Any) -> Reply | None:
    """The answer out of a log; None if it is not there, or no such thing."""
    if not isinstance(told, dict) or type(told.get("status")) is not int:
        return None
    if not 0 <= told["status"] < _STATUSES:
        return None
    headers = told.get("headers")
    packed, text = told.get("packed"), told.get("body")
    if isinstance(packed, str):
        body = _unpacked(packed)
    else:
        body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else None
    if body is None:
        return None
    kept = headers if isinstance(headers, Mapping) else {}
    # A log may be forged: no header of it leads elsewhere, or has a body unpacked.
    shown = {
        name: said
        for name, said in kept.items()
        if name.lower() in _HEADERS and isinstance(said, str) and said.isprintable()
    }
    failure = told.get("failure")
    return Reply(told["status"], shown, body, failure if isinstance(failure, str) else "")


def _unpacked(packed: str) -> bytes | None:
    try:
        reader = zlib.decompressobj()
        body = reader.decompress(base64.b64decode(packed, validate=True), _LONGEST)
    except (zlib.error, binascii.Error, ValueError):
        return None
    return body if reader.eof else None


def pieces(body: bytes) -> list[bytes]:
    """A body as it comes over a network: a stream event by event, anything else at once."""
    found = body.replace(b"\r\n\r\n", b"\n\n").split(b"\n\n") if b"\n\n" in body else [body]
    ended = [piece + b"\n\n" for piece in found[:-1]]
    whole = [*ended, found[-1]] if found[-1] else ended
    return whole if b"".join(whole) == body else [body]
