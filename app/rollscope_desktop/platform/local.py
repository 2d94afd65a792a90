"""What reaches other processes of this machine: local sockets, and processes that live on."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rollscope_desktop.platform import WINDOWS, private_folder

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
