"""The HTTP way to the server: each message is a request, and its answer holds the answers."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING

from rollscope.address import Address
from rollscope.sinks._bell import wait_for_alarm
from rollscope.sinks._link import PATH, LinkDown, LinkRefused, retry_after

if TYPE_CHECKING:
    import socket

_ANSWER = 1 << 20


class HttpLink:
    """A connection that requests follow each other on. No proxy is asked."""

    def __init__(self, address: Address, token: str, timeout: float) -> None:
        """Nothing is sent yet."""
        kind = http.client.HTTPSConnection if address.secure else http.client.HTTPConnection
        self._connection = kind(address.host, address.port, timeout=timeout)
        self._path = address.prefix + PATH
        self._headers = {
            "Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson",
        }  # fmt: skip
        self._out: list[bytes] = []
        self.moved = 0

    def send(self, message: bytes) -> None:
        """Have a message sent by the next exchange."""
        self._out.append(message)

    def exchange(self, timeout: float, alarm: socket.socket) -> list[bytes]:
        """Send what there is, and wait for the answers; else wait for the alarm."""
        if not self._out:
            wait_for_alarm(alarm, timeout)
            return []
        return [answer for answer in self._post(self._out.pop(0)).split(b"\n") if answer]

    def _post(self, message: bytes) -> bytes:
        try:
            self._connection.request("POST", self._path, message, self._headers)
            response = self._connection.getresponse()
            body = response.read(_ANSWER)
            self.moved += len(message)
        except ConnectionRefusedError as error:
            raise LinkDown(f"The server cannot be reached: {error}.", reached=False) from error
        except (OSError, http.client.HTTPException) as error:
            raise LinkDown(f"The request failed: {error!r}.", reached=True) from error
        if response.status != 200:
            said = body[:300].decode("utf-8", "replace").strip()
            text = f"The server answered {response.status} {said}".rstrip() + "."
            wait = retry_after(response.headers.get("Retry-After"))
            raise LinkRefused(response.status, text, wait)
        return body

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self._connection.close()

    def forget(self) -> None:
        """Let go in a forked child: the connection is the parent's."""
        self.close()
