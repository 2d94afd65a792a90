"""Forks that a connected program makes of itself: told over its connection, followed to their end.

To ``Forks`` each looks like a bridge. What the program says comes over the receivers.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from rollscope_desktop.engine.forks.bridge_process import End

if TYPE_CHECKING:
    from rollscope_desktop.engine.receivers.clients import Client

Message = dict[str, Any]

FIRST = 20.0
"""Seconds until a program has to say that it has begun."""
_CANCEL = 5.0
LEFT: Message = {"type": "left"}
"""What is heard of a program that has gone."""


class Process(Protocol):
    """What makes a fork: ``run`` is for a thread of its own; the other methods are for any."""

    def say(self, message: Message) -> None:
        """Queue a message for it."""

    def cancel(self, patience: float | None = None) -> None:
        """Ask it to end; it is not waited for longer than so many seconds."""

    def run(self, job: Message, heard: Callable[[Message], None]) -> End:
        """Give it the job, hand over what it says; return when it is over."""


class Programs:
    """Brings what programs say of forks to who waits for it. Used by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Client, queue.SimpleQueue[Message]]] = {}

    @contextlib.contextmanager
    def following(self, fork: str, client: Client) -> Iterator[queue.SimpleQueue[Message]]:
        """What is said of a fork from now on."""
        heard: queue.SimpleQueue[Message] = queue.SimpleQueue()
        with self._lock:
            self._waiting[fork] = (client, heard)
        try:
            yield heard
        finally:
            with self._lock:
                self._waiting.pop(fork, None)

    def heard(self, fork: Any, message: Any, client: Client | None = None) -> None:
        """Something is said of a fork: by the program that makes it, if that is known."""
        with self._lock:
            owner, heard = self._waiting.get(str(fork), (None, None))
        if heard is not None and isinstance(message, dict) and client in (None, owner):
            heard.put(message)

    def left(self, client: Client) -> None:
        """A program has gone."""
        with self._lock:
            queues = [heard for owner, heard in self._waiting.values() if owner is client]
        for heard in queues:
            heard.put(LEFT)


class InPlace:
    """A fork by a program with our SDK, in the process that made the first run."""

    def __init__(self, programs: Programs, client: Client, fork: str) -> None:
        self._programs = programs
        self._client = client
        self._fork = fork
        self._patience = _CANCEL
        self._cancelled_at: float | None = None

    def say(self, message: Message) -> None:
        """Tell the program something."""
        self._tell({"type": "forked", "fork": self._fork, "message": message})

    def cancel(self, patience: float | None = None) -> None:
        """Ask the program to end the run before its next call."""
        if self._cancelled_at is None:
            self._patience = _CANCEL if patience is None else patience
            self._cancelled_at = time.monotonic()
            self.say({"type": "cancel"})

    def run(self, job: Message, heard: Callable[[Message], None]) -> End:
        """Have the program do the job, and hand over what it says until it is over."""
        began, spoke = time.monotonic(), False
        with self._programs.following(self._fork, self._client) as said:
            self._tell({"type": "resume", "run": job["run"], "fork": self._fork, "job": job})
            while True:
                try:
                    message = said.get(timeout=0.1)
                except queue.Empty:
                    now, since = time.monotonic(), self._cancelled_at
                    if since is not None and now - since > self._patience:
                        return End("", "It goes on: its program has not come to a call yet.", "")
                    if not spoke and now - began > FIRST:
                        return End("program", f"The program said nothing for {FIRST:g} s.", "")
                    continue
                if message is LEFT:
                    return End("program", "The program that made this fork has gone.", "")
                spoke = True
                heard(message)
                if message.get("type") in ("done", "failed"):
                    return End("", "", "")

    def _tell(self, message: Message) -> None:
        if self._client.send is not None:
            self._client.send(message)
