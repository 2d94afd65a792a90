"""Links to runs and steps: written, read again, and refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.model.link import BadLink, Link, is_link, parse

KEYS = st.integers(-(1 << 63), (1 << 63) - 1)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), KEYS)
def test_what_is_written_is_read_again(run: str, span: int) -> None:
    for link in (Link(run), Link(run, span)):
        assert is_link(str(link))
        assert parse(str(link)) == link


def test_a_link_as_people_write_it() -> None:
    said = "rollscope://run/8991b22791c26858d33fd10ace52b142/span/ffffffffffffffff"
    assert parse(f" {said} ") == Link("8991b22791c26858d33fd10ace52b142", -1)
    assert parse("rollscope://run/abc/") == Link("abc")


@pytest.mark.parametrize(
    "text",
    [
        "", "rollscope:", "rollscope://run", "rollscope://run/", "rollscope://runs/a",
        "http://run/a", "rollscope://run/a/span", "rollscope://run/a/span/12",
        "rollscope://run/a/span/zzzzzzzzzzzzzzzz", "rollscope://run/a/step/0123456789abcdef",
        "rollscope://run/a/span/0123456789abcdef/x", "rollscope://[run/a",
        "rollscope://run/" + "a" * 3000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadLink, match=r"A link looks like rollscope://run/ID"):
        parse(text)
