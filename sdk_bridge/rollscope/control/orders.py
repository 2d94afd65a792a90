"""Obeys what the application tells this program over its connection, as far as settings allow."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol

from rollscope.address import parse_address
from rollscope.control import breakpoints
from rollscope.control.gate import PATIENCE, Gate, word_of
from rollscope.guard import guarded

if TYPE_CHECKING:
    from rollscope.client import Rollscope
    from rollscope.config import Settings

PAUSING = ("pause", "continue", "breakpoints", "decide")
RESUMING = ("resume", "forked")

Say = Callable[[dict[str, Any]], None]


class Resuming(Protocol):
    """Makes runs again, when it is told to: ``rollscope.bridge.in_place``."""

    def hear(self, message: dict[str, Any]) -> None:
        """``resume``, or ``forked``."""

    def lost(self) -> None:
        """The connection has ended."""


class Orders:
    """What one client listens to. ``hear``, ``met`` and ``lost`` are called by the thread that
    sends; nothing of them waits.

    As long as nobody has set anything, ``client.gate`` is None, and no call asks any further.
    """

    def __init__(self, client: Rollscope) -> None:
        self._client = client
        self._say: Say = _nobody
        self.gate = Gate(lambda message: self._say(message))
        self.listens = listens(client.settings)
        self.project = client.settings.project
        self._resuming: Resuming | None = None

    def met(self, say: Say | None) -> None:
        """There is a connection. ``say`` sends messages; None where the server hears none."""
        self._say = say or _nobody

    def hear(self, message: dict[str, Any]) -> None:
        """The application has told something; what is not known, or not allowed, is passed over."""
        kind = message["type"]
        if kind not in self.listens:
            return
        run = message.get("run")
        run = run if isinstance(run, str) else None
        with guarded("obey the application"):
            match kind:
                case "pause" if run is None:
                    self.gate.paused_all = True
                case "pause":
                    self.gate.paused_runs.add(str(run))
                case "continue":
                    self.gate.release(run)
                case "breakpoints":
                    self.gate.breakpoints = breakpoints.read(message.get("breakpoints"))
                    self.gate.patience = _patience(message.get("patience"))
                case "decide" if (word := word_of(message)) is not None:
                    self.gate.settle(str(message.get("call")), word)
                case "resume" | "forked":
                    self._resume(message)
            self._arm()

    def lost(self) -> None:
        """The connection has ended: whatever waits goes on."""
        self._say = _nobody
        self.gate.clear()
        self._arm()
        if self._resuming is not None:
            self._resuming.lost()

    def forget(self) -> None:
        """In a child that was forked: the connection is the parent's."""
        self._say = _nobody
        self._resuming = None
        self.gate.forget()
        self.gate.clear()
        self._arm()

    def _arm(self) -> None:
        """Have the gate steer runs as long as there is something to wait for, and no longer. A
        re-run is steered by its record."""
        now = None if self.gate.is_idle else self.gate
        self._client.gate = now
        for trace in self._client.live.copy():
            if trace.replay is None or trace.replay is self.gate:
                trace.replay = now

    def _resume(self, message: dict[str, Any]) -> None:
        if self._resuming is None:
            # By its name: it stands on a playback, and that on a client, which has made this.
            made = import_module("rollscope.bridge.in_place").Resuming
            self._resuming = made(lambda message: self._say(message))
        self._resuming.hear(message)


def _patience(said: Any) -> float:
    """Seconds that a call waits; the application may ask for less than is usual."""
    return min(PATIENCE, max(0.0, said)) if isinstance(said, int | float) else PATIENCE


def listens(settings: Settings) -> tuple[str, ...]:
    """The commands that a program obeys. Unless it says more, an application on its own machine may
    pause it; what runs code again wants a setting of its own."""
    if settings.endpoint is None or settings.listen is False:
        return ()
    if settings.listen is None and not is_local(settings.endpoint):
        return ()
    return (*PAUSING, *(RESUMING if settings.allow_resume else ()))


def is_local(endpoint: str) -> bool:
    """Whether an address is one of this machine."""
    host = parse_address(endpoint).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _nobody(message: dict[str, Any]) -> None:
    """Where messages go while there is no connection."""
