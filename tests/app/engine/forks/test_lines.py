"""What comes through a pipe comes in any pieces, and its lines come whole."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from rollscope_desktop.engine.forks.bridge_process import _lines


class Pieces(io.RawIOBase):
    """A pipe that gives these pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = iter([piece for piece in pieces if piece])

    def read(self, size: int = -1) -> bytes:
        return next(self._pieces, b"")


pieces = st.lists(st.lists(st.sampled_from([b"a", b"bc", b"\n"]), max_size=9).map(b"".join))


@given(pieces)
def test_lines_are_whole_however_they_come(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    expected = data.split(b"\n")
    if not expected[-1]:
        del expected[-1]
    assert list(_lines(Pieces(pieces), 1 << 20)) == expected  # type: ignore[arg-type]


@given(pieces, st.integers(1, 5))
def test_a_line_that_is_too_long_ends_it(pieces: list[bytes], longest: int) -> None:
    found = list(_lines(Pieces(pieces), longest))  # type: ignore[arg-type]
    assert None not in found[:-1]
    assert b"\n".join(line for line in found if line is not None) in b"".join(pieces)


@given(pieces, st.integers(1, 5))
def test_or_it_is_cut_and_nothing_is_lost(pieces: list[bytes], longest: int) -> None:
    found = list(_lines(Pieces(pieces), longest, cut=True))  # type: ignore[arg-type]
    assert b"".join(found) == b"".join(pieces).replace(b"\n", b"")
