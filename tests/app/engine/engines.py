"""Engines as real processes for tests: started as users start them, and all ended afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rollscope_desktop import attach, platform
from rollscope_desktop.platform import Places


def wait(condition: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """Wait until something is so, and return what it is."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.005)
    return found


class Engines:
    """Everything that a test does with engines of one user; a context manager that ends them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.places: Places = platform.places()
        self.started: list[subprocess.Popen[bytes]] = []
        self.connections: list[attach.Connection] = []
        self.pids: set[int] = set()

    def __enter__(self) -> Engines:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self.connections:
            connection.close()
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait(lambda: not any(map(alive, self.pids)), f"the end of {self.pids}")
        wait(lambda: not watching_threads(), "the end of threads that wait for engines")

    def run(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start an engine, as ``collect`` does: it runs until it is told to end."""
        process = subprocess.Popen(
            attach.engine_command(*arguments), stderr=subprocess.PIPE, **options
        )
        self.started.append(process)
        return process

    def collect(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start an engine and wait until it can be reached."""
        process = self.run(*arguments)
        wait(lambda: (attach.running(self.places) or {}).get("pid") == process.pid, "the engine")
        return process

    def connect(self, **options: Any) -> attach.Connection:
        """A client; the engine that it starts or finds is ended after the test."""
        connection = attach.connect(self.places, **options)
        self.connections.append(connection)
        self.pids.add(connection.hello["pid"])
        return connection

    def hang_up(self, connection: attach.Connection) -> None:
        """A client leaves."""
        self.connections.remove(connection)
        connection.close()

    def lock_is_free(self) -> bool:
        """Whether no engine runs."""
        lock = platform.Lock.take(self.places.lock)
        if lock is not None:
            lock.release()
        return lock is not None


def alive(pid: int) -> bool:
    """Whether a process runs, and is not just waiting to be taken note of."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return platform.process_alive(pid) if sys.platform != "linux" else False
    return state not in "ZX"


def watching_threads() -> list[threading.Thread]:
    """Threads that wait for the end of an engine that this process started."""
    return [t for t in threading.enumerate() if t.name.startswith("process ")]


def notes(connection: attach.Connection, kind: str) -> Iterator[dict[str, Any]]:
    """The notes of one kind that arrive."""
    for message in connection.lines():
        if message.get("note") == kind:
            yield message


def wait_for(connection: attach.Connection, **counts: int) -> dict[str, Any]:
    """Ask until the index holds so many of something, and all is read; the status."""

    def there() -> dict[str, Any] | None:
        status = connection.ask("status")
        return status if status["idle"] and counts.items() <= status.items() else None

    found: dict[str, Any] = wait(there, f"{counts}")
    return found
