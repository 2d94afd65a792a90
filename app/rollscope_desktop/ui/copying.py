"""Puts a step, written in one of several ways, on the clipboard, and says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from rollscope_desktop.services.jobs import Jobs, Lane, asking
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.viewmodels.selection import Selection

_SAID = {
    "json": "The step was copied as JSON.",
    "markdown": "The step was copied as Markdown.",
    "curl": "The call was copied for curl. It reads the key from the environment.",
    "python": "The call was copied as Python. It reads the key from the environment.",
    "link": "The link was copied.",
}


class Copying(QObject):
    """Copies what is selected. Reading is a job; what cannot be copied is a notice."""

    def __init__(
        self, jobs: Jobs, selection: Selection, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._selection, self._notices = jobs, selection, notices

    def copy(self, form: str) -> None:
        """Copy the selected span: "json", "markdown", "curl", "python" or "link"."""
        span, run = self._selection.span, self._selection.run
        if span is not None:
            self._ask(form, _write, form, span)
        elif run is not None and form == "link":
            self.copy_run_link(run)

    def copy_run_link(self, run: int) -> None:
        """Copy the link to a run by its id."""
        self._ask("link", _write_run_link, run)

    def put(self, text: str, said: str) -> None:
        """Copy a text that is at hand, and say what it is."""
        QGuiApplication.clipboard().setText(text)
        self._notices.say(said, "note", topic="copy")

    def _ask(self, form: str, write: Callable[..., str], *what: Any) -> None:
        self._jobs.start(
            self, "copy", asking(write, *what), lambda text: self.put(text, _SAID[form]),
            failed=lambda error: self._notices.say(str(error), "warning", topic="copy"),
            lane=Lane.PAYLOADS,
        )  # fmt: skip


def _write(reader: Any, form: str, span: int) -> str:
    from rollscope_desktop.query.copying import WRITERS  # late: few copy in the first second

    return WRITERS[form](reader, span)


def _write_run_link(reader: Any, run: int) -> str:
    from rollscope_desktop.query.copying import run_link

    return run_link(reader, run)
