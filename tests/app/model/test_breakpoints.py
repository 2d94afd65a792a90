"""Breakpoints as files and protocols hold them: there and back, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.model.breakpoints import (
    MOST,
    Breakpoint,
    BreakpointError,
    kept_breakpoints,
    read_breakpoint,
    read_breakpoints,
)

ALL = (
    Breakpoint("tool"), Breakpoint("tool", "pay"), Breakpoint("model", "gpt"), Breakpoint("error"),
    Breakpoint("cost", usd=0.5),
)  # fmt: skip


@pytest.mark.parametrize("each", ALL)
def test_there_and_back(each: Breakpoint) -> None:
    assert read_breakpoint(each.as_json()) == each
    assert read_breakpoints({"shop": [each.as_json()], "": []}) == {"shop": (each,)}


@pytest.mark.parametrize(
    "odd",
    [
        [], {"": {}}, {"": [7]}, {"": [{}]}, {"": [{"kind": "moon"}]},
        {"": [{"kind": "tool", "name": 7}]}, {"": [{"kind": "tool", "name": "x" * 501}]},
        {"": [{"kind": "cost"}]}, {"": [{"kind": "cost", "usd": True}]},
        {"": [{"kind": "cost", "usd": 0}]}, {"": [{"kind": "cost", "usd": float("nan")}]},
        {"": [{"kind": "tool"}] * (MOST + 1)},
    ],
)  # fmt: skip
def test_what_is_refused(odd: Any) -> None:
    with pytest.raises(BreakpointError, match=r"\.$"):
        read_breakpoints(odd)


def test_of_settings_what_makes_no_sense_is_left_out() -> None:
    said = {"a": [{"kind": "tool"}, {"kind": "moon"}], "b": 7, "c": [{}]}
    assert kept_breakpoints(said) == {"a": (Breakpoint("tool"),)}
    assert kept_breakpoints([]) == {}
