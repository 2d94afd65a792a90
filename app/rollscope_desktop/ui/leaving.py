"""Asks before the window closes while programs record or forks run: go on without it, or stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from rollscope_desktop.model import text

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.forks import Forks
    from rollscope_desktop.services.ingest import Programs


_PROGRAMS = (
    "In the background, recording goes on until they have left, and what they send is "
    "there when Rollscope is opened again."
)
_FORKS = (
    "In the background, everything goes on until it has ended, and is there when Rollscope is "
    "opened again. A fork that asks you something is stopped once nothing else goes on."
)


class Leaving(QObject):
    """``may_close`` is asked whenever the window is about to close."""

    def __init__(
        self,
        window: QWidget,
        client: EngineClient,
        programs: Programs,
        close: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._window, self._client, self._programs = window, client, programs
        self._close = close
        self._decided = False
        self.forks: Forks | None = None
        """What forks there are, once that is followed."""
        self.question: QMessageBox | None = None

    def may_close(self) -> bool:
        """Whether nothing is left to be asked. If there is, the window closes after the answer."""
        clients = self._programs.state.clients
        forks = 0 if self.forks is None else self.forks.under_way
        if self._decided or not (clients or forks) or self._client.hello.get("lasting"):
            return True  # a lasting engine goes on recording in any case
        if self.question is None:
            self._ask(clients, forks)
        return False

    def _ask(self, clients: int, forks: int) -> None:
        question = self.question = QMessageBox(self._window)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setWindowTitle("Close Rollscope")
        said = []
        if clients:
            are = "is" if clients == 1 else "are"
            said.append(f"{text.count(clients, 'program')} {are} recording here.")
        if forks:
            are = "is" if forks == 1 else "are"
            said.append(f"{text.count(forks, 'fork')} {are} under way.")
        question.setText(" ".join(said))
        question.setInformativeText(_FORKS if forks else _PROGRAMS)
        roles = QMessageBox.ButtonRole
        go_on, end = ("Keep Recording", "Stop Recording") if clients else ("Go On", "Stop Forks")
        keep = question.addButton(f"{go_on} in the Background", roles.AcceptRole)
        stop = question.addButton(end, roles.DestructiveRole)
        cancel = question.addButton("Cancel", roles.RejectRole)
        question.setDefaultButton(keep)
        question.setEscapeButton(cancel)

        def answered(result: int) -> None:
            self.question = None
            if question.clickedButton() is keep:
                self._leave()
            elif question.clickedButton() is stop:
                self._client.end_engine(self._leave)

        question.finished.connect(answered)
        question.open()

    def _leave(self) -> None:
        self._decided = True
        self._close()
