"""Decodes all lines of a piece of a file in one go, where every line is an object of its own."""

from __future__ import annotations

from operator import itemgetter, sub
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import msgspec

T = TypeVar("T")

_OPENING, _CLOSING = {ord("{")}, {ord("}")}


def decode_lines(
    decoder: msgspec.json.Decoder[T], data: bytes
) -> tuple[list[T], list[int], list[int]] | None:
    """The value of every line, where each line starts, and its length; None if a line is odd.

    The decoder alone takes any white space for the end of a value: it would read two objects of one
    line, or one of two lines. So there must be as many newlines as values, and each line begin with
    ``{`` and end with ``}``: within a value ``}`` is never followed by ``{``, so none is a part.
    """
    find = data.find
    if find(b"\n") in (-1, len(data) - 1):
        return None  # one line is decoded faster alone
    try:
        values = decoder.decode_lines(data)
    except (ValueError, RecursionError):
        return None
    end = -1
    ends = [end := find(b"\n", end + 1) for _ in values]
    if len(ends) < 2 or ends[-1] != len(data) - 1:
        return None
    starts = [0, *[end + 1 for end in ends[:-1]]]
    opening, closing = itemgetter(*starts), itemgetter(*[end - 1 for end in ends])
    if {*opening(data)} != _OPENING or {*closing(data)} != _CLOSING:
        return None
    return values, starts, list(map(sub, ends, starts))
