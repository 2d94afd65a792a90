"""Which calls come to which breakpoints; what makes no sense is passed over."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope.config import settle
from rollscope.control.breakpoints import Breakpoint, Standing, hit, read
from rollscope.control.gate import word_of
from rollscope.control.orders import is_local, listens

NONE = Standing()


def test_what_is_read() -> None:
    said = [
        {"kind": "tool", "name": "pay"}, {"kind": "model"}, {"kind": "error", "name": "x"},
        {"kind": "cost", "usd": 2}, {"kind": "cost", "usd": 0}, {"kind": "cost", "usd": "2"},
        {"kind": "moon"}, {"kind": "tool", "name": 7}, 3,
    ]  # fmt: skip
    assert read(said) == (
        Breakpoint("tool", "pay"), Breakpoint("model"), Breakpoint("error"),
        Breakpoint("cost", usd=2.0),
    )  # fmt: skip
    assert read({"kind": "tool"}) == ()
    assert len(read([{"kind": "tool"}] * 500)) == 200


@pytest.mark.parametrize(
    ("each", "kind", "name", "standing", "is_hit"),
    [
        (Breakpoint("tool"), "tool", "pay", NONE, True),
        (Breakpoint("tool"), "llm", "gpt", NONE, False),
        (Breakpoint("tool", "pay"), "tool", "pay", NONE, True),
        (Breakpoint("tool", "pay"), "tool", "payer", NONE, False),
        (Breakpoint("model"), "tool", "pay", NONE, False),
        (Breakpoint("model", "gpt"), "llm", "gpt", NONE, True),
        (Breakpoint("model"), "embedding", "e", NONE, True),
        (Breakpoint("error"), "tool", "pay", NONE, False),
        (Breakpoint("error"), "llm", "gpt", Standing(failed="broken: x"), True),
        (Breakpoint("cost", usd=1.0), "tool", "pay", Standing(usd=0.9), False),
        (Breakpoint("cost", usd=1.0), "tool", "pay", Standing(usd=1.0), True),
        (Breakpoint("cost", usd=1.0), "tool", "pay", Standing(usd=3.0, stopped_usd=1.0), False),
        (Breakpoint("cost", usd=2.0), "tool", "pay", Standing(usd=3.0, stopped_usd=1.0), True),
    ],
)
def test_which_calls_come_to_it(
    each: Breakpoint, kind: str, name: str, standing: Standing, is_hit: bool
) -> None:
    found = hit([each], kind, name, standing)
    assert (found is not None) is is_hit
    assert found is None or found[0] is each


@pytest.mark.parametrize(
    "said", [{}, {"verdict": "dance"}, {"verdict": "edit"}, {"verdict": "edit", "value": [1]}]
)
def test_words_that_are_none(said: dict[str, Any]) -> None:
    assert word_of(said) is None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, 0),
        ({"listen": True}, 0),
        ({"endpoint": "http://127.0.0.1:4318"}, 4),
        ({"endpoint": "http://[::1]:4318", "allow_resume": True}, 6),
        ({"endpoint": "http://localhost:4318", "listen": False, "allow_resume": True}, 0),
        ({"endpoint": "https://example.org"}, 0),
        ({"endpoint": "https://example.org", "allow_resume": True}, 0),
        ({"endpoint": "https://example.org", "listen": True}, 4),
    ],
)
def test_what_a_program_listens_to(settings: dict[str, Any], expected: int) -> None:
    assert len(listens(settle(settings, {}))) == expected


def test_names_of_this_machine() -> None:
    assert is_local("http://127.1.2.3:1")
    assert is_local("http://a.localhost:1")
    assert not is_local("http://127.example.org:1")
    assert not is_local("http://localhost.example.org:1")
