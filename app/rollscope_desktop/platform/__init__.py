"""What differs between systems: places, private files, locks, local sockets, processes."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

from rollscope.places import Places, places

__all__ = [
    "WINDOWS",
    "Lock",
    "Places",
    "hold_shared",
    "identity",
    "places",
    "private_folder",
    "process_alive",
    "write_private",
]

WINDOWS = sys.platform == "win32"


def private_folder(path: Path) -> Path:
    """The folder, made if need be, for its owner alone: it holds prompts."""
    path.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        path.chmod(0o700)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Replace a file in one step, readable by its owner alone."""
    import tempfile  # late: a window comes up without it

    private_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:  # mkstemp makes it 0600
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class Lock:
    """An exclusive lock that ends with the process that holds it, however that ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @classmethod
    def take(cls, path: Path) -> Lock | None:
        """The lock, or None while another process holds it. Raises OSError if none can be made."""
        private_folder(path.parent)
        file = path.open("ab")
        try:
            if WINDOWS:
                import msvcrt

                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return cls(file)

    def release(self) -> None:
        """Let go of it."""
        self._file.close()


def hold_shared(handle: int) -> None:
    """Hold an open file against who tidies up, as long as it is open."""
    if not WINDOWS:
        import fcntl

        with contextlib.suppress(OSError):  # some network drives know no locks
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)


def process_alive(pid: int) -> bool:
    """Whether a process of this number runs; True when that cannot be told."""
    if pid <= 0 or pid >= 1 << 31:
        return False
    if WINDOWS:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def identity(status: os.stat_result) -> str:
    """What stays the same when a file is renamed, and changes when it is replaced."""
    return f"{status.st_dev}:{status.st_ino}"
