"""Cuts long texts so that a value's JSON fits into a number of bytes: the longest ones most."""

from __future__ import annotations

import json
from math import inf
from typing import Any

import orjson

from rollscope import wire
from rollscope.wire.odd import let_stop

SHORT = 200
"""Characters; what is no longer is not cut."""

LEAST = 100
"""Bytes. Before all long texts are cut to less than that, other things have to go."""

_MARK = 40
"""Bytes of the words that say how much was cut."""


class Long:
    """A text that is cut when it is known how much room there is; ``length`` is the original's."""

    __slots__ = ("length", "text", "width")

    def __init__(self, text: str, length: int) -> None:
        self.text = text
        self.length = length
        sample = text[:LEAST]
        self.width = (len(wire.dump(sample)) - 2) / len(sample)  # bytes a character, roughly

    @property
    def size(self) -> float:
        """Bytes of its JSON, roughly."""
        return len(self.text) * self.width

    def is_cut(self, most: float) -> bool:
        """Whether only a part of it is written where there is room for ``most`` bytes."""
        return self.length > len(self.text) or self.size > most

    def cut(self, most: float) -> tuple[str, str]:
        """As much of its beginning as makes about ``most`` bytes of JSON, and what is said then."""
        if not self.is_cut(most):
            return self.text, ""
        length = len(self.text)
        if self.size > most:
            length = min(length, max(0, int((most - _MARK) / self.width)))
        return self.text[:length], f"… [cut: {self.length - length:,} characters]"


def encoded(tree: Any, each: float) -> bytes:
    """The tree's JSON with that many bytes of each Long in it, roughly; none at all for 0."""

    def fragment(long: Long) -> orjson.Fragment:
        if not each:
            return orjson.Fragment(b'""')
        text, mark = long.cut(each)
        # Not text + mark: with a letter beyond ASCII in it, a long text takes several times longer.
        return orjson.Fragment(orjson.dumps(text)[:-1] + mark.encode() + b'"')

    try:
        return orjson.dumps(tree, fragment)
    except TypeError as error:  # integers of more than 64 bits, surrogates that stand alone
        let_stop(error)
    texts = (lambda long: "".join(long.cut(each))) if each else (lambda long: "")
    return json.dumps(tree, default=texts, separators=(",", ":")).encode("ascii")


def fitted(tree: Any, long: list[Long], most: int, least: int) -> tuple[bytes | None, int, bool]:
    """The tree's JSON in at most ``most`` bytes, how many it needs, and whether a text was cut.

    ``long`` are all the texts in the tree that may be cut, none of them to less than ``least``
    bytes. Without JSON, that is not enough, and other things have to go.
    """
    data = encoded(tree, 0)
    if not long:
        return (data if len(data) <= most else None), len(data), False
    need = len(data) + least * len(long)
    longest = max(text.size for text in long)
    each = _level([text.size for text in long], most - len(data))
    for _ in range(8):
        if each < least:
            break
        data = encoded(tree, each)
        if len(data) <= most:
            return data, need, any(text.is_cut(each) for text in long)
        each = min(each, longest) * most / len(data) * 0.95
    return None, need, True


def _level(sizes: list[float], room: float) -> float:
    """To how much each of several sizes must be cut, so that together they fit into the room."""
    sizes = sorted(sizes)
    for index, size in enumerate(sizes):
        fair = room / (len(sizes) - index)
        if size > fair:
            return fair
        room -= size
    return inf
