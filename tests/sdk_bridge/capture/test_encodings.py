"""Bodies are unpacked as their encoding says, cut anywhere."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rollscope.capture.encodings import unpacker

TEXT = b"the quick brown fox jumps over the lazy dog " * 20


def _raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": _raw(TEXT),
    "gzip, identity": gzip.compress(TEXT),
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
}


@pytest.mark.parametrize("encoding", PACKED)
@given(size=some.integers(1, 400))
def test_packed_bodies(encoding: str, size: int) -> None:
    unpack = unpacker(encoding)
    assert unpack is not None
    data = PACKED[encoding]
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    assert b"".join(map(unpack, parts)) == TEXT


@pytest.mark.parametrize("encoding", ["", "identity", " , "])
def test_plain_bodies(encoding: str) -> None:
    assert unpacker(encoding) is None


def test_zstd_and_brotli_where_there_is_a_package() -> None:
    zstandard = pytest.importorskip("zstandard")
    unpack = unpacker("zstd")
    assert unpack is not None
    assert unpack(zstandard.ZstdCompressor().compress(TEXT)) == TEXT


def test_an_encoding_that_nobody_knows_gives_nothing() -> None:
    unpack = unpacker("lost")
    assert unpack is not None
    assert unpack(b"something") == b""
