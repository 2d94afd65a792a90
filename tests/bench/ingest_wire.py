"""The client's side of the socket, cheap enough to leave the processors to the server.

Messages of a client are masked by zeros, which costs it nothing; the server unmasks them as any.
"""

from __future__ import annotations

import base64
import socket
import struct
from collections.abc import Iterator

OWN, RETRACE, TRACES = "/v1/stream", "/ws/v1/stream", "/v1/traces"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_KEY = base64.b64encode(bytes(16)).decode()


class Refused(Exception):
    """The server said no, or went away; the text is what it said."""


def frame(length: int, kind: int = _BINARY) -> bytes:
    """What stands in front of a message of so many bytes."""
    if length < 126:
        head = struct.pack(">BB", 0x80 | kind, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack(">BBH", 0x80 | kind, 0x80 | 126, length)
    else:
        head = struct.pack(">BBQ", 0x80 | kind, 0x80 | 127, length)
    return head + bytes(4)


def text(message: bytes) -> bytes:
    """A whole text message."""
    return frame(len(message), _TEXT) + message


def connect(port: int) -> socket.socket:
    """A connection to this machine, without Nagle's pause."""
    made = socket.create_connection(("127.0.0.1", port), timeout=30)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def upgrade(made: socket.socket, port: int, path: str, token: str = "") -> Messages:
    """Make a WebSocket of it. Raises Refused."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    made.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_KEY}\r\n"
        f"{bearer}\r\n".encode()
    )
    data = b""
    while b"\r\n\r\n" not in data:
        data += some(made)
    head, _, rest = data.partition(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise Refused(head.split(b"\r\n")[0].decode("latin-1"))
    messages = Messages(made)
    messages.feed(rest)
    return messages


def post(port: int, path: str, length: int, token: str = "") -> bytes:
    """The head of a request with so many bytes of protobuf."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{bearer}"
        f"Content-Type: application/x-protobuf\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


class Messages:
    """What a server says over a WebSocket: small messages that are whole."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Bytes that came."""
        self._data += data

    def taken(self) -> Iterator[bytes]:
        """The messages that have come whole. Raises Refused when the server closes."""
        while (found := self._next()) is not None:
            kind, message = found
            if kind == _CLOSE:
                raise Refused(f"the server closed the connection: {message[2:].decode()}")
            if kind == _PING:
                self._socket.sendall(frame(len(message), _PONG) + message)
            elif kind in (_TEXT, _BINARY):
                yield message

    def wait(self) -> bytes:
        """The next message."""
        while True:
            for message in self.taken():
                return message
            self.feed(some(self._socket))

    def _next(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        kind, length, at = data[0] & 15, data[1], 2
        if length == 126:
            at, length = 4, int.from_bytes(data[2:4], "big")
        elif length == 127:
            at, length = 10, int.from_bytes(data[2:10], "big")
        if len(data) < at + length:
            return None
        message = bytes(data[at : at + length])
        del data[: at + length]
        return kind, message


class Answers:
    """What a server says to requests on one connection."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Bytes that came."""
        self._data += data

    def taken(self) -> Iterator[int]:
        """The statuses of answers that have come whole."""
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._data[:end]).lower()
            status = int(head.split(b" ", 2)[1])
            stop = self._end(head, end + 4)
            if stop < 0:
                return
            del self._data[:stop]
            yield status

    def wait(self) -> int:
        """The status of the next answer."""
        while True:
            for status in self.taken():
                return status
            self.feed(some(self._socket))

    def _end(self, head: bytes, begin: int) -> int:
        """Where the answer ends; -1 while it has not come whole."""
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                stop = begin + int(line[15:])
                return stop if stop <= len(self._data) else -1
        if b"transfer-encoding: chunked" in head:
            stop = self._data.find(b"0\r\n\r\n", begin)
            return stop + 5 if stop >= 0 else -1
        return begin


def some(made: socket.socket) -> bytes:
    data = made.recv(1 << 16)
    if not data:
        raise Refused("the server closed the connection")
    return data
