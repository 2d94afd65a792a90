"""Breakpoints in words, and as they are typed."""

from __future__ import annotations

import pytest

from rollscope_desktop.model.breakpoints import Breakpoint, BreakpointError
from rollscope_desktop.viewmodels.breakpoints import KINDS, typed, where, words


def test_in_words() -> None:
    assert words(Breakpoint("tool", "pay")) == "Before the tool pay"
    assert words(Breakpoint("model")) == "Before any model"
    assert words(Breakpoint("error")) == "After a step that failed, before the next call"
    assert words(Breakpoint("cost", usd=1234.5)) == "When the run has cost $1,234.50"
    assert words(Breakpoint("cost", usd=0.0005)) == "When the run has cost $0.0005"
    assert where("") == "All projects"
    assert where("shop\n") == "shop⏎" or "\n" not in where("shop\n")


def test_as_it_is_typed() -> None:
    assert typed("tool", " pay ") == Breakpoint("tool", "pay")
    assert typed("model", "") == Breakpoint("model")
    assert typed("error", "whatever") == Breakpoint("error")
    assert typed("cost", "$1,000.5") == Breakpoint("cost", usd=1000.5)
    assert {kind for kind, _, _ in KINDS} == {"tool", "model", "error", "cost"}


@pytest.mark.parametrize("said", ["", "much", "-1", "0", "nan", "inf", "1e12"])
def test_amounts_that_are_none(said: str) -> None:
    with pytest.raises(BreakpointError, match="is not an amount"):
        typed("cost", said)
