"""Reads what a request brings, within limits: of size, of time, and of what it unpacks to."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable

from aiohttp import web

LONGEST = (64 << 20) + 4096
"""Bytes of a body, unpacked; our own stream has lines of 64 MiB, and a header."""
AT_ONCE = 256 << 20
"""Bytes of all bodies together that are being read."""
_PATIENCE = 60.0
"""Seconds for a body to arrive."""
_IDLE = 15.0
"""Seconds without a byte of it."""


class Room:
    """How much of all bodies together may be in memory at a time."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._left = most

    def take(self, size: int) -> None:
        """Raises 503 when there is no room; whoever sends may come again."""
        if size > self._left:
            raise web.HTTPServiceUnavailable(
                text="Too much is being sent at a time.", headers={"Retry-After": "1"}
            )
        self._left -= size

    def give(self, size: int) -> None:
        """What was taken is free again."""
        self._left += size


async def read_body(request: web.Request, room: Room, most: int = LONGEST) -> bytes:
    """The whole body, unpacked. Raises the web.HTTPException that says what is wrong with it."""
    announced = request.content_length
    if announced is not None and announced > most:
        raise _too_large(most)
    unpack = _unpacking(request.headers.get("Content-Encoding", "identity").strip().lower())
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                async with asyncio.timeout(_IDLE):
                    piece = await request.content.readany()
                for part in unpack(piece, most + 1 - size):
                    room.take(len(part))
                    size += len(part)
                    parts.append(part)
                    if size > most:
                        raise _too_large(most)
                if not piece:
                    break
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="The body did not arrive in time.") from None
    except zlib.error as error:
        raise web.HTTPBadRequest(text=f"The body cannot be unpacked: {error}.") from None
    finally:
        room.give(size)
    if announced is not None and announced and not parts:
        raise web.HTTPBadRequest(text="The body did not arrive.")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(most: int) -> web.HTTPException:
    return web.HTTPRequestEntityTooLarge(
        max_size=most,
        actual_size=most + 1,
        text=f"More than {most >> 10:,} kB are not read.",
    )


_Unpack = Callable[[bytes, int], list[bytes]]
"""Parts of a body out of the next bytes of it, no more than so many bytes; b"": it is over."""


def _unpacking(encoding: str) -> _Unpack:
    if encoding in ("identity", ""):
        return lambda piece, _: [piece] if piece else []
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise web.HTTPUnsupportedMediaType(
            text=f"The encoding {encoding[:40]!r} is not read; gzip and deflate are."
        )
    unpacker = zlib.decompressobj(wbits=47 if encoding != "deflate" else 15)

    def unpack(piece: bytes, most: int) -> list[bytes]:
        if not piece:
            if not unpacker.eof:
                raise zlib.error("it is cut off")
            return []
        # No more than is allowed is ever unpacked: a small body may stand for gigabytes.
        return [part] if (part := unpacker.decompress(piece, max(1, most))) else []

    return unpack
