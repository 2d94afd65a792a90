"""What differs between systems: places, private files, locks, local sockets, processes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

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


UNIX_SOCKETS = hasattr(socket, "AF_UNIX") and not WINDOWS
_LONGEST_ADDRESS = 100  # bytes; a Unix socket's path ends at 104 or 108


def listen(near: Path, *, unix: bool = UNIX_SOCKETS) -> tuple[socket.socket, str]:
    """A listening local socket and the address to reach it at: ``unix:PATH`` or ``tcp:PORT``.

    A Unix socket in the folder ``near``, or where that path would be too long, in a private folder
    of the temporary directory; loopback TCP where there are no Unix sockets. Either way a client
    must still present the engine's secret. Only who holds the engine's lock may call this: sockets
    that a killed engine left are removed.
    """
    if not unix:
        server = socket.create_server(("127.0.0.1", 0))
        return server, f"tcp:{server.getsockname()[1]}"
    name = f"engine-{secrets.token_hex(4)}.sock"
    folder = private_folder(near)
    if len(os.fsencode(folder / name)) > _LONGEST_ADDRESS:
        folder = _short_folder(near)
    for stale in folder.glob("engine-*.sock"):
        stale.unlink(missing_ok=True)
    path = folder / name
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        server.bind(os.fsencode(path))
        path.chmod(0o600)
        server.listen(64)
    except BaseException:
        server.close()
        raise
    return server, f"unix:{path}"


def stop_listening(server: socket.socket, address: str) -> None:
    """Close a socket that ``listen`` made, and take its name away."""
    with contextlib.suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits in accept
    server.close()
    kind, _, where = address.partition(":")
    if kind == "unix":
        with contextlib.suppress(OSError):
            Path(where).unlink()


def _short_folder(near: Path) -> Path:
    """A folder of this user alone with a short path; others may write beside it."""
    mark = hashlib.blake2b(os.fsencode(near), digest_size=6).hexdigest()
    folder = Path(tempfile.gettempdir()) / f"rollscope-{os.getuid()}-{mark}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
        return private_folder(folder)
    return Path(tempfile.mkdtemp(prefix="rollscope-"))  # somebody else took the name


def connect(address: str, timeout: float) -> socket.socket:
    """A connection to an address that ``listen`` gave. Raises OSError when nobody answers there."""
    kind, _, where = address.partition(":")
    if kind == "tcp" and where.isascii() and where.isdigit() and int(where) < 1 << 16:
        return socket.create_connection(("127.0.0.1", int(where)), timeout)
    if kind != "unix" or not UNIX_SOCKETS:
        raise OSError(f"{address} is no address of this system")
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(timeout)
    try:
        client.connect(where)
    except BaseException:
        client.close()
        raise
    return client


_LONGEST_LOG = 1 << 20


def start_apart(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one and does not share its terminal.

    Its output is added to ``log``. A thread takes note when it ends, so that it leaves no zombie.
    """
    apart: dict[str, Any] = {"start_new_session": True}
    if WINDOWS:
        apart = {"creationflags": 0x00000008 | 0x00000200}  # DETACHED_PROCESS, NEW_PROCESS_GROUP
    private_folder(log.parent)
    with contextlib.suppress(OSError):
        if log.stat().st_size > _LONGEST_LOG:
            log.unlink()
    with log.open("ab") as out:
        with contextlib.suppress(OSError):
            log.chmod(0o600)
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=out, stderr=out, close_fds=True, **apart
        )
    threading.Thread(target=process.wait, name=f"process {process.pid}", daemon=True).start()
    return process


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
