"""Values as they are typed: JSON with the place of each mistake."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.viewmodels.fork.typed import parse_json, pretty

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False,
                                                                      allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_what_is_shown_is_read_as_the_same(value: Any) -> None:
    typed = parse_json(pretty(value))
    assert (typed.value, typed.problem) == (value, "")


@pytest.mark.parametrize(("said", "problem", "place"), [
    ('{\n  "a": 1,\n  b: 2}', "Line 3, column 3: a name in double quotes is missing.", (3, 3)),
    ('{"a": 1\n "b": 2}', "Line 2, column 2: a comma is missing.", (2, 2)),
    ('{"a" 1}', "Line 1, column 6: a colon is missing.", (1, 6)),
    ("[1, x]", "Line 1, column 5: a value is missing.", (1, 5)),
    ('"abc', "Line 1, column 1: this text has no end.", (1, 1)),
    ("1 2", "Line 1, column 3: there is more after the end.", (1, 3)),
    ("NaN", "JSON has no NaN.", (0, 0)),
    ("", "There is nothing. An empty value is written as null.", (0, 0)),
    ("[" * 100_000, "This is nested too deeply.", (0, 0)),
])  # fmt: skip
def test_a_mistake_is_named_with_its_place(said: str, problem: str, place: Any) -> None:
    typed = parse_json(said)
    assert typed.problem == problem
    assert (typed.line, typed.column) == place
