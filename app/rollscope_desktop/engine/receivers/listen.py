"""Where the socket listens: on which address, at which port, on which names of this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from rollscope.address import USUAL_PORT

_OTHERS = (14318, 24318, 0)
"""Where to listen when it is taken: the same ones each time, and in the end any."""
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen; without a port at the usual one, or at another if that is taken.

    ``names`` are further names of this machine. With ``sync`` what is acknowledged has survived a
    power cut.
    """

    address: str = _LOOPBACK
    port: int | None = None
    names: tuple[str, ...] = ()
    sync: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return self.address == "localhost"


ANYWHERE = Listen()
"""On this machine, at whatever port can be had."""


class CannotListen(Exception):
    """No port could be had; the text is a sentence for the user."""


def bind(listen: Listen) -> list[socket.socket]:
    """Sockets that are bound: on loopback for both kinds of addresses, where there are both.

    Raises CannotListen.
    """
    ports = (listen.port,) if listen.port is not None else (USUAL_PORT, *_OTHERS)
    why = ""
    for port in ports:
        try:
            first = _bound(listen.address, port)
        except OSError as error:
            why = error.strerror or str(error)
            continue
        return [first, *_beside(listen, first.getsockname()[1])]
    place = f"{listen.address}:{ports[0]}"
    raise CannotListen(f"Programs cannot send to Rollscope: {place} cannot be had ({why}).")


def _beside(listen: Listen, port: int) -> Iterator[socket.socket]:
    """The same port where programs of this machine look for it, if that can be had."""
    try:
        where = ipaddress.ip_address(listen.address)
    except ValueError:
        return
    if where.is_unspecified or listen.address == "::1":
        return
    with contextlib.suppress(OSError):
        yield _bound("::1" if listen.address == _LOOPBACK else _LOOPBACK, port)


def _bound(address: str, port: int) -> socket.socket:
    family, kind, _, _, place = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    made = socket.socket(family, kind)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(place)
        made.listen(128)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


def shown(bound: socket.socket) -> str:
    """An address as it stands in a URL."""
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
