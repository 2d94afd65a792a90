"""One append-only log of the journal: whole lines or nothing, whatever the disk does."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import orjson

from rollscope_desktop import platform

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
_FLAGS |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_PIECE = 1 << 16


class JournalFile:
    """A log that is open for appending; what a killed process left torn at its end is mended.

    Raises OSError, also from ``append``: nothing of what was to be appended is in the file then. If
    the system refuses even to shorten it, what is appended next begins on a line of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, _FLAGS, 0o600)
        try:
            self._torn = False
            platform.hold_shared(self._fd)
            self._mend()
        except BaseException:
            os.close(self._fd)
            raise

    def append(self, data: bytes) -> None:
        """Write whole lines in one call of the system."""
        if self._torn:
            data = b"\n" + data
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd, data[written:] if written else data)
        except OSError:
            if written:
                self._take_back(written)
            raise
        self._torn = False

    @property
    def is_gone(self) -> bool:
        """Whether what is written here is not found under its name any more: deleted, or moved."""
        try:
            return not os.path.samestat(os.fstat(self._fd), os.stat(self._path))
        except OSError:
            return True

    def sync(self) -> None:
        """Wait until it is on the disk: power may fail then."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file."""
        with contextlib.suppress(OSError):  # some network drives: there is nothing to be done then
            os.close(self._fd)

    def last_line(self) -> bytes | None:
        """The last whole line, without its end; None where there is none."""
        end = os.fstat(self._fd).st_size
        tail = b""
        while end > 0:
            begin = max(0, end - _PIECE - len(tail))  # twice as much each time
            tail = self._read(begin, end) + tail
            end = begin
            lines = tail.rstrip(b"\n").rsplit(b"\n", 1)
            if len(lines) == 2 or begin == 0:
                return lines[-1] or None
        return None

    def _mend(self) -> None:
        size = os.fstat(self._fd).st_size
        if not size or self._read(size - 1, size) == b"\n":
            return
        begin, tail = size, b""
        while begin > 0 and b"\n" not in tail:
            end, begin = begin, max(0, begin - _PIECE - len(tail))
            tail = self._read(begin, end) + tail
        torn = tail.rpartition(b"\n")[2]
        with contextlib.suppress(orjson.JSONDecodeError):
            orjson.loads(torn)
            os.write(self._fd, b"\n")  # only its end was missing: it may have been read already
            return
        os.ftruncate(self._fd, size - len(torn))

    def _take_back(self, written: int) -> None:
        try:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        except OSError:
            self._torn = True

    def _read(self, begin: int, end: int) -> bytes:
        """The bytes from ``begin`` to ``end``."""
        os.lseek(self._fd, begin, os.SEEK_SET)
        parts: list[bytes] = []
        while begin < end and (piece := os.read(self._fd, end - begin)):
            parts.append(piece)
            begin += len(piece)
        return b"".join(parts)
