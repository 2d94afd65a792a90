"""Takes out of a content what is another each time that nothing changed: ids, times, addresses.

Two steps whose contents differ in nothing else count as equal. The patterns stand for what
providers and Python make up; a word, a number or a date that somebody chose is left alone.
"""

from __future__ import annotations

import re

MASK = b"\x01"
"""What stands in the place of something masked; JSON holds this byte nowhere else."""

_PREFIXES = (
    b"call", b"toolu", b"tooluse", b"srvtoolu", b"chatcmpl", b"cmpl", b"msg", b"resp", b"req",
    b"rs", b"fc", b"run", b"lc_run", b"gen",
)  # fmt: skip
# Each pattern begins with a set of characters or a word, which is searched for in C; what must not
# stand before it is therefore looked for behind it.
_UUID = re.compile(
    rb"[0-9a-fA-F]{8}(?:-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    rb"|[0-9a-fA-F]{24}(?<![0-9A-Za-z].{32}))(?![0-9A-Za-z])"
)
_ADDRESS = re.compile(rb"0x[0-9a-fA-F]{6,16}(?![0-9A-Za-z])")
_TIME = re.compile(
    rb"[12]\d{3}-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?"
    rb"(?:Z|[+-][0-2]\d:?[0-5]\d)?(?![0-9A-Za-z])"
)
_ID = re.compile(
    rb"(?:" + b"|".join(word + rb"(?<![0-9A-Za-z]" + word + rb")" for word in _PREFIXES)
    + rb")[_-]{1,2}(?=[0-9A-Za-z_-]{8})[A-Za-z_-]*[0-9][0-9A-Za-z_-]*"
)  # fmt: skip
_FOLDER = re.compile(
    rb"/tmp/(?:tmp[\w.]+|[\w.]*[-_.](?=[a-z_]*[0-9])\w{6,})"
    rb"|/var/folders/\w{2}/[^\"\\\s/]+/T/[^\"\\\s/]+"
)


def masked(text: bytes) -> bytes:
    """JSON text with what changes by itself masked."""
    if len(text) >= 32:
        text = _UUID.sub(MASK, text)
    if b"_" in text or b"-" in text:
        text = _ID.sub(MASK, text)
        if b":" in text:
            text = _TIME.sub(MASK, text)
    if b"0x" in text:
        text = _ADDRESS.sub(MASK, text)
    if b"/tmp/" in text or b"/var/folders/" in text:
        text = _FOLDER.sub(MASK, text)
    return text
