"""Names the content of a call: equal requests, or arguments, have equal names from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import orjson

_VOLATILE = (
    rb"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    rb"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",
    rb"\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b",
    rb"\b(?:call|toolu|chatcmpl|msg|resp|req|fc|rs|run|step|item)[_-]"
    rb"(?=[A-Za-z_-]*\d|[A-Za-z0-9]{16})[A-Za-z0-9_-]{6,}",
    rb"\b0x[0-9a-fA-F]{6,}",
    rb"(?:/tmp|/private/var/folders|/var/folders|/dev/shm)/[^\s\"'\\,;:)\]}]*",
    rb"[A-Za-z]:(?:\\\\|/)[^\s\"',;:)\]}]*(?:\\\\|/)Temp(?:\\\\|/)[^\s\"',;:)\]}]*",
    rb"\b1[5-9]\d{8}(?:\.\d+|\d{3}|\d{6}|\d{9})?\b",
    rb"\b[0-9a-f]{16,}\b",
)
"""What changes by itself: generated ids, times and dates, addresses of objects, temporary paths,
seconds since the epoch, hashes."""

_SIGN = rb"[0-9/_]"
"""Without one of these nothing changes by itself: the quick look."""

_MOST = 1 << 16
"""Bytes of one part that are looked through; what follows counts as it is."""

_KNOWN = 4096
_SHORT = 200
_SIZE = 8
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


class Fingerprints:
    """Makes fingerprints; ``masks`` are more patterns of what changes by itself.

    A fingerprint is 32 hex digits: 16 of the content with what changes by itself masked, and 16 of
    the content as it is. A message is looked through once, however many requests repeat it.
    """

    def __init__(self, masks: Iterable[str] = ()) -> None:
        own = tuple(mask.encode() for mask in masks)
        self._pattern = re.compile(b"|".join(b"(?:%b)" % one for one in (*own, *_VOLATILE)))
        self._may_change = re.compile(b"" if own else _SIGN).search
        self._search = self._pattern.search
        self._known: dict[bytes, bytes] = {}

    def of_data(self, data: bytes) -> str:
        """The fingerprint of a value that is JSON already."""
        exact = blake2b(data, digest_size=_SIZE).digest()
        return (self._masked(data, exact) + exact).hex()

    def of_request(self, dialect: str, body: dict[str, Any]) -> str:
        """The fingerprint of what a model is asked: parsed JSON, whatever its fields are."""
        masked = blake2b(dialect.encode(), digest_size=_SIZE)
        exact = masked.copy()
        for part in _parts(body):
            digest = blake2b(part, digest_size=_SIZE).digest()
            exact.update(digest)
            masked.update(self._masked(part, digest))
        return masked.hexdigest() + exact.hexdigest()

    def masked(self, data: bytes) -> bytes:
        """A short name of JSON with what changes by itself masked."""
        return self._masked(data, blake2b(data, digest_size=_SIZE).digest())

    def _masked(self, part: bytes, exact: bytes) -> bytes:
        """The name of a part with what changes by itself masked; ``exact`` if nothing does."""
        if len(part) < _SHORT:  # looking is as quick as looking it up
            if self._may_change(part) is None or self._search(part) is None:
                return exact
            return self._made(part)
        found = self._known.get(exact)
        if found is None:
            found = exact if self._search(part, 0, _MOST) is None else self._made(part)
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[exact] = found
        return found

    def _made(self, part: bytes) -> bytes:
        shown = self._pattern.sub(b"*", part[:_MOST])
        return blake2b(shown + part[_MOST:], digest_size=_SIZE).digest()


def _parts(body: dict[str, Any]) -> Iterator[bytes]:
    """A request in pieces; a list, which repeats from call to call, item by item."""
    for name in sorted(body):
        value = body[name]
        yield name.encode("utf-8", "surrogatepass")
        if type(value) is list:
            for item in value:
                yield _dumped(item)
        else:
            yield _dumped(value)


def _dumped(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=_SORTED)
    except TypeError:  # integers over 64 bits, lone surrogates
        return repr(value).encode("utf-8", "surrogatepass")
