"""What waits to be sent to one client: answers one by one, notes of one kind as one."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollscope_desktop.engine.protocol import Message

WAITING = 1024
"""Messages that may wait for a client that does not read."""

_LATEST = frozenset({"status", "progress", "ingest", "holds", "forks"})


class Outbox:
    """Filled by any thread, emptied by one.

    A note that still waits takes in the next of its kind, so that a client which is slow gets fewer
    and wider notes, and not more than it can read.
    """

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._notes: dict[str, Message] = {}
        self._news = threading.Condition()
        self._closed = False

    def put(self, message: Message) -> bool:
        """Add a message; False if too many wait already."""
        with self._news:
            if self._closed:
                return True
            kind = message.get("note")
            if kind == "changed" or kind in _LATEST:
                known = self._notes.get(kind)
                if known is not None:
                    _merge(known, message)
                    return True
                message = self._notes[kind] = dict(message)
                if kind == "changed":
                    message["runs"] = set(message["runs"])
            elif len(self._waiting) >= WAITING:
                return False
            self._waiting.append(message)
            self._news.notify()
            return True

    def take(self) -> list[Message]:
        """All that waits, after waiting for something; nothing once it is closed and empty."""
        with self._news:
            while not self._waiting and not self._closed:
                self._news.wait()
            taken = list(self._waiting)
            self._waiting.clear()
            self._notes.clear()
        for message in taken:
            if message.get("note") == "changed":
                message["runs"] = sorted(message["runs"])
        return taken

    def close(self) -> None:
        """Take in nothing further; what waits is still handed out."""
        with self._news:
            self._closed = True
            self._news.notify()


def _merge(known: Message, message: Message) -> None:
    if message["note"] == "changed":
        known["runs"] |= set(message["runs"])
        known["removed"] = known["removed"] or message["removed"]
        known["lag_ms"] = message["lag_ms"]
    else:
        known.update(message)
