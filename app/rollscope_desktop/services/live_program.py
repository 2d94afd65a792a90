"""The program of the run on screen, if it is connected: what it listens to, pause and continue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.notices import Notices

_TOPIC = "live-program"


class LiveProgram(QObject):
    """Follows the engine. For the GUI thread."""

    changed = Signal()
    """``listens`` or ``paused`` is another."""

    def __init__(
        self, client: EngineClient, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._notices = notices
        self._run = ""
        self._program: int | None = None
        self._listens: frozenset[str] = frozenset()
        self.paused = False
        """Whether the run was told to wait, by this window."""
        client.noted.connect(self._hear)
        client.greeted.connect(self._ask)

    @property
    def listens(self) -> bool:
        """Whether the run's program can be told to pause."""
        return "pause" in self._listens

    def show_run(self, key: str) -> None:
        """Another run is on screen; "" for none that goes on."""
        if key == self._run:
            return
        self._run, self.paused = key, False
        self._take({})
        if key:
            self._ask()

    def pause(self) -> None:
        """Have the run wait before its next call."""
        self._command("pause", paused=True)

    def go_on(self) -> None:
        """Let the run go on, also where it waits at a breakpoint."""
        self._command("continue", paused=False)

    def _command(self, kind: str, *, paused: bool) -> None:
        if self._program is None:
            return
        message = {"type": kind, "run": self._run}
        self.paused = paused
        self._client.request("command", _done, self._refused, run=self._run, message=message)
        self.changed.emit()

    def _hear(self, note: dict[str, Any]) -> None:
        if note.get("note") == "ingest" and self._run:
            self._ask()  # somebody has come, or left

    def _ask(self, hello: object = None) -> None:
        run = self._run
        if run:
            self._client.request(
                "program", lambda said: self._told(run, said), lambda _: None, run=run
            )

    def _told(self, run: str, said: dict[str, Any]) -> None:
        if run == self._run:
            self._take(said.get("program") or {})

    def _take(self, program: dict[str, Any]) -> None:
        listens = frozenset(map(str, program.get("listens") or ()))
        id = program.get("id")
        before = (self._program, self._listens)
        self._program, self._listens = id if isinstance(id, int) else None, listens
        if self._program is None:
            self.paused = False
        if before != (self._program, self._listens):
            self.changed.emit()

    def _refused(self, error: Exception) -> None:
        self._notices.say(str(error), "warning", topic=_TOPIC)
        self.paused = False
        self._ask()
        self.changed.emit()


def _done(said: object) -> None:
    """The program was told."""
