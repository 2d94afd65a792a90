"""Signs the start of a run with the user's own key, so that a changed log can be told."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from rollscope.places import make_private

_SIZE = 32


def signature(event: dict[str, Any], key: bytes) -> str:
    """The signature of a ``run.start`` as it stands in the log, read as JSON: 64 hex digits.

    It covers every field but ``sig`` itself, whatever order they are written in.
    """
    body = {name: value for name, value in event.items() if name != "sig"}
    return hmac.new(key, _said(body), "sha256").hexdigest()


def digest(event: dict[str, Any]) -> str:
    """32 hex digits by which an event is known again, signed or not."""
    return blake2b(_said(event), digest_size=16).hexdigest()


def _said(event: dict[str, Any]) -> bytes:
    # Not orjson: it refuses integers over 64 bits and lone surrogates, which a log may hold.
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode("ascii")


def is_signed(event: dict[str, Any], key: bytes) -> bool:
    """Whether the event was written with this key, and not changed since."""
    found = event.get("sig")
    if not isinstance(found, str) or not found.isascii():
        return False
    return hmac.compare_digest(found, signature(event, key))


@cache
def own_key(path: Path) -> bytes | None:
    """The user's key, made when it is first wanted; None where it can be neither read nor made."""
    with contextlib.suppress(OSError):
        make_private(path.parent)
        with contextlib.suppress(OSError):
            path.parent.chmod(0o700)
        if not path.exists():
            beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(handle, os.urandom(_SIZE))
            finally:
                os.close(handle)
            try:
                # A link is made or it is not: of two processes that begin at once, one key stays.
                with contextlib.suppress(FileExistsError):
                    _place(beside, path)
            finally:
                beside.unlink(missing_ok=True)
        found = path.read_bytes()
        return found if len(found) == _SIZE else None
    return None


def _place(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)
    except (NotImplementedError, PermissionError):  # a system or a drive without links
        beside.rename(path)
