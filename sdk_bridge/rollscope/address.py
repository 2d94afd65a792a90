"""Where an endpoint is."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit


class Address(NamedTuple):
    """Where a server is."""

    secure: bool
    host: str
    port: int
    prefix: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' * self.secure}://{host}:{self.port}{self.prefix}"


def parse_address(endpoint: str) -> Address:
    """The address in a URL, without what may be secret in it. Raises ValueError."""
    url = urlsplit(endpoint)
    if url.scheme not in ("http", "https", "ws", "wss") or not url.hostname:
        raise ValueError("an endpoint is an address like http://host:4318")
    secure = url.scheme in ("https", "wss")
    port = url.port or (443 if secure else 80)
    return Address(secure, url.hostname, port, url.path.rstrip("/"))
