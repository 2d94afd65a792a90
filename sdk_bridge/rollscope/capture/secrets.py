"""Keeps keys out of what is recorded: addresses without secrets, errors without echoes of them."""

from __future__ import annotations

from collections.abc import Iterable

_PUBLIC = frozenset({"alt", "api-version", "beta"})
"""Parameters of a query that say how to call, not who calls."""

_WORDS = ("authorization", "key", "token", "secret", "cookie", "password")
"""A header whose name holds one of these is not repeated in an error."""

_SHORTEST = 6
"""Characters; what is shorter is no key, and would be found in ordinary words."""


def public(url: str) -> str:
    """The address without user, password and fragment, and with the harmless part of its query."""
    head, _, query = url.partition("#")[0].partition("?")
    scheme, sep, rest = head.partition("://")
    if sep:
        host, slash, path = rest.partition("/")
        head = f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
    kept = [part for part in query.split("&") if part.partition("=")[0].lower() in _PUBLIC]
    return f"{head}?{'&'.join(kept)}" if kept else head


def found(url: str, headers: Iterable[tuple[str, str]]) -> list[str]:
    """What must not be repeated: values of telling headers and of the query."""
    values = []
    for name, value in headers:
        name = name.lower()
        if any(word in name for word in _WORDS):
            values += [value, *value.split()]
    head, _, query = url.partition("#")[0].partition("?")
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name.lower() not in _PUBLIC:
            values.append(value)
    user = head.partition("://")[2].partition("/")[0].rpartition("@")[0]
    values += [user, *user.split(":")]
    long = {value for value in values if len(value) >= _SHORTEST}
    return sorted(long - {"Bearer"}, key=len, reverse=True)
