"""Who may come in: which names the socket answers to, what web pages may do, the token."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from rollscope_desktop import platform

PREFIX = "rt_local_"
"""How the token begins, so that it serves as the key of retrace-sdk as well."""

_NAMES = frozenset({"localhost", "host.docker.internal", "host.containers.internal"})
"""Names of this machine that nobody can point elsewhere: the last two are what it is called from
inside of a container."""


@dataclass(frozen=True, slots=True)
class Door:
    """``token`` is what programs have to present. ``names`` are further names of this machine.

    A web page can reach any port of the machine that shows it, under a name that its owner makes
    point here. So a request must name a host that is no such name, and not come from a page.
    """

    token: str
    names: frozenset[str] = field(default_factory=frozenset)

    def is_token(self, said: str | None) -> bool:
        """Whether somebody said the token; takes as long for any wrong one."""
        known = self.token.encode()
        return said is not None and hmac.compare_digest(said.encode("utf-8", "replace"), known)

    def refusal(self, host: str | None, origin: str | None) -> str | None:
        """Why a request may not come in, as a sentence; None if it may.

        ``host`` and ``origin`` are its headers. A page of just this host and port would have come
        from here, where there are none; an older retrace-sdk says so of itself.
        """
        name, port = _split(host or "")
        if not self._is_ours(name):
            return (
                f"The host {(host or '')[:100]!r} is no name of this machine. "
                "Send to 127.0.0.1, or to an address that `rollscope collect --listen` was given."
            )
        if origin is None:
            return None
        try:
            page = urlsplit(origin)
            is_here = page.scheme == "http" and (page.port or 80) == port
            is_own = is_here and self._is_here(page.hostname or "", name)
        except ValueError:
            is_own = False
        if is_own:
            return None
        return "Web pages may not send to Rollscope."

    def _is_here(self, page: str, host: str) -> bool:
        """Whether a page is from this machine: any other address may be that of somebody else."""
        try:
            return page == host or ipaddress.ip_address(page).is_loopback
        except ValueError:
            return self._is_named(page)

    def _is_named(self, name: str) -> bool:
        return name in _NAMES or name.endswith(".localhost") or name in self.names

    def _is_ours(self, name: str) -> bool:
        if self._is_named(name):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True  # nobody can make an address point elsewhere


def _split(host: str) -> tuple[str, int]:
    """The name and the port of a ``Host`` header; "" if it is none."""
    try:
        parts = urlsplit(f"//{host.strip()}")
        return (parts.hostname or "").rstrip(".").lower(), parts.port or 80
    except ValueError:
        return "", 0


def own_names(more: Iterable[str] = ()) -> frozenset[str]:
    """The names by which other machines know this one."""
    names = {socket.gethostname().lower(), *(name.strip().lower() for name in more)}
    return frozenset(name for name in names if name)


def lasting_token(path: Path) -> str:
    """The token of this user, made at the first start. Raises OSError if it cannot be kept."""
    try:
        known = path.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        known = ""
    if known.startswith(PREFIX) and known.isascii() and len(known) >= len(PREFIX) + 8:
        return known
    token = PREFIX + secrets.token_hex(20)
    platform.write_private(path, f"{token}\n".encode())
    return token
