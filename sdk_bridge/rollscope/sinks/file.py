"""The default sink: one append-only file for every process of a run, in one folder."""

from __future__ import annotations

import contextlib
import os
import sys
from itertools import count
from pathlib import Path

_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | os.O_APPEND
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
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


class FileLog:
    """A file that grows line by line.

    Each write is one system call, so what was written survives a kill of the process; power loss is
    not guarded against. While the process lives it holds a shared lock on the file: who tidies up
    leaves the file alone.
    """

    def __init__(self, path: Path, proc: int) -> None:
        """Make the file. Raises FileExistsError, or another OSError."""
        self.path = path
        self.proc = proc
        self._torn = False
        self._fd = _opened(path, _FLAGS)
        if sys.platform != "win32":
            import fcntl

            with contextlib.suppress(OSError):  # some network drives know no locks
                fcntl.flock(self._fd, fcntl.LOCK_SH | fcntl.LOCK_NB)

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
        """Append to a file that was closed, unless it is gone: then its run is, too."""
        try:
            self._fd = _opened(self.path, _FLAGS & ~(os.O_CREAT | os.O_EXCL))
        except OSError:
            return False
        try:
            return self.write(lines)
        finally:
            self.close()

    def close(self) -> None:
        """Nothing more is to come; what comes all the same is appended."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


class FileSink:
    """Files ``<run>.<proc>.jsonl`` in one folder, for their owner alone: they hold prompts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, run: str, proc: int | None) -> FileLog:
        """A new file; a child process takes the first number that is free."""
        self._make_folder()
        if proc is not None:
            return FileLog(self.folder / f"{run}.{proc}.jsonl", proc)
        for n in count(1):
            with contextlib.suppress(FileExistsError):
                return FileLog(self.folder / f"{run}.{n}.jsonl", n)
        raise AssertionError  # the count does not end

    def _make_folder(self) -> None:
        if self.folder.is_dir():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            self.folder.chmod(0o700)

    def flush(self, timeout: float) -> bool:
        """Nothing waits: a write is done when it returns."""
        return True

    def after_fork(self) -> None:
        """Nothing is shared but files, and those are the logs'."""
