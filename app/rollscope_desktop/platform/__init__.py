"""What differs between systems: places, private files, locks, local sockets, processes."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

WINDOWS = sys.platform == "win32"


@dataclass(frozen=True, slots=True)
class Places:
    """Where Rollscope keeps things: ``data`` is the user's, ``cache`` can be deleted any time."""

    data: Path
    cache: Path
    config: Path

    @property
    def index(self) -> Path:
        """The index of everything that was opened."""
        return self.cache / "index.db"

    @property
    def runs(self) -> Path:
        """Run logs of programs that record on this machine; always watched."""
        return self.data / "runs"

    @property
    def lock(self) -> Path:
        """Held by the one engine of this user."""
        return self.data / "engine.lock"

    @property
    def engine(self) -> Path:
        """How to reach the engine that runs."""
        return self.data / "engine.json"

    @property
    def engine_log(self) -> Path:
        """What the engine said when it ended badly."""
        return self.data / "engine.log"


def places() -> Places:
    """The user's places; ROLLSCOPE_HOME puts all of them into one folder."""
    if home := os.environ.get("ROLLSCOPE_HOME"):
        base = Path(home).absolute()
        return Places(base / "data", base / "cache", base / "config")
    import platformdirs

    return Places(
        Path(platformdirs.user_data_dir("rollscope", appauthor=False)),
        Path(platformdirs.user_cache_dir("rollscope", appauthor=False)),
        Path(platformdirs.user_config_dir("rollscope", appauthor=False)),
    )


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
