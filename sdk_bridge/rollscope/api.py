"""The public names of ``rollscope``; the first use of any of them makes the SDK ready.

``import rollscope`` itself does nothing, so that a program that only reads run logs is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from rollscope import capture, follow
from rollscope.client import Rollscope, current_span, current_trace, default
from rollscope.config import Options
from rollscope.decorators import Decorators
from rollscope.errors import (
    AuthError,
    ConfigError,
    EnforcementError,
    RateLimitError,
    RollscopeError,
    TransportError,
)
from rollscope.follow import arrival
from rollscope.guard import guarded
from rollscope.spans import Span
from rollscope.traceparent import extract, inject
from rollscope.tracing import Trace

if TYPE_CHECKING:
    from os import PathLike

__all__ = [
    "AuthError",
    "ConfigError",
    "EnforcementError",
    "RateLimitError",
    "Rollscope",
    "RollscopeError",
    "Span",
    "Trace",
    "TransportError",
    "agent",
    "configure",
    "current_span",
    "current_trace",
    "extract",
    "flush",
    "init",
    "inject",
    "record",
    "register_dialect",
    "shutdown",
    "span",
    "task",
    "tool",
    "trace",
    "write_golden_cassette",
]


class _Module(Decorators):
    """Decorators that record with whichever client is the global one when they are called."""

    def _client(self) -> Rollscope:
        return default()


_module = _Module()
agent = _module.agent
trace = _module.trace
record = _module.record
span = _module.span
tool = _module.tool
task = _module.task
register_dialect = capture.register


def init(api_key: str | None = None, **settings: Unpack[Options]) -> Rollscope:
    """Set up the global client; the arguments are those of ``Rollscope``. Raises ConfigError.

    Said again, it replaces the client. Runs that are under way go on with theirs.
    """
    client = Rollscope(api_key, **settings)
    default.put(client)
    with guarded("go on in the run of the parent process"):
        arrival.adopt(client)
    return client


configure = init


def flush(timeout: float | None = None) -> bool:
    """Wait until all that was recorded has arrived where it belongs; whether it has."""
    return default().flush(timeout)


def shutdown() -> None:
    """End the runs that are under way, and flush. A program that ends does it by itself."""
    default().shutdown()


def write_golden_cassette(
    path: str | PathLike[str],
    recorder: Trace | None = None,
    tolerance: Mapping[str, Any] | None = None,
) -> None:
    """Write what a run has done so far into a golden file; ``rollscope ci replay`` plays it back.

    ``recorder`` is the run, that of the running code unless given; one that has ended may be given
    too. ``tolerance`` is kept in the file (docs/golden.md). In a run that is itself played back
    nothing is written. Raises ConfigError where there is no run or its log is elsewhere, OSError.
    """
    from rollscope.replay.golden import files  # late: few programs write such files

    files.write_golden_cassette(path, recorder, tolerance)


with guarded("make ready"):
    capture.install()
    follow.install()
