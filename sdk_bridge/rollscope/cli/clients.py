"""Which installed packages make model calls, and whether those will be seen."""

from __future__ import annotations

import re
from typing import NamedTuple

_SEEN = ("httpx2", "httpx", "aiohttp")
"""HTTP clients at which calls are seen, whoever makes them."""

_MAKERS = (
    "openai", "anthropic", "google-genai", "mistralai", "groq", "litellm", "cohere", "together",
    "ollama", "huggingface_hub", "boto3",
)  # fmt: skip
_PROTOCOL = "mcp"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Client(NamedTuple):
    """A package: what of it is seen, and how; ``version`` is None where it is not installed."""

    name: str
    version: str | None
    seen: str


def clients() -> list[Client]:
    """The packages that we know, in the order in which a person looks for them."""
    found = [Client(name, _version(name), "every call to a model server") for name in _SEEN]
    found.extend(Client(name, _version(name), _how(name)) for name in _MAKERS)
    found.append(Client(_PROTOCOL, _version(_PROTOCOL), "tool calls"))
    return found


def _version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _how(name: str) -> str:
    roads = _roads(name)
    return f"through {', '.join(roads)}" if roads else "not seen: it has an HTTP client of its own"


def _roads(name: str) -> list[str]:
    """The HTTP clients that a package calls through, as far as its own list of needs says."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        needs = requires(name) or []
    except PackageNotFoundError:
        return []
    named = set()
    for need in needs:
        if "extra ==" not in need and (match := _NAME.match(need)):
            named.add(match[0].lower().replace("_", "-"))
    return [road for road in _SEEN if road in named]
