"""Follows a link to a run or a step: finds it in the index and selects it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from rollscope_desktop.model.link import BadLink, parse
from rollscope_desktop.query.connection import IndexMissing
from rollscope_desktop.query.link import LeadsNowhere, query_link
from rollscope_desktop.services.jobs import Jobs, asking
from rollscope_desktop.services.notices import Notices
from rollscope_desktop.viewmodels.selection import Selection

_AGAIN = 100
_TRIES = 100
"""A link may name a run of a folder that is being read at this moment: ten seconds are given."""


class Links(QObject):
    """One link at a time; a later one takes the place of the one before."""

    def __init__(
        self, jobs: Jobs, selection: Selection, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._selection, self._notices = jobs, selection, notices
        self._text = ""
        self._left = 0
        self._again = QTimer(self, singleShot=True, interval=_AGAIN)
        self._again.timeout.connect(self._look)

    def go(self, text: str, *, patient: bool = False) -> None:
        """Select what a link names; ``patient`` when logs are being opened at the same time."""
        try:
            parse(text)
        except BadLink as error:
            self._notices.say(str(error), "warning", topic="link")
            return
        self._text, self._left = text, _TRIES if patient else 1
        self._look()

    def close(self) -> None:
        """Look for nothing any more."""
        self._again.stop()

    def _look(self) -> None:
        self._left -= 1
        self._jobs.start(
            self, "link", asking(query_link, parse(self._text)), self._take, failed=self._fail
        )

    def _take(self, found: tuple[int, int | None] | LeadsNowhere) -> None:
        if not isinstance(found, LeadsNowhere):
            self._selection.select(*found)
        elif self._left > 0:
            self._again.start()
        else:
            self._notices.say(str(found), "warning", topic="link")

    def _fail(self, error: Exception) -> None:
        if isinstance(error, IndexMissing) and self._left > 0:
            self._again.start()
        else:
            self._notices.say(str(error), "warning", topic="link")
