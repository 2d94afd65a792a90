"""The WebSocket way to the server: one socket, used by one thread, that never waits to write.

The library's own client would start a second thread, and its arguments have changed between the
versions that a user may have; its protocol without input and output has not.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from collections import deque
from typing import TYPE_CHECKING

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from rollscope.address import Address
from rollscope.sinks._link import PATH, LinkDown, LinkRefused, retry_after

if TYPE_CHECKING:
    from websockets.http11 import Response

_READ = 1 << 16
_Selector = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)  # holds nothing of the kernel


class WebSocketLink:
    """An open WebSocket."""

    def __init__(self, address: Address, token: str, timeout: float) -> None:
        """Connect. No proxy is asked: the server is on this machine or near. Raises LinkDown and
        LinkRefused."""
        self._out: deque[memoryview] = deque()
        self._parts: list[bytes] = []
        self.moved = 0
        self._socket = connect(address, timeout)
        url = "ws" + str(address).removeprefix("http") + PATH
        self._protocol = ClientProtocol(parse_uri(url), max_size=1 << 20)
        try:
            self._shake_hands(token)
            self._socket.setblocking(False)
        except BaseException:
            self._socket.close()
            raise

    def _shake_hands(self, token: str) -> None:
        protocol = self._protocol
        request = protocol.connect()
        request.headers["Authorization"] = f"Bearer {token}"
        protocol.send_request(request)
        try:
            for data in protocol.data_to_send():
                self._socket.sendall(data)
            while protocol.state.name == "CONNECTING" and protocol.handshake_exc is None:
                if data := self._socket.recv(_READ):
                    protocol.receive_data(data)
                else:
                    protocol.receive_eof()
        except (OSError, EOFError) as error:
            raise LinkDown(f"The WebSocket was not opened: {error}.", reached=True) from error
        if isinstance(protocol.handshake_exc, InvalidStatus):
            raise _refused(protocol.handshake_exc.response)
        if protocol.handshake_exc is not None:
            raise LinkDown(f"No WebSocket: {protocol.handshake_exc}.", reached=True)

    def send(self, message: bytes) -> None:
        """Have a message sent by the next exchange."""
        try:
            self._protocol.send_binary(message)
        except WebSocketException as error:
            raise LinkDown(f"The WebSocket has ended: {error}.", reached=True) from error
        self._queue()

    def _queue(self) -> None:
        self._out.extend(memoryview(data) for data in self._protocol.data_to_send() if data)

    def exchange(self, timeout: float, alarm: socket.socket) -> list[bytes]:
        """Send and receive until something was received, ``alarm`` can be read, or time is up."""
        try:
            messages = self._received()  # may have come with the answer to the handshake
            if not messages:
                self._write()
                self._wait(timeout, alarm)
                self._write()
                self._read()
                messages = self._received()
        except (OSError, EOFError) as error:
            raise LinkDown(f"The connection was lost: {error}.", reached=True) from error
        if not messages and self._protocol.state.name != "OPEN":
            why = self._protocol.close_rcvd or "without a word"
            raise LinkDown(f"The server has ended the WebSocket: {why}.", reached=True)
        return messages

    def _wait(self, timeout: float, alarm: socket.socket) -> None:
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._out else 0)
        with _Selector() as selector:
            selector.register(self._socket, wanted)
            selector.register(alarm, selectors.EVENT_READ)
            selector.select(timeout)

    def _write(self) -> None:
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while self._out:
                sent = self._socket.send(self._out[0])
                self.moved += sent
                if sent == len(self._out[0]):
                    self._out.popleft()
                else:
                    self._out[0] = self._out[0][sent:]

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while data := self._socket.recv(_READ):
                self._protocol.receive_data(data)
                self._queue()
                if len(data) < _READ:
                    return
            self._protocol.receive_eof()

    def _received(self) -> list[bytes]:
        """Whole messages; one may come in several frames."""
        messages = []
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in (
                Opcode.TEXT, Opcode.BINARY, Opcode.CONT,
            ):  # fmt: skip
                self._parts.append(bytes(event.data))
                if event.fin:
                    messages.append(b"".join(self._parts))
                    self._parts.clear()
        return messages

    def close(self) -> None:
        """Say goodbye, without waiting."""
        with contextlib.suppress(WebSocketException, OSError):
            self._protocol.send_close(1000)
            self._queue()
            self._write()
        self._socket.close()

    def forget(self) -> None:
        """Let go in a forked child: the connection is the parent's."""
        with contextlib.suppress(OSError):
            self._socket.close()


def connect(address: Address, timeout: float) -> socket.socket:
    """A connection over TCP, and TLS if the address says so. Raises LinkDown."""
    try:
        line = socket.create_connection((address.host, address.port), timeout)
    except OSError as error:
        raise LinkDown(f"{address} cannot be reached: {error}.", reached=False) from error
    try:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not address.secure:
            return line
        return ssl.create_default_context().wrap_socket(line, server_hostname=address.host)
    except OSError as error:
        line.close()
        raise LinkDown(
            f"{address} speaks no TLS that is trusted: {error}.", reached=False
        ) from error


def _refused(response: Response) -> LinkRefused:
    status = response.status_code
    body = bytes(response.body or b"")[:300].decode("utf-8", "replace").strip()
    wait = retry_after(response.headers.get("Retry-After"))
    return LinkRefused(status, f"The server answered {status} {body}".rstrip() + ".", wait)
