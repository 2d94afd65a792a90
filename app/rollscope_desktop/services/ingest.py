"""What the engine says of the programs that send to it, and what it wants to be decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from rollscope.address import USUAL_PORT
from rollscope_desktop.model import text
from rollscope_desktop.services.engine_client import EngineState
from rollscope_desktop.services.notices import Answer

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient, EngineStatus
    from rollscope_desktop.services.notices import Notices

_TOPIC = "otlp"
_QUESTION = "A program on this machine sends OpenTelemetry without a token. Accept from now on?"


@dataclass(frozen=True, slots=True)
class Ingest:
    """``addresses`` is where programs send, as in a URL; ``clients`` is how many do.

    ``otlp_open``: OpenTelemetry is taken without a token. ``asking`` names what waits to be
    decided. ``fault`` says why programs cannot send, or what they send cannot be kept.
    """

    port: int | None = None
    addresses: tuple[str, ...] = ()
    clients: int = 0
    otlp_open: bool = False
    asking: tuple[str, ...] = ()
    fault: str = ""

    @property
    def address(self) -> str:
        """The address that is shown; "" without one."""
        return self.addresses[0] if self.addresses else ""

    @property
    def endpoint(self) -> str:
        """What a program on this machine is told; "" while it cannot send."""
        if self.port is None:
            return ""
        host = self.address.rpartition(":")[0]
        return f"http://{'127.0.0.1' if host in _ANY else host}:{self.port}"

    @property
    def trouble(self) -> str:
        """What is wrong with it, as a sentence; "" for nothing."""
        if self.fault or self.port in (None, USUAL_PORT):
            return self.fault
        return (
            f"Programs send to port {self.port} here. What they send to the usual port, "
            f"{USUAL_PORT}, does not arrive: another program has it, or another port was asked for."
        )


_ANY = frozenset({"", "0.0.0.0", "[::]"})


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is connected, or was heard of lately. Times are seconds since the epoch."""

    id: int
    protocol: str
    name: str
    pid: int | None
    since: float
    last: float
    events: int
    runs: int


class Programs(QObject):
    """Follows the engine; asks the person what it wants to know. For the GUI thread."""

    changed = Signal()
    """``state`` is another one."""
    told = Signal(object)
    """A tuple of Program: who sends now, after ``ask_who``."""

    def __init__(self, client: EngineClient, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._client = client
        self._notices = notices
        self._asked = False
        self._waiting = self._again = False
        self.state = Ingest()
        client.noted.connect(self._hear)
        client.status.connect(self._take_status)
        client.state_changed.connect(self._see_engine)

    def take(self, said: Any) -> None:
        """Take what the engine says of its socket; nothing where it says nothing."""
        if isinstance(said, dict):
            self._set(_ingest(said))

    def ask_who(self) -> None:
        """Ask the engine who sends; what is asked while an answer is due is asked after it."""
        if self._waiting:
            self._again = True
            return
        self._waiting = True
        self._client.request("clients", self._take_programs, self._take_none)

    def accept_otlp(self, accepted: bool) -> None:
        """Take OpenTelemetry without a token, or no longer."""
        self._client.request(
            "allow", self._allowed, self._not_allowed, what="otlp", allowed=accepted
        )

    def _hear(self, note: dict[str, Any]) -> None:
        if note.get("note") == "ingest":
            self.take(note)

    def _take_status(self, status: EngineStatus) -> None:
        self.take(status.said.get("ingest"))

    def _allowed(self, said: dict[str, Any]) -> None:
        self.take(said.get("ingest"))
        self.changed.emit()  # also when it is as it was: a switch shows what holds

    def _not_allowed(self, error: Exception) -> None:
        self._notices.say(str(error), "warning", topic="engine-request")
        self.changed.emit()

    def _see_engine(self) -> None:
        if self._client.state is not EngineState.CONNECTED:
            self._set(Ingest())

    def _set(self, state: Ingest) -> None:
        if state == self.state:
            return
        self.state = state
        self.changed.emit()
        if "otlp" not in state.asking:
            self._notices.withdraw(_TOPIC)
        elif not self._asked:
            self._asked = True  # a person who does not want it now is asked after the next start
            self._notices.ask(
                _QUESTION,
                _TOPIC,
                Answer("Accept", lambda: self.accept_otlp(True)),
                Answer("Not Now", lambda: None),
            )

    def _take_programs(self, said: dict[str, Any]) -> None:
        told = said.get("clients")
        found = [_program(one) for one in told if isinstance(one, dict)] if told else []
        self._answered(tuple(found))

    def _take_none(self, error: Exception) -> None:
        self._answered(())

    def _answered(self, programs: tuple[Program, ...]) -> None:
        self._waiting = False
        self.told.emit(programs)
        if self._again:
            self._again = False
            self.ask_who()


def in_words(state: Ingest) -> str:
    """Who sends where, for a tooltip."""
    if not state.address:
        return state.trouble or "Programs cannot send to Rollscope yet."
    there = "Programs send here: rollscope, retrace-sdk, OpenTelemetry."
    are = "is" if state.clients == 1 else "are"
    who = f"{state.clients:,} {are} connected." if state.clients else "None is connected."
    return "\n".join(said for said in (there, who, state.trouble) if said)


def counted(state: Ingest) -> str:
    """``2 programs``, or "" while there are none."""
    return text.count(state.clients, "program") if state.clients else ""


def _ingest(said: dict[str, Any]) -> Ingest:
    port, addresses, asking = said.get("port"), said.get("addresses"), said.get("asking")
    return Ingest(
        port if isinstance(port, int) else None,
        tuple(map(str, addresses or ())),
        int(said.get("clients") or 0),
        bool(said.get("otlp_open")),
        tuple(map(str, asking or ())),
        str(said.get("trouble") or ""),
    )


def _program(said: dict[str, Any]) -> Program:
    def number(name: str, kind: Callable[[Any], Any] = int) -> Any:
        return kind(said.get(name) or 0)

    pid = said.get("pid")
    return Program(
        number("id"), str(said.get("protocol", "")), str(said.get("name", "")),
        pid if isinstance(pid, int) else None, number("since", float), number("last", float),
        number("events"), number("runs"),
    )  # fmt: skip
