"""Who sends: programs that are connected, and those that were heard of lately."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

LATELY = 30.0
"""Seconds for which a sender without a connection counts as one."""

_MOST_SENDERS = 256

Send = Callable[[dict[str, Any]], None]
"""Queues a message to a program; called on any thread."""


@dataclass(slots=True, eq=False)
class Client:
    """A program that sends. Times are seconds since the epoch.

    ``listens`` names the commands that it obeys, ``runs`` counts those it has sent something of.
    """

    id: int
    protocol: str
    name: str
    pid: int | None
    since: float
    last: float
    listens: tuple[str, ...] = ()
    project: str = ""
    events: int = 0
    runs: set[str] = field(default_factory=set)
    send: Send | None = None

    def told(self) -> dict[str, Any]:
        """As the engine tells of it."""
        return {
            "id": self.id, "protocol": self.protocol, "name": self.name, "pid": self.pid,
            "since": self.since, "last": self.last, "events": self.events, "runs": len(self.runs),
            "listens": list(self.listens), "project": self.project,
        }  # fmt: skip


class Clients:
    """Used by any thread; ``changed`` is called when somebody came or left."""

    def __init__(
        self, changed: Callable[[], None] = lambda: None, clock: Callable[[], float] = time.time
    ) -> None:
        self._changed = changed
        self._clock = clock
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._connected: dict[int, Client] = {}
        self._heard: dict[tuple[str, str], Client] = {}

    def joined(
        self,
        protocol: str,
        name: str,
        *,
        pid: int | None = None,
        listens: tuple[str, ...] = (),
        project: str = "",
        send: Send | None = None,
    ) -> Client:
        """A program has connected."""
        client = self._made(protocol, name, pid)
        client.listens, client.project, client.send = listens, project[:200], send
        with self._lock:
            self._connected[client.id] = client
        self._changed()
        return client

    def left(self, client: Client) -> None:
        """Its connection is closed."""
        with self._lock:
            known = self._connected.pop(client.id, None)
        if known is not None:
            self._changed()

    def heard(self, client: Client, events: int, run: str | None = None) -> None:
        """It has sent so many events, of this run."""
        client.last = self._clock()
        client.events += events
        if run is not None and len(client.runs) < 10_000:
            client.runs.add(run)

    def heard_of(self, protocol: str, name: str, events: int, runs: set[str]) -> None:
        """A program that has no connection of its own has sent something."""
        key = (protocol, name)
        with self._lock:
            client = self._heard.get(key)
            is_new = client is None or self._clock() - client.last > LATELY
            if client is None:
                if len(self._heard) >= _MOST_SENDERS:
                    del self._heard[min(self._heard, key=lambda k: self._heard[k].last)]
                client = self._heard[key] = self._made(protocol, name, None)
            client.last = self._clock()
            client.events += events
            if len(client.runs) < 10_000:
                client.runs |= runs
        if is_new:
            self._changed()

    def known(self) -> list[Client]:
        """Those that are connected or were heard of lately, the longest known first."""
        lately = self._clock() - LATELY
        with self._lock:
            heard = [client for client in self._heard.values() if client.last >= lately]
            return sorted([*self._connected.values(), *heard], key=lambda client: client.id)

    def all_of_run(self, run: Any) -> list[Client]:
        """The processes that are connected and have sent something of this run, the one that was
        there first in front."""
        if not isinstance(run, str):
            return []
        with self._lock:
            connected = list(self._connected.values())
        return [client for client in connected if run in client.runs]

    def of_run(self, run: Any) -> Client | None:
        """The first of them: as a rule it has begun the run."""
        return next(iter(self.all_of_run(run)), None)

    def by_id(self, id: int) -> Client | None:
        """A program that is connected."""
        return self._connected.get(id)

    def _made(self, protocol: str, name: str, pid: int | None) -> Client:
        now = self._clock()
        return Client(next(self._numbers), protocol, name[:200], pid, now, now)
