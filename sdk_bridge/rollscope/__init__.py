"""Rollscope's SDK: records the run of an agent, from inside the agent's own program.

Importing it does nothing yet: the first name that is used makes it ready. A program that only reads
run logs (``rollscope.wire``) is left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rollscope.api import (
        AuthError,
        ConfigError,
        EnforcementError,
        RateLimitError,
        Rollscope,
        RollscopeError,
        Span,
        Trace,
        TransportError,
        agent,
        configure,
        current_span,
        current_trace,
        extract,
        flush,
        init,
        inject,
        record,
        register_dialect,
        shutdown,
        span,
        task,
        tool,
        trace,
        write_golden_cassette,
    )

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
    "__version__",
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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from rollscope import api

    found = globals()[name] = getattr(api, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
