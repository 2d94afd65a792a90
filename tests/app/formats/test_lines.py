"""Tests that lines decoded in one go are what they are one by one, or are refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.formats.lines import decode_lines

DECODER = msgspec.json.Decoder(dict[str, Any])


def test_values_starts_and_lengths() -> None:
    assert decode_lines(DECODER, b'{"a":1}\n{"b":{}}\n') == ([{"a": 1}, {"b": {}}], [0, 8], [7, 8])


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"{}", b"{}\n", b"{}\n{}", b"{}\n\n{}\n", b"{}\n {}\n", b"{}\r\n{}\n",
        b'{"a":1}{"b":2}\n{"a":\n2}\n', b"{}{}\n\n", b"{}\n[]\n", b"{}\n{\n", b'{}\n{"a":"\xff"}\n',
        b'{"a":1}\n{"b":\n{}}\n', b"{} {}\n{}\n",
    ],
)  # fmt: skip
def test_what_is_odd_or_alone_is_left_to_the_caller(data: bytes) -> None:
    assert decode_lines(DECODER, data) is None


_PIECES = st.sampled_from([b"{}", b'{"a":1}', b'{"a":', b"2}", b"\n", b" ", b"{", b"}", b'"}\\n{"'])


@given(st.lists(_PIECES, max_size=12).map(b"".join))
def test_nothing_is_read_that_lines_do_not_say(data: bytes) -> None:
    found = decode_lines(DECODER, data)

    if found is not None:
        values, starts, lengths = found
        lines = data.split(b"\n")[:-1]
        assert [data[at : at + n] for at, n in zip(starts, lengths, strict=True)] == lines
        assert values == [json.loads(line) for line in lines]
