"""The errors: what they say, and that they cross processes."""

from __future__ import annotations

import pickle

import pytest

from rollscope import errors


def test_enforcement_says_why() -> None:
    error = errors.EnforcementError("deny", "The tool is not allowed.")

    assert (error.verdict, error.reason, str(error)) == (
        "deny", "The tool is not allowed.", "The tool is not allowed.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [
        errors.EnforcementError("block", "why"),
        errors.ConfigError("a setting"),
        errors.RateLimitError("slow down", 2.5),
        errors.AuthError("no"),
        errors.TransportError("down"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_can_be_pickled(error: errors.RollscopeError) -> None:
    back = pickle.loads(pickle.dumps(error))

    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)
    assert isinstance(back, errors.RollscopeError)
