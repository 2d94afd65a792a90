"""A road between a client and a server on which things go wrong as a test says."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

_RESET = struct.pack("ii", 1, 0)


def response(status: int, *headers: str, body: str = "") -> bytes:
    """An answer of HTTP."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", body]).encode()


class Road:
    """Forwards connections to a port of this machine, or does worse."""

    def __init__(self, target: Callable[[], int]) -> None:
        self.delay = 0.0
        """Seconds that each piece waits, in both directions."""
        self.cut_after: int | None = None
        """Bytes of the client after which a connection is cut, perhaps in the middle of a frame."""
        self.silent = False
        """Whether connections are taken and nothing is ever said."""
        self.answer: bytes | None = None
        """What every request is answered with, instead of being forwarded."""
        self.answer_upgrades: bytes | None = None
        """The same for requests that would open a WebSocket."""
        self.requests: list[bytes] = []
        """First lines of what connections began with."""
        self._target = target
        self._lines: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.port = 0
        self.up()

    @property
    def url(self) -> str:
        """Where the road begins."""
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Take connections again."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._start(self._accept, listener)

    def down(self) -> None:
        """Refuse connections, and cut those that are there."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut all connections."""
        with self._lock:
            lines, self._lines = self._lines, set()
        for line in lines:
            with contextlib.suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it all."""
        self.down()
        while self._threads:
            self._threads.pop().join()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name="road", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                line = listener.accept()[0]
            except OSError:
                return
            with self._lock:
                self._lines.add(line)
            self._start(self._begin, line)

    def _begin(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            begun = line.recv(1 << 16)
            self.requests.append(begun.partition(b"\r\n")[0])
            upgrade = b"upgrade: websocket" in begun.lower()
            canned = self.answer or (self.answer_upgrades if upgrade else None)
            if canned is not None:
                line.sendall(canned)
                line.shutdown(socket.SHUT_WR)
                while line.recv(1 << 16):
                    pass
                return
            if self.silent:
                line.recv(1)
                return
            with socket.create_connection(("127.0.0.1", self._target())) as there:
                for each in (line, there):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._lines.add(there)
                there.sendall(begun)
                back = threading.Thread(target=self._pump, args=(there, line), daemon=True)
                back.start()
                self._pump(line, there, limit=True)
                back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, limit: bool = False) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if self.delay:
                    time.sleep(self.delay)
                if limit and self.cut_after is not None and passed + len(data) > self.cut_after:
                    sink.sendall(data[: max(0, self.cut_after - passed)])
                    break
                sink.sendall(data)
                passed += len(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
