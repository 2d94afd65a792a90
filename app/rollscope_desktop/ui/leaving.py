"""Asks before the window closes while programs record here: go on without it, or stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from rollscope_desktop.model import text

if TYPE_CHECKING:
    from rollscope_desktop.services.engine_client import EngineClient
    from rollscope_desktop.services.ingest import Programs


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
        self.question: QMessageBox | None = None

    def may_close(self) -> bool:
        """Whether nothing is left to be asked. If there is, the window closes after the answer."""
        clients = self._programs.state.clients
        if self._decided or not clients or self._client.hello.get("lasting"):
            return True  # a lasting engine goes on recording in any case
        if self.question is None:
            self._ask(clients)
        return False

    def _ask(self, clients: int) -> None:
        question = self.question = QMessageBox(self._window)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setWindowTitle("Close Rollscope")
        are = "is" if clients == 1 else "are"
        question.setText(f"{text.count(clients, 'program')} {are} recording here.")
        question.setInformativeText(
            "In the background, recording goes on until they have left, and what they send is "
            "there when Rollscope is opened again."
        )
        roles = QMessageBox.ButtonRole
        keep = question.addButton("Keep Recording in the Background", roles.AcceptRole)
        stop = question.addButton("Stop Recording", roles.DestructiveRole)
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
