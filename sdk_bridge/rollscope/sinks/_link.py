"""What every way to the server offers, and how it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from rollscope.sinks._frames import unpack

if TYPE_CHECKING:
    import socket

PATH = "/v1/stream"


class LinkDown(Exception):
    """The server is not reached, or not any more. ``reached``: something answered at its address,
    so that another way to it may work."""

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached


class LinkRefused(Exception):
    """The server answered, and does not want this. ``status`` is that of HTTP."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Link(Protocol):
    """A way to the server: messages go and come."""

    moved: int
    """Bytes that have gone."""

    def send(self, message: bytes) -> None:
        """Have a message sent by the next exchange."""

    def exchange(self, timeout: float, alarm: socket.socket) -> list[bytes]:
        """Send and receive until something was received, ``alarm`` can be read, or time is up.

        The messages that were received. Raises LinkDown and LinkRefused.
        """

    def close(self) -> None:
        """Say goodbye, without waiting."""

    def forget(self) -> None:
        """Let go in a forked child: the connection is the parent's."""


def retry_after(text: str | None) -> float | None:
    """Seconds that a server asks to wait; dates are not understood. At most an hour."""
    try:
        return min(3600.0, max(0.0, float(text or "")))
    except ValueError:
        return None


def header_of(message: bytes) -> dict[str, Any]:
    """The header of a message of the server. Raises LinkDown where it is none."""
    try:
        return unpack(message)
    except ValueError as error:
        raise LinkDown(f"The server does not speak the protocol: {error}.", reached=True) from None


def refusal(header: dict[str, Any], said: str) -> LinkRefused:
    """What an error message of the server means; ``said`` is its sentence."""
    if header.get("retryable"):
        wait = header.get("retry_after")
        return LinkRefused(503, said, wait if isinstance(wait, int | float) else None)
    return LinkRefused(401 if header.get("code") == "auth" else 400, said)
