"""Arguments against the schema of a tool, which may come from anybody."""

from __future__ import annotations

from typing import Any

import pytest

from rollscope_desktop.viewmodels.fork.schema import misfits
from tests.app.viewmodels.fork.recorded import SCHEMA


def test_what_fits_has_no_complaint() -> None:
    assert misfits({"city": "Paris", "days": 3}, SCHEMA) == ()


def test_each_misfit_is_a_sentence_with_its_place() -> None:
    assert misfits({"days": "3"}, SCHEMA) == (
        "'city' is a required property.",
        "days: '3' is not of type 'integer'.",
    )
    deep = {"properties": {"list": {"items": {"enum": ["a", "b"]}}}}
    assert misfits({"list": ["a", "c"]}, deep) == ("list[1]: 'c' is not one of ['a', 'b'].",)


def test_only_the_first_are_told() -> None:
    many = {"items": {"type": "integer"}}
    said = misfits(["x"] * 6, many)
    assert len(said) == 4
    assert said[-1] == "3 more parts do not fit."


@pytest.mark.parametrize("odd", [
    None, [], "x", {"type": 5}, {"$ref": "http://example.com/schema"}, {"$ref": "#"},
    {"$ref": "#/$defs/none"}, {"type": "nothing"},
])  # fmt: skip
def test_a_schema_that_cannot_be_used_is_passed_over(odd: Any) -> None:
    assert misfits({"a": 1}, odd) == ()


def test_patterns_of_a_log_are_not_matched() -> None:
    slow = {"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}, "pattern": {
        "type": "integer"}}, "patternProperties": {"^(b+)+$": {}}, "additionalProperties": False,
        "propertyNames": {"pattern": "^(a+)+$"}}  # fmt: skip
    value = {"a": "a" * 40 + "!", "b" * 40 + "!": 1, "pattern": "no number"}
    assert misfits(value, slow) == ("pattern: 'no number' is not of type 'integer'.",)


def test_names_of_properties_are_no_rules() -> None:
    schema = {"properties": {"properties": {"type": "string"}, "enum": {"type": "integer"}}}
    assert misfits({"properties": 1, "enum": 2}, schema) == (
        "properties: 1 is not of type 'string'.",
    )
