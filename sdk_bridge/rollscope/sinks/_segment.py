"""A file of the spool: held against other processes, read by place, deleted when it has arrived."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_NAME = re.compile(r"([0-9a-f]{32})\.(\d+)\.(\d+)\.jsonl")
_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FAR = 1 << 40  # Windows keeps others from reading what is locked, so a byte far behind is locked
_CHUNK = 1 << 20


class Name(NamedTuple):
    """What the name of a file says: the run, the process, and which part of its log this is."""

    run: str
    proc: int
    part: int

    def __str__(self) -> str:
        return f"{self.run}.{self.proc}.{self.part}.jsonl"


def parse_name(text: str) -> Name | None:
    """The name of a file of the spool; None for any other file."""
    found = _NAME.fullmatch(text)
    return Name(found[1], int(found[2]), int(found[3])) if found else None


class Segment:
    """A part of a log, open for reading, and held as long as it is."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.acked = 0
        """Bytes from the start that have arrived."""
        self._fd = fd

    @property
    def size(self) -> int:
        """Bytes."""
        return os.fstat(self._fd).st_size

    def read(self, at: int, length: int) -> bytes:
        """Bytes from a place; fewer where the file ends."""
        if sys.platform != "win32":
            return os.pread(self._fd, length, at)
        os.lseek(self._fd, at, os.SEEK_SET)
        return os.read(self._fd, length)

    def chunks(self, at: int) -> Iterator[tuple[int, bytes]]:
        """Whole lines from a place on, each time with the place where they begin."""
        length = _CHUNK
        while data := self.read(at, length):
            if cut := data.rfind(b"\n") + 1:
                yield at, data[:cut]
                at += cut
                length = _CHUNK
            elif len(data) < length:
                return  # torn: its writer was killed
            else:
                length *= 2

    def replace(self, line: bytes) -> None:
        """Let a single line stand for everything. Raises OSError."""
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        os.write(self._fd, line)
        self.acked = 0

    def delete(self) -> None:
        """Everything has arrived."""
        if sys.platform == "win32":
            self.release()
        with contextlib.suppress(OSError):
            self.path.unlink()
        self.release()  # last: who holds it next sees that it is gone

    def release(self) -> None:
        """Leave the file to whoever takes it next."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


def own(path: Path) -> Segment:
    """A file that this process writes. Raises OSError."""
    fd = os.open(path, _FLAGS)
    with contextlib.suppress(OSError):  # where there are no locks, nobody can take the file over
        _lock(fd, shared=True)
    return Segment(path, fd)


def take(path: Path) -> Segment | None:
    """A file that nobody holds any more; None when somebody does."""
    try:
        fd = os.open(path, _FLAGS)
    except OSError:
        return None
    try:
        _lock(fd, shared=False)
        if os.path.samestat(os.fstat(fd), path.stat()):  # else it was deleted in between
            return Segment(path, fd)
    except OSError:
        pass
    os.close(fd)
    return None


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int, *, shared: bool) -> None:
        """Locks of Windows are exclusive; two processes never write the same file anyway."""
        os.lseek(fd, _FAR, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(fd: int, *, shared: bool) -> None:
        """Writers share the lock: the log that writes has the file open a second time."""
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
