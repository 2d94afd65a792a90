"""Bounds connections: how many there are, and how long one may take to say what it wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MOST = 512
"""Connections at a time; further ones are closed at once."""
PATIENCE = 15.0
"""Seconds for the first request of a connection to have arrived, without its body."""


class Connections:
    """Makes protocols for connections that are bounded; ``made`` makes what serves each."""

    def __init__(
        self, made: Callable[[], asyncio.Protocol], most: int = MOST, patience: float = PATIENCE
    ) -> None:
        self._made = made
        self._most = most
        self.patience = patience
        self.open: set[asyncio.BaseTransport] = set()
        self._waiting: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        return _Bounded(self, self._made())

    def may_stay(self, transport: asyncio.BaseTransport) -> bool:
        """Whether there is room for a connection; it has to send a request soon."""
        if len(self.open) >= self._most:
            return False
        self.open.add(transport)
        loop = asyncio.get_running_loop()
        self._waiting[transport] = loop.call_later(self.patience, self._close, transport)
        return True

    def has_asked(self, transport: asyncio.BaseTransport | None) -> None:
        """A request of this connection has arrived."""
        if transport is not None and (timer := self._waiting.pop(transport, None)) is not None:
            timer.cancel()

    def left(self, transport: asyncio.BaseTransport) -> None:
        """A connection is closed."""
        self.has_asked(transport)
        self.open.discard(transport)

    def _close(self, transport: asyncio.BaseTransport) -> None:
        self._waiting.pop(transport, None)
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class _Bounded(asyncio.Protocol):
    """Hands everything on to what serves a connection."""

    def __init__(self, connections: Connections, inner: asyncio.Protocol) -> None:
        self._connections = connections
        self._inner = inner
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._connections.may_stay(transport):
            self._transport = transport
            self._inner.connection_made(transport)
            self.data_received = self._inner.data_received  # type: ignore[method-assign]
        else:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Nothing is taken of a connection that is being closed."""

    def eof_received(self) -> bool | None:
        return None if self._transport is None else self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None:
            self._connections.left(self._transport)
            self._inner.connection_lost(error)
