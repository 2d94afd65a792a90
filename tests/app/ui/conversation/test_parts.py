"""Values on one line: the whole of a small one, the beginning of a large one."""

from __future__ import annotations

import json

import pytest

from rollscope_desktop.ui.conversation.parts import one_line_json


@pytest.mark.parametrize("value", [None, True, 1.5, [], {}, {"a": [1, {"b": "c"}]}, ["x"] * 30])
def test_a_small_value_is_whole(value: object) -> None:
    assert json.loads(one_line_json(value)) == value


def test_a_large_value_is_cut() -> None:
    nested: object = "x"
    for _ in range(90):
        nested = [nested]
    rows = [{"n": n, "text": "word " * 50} for n in range(200_000)]
    for value in (rows, {"rows": rows}, nested):
        assert len(one_line_json(value)) <= 402
    assert one_line_json(rows).startswith('[{"n":0,"text":"word word')
    assert one_line_json(list(range(3000)), 4000).endswith(" …")
    assert one_line_json("two\nlines") == "two lines"
