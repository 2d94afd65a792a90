"""Writes a conversation that goes on as what it goes on from, and what is new."""

from __future__ import annotations

from typing import Any

from rollscope.wire.encoded import Escaped, Json
from rollscope.wire.value import dump_with, escaped_data

SHORTEST = 4
"""Messages. A list that is shorter is written out."""

MOST = 1 << 16
"""Messages that are remembered, each in its list: 20 MB or so. Then all of them are forgotten, and
the next lists are written out."""

DEEPEST = 64
"""How many lists may stand for the beginnings of each other: a reader goes through all of them."""


class Lists:
    """The lists of messages that a process has written, as a tree of what follows on what.

    A list of references repeats at each turn of a conversation: k turns would take k² of them. So
    it begins with ``{"$list": span}`` where it begins with all messages of that span.
    """

    def __init__(self) -> None:
        self._next: dict[tuple[int, Any], int] = {}
        self._ends: dict[int, tuple[str, int]] = {}

    def begin(self, span: str, messages: Any) -> list[Any] | None:
        """The messages of a span as they are to be written, so that later lists may refer to them;
        None if this is no list for that. They are references and Json, as ``share`` gives them;
        what stands for lossy messages is lossy."""
        if messages.__class__ is not list or len(messages) < SHORTEST:
            return None
        if len(self._next) > MOST:
            self._next.clear()
            self._ends.clear()
        node, found, depth, name = 0, 0, 0, ""
        lossy = any_lossy = False
        for n, message in enumerate(messages, 1):
            key, is_lossy = _key(message)
            any_lossy = any_lossy or is_lossy
            step = (node, key)
            node = self._next.setdefault(step, len(self._next) + 1)
            end = self._ends.get(node)
            if end is not None:
                (name, depth), found, lossy = end, n, any_lossy
        if found < SHORTEST or depth >= DEEPEST:
            self._ends[node] = (span, 0)
            return messages
        self._ends[node] = (span, depth + 1)
        if lossy:
            return [Escaped(b'{"$list":"%b"}' % name.encode(), lossy=True), *messages[found:]]
        return [{"$list": name}, *messages[found:]]


def _key(message: Any) -> tuple[Any, bool]:
    """What tells a message from others: what is written for it; and whether it is lossy."""
    if message.__class__ is dict and len(message) == 1:
        name = message.get("$blob")
        if name.__class__ is str:
            return name, False
    lossy = False

    def embed(json: Json) -> bytes:
        nonlocal lossy
        lossy = lossy or json.lossy
        return json.data if type(json) is Escaped else escaped_data(json.data)

    return dump_with(message, embed), lossy
