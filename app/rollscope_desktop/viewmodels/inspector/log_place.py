"""A place in a log that is looked at as it is on disk; read when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.query.excerpt import Excerpt, read_excerpt, read_problem
from rollscope_desktop.services.jobs import Jobs, Lane, Question, asking

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import Locator


class LogPlace(QObject):
    """``excerpt`` is None while it is read, and when it cannot be: then ``failure`` says why."""

    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.excerpt: Excerpt | None = None
        self.failure = ""

    def show_record(self, locator: Locator) -> None:
        """Read the record of a run or step."""
        self._start(asking(read_excerpt, locator))

    def show_problem(self, id: int) -> None:
        """Read the line that a problem is about."""
        self._start(asking(read_problem, id))

    def _start(self, question: Question) -> None:
        self.excerpt, self.failure = None, ""
        self.changed.emit()
        self._jobs.start(self, "place", question, self._take, failed=self._fail, lane=Lane.PAYLOADS)

    def _take(self, excerpt: Excerpt) -> None:
        self.excerpt = excerpt
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self.changed.emit()
