"""Ids of spans and traces: as senders have them, and as the run log has them.

W3C Trace Context says 16 and 8 bytes. Ids of 8 bytes are traces of older tracers, which others pad
with zeros; anything else is hashed, so that it still is the same wherever it comes again.
"""

from __future__ import annotations

from base64 import b64decode
from hashlib import blake2b

from rollscope_desktop.protocols.otlp.received import Attributes, Malformed

TRACE_ORIGIN = "rollscope.source_trace_id"
SPAN_ORIGIN = "rollscope.source_span_id"
"""The attributes of a span that hold what was sent where the id was made by hashing."""

_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


def trace_id(sent: bytes) -> str:
    """32 hex digits; "" where there is no id, or one of zeros."""
    if len(sent) == 16:
        return "" if sent == _NO_TRACE else sent.hex()
    if not any(sent):
        return ""
    if len(sent) == 8:
        return sent.hex().rjust(32, "0")
    return blake2b(sent, digest_size=16).hexdigest()


def span_id(sent: bytes) -> str:
    """16 hex digits; "" where there is no id, or one of zeros."""
    if len(sent) == 8:
        return "" if sent == _NO_SPAN else sent.hex()
    return blake2b(sent, digest_size=8).hexdigest() if any(sent) else ""


def origins(trace: bytes, span: bytes, said: tuple[str, str]) -> Attributes:
    """What a span is told besides where ids are not those that were sent; ``said`` are these."""
    found = {}
    if len(trace) not in (16, 8):
        found[TRACE_ORIGIN] = said[0]
    if len(span) != 8:
        found[SPAN_ORIGIN] = said[1]
    return found


def id_bytes(said: object) -> bytes:
    """The bytes of an id in JSON: hex digits, or base64 of 8 or 16 bytes, or a UUID, or any text.

    Raises Malformed where it is no text.
    """
    if said is None:
        return b""
    if type(said) is not str:
        raise Malformed("Its ids should be text.")
    try:
        return bytes.fromhex(said)
    except ValueError:
        pass
    if len(said) == 36 and said.count("-") == 4:
        try:
            return bytes.fromhex(said.replace("-", ""))
        except ValueError:
            pass
    try:
        found = b64decode(said.translate(_URL_SAFE) + "=" * (-len(said) % 4), validate=True)
    except ValueError:
        found = b""
    return found if len(found) in (8, 16) else said.encode("utf-8", "replace")


_URL_SAFE = str.maketrans("-_", "+/")
