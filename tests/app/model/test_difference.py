"""What became different between two values: lines, folds, words, and its limits."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.difference import MOST, Sign, difference, written

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip


def shown(before: Any, after: Any, context: int = 1) -> list[str]:
    return [
        f"… {line.folded}" if line.folded else f"{line.sign.value}{line.text}"
        for line in difference(before, after, context).lines
    ]


def test_a_changed_field_is_one_line_out_and_one_in() -> None:
    before = {"model": "gpt-x", "temperature": 0.5, "messages": ["a", "b", "c", "d"]}
    assert shown(before, {**before, "temperature": 0.7}) == [
        " {",
        '   model: "gpt-x"',
        "−  temperature: 0.5",
        "+  temperature: 0.7",
        "   messages: [",
        "… 6",
    ]


def test_the_words_that_differ_are_marked() -> None:
    found = difference({"q": "weather in Paris"}, {"q": "weather in Rome"})
    removed = next(line for line in found.lines if line.sign is Sign.REMOVED)
    added = next(line for line in found.lines if line.sign is Sign.ADDED)
    assert [removed.text[a:b] for a, b in removed.marks] == ["Paris"]
    assert [added.text[a:b] for a, b in added.marks] == ["Rome"]


def test_words_are_whole_and_those_of_a_long_line_are_marked_too() -> None:
    before = "The answer is 21 degrees, as far as we know. " * 40
    after = before.replace("21 degrees, as", "19 degrees, so", 1)
    removed, added = difference(before, after).lines
    assert [removed.text[a:b] for a, b in removed.marks] == ["21", "as"]
    assert [added.text[a:b] for a, b in added.marks] == ["19", "so"]
    assert all(not line.marks for line in difference("one thing", "another matter").lines)


def test_long_texts_are_compared_line_by_line() -> None:
    before = {"content": "one\ntwo\nthree"}
    assert shown(before, {"content": "one\n2\nthree"}, 0) == ["… 3", "−  two", "+  2", "… 3"]


@given(VALUES)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    found = difference(value, value)
    assert found.equal
    assert all(line.sign is Sign.KEPT for line in found.lines)


@given(VALUES, VALUES)
def test_both_values_can_be_read_from_the_lines(before: Any, after: Any) -> None:
    found = difference(before, after, context=None).lines
    old = [line.text for line in found if line.sign is not Sign.ADDED]
    new = [line.text for line in found if line.sign is not Sign.REMOVED]
    assert old == list(written(before))
    assert new == list(written(after))


def test_what_is_too_long_is_cut_and_said_to_be() -> None:
    before = list(range(MOST * 2))
    found = difference(before, [*before, "end"])
    assert found.cut
    assert not found.equal
