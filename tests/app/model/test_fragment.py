"""The few words beside a step's name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from rollscope_desktop.model.fragment import LONGEST, fragment
from tests.app.model.test_messages import JSON


@pytest.mark.parametrize(
    ("kind", "input", "output", "error", "said"),
    [
        ("tool", {"city": "Paris"}, "21 °C", None, '(city="Paris") → 21 °C'),
        ("tool", '{"city": "Paris"}', None, None, '(city="Paris")'),
        ("tool", None, {"result": "ok"}, None, "→ ok"),
        ("tool", {"args": [1], "kwargs": {"b": None}}, 3, None, "(1, b=None) → 3"),
        ("tool", {"a": {"b": 1}, "c": [1, 2]}, True, None, "(a={…}, c=[2]) → True"),
        ("tool", {}, [], None, "() → []"),
        ("tool", None, None, None, ""),
        ("tool", 1, 2, {"type": "KeyError", "message": "'x'"}, "KeyError: 'x'"),
        ("tool", 1, 2, "broke", "broke"),
        ("llm", [{"role": "user", "content": "hi"}], "Hello\nyou", None, "Hello you"),
        ("llm", [{"role": "user", "content": "hi"}], None, None, "hi"),
        (
            "llm", None,
            {"role": "assistant", "content": "", "tool_calls": [
                {"function": {"name": "get", "arguments": '{"a": 1}'}}]},
            None, "→ get(a=1)",
        ),
        ("agent", {"q": "why"}, "because", None, "because"),
        ("agent", {"q": "why"}, None, None, '{q="why"}'),
        ("tool", {"x": "a\x1b[31mb"}, "c\u202ed", None, '(x="a␛[31mb") → c<U+202E>d'),
    ],
)  # fmt: skip
def test_fragments(kind: str, input: Any, output: Any, error: Any, said: str) -> None:
    assert fragment(kind, input, output, error) == said


def test_a_result_keeps_its_place_beside_long_arguments() -> None:
    said = fragment("tool", {"text": "x" * 500, "more": "y" * 500}, "the result")
    assert said.endswith("→ the result")
    assert len(said) <= LONGEST


@given(JSON, JSON, JSON)
def test_fragments_are_one_short_line(one: Any, two: Any, three: Any) -> None:
    for kind in ("llm", "tool", "agent", "odd"):
        said = fragment(kind, one, two, three)
        assert len(said) <= LONGEST * 9  # a control character is shown as a few
        assert "\n" not in said
