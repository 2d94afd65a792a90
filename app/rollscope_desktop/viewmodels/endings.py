"""Which runs have ended while the window was open, and the words that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model import text
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.query.runs import query_rows
from rollscope_desktop.services.jobs import asking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.services.jobs import Jobs

_HOW = {
    "ok": "ended well",
    "error": "failed",
    "cancelled": "was cancelled",
    "interrupted": "was interrupted",
    "ended": "ended",
}
"""The states that a run does not leave by itself. One that is quiet may still go on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """``title`` has the run's name, as its log gives it; ``text`` is ours, and safe to show where
    marks of a text would be obeyed."""

    run: int
    state: str
    title: str
    text: str

    @property
    def failed(self) -> bool:
        """Whether it ended as nobody wished."""
        return self.state in ("error", "interrupted")


def ended(before: Mapping[int, str], after: Mapping[int, str]) -> list[tuple[int, str]]:
    """The runs that were running and have ended since, with how they did."""
    return [
        (run, after[run])
        for run, state in before.items()
        if state == "running" and after.get(run, "") in _HOW
    ]


def ending(run: RunRow, state: str) -> Ending:
    """What is said of a run that has ended."""
    name = text.one_line(run.name or run.agent or run.source_id or run.key[:8], 80)
    parts = []
    if run.started is not None and run.clock != ORDER:
        parts.append(text.duration((run.ended or run.last or run.started) - run.started))
    parts.append(text.count(run.spans, "step"))
    if run.errors:
        parts.append(text.count(run.errors, "error"))
    if run.cost:
        parts.append(text.cost(run.cost))
    return Ending(run.id, state, f"“{name}” {_HOW[state]}", " · ".join(parts))


class Endings(QObject):
    """Is shown the states of all runs whenever they have changed, and tells which have ended. What
    had ended before it first looked is no news."""

    happened = Signal(object)
    """A tuple of Ending."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._running: dict[int, str] = {}
        self._told: dict[int, str] = {}

    def look(self, states: Mapping[int, str]) -> None:
        """Take the states as they are now; keep no more of them than who is running."""
        self._told.update(ended(self._running, states))
        self._running = {run: state for run, state in states.items() if state == "running"}
        if self._told:
            self._jobs.start(self, "rows", asking(query_rows, list(self._told)), self._tell)

    def _tell(self, rows: list[RunRow]) -> None:
        told, self._told = self._told, {}
        self.happened.emit(tuple(ending(row, told[row.id]) for row in rows))
