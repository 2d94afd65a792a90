"""Where a call is sent: an address that was read with the same parser that will send there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollscope_desktop.engine.refused import Refused
from rollscope_desktop.engine.trying.providers import Provider, owner_of

if TYPE_CHECKING:
    from yarl import URL

_LONGEST = 2_000
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Target:
    """``place`` is the host as it is shown and confirmed: with its port if that is not the usual
    one, and ``http://`` before it where what is sent can be read on the way. ``owner``: whose own
    host it is, never over http. ``here``: this machine."""

    url: URL
    place: str
    owner: Provider | None
    here: bool


def target_of(address: str) -> Target:
    """The target that an address names. Raises Refused with a sentence."""
    from yarl import URL  # late: an engine in which nothing is tried needs none of this

    try:
        url = URL(address.strip()) if len(address) <= _LONGEST else URL()
        host = (url.raw_host or "").lower()
        port = url.port
    except ValueError:
        raise Refused("argument", "This is not an address.") from None
    if url.scheme not in ("http", "https") or not host:
        raise Refused("argument", "An address begins with https:// or http:// and names a server.")
    if not all(c.isalnum() or c in ".-_:" for c in host) or not host.isascii():
        raise Refused("argument", "This address names no server.")
    if url.user is not None or url.password is not None:
        raise Refused("argument", "A name or password cannot stand in the address.")
    usual = {"http": 80, "https": 443}[url.scheme]
    shown = f"[{host}]" if ":" in host else host
    place = shown if port == usual else f"{shown}:{port}"
    owner = owner_of(host) if url.scheme == "https" and port == usual else None
    if url.scheme == "http":
        place = f"http://{place}"
    return Target(url.with_fragment(None), place, owner, host in _HERE)
