"""The errors of the SDK. Only ConfigError and EnforcementError are ever raised into a program."""

from __future__ import annotations


class RollscopeError(Exception):
    """Anything that Rollscope complains about."""


class ConfigError(RollscopeError, ValueError):
    """A setting or a decorator cannot mean what it says; raised where it was written."""


class EnforcementError(RollscopeError):
    """A run may not go on; raised before the call that would have gone too far.

    ``verdict`` is "block", "deny" or "hold"; ``reason`` is a sentence.
    """

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason

    def __reduce__(self) -> tuple[type[EnforcementError], tuple[str, str]]:
        return type(self), (self.verdict, self.reason)  # it crosses pools of processes


class AuthError(RollscopeError):
    """The server does not take the token; told to ``on_error``."""


class RateLimitError(RollscopeError):
    """The server asks for patience; told to ``on_error``. ``retry_after`` is in seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TransportError(RollscopeError):
    """What was recorded cannot be kept or sent at present; told to ``on_error``."""
