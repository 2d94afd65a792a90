"""What is measured of the socket, each in a process of its own.

``python -m tests.bench.ingest_tasks TASK JSON``: the last line that it prints is what it found.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import ingest_servers as servers
from tests.bench.child import ROOT, Failed, end, environment
from tests.bench.ingest_data import recorded
from tests.bench.ingest_latency import delays

if TYPE_CHECKING:
    from tests.bench.ingest_servers import Server

Said = dict[str, Any]
_PATIENCE = 240.0


def load(server: str, **asked: Any) -> Said:
    """How long it takes until all is acknowledged, and until all is in the index.

    ``asked``: ``protocol`` is "own" with the ``paths`` of run logs, or "otlp" with that of a file
    of requests; ``spans``, ``clients``, and spans ``a_message``.
    """
    with _server(server) as there:
        return _load(there, **asked)


def latency(
    server: str, protocol: str, count: int, pause: float, beside: Said | None = None
) -> Said:
    """Milliseconds from a span that is sent to its acknowledgement, and to its row in the index.

    ``beside``: what is sent at the same time, as for ``load``; then rows are not looked for.
    """
    with _server(server) as there, contextlib.ExitStack() as stack:
        if beside is None:
            return delays(there, protocol, count, pause, visible=server != "bare")
        sender = stack.enter_context(_sender(there, **beside))
        sender.go()
        said = delays(there, protocol, count, pause, visible=False)
        if sender.ended:
            raise Failed("the load was over before the clock was")
        return said


def starts(server: str, count: int) -> Said:
    """How long it takes until a server answers: the first time in a new home, and the best of some
    times after that."""
    with _home() as home:
        found, sizes = [], []
        for _ in range(count + 1):
            with _made(server)(home) as there:
                found.append(there.started)
                sizes.append(servers.memory(there.pid)[0])
    return {"first": found[0], "again": min(found[1:]), "rss_mb": min(sizes)}


def peer(folder: str, count: int, **asked: Any) -> Said:
    """All of it for Phoenix, whose packages are in a folder."""
    with _home() as home:
        with servers.phoenix(home, Path(folder)) as there:
            said = {"first": there.started}
        with servers.phoenix(home, Path(folder)) as there:
            said |= {"again": there.started, "idle_mb": servers.memory(there.pid)[0]}
            said |= delays(there, "otlp", count, 0.05, visible=True)
            return said | _load(there, **asked)


def _load(there: Server, **asked: Any) -> Said:
    with _sender(there, **asked) as sender:
        before, busy = there.count(), servers.used(there.pid)
        began = sender.go()
        while not sender.ended:
            time.sleep(0.005)
        followed = there.count() - before
        said = sender.said()
        spans = said["spans"]
        if there.keeps:
            seconds = _indexed(there, before + spans) - began
            said["behind"] = seconds - said["seconds"]
            said |= {"indexed": seconds, "index_micros": seconds / spans * 1e6}
            said["kept_up"] = followed / spans
        said["micros"] = said["seconds"] / spans * 1e6
        said["processor"] = servers.used(there.pid) - busy
        said["rss_mb"], said["most_mb"] = servers.memory(there.pid)
        return said


def parse(protocol: str, paths: list[str], spans: int) -> Said:
    """How fast protobuf alone reads the requests."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    data = Path(paths[0]).read_bytes()
    pieces = list(recorded(Path(paths[0])))
    bodies = [data[piece.begin : piece.begin + piece.length] for piece in pieces]
    began = time.perf_counter()
    for body in bodies:
        ExportTraceServiceRequest.FromString(body)
    return {"micros": (time.perf_counter() - began) / spans * 1e6}


class Sender:
    """The process that sends."""

    def __init__(self, asked: Said) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.ingest_sender", json.dumps(asked)], cwd=ROOT,
            env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise Failed(self._last_words())

    def go(self) -> float:
        """Let it send; when that was."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return time.monotonic()

    @property
    def ended(self) -> bool:
        """Whether all is acknowledged."""
        return self._process.poll() is not None

    def said(self) -> Said:
        """How it went. Raises Failed."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed(self._last_words())
        said: Said = json.loads(line)
        return said

    def close(self) -> None:
        """End it."""
        end(self._process)

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        words = self._process.stderr.read().decode("utf-8", "replace").strip().splitlines()
        return words[-1] if words else "the sender ended"


@contextlib.contextmanager
def _sender(there: Server, protocol: str, paths: list[str], **more: Any) -> Iterator[Sender]:
    asked = {
        "protocol": protocol, "paths": paths, "port": there.port, "token": there.token,
        "clients": 1, "a_message": 100, **more,
    }  # fmt: skip
    sender = Sender(asked)
    try:
        yield sender
    finally:
        sender.close()


@contextlib.contextmanager
def _server(name: str) -> Iterator[Server]:
    with _home() as home, _made(name)(home) as there:
        yield there


def _made(name: str) -> Callable[[Path], contextlib.AbstractContextManager[Server]]:
    return servers.engine if name == "engine" else servers.bare


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rollscope-bench-") as place:
        yield Path(place)


def _indexed(there: Server, spans: int) -> float:
    """When so many spans were in the index. Raises Failed when that does not come about."""
    until = time.monotonic() + _PATIENCE
    while (found := there.count()) < spans:
        if time.monotonic() > until:
            raise Failed(f"{spans - found:,} spans are not in the index")
        time.sleep(0.005)
    if found > spans:
        raise Failed(f"{found - spans:,} spans too many are in the index")
    return time.monotonic()


TASKS: dict[str, Callable[..., Said]] = {
    "load": load, "latency": latency, "starts": starts, "parse": parse, "peer": peer,
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](**json.loads(sys.argv[2]))))
