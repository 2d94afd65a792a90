"""Where an endpoint is, and what the variables are called that have a program send there."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

USUAL_PORT = 4318
"""Where the application listens, unless somebody else does: what OpenTelemetry sends goes there."""


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


def own_variables(endpoint: str, token: str) -> dict[str, str]:
    """Has rollscope send to an endpoint; where the application runs, it finds the token itself."""
    return {"ROLLSCOPE_ENDPOINT": endpoint, "ROLLSCOPE_API_KEY": token}


def retrace_variables(endpoint: str, token: str) -> dict[str, str]:
    """Has retrace-sdk send to an endpoint."""
    return {"RETRACE_BASE_URL": endpoint, "RETRACE_API_KEY": token}


def otel_variables(endpoint: str, token: str) -> dict[str, str]:
    """Has an OpenTelemetry SDK send to an endpoint. Blanks of a header are written as in a URL."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_HEADERS": f"Authorization=Bearer%20{token}",
    }
