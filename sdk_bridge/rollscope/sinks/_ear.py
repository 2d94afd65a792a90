"""Who listens to what the server says beside its acknowledgements."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

from rollscope.sinks._frames import VERSION, pack


class Ear(Protocol):
    """Called by the thread that sends; it must not keep it waiting."""

    listens: tuple[str, ...]
    """The commands that are obeyed."""
    project: str | None

    def met(self, say: Callable[[dict[str, Any]], None] | None) -> None:
        """There is a connection; ``say`` sends the server a message, on any thread."""

    def hear(self, message: dict[str, Any]) -> None:
        """The server has said something."""

    def lost(self) -> None:
        """The connection has ended."""

    def forget(self) -> None:
        """In a child that was forked: the connection is the parent's."""


class Deaf:
    """Nobody listens."""

    listens: tuple[str, ...] = ()
    project: str | None = None

    def met(self, say: Callable[[dict[str, Any]], None] | None) -> None:
        """Nothing is said."""

    def hear(self, message: dict[str, Any]) -> None:
        """A newer server may say more."""

    def lost(self) -> None:
        """Nobody waits."""

    forget = lost


def hello(ear: Ear, *, by_http: bool) -> bytes:
    """The first message of a connection; HTTP brings no commands."""
    about: dict[str, Any] = {
        "type": "hello", "v": VERSION, "client": "rollscope-python", "pid": os.getpid(),
    }  # fmt: skip
    if ear.listens and not by_http:
        about["listens"] = list(ear.listens)
        if ear.project is not None:
            about["project"] = ear.project
    return pack(about)
