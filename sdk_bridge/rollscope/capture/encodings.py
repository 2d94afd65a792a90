"""Unpacks the body of an answer as its Content-Encoding says, as far as it has arrived."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

Unpack = Callable[[bytes], bytes]


def unpacker(encoding: str) -> Unpack | None:
    """Turns one chunk after another into what it stands for. None: they are plain.

    Of an encoding that cannot be undone here (brotli or zstd without their packages) nothing is
    made. Bytes that are not what the encoding says raise whatever the decoder raises.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    steps = [_step(name) for name in reversed(names) if name not in ("", "identity")]
    if not steps:
        return None

    def unpack(chunk: bytes) -> bytes:
        for step in steps:
            chunk = step(chunk)
        return chunk

    return unpack


def _step(name: str) -> Unpack:
    if name in ("gzip", "x-gzip"):
        import zlib

        return zlib.decompressobj(wbits=31).decompress
    if name == "deflate":
        return _inflate()
    if name == "br":
        return _made(
            ("brotli", "Decompressor", "process"),
            ("brotlicffi", "Decompressor", "process"),
        )
    if name == "zstd":
        return _made(
            ("compression.zstd", "ZstdDecompressor", "decompress"),
            ("zstandard", "ZstdDecompressor", "decompressobj"),
            ("backports.zstd", "ZstdDecompressor", "decompress"),
        )
    return _nothing


def _inflate() -> Unpack:
    """Some servers send the bare stream, and some put it into zlib's envelope."""
    import zlib

    decoder: Any = None

    def inflate(chunk: bytes) -> bytes:
        nonlocal decoder
        if decoder is None and chunk:
            wrapped = chunk[0] & 0x0F == 8 and chunk[0] >> 4 <= 7
            decoder = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        return decoder.decompress(chunk) if decoder else b""

    return inflate


def _made(*ways: tuple[str, str, str]) -> Unpack:
    """The decoder of the first package that is there."""
    for package, kind, method in ways:
        try:
            made = getattr(import_module(package), kind)()
        except (ImportError, AttributeError):
            continue
        found = getattr(made, method)
        step: Unpack = found().decompress if method == "decompressobj" else found
        return step
    return _nothing


def _nothing(chunk: bytes) -> bytes:
    return b""
