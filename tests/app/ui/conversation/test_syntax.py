"""Code in texts: where it is, and what of it has a colour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.ui.conversation.syntax import Segment, segments, tokens


def coloured(segment: Segment) -> list[tuple[str, str]]:
    return [
        (segment.text[token.start : token.start + token.length], token.kind)
        for token in tokens(segment)
    ]


def test_fences_are_cut_out() -> None:
    said = "Look:\n\n```python\nx = 1\n```\nand\n~~~\nplain\n~~~\n"
    assert segments(said) == [
        Segment("Look:"),
        Segment("x = 1", True, "python"),
        Segment("and"),
        Segment("plain", True, ""),
    ]


def test_a_fence_without_an_end_and_one_in_a_fence() -> None:
    assert segments("```json\n{}") == [Segment("{}", True, "json")]
    assert segments("````\n```\ninner\n```\n````") == [Segment("```\ninner\n```", True, "")]
    assert segments("") == [Segment("")]


@given(st.text(alphabet="a `\n~*", max_size=80))
def test_any_text_can_be_cut(said: str) -> None:
    kept = "".join(segment.text for segment in segments(said))
    for letter in "a*":
        assert kept.count(letter) <= said.count(letter)
    for segment in segments(said):
        for token in tokens(segment):
            assert 0 <= token.start < token.start + token.length <= len(segment.text)


def test_colours_of_json_python_and_prose() -> None:
    assert coloured(Segment('{"a": [1.5, "b", null]}', True, "json")) == [
        ('"a"', "name"), ("1.5", "number"), ('"b"', "text"), ("null", "word"),
    ]  # fmt: skip
    assert coloured(Segment("def f(): # say\n    return 'x' + \"\"\"y\n\"\"\"", True, "py")) == [
        ("def", "word"), ("# say", "remark"), ("return", "word"), ("'x'", "text"),
        ('"""y\n"""', "text"),
    ]  # fmt: skip
    assert coloured(Segment("a `b` **c** d")) == [("`b`", "name"), ("**c**", "word")]
    assert coloured(Segment("SELECT 1", True, "sql")) == []
