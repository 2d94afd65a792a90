"""Keeps keys out of what is recorded: addresses without secrets, errors without echoes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

_PUBLIC = frozenset({"alt", "api-version", "beta"})
"""Parameters of a query that say how to call, not who calls."""

_WORDS = ("authorization", "key", "token", "secret", "cookie", "password")
"""A header whose name holds one of these is not repeated in an error."""

_OF_CALLERS = frozenset({
    "access_token", "accessToken", "api_auth", "apiAuth", "api_key", "apiKey", "apikey", "auth",
    "auth_config", "authConfig", "auth_token", "authentication", "Authorization", "authorization",
    "authorization_token", "client_secret", "clientSecret", "extra_headers", "headers", "password",
    "secret",
})  # fmt: skip
"""Fields of a request that say who calls another server: one of tools, or of documents."""

_SCHEMAS = frozenset({"schema", "parameters", "input_schema", "json_schema", "properties"})
"""Fields that only describe: what they name is no value."""

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
            values += [value, unquote(value)]
    user = head.partition("://")[2].partition("/")[0].rpartition("@")[0]
    values += [user, *user.split(":")]
    long = {value for value in values if len(value) >= _SHORTEST}
    return sorted(long - {"Bearer"}, key=len, reverse=True)


def covered(value: Any) -> Any:
    """Settings or a tool of a request with stars for what says who calls; itself if nothing does.

    Providers call servers of tools in the program's name, so a request may hold its keys to them.
    """
    return _covered(value) if _tells(value) else value


def _tells(value: Any) -> bool:
    """The quick look: nearly always there is nothing."""
    if type(value) is list:
        return any(map(_tells, value))
    if type(value) is not dict:
        return False
    if not _OF_CALLERS.isdisjoint(value):
        return True
    inner = [(n, v) for n, v in value.items() if type(v) is dict or type(v) is list]
    return any(_tells(v) for n, v in inner if not _is_schema(n, v))


def _is_schema(name: str, value: Any) -> bool:
    return name in _SCHEMAS and type(value) is dict and "authentication" not in value


def _covered(value: Any) -> Any:
    if type(value) is list:
        return [_covered(inner) for inner in value]
    if type(value) is not dict:
        return value
    return {name: _field(name, inner) for name, inner in value.items()}


def _field(name: str, value: Any) -> Any:
    if name in _OF_CALLERS:
        return _stars(value)
    return value if _is_schema(name, value) else _covered(value)


def _stars(value: Any) -> Any:
    if type(value) is dict:
        return {n: inner if n == "type" else _stars(inner) for n, inner in value.items()}
    if type(value) is list:
        return [_stars(inner) for inner in value]
    return "***" if type(value) is str else value
