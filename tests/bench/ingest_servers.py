"""The servers that are measured: the engine, the least there can be, and Phoenix."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import orjson

from rollscope_desktop.platform import Places
from tests.bench.child import ROOT, Failed, end, environment, peak

PHOENIX = Path(sys.prefix) / "phoenix"
"""Its packages, where `make bench` installs them: they cannot live beside ours."""
_PATIENCE = 90.0
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. ``started`` are the seconds that took, from the start of its process;
    ``count`` says how many spans another process finds in what it ``keeps``."""

    pid: int
    port: int
    token: str
    started: float
    count: Callable[[], int]
    places: Places | None = None
    keeps: bool = True


@contextlib.contextmanager
def engine(home: Path) -> Iterator[Server]:
    """An engine of its own with a socket. Raises Failed."""
    places = Places(home / "data", home / "cache", home / "config")
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "rollscope_desktop.engine"],
        cwd=ROOT, env=environment(ROLLSCOPE_HOME=str(home)), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with contextlib.ExitStack() as stack:
        stack.callback(end, process)
        port = _until(lambda: _told(places), process)
        _until(lambda: answers(port), process)
        started = time.monotonic() - began
        token = _until(lambda: _word(places.config / "token"), process)
        count = stack.enter_context(
            _counted(places.index, "SELECT coalesce(sum(spans), 0) FROM runs")
        )
        yield Server(process.pid, port, token, started, count, places)


@contextlib.contextmanager
def bare(home: Path) -> Iterator[Server]:
    """A server that appends and answers. Raises Failed."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.ingest_bare", str(home / "all")],
        cwd=ROOT, env=environment(), stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as out, contextlib.ExitStack() as stack:
        stack.callback(end, process)
        said = out.readline()
        if not said:
            raise Failed("the bare server did not start")
        port = int(said)
        _until(lambda: answers(port), process)
        yield Server(process.pid, port, "", time.monotonic() - began, lambda: 0, keeps=False)


@contextlib.contextmanager
def phoenix(home: Path, place: Path) -> Iterator[Server]:
    """Arize Phoenix out of a folder of packages, with a database of its own. Raises Failed."""
    if not (place / "phoenix").is_dir():
        raise Failed("No module named phoenix")
    port, other = _free(), _free()
    kept = {k: v for k, v in environment().items() if not k.startswith(("PHOENIX_", "OTEL_"))}
    more = {
        "PYTHONPATH": str(place), "HOME": str(home), "PHOENIX_WORKING_DIR": str(home),
        "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port), "PHOENIX_GRPC_PORT": str(other),
        "PHOENIX_TELEMETRY_ENABLED": "false", "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }  # fmt: skip
    began = time.monotonic()
    # -S: its packages are those of its folder, and no others.
    process = subprocess.Popen(
        [sys.executable, "-S", "-m", "phoenix.server.main", "serve"], cwd=home, env=kept | more,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with contextlib.ExitStack() as stack:
        stack.callback(end, process)
        _until(lambda: answers(port, "/healthz"), process, 0.02)
        started = time.monotonic() - began
        count = stack.enter_context(_counted(home / "phoenix.db", "SELECT count(*) FROM spans"))
        yield Server(process.pid, port, "", started, count)


@contextlib.contextmanager
def _counted(base: Path, question: str) -> Iterator[Callable[[], int]]:
    """Asks a database that another process writes to. One thread at a time may ask."""
    connection = sqlite3.connect(f"{base.as_uri()}?mode=ro", uri=True, check_same_thread=False)
    try:
        yield lambda: int(connection.execute(question).fetchone()[0])
    finally:
        connection.close()


def answers(port: int, path: str = "/") -> bool:
    """Whether HTTP is answered there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            return line.recv(12).startswith(b"HTTP/1.1")
    except OSError:
        return False


def _told(places: Places) -> int:
    try:
        said = orjson.loads(places.engine.read_bytes())
    except (OSError, ValueError):
        return 0
    return int(said.get("ingest") or 0)


def _word(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def _until(
    look: Callable[[], _Found], process: subprocess.Popen[bytes], pause: float = 0.002
) -> _Found:
    """What is there at last. Raises Failed when the process ends, or in vain."""
    until = time.monotonic() + _PATIENCE
    while not (found := look()):
        if process.poll() is not None or time.monotonic() > until:
            raise Failed("the server did not start")
        time.sleep(pause)
    return found


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def memory(pid: int) -> tuple[float, float]:
    """The resident memory of a process now, and the most that it was; MB."""
    import psutil

    process = psutil.Process(pid)
    return process.memory_info().rss / 1e6, peak(process)


def used(pid: int) -> float:
    """Seconds of processor time that it has used."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
