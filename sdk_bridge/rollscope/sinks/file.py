"""The default sink: one append-only file for every process of a run, in one folder."""

from __future__ import annotations

import contextlib
import os
import sys
from itertools import count
from pathlib import Path

from rollscope.places import make_private

_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | os.O_APPEND
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)


def _opened(path: Path, flags: int) -> int:
    """A descriptor above those of the standard streams.

    A program that closed them would print into the log: the lowest free number is taken.
    """
    fd = os.open(path, flags, 0o600)
    if fd > 2 or sys.platform == "win32":
        return fd
    import fcntl

    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(fd)


def _hold(fd: int) -> None:
    """Hold a file against who tidies up, as long as it is open."""
    if sys.platform != "win32":
        import fcntl

        with contextlib.suppress(OSError):  # some network drives know no locks
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)


class Room:
    """How many files may be open at a time, over all runs: the program needs most of them itself.

    ``most`` is a quarter of what the system allows unless said.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._taken = 0

    def take(self) -> bool:
        """Whether one more may be open."""
        if self._most is None:
            self._most = _allowed() // 4
        # Not exact where two threads meet: it need not be.
        self._taken += 1
        if self._taken <= self._most:
            return True
        self._taken -= 1
        return False

    def give(self) -> None:
        """One is not open any more."""
        self._taken -= 1


def _allowed() -> int:
    if sys.platform == "win32":
        return 2048
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 16 if soft == resource.RLIM_INFINITY else soft


_room = Room()
"""That of this process."""


class FileLog:
    """A file that grows line by line.

    Each write is one system call, so what was written survives a kill of the process; power loss is
    not guarded against. While the process lives it holds a shared lock on the file: who tidies up
    leaves the file alone. Where there is no ``room`` for that, it is open for each write only.
    """

    def __init__(self, path: Path, proc: int, room: Room | None = None) -> None:
        """Make the file. Raises FileExistsError, or another OSError."""
        self.path = path
        self.proc = proc
        self._torn = False
        self._room = room
        self._closed = False
        self._fd = _opened(path, _FLAGS)
        if room is None or room.take():
            _hold(self._fd)
        else:
            self._let_go()

    def write(self, lines: bytes) -> bool:
        """Append the lines, all or none."""
        if self._fd < 0:
            return self._write_late(lines)
        if self._torn:
            lines = b"\n" + lines
        try:
            written = os.write(self._fd, lines)
            if written == len(lines):
                self._torn = False
                return True
        except OSError:
            return False
        return self._rest(lines, written)

    def _rest(self, lines: bytes, written: int) -> bool:
        """Write what the system left out; a disk that is full takes a part first."""
        begun = written
        with contextlib.suppress(OSError):
            while written < len(lines):
                written += os.write(self._fd, lines[written:])
            self._torn = False
            return True
        try:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        except OSError:
            self._torn = begun > 0  # the next line begins with a newline, so only this one is odd
        return False

    def _write_late(self, lines: bytes) -> bool:
        """Append to a file that is not open, unless it is gone: then its run is, too."""
        try:
            self._fd = _opened(self.path, _FLAGS & ~(os.O_CREAT | os.O_EXCL))
        except OSError:
            return False
        if not self._closed and self._room is not None and self._room.take():
            _hold(self._fd)
            return self.write(lines)
        try:
            return self.write(lines)
        finally:
            self._let_go()

    def close(self) -> None:
        """Nothing more is to come; what comes all the same is appended."""
        if self._fd >= 0 and self._room is not None:
            self._room.give()
        self._closed = True
        self._let_go()

    def forget(self) -> None:
        """Let go of the file in a forked child: it is the parent's."""
        self.close()

    def _let_go(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


class FileSink:
    """Files ``<run>.<proc>.jsonl`` in one folder, for their owner alone: they hold prompts."""

    def __init__(self, folder: Path, room: Room | None = None) -> None:
        self.folder = folder
        self._room = room or _room

    def open(self, run: str, proc: int | None) -> FileLog:
        """A new file; a child process takes the first number that is free."""
        make_private(self.folder)
        if proc is not None:
            return FileLog(self.folder / f"{run}.{proc}.jsonl", proc, self._room)
        for n in count(1):
            with contextlib.suppress(FileExistsError):
                return FileLog(self.folder / f"{run}.{n}.jsonl", n, self._room)
        raise AssertionError  # the count does not end

    def flush(self, timeout: float) -> bool:
        """Nothing waits: a write is done when it returns."""
        return True

    def after_fork(self) -> None:
        """Nothing is shared but files, and those are the logs'."""
