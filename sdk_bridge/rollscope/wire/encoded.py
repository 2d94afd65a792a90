"""A value that is JSON already: it is written as it is, and not encoded again."""

from __future__ import annotations

from typing import NamedTuple


class Json(NamedTuple):
    """A user's value as JSON in UTF-8; what it holds is neither checked nor changed.

    Its own ``$blob`` and ``$raw`` keys stand as the user wrote them: whoever writes a line escapes
    them. ``lossy`` says that this is not all that there was: something was cut or taken out, or
    text stands for an object.
    """

    data: bytes
    lossy: bool = False


class Escaped(Json):
    """Json that is ready to stand in a line: a reference, or a value whose keys are escaped."""

    __slots__ = ()


def in_line(data: bytes) -> bytes:
    """The same JSON without line breaks, which may only stand between its words."""
    if 10 in data or 13 in data:
        return data.replace(b"\n", b" ").replace(b"\r", b" ")
    return data
