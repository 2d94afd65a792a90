"""The window's line to the engine: requests, notes as signals, another engine when one has died."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from rollscope_desktop import attach

if TYPE_CHECKING:
    from rollscope_desktop.platform import Places
    from rollscope_desktop.services.notices import Notices, Severity

_TRIES = 3
_WITHIN = 60.0
_PATIENCE = 2.0
_SEVERITY: dict[str, Severity] = {"warning": "warning", "error": "error"}


class EngineState(Enum):
    """Whether there is an engine to talk to."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"  # and it was not started again


class EngineRefused(Exception):
    """The engine did not do what was asked; the text is its sentence, ``code`` is for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Changed:
    """Runs that are new or have changed, by their ids; ``removed``: others are gone."""

    runs: tuple[int, ...]
    removed: bool
    lag_ms: float


@dataclass(frozen=True, slots=True)
class EngineProgress:
    """How far the reading of what was opened is; ``state``: listing, reading, ready, cancelled."""

    job: Any
    done: int
    total: int
    files_done: int
    files_total: int
    text: str
    state: str


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """What the index holds, and how fast it grows; ``said`` is the note as it came."""

    runs: int
    spans: int
    problems: int
    rate: float
    lag_ms: float
    said: dict[str, Any]


class EngineClient(QObject):
    """All methods are for the GUI thread, where all signals arrive."""

    state_changed = Signal()
    greeted = Signal(object)
    """Connected: what the engine said of itself. Read everything anew."""
    changed = Signal(object)
    progress = Signal(object)
    status = Signal(object)
    noted = Signal(object)
    """Any other note, as it came."""

    _arrived = Signal(object)

    def __init__(
        self,
        notices: Notices,
        places: Places | None = None,
        parent: QObject | None = None,
        *,
        connect: Callable[..., Any] = attach.connect,
    ) -> None:
        super().__init__(parent)
        self._notices = notices
        self._places = places
        self._connect = connect
        self.state = EngineState.LOST
        self.hello: dict[str, Any] = {}
        self._connection: Any = None
        self._pending: dict[int, tuple[Callable[..., None] | None, Callable[..., None] | None]] = {}
        self._unsent: list[tuple[int, dict[str, Any]]] = []
        self._number = 0
        self._closing = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def index(self) -> Path | None:
        """The index that the engine writes, once connected."""
        path = self.hello.get("index")
        return Path(path) if isinstance(path, str) else None

    def start(self) -> None:
        """Connect, starting an engine if there is none; again, after it was given up."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._set_state(EngineState.CONNECTING)
        self._thread = threading.Thread(target=self._run, name="rollscope-engine", daemon=True)
        self._thread.start()

    def request(
        self,
        do: str,
        done: Callable[[dict[str, Any]], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        **what: Any,
    ) -> None:
        """Ask the engine for something; it waits while there is no connection yet.

        ``done`` gets the answer. A refusal goes to ``failed``, or becomes a notice without one.
        """
        self._number += 1
        message = {"id": self._number, "do": do, **what}
        self._pending[self._number] = (done, failed)
        if self.state is EngineState.CONNECTED:
            self._send(self._number, message)
        elif self.state is EngineState.CONNECTING:
            self._unsent.append((self._number, message))
        else:
            self._refuse(self._number, EngineRefused("lost", "The engine is not running."))

    def open(self, paths: list[str], done: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Have folders or files read and watched."""
        self.request("open", done, paths=paths)

    def cancel(self) -> None:
        """Stop the reading that is under way; what was read stays."""
        self.request("cancel")

    def end_engine(self, done: Callable[[], None]) -> None:
        """Have the engine end, whoever else uses it, and start no other one; ``done`` is called
        when it has said that it will, or cannot be asked any more."""
        self._ending.set()
        self.request("stop", lambda _: done(), lambda _: done())

    def close(self) -> None:
        """Hang up."""
        self._closing.set()
        if self._connection is not None:
            self._connection.close()
        if self._thread is not None:
            self._thread.join(_PATIENCE)
            self._thread = None
        self._connection = None
        self._pending.clear()
        self._unsent.clear()

    # On the thread

    def _run(self) -> None:
        lost: deque[float] = deque(maxlen=_TRIES)
        again = False
        while not self._closing.is_set():
            try:
                connection = (
                    self._connect(start=True)
                    if self._places is None
                    else self._connect(self._places, start=True)
                )
            except attach.EngineUnavailable as error:
                self._tell("unavailable", str(error))
                return
            if self._closing.is_set():
                connection.close()
                return
            self._tell("connected", (connection, again))
            try:
                for message in connection.lines():
                    self._tell("message", message)
            except (attach.EngineUnavailable, ValueError, OSError):
                pass  # a line that breaks off is the same as one that is closed
            connection.close()
            self._tell("lost", None)
            if self._ending.is_set():
                return
            now = time.monotonic()
            if len(lost) == _TRIES and now - lost[0] < _WITHIN:
                self._tell("unavailable", "The engine keeps stopping, so it was not started again.")
                return
            lost.append(now)
            again = True

    def _tell(self, kind: str, value: Any) -> None:
        if not self._closing.is_set():
            self._arrived.emit((kind, value))

    # On the GUI thread

    def _take(self, news: tuple[str, Any]) -> None:
        kind, value = news
        if self._closing.is_set():
            return
        if kind == "message":
            self._take_message(value)
        elif kind == "connected":
            self._take_connection(*value)
        elif kind == "lost":
            self._connection = None
            self._drop_pending()
            self._set_state(EngineState.CONNECTING)
        else:
            self._drop_pending()
            self._set_state(EngineState.LOST)
            self._notices.say(value, "error", topic="engine")

    def _take_connection(self, connection: Any, again: bool) -> None:
        self._connection = connection
        self.hello = dict(connection.hello)
        self._set_state(EngineState.CONNECTED)
        if again:
            self._notices.say(
                "The engine stopped. It was started again; nothing is lost.",
                "warning",
                topic="engine",
            )
        else:
            self._notices.withdraw("engine")
        self.greeted.emit(self.hello)
        unsent, self._unsent = self._unsent, []
        for number, message in unsent:
            self._send(number, message)

    def _take_message(self, message: dict[str, Any]) -> None:
        note = message.get("note")
        if note == "changed":
            self.changed.emit(
                Changed(
                    tuple(message.get("runs", ())),
                    bool(message.get("removed")),
                    float(message.get("lag_ms") or 0),
                )
            )
        elif note == "progress":
            names = ("done", "total", "files_done", "files_total")
            done, total, files, of_files = (int(message.get(name) or 0) for name in names)
            text, state = str(message.get("text", "")), str(message.get("state", ""))
            self.progress.emit(
                EngineProgress(message.get("job"), done, total, files, of_files, text, state)
            )
        elif note == "status":
            held = ("runs", "spans", "problems")
            runs, spans, problems = (int(message.get(name) or 0) for name in held)
            rate, lag = float(message.get("rate") or 0), float(message.get("lag_ms") or 0)
            self.status.emit(EngineStatus(runs, spans, problems, rate, lag, message))
        elif note == "notice":
            sentence, topic = str(message.get("sentence", "")), str(message.get("topic", ""))
            self._notices.say(sentence, _SEVERITY.get(str(message.get("severity")), "note"), topic)
        elif "id" in message:
            self._answer(message)
        elif isinstance(note, str):
            self.noted.emit(message)

    def _answer(self, message: dict[str, Any]) -> None:
        number = message["id"]
        if "error" in message:
            said = message["error"]
            error = EngineRefused(str(said.get("code", "")), str(said.get("sentence", "")))
            self._refuse(number, error)
            return
        done, _ = self._pending.pop(number, (None, None))
        if done is not None:
            done(message.get("ok") or {})

    def _refuse(self, number: int, error: EngineRefused) -> None:
        if number not in self._pending:
            return
        _, failed = self._pending.pop(number)
        if failed is not None:
            failed(error)
        else:
            self._notices.say(str(error), "warning", topic="engine-request")

    def _send(self, number: int, message: dict[str, Any]) -> None:
        try:
            self._connection.send(message)
        except attach.EngineUnavailable as error:
            self._refuse(number, EngineRefused("lost", str(error)))

    def _drop_pending(self) -> None:
        """What was asked of an engine that died is refused; what was not sent yet waits on."""
        waiting = {number for number, _ in self._unsent}
        for number in [n for n in self._pending if n not in waiting]:
            self._refuse(
                number, EngineRefused("lost", "The engine stopped before it had answered.")
            )

    def _set_state(self, state: EngineState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()
