"""How much happened when in the open run, counted anew at a calm pace while it grows."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.services.jobs import steps

if TYPE_CHECKING:
    from collections.abc import Generator

    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.density import Density
    from rollscope_desktop.query.structure import Structure
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.viewmodels.run_watch import RunWatch

CALM = 0.25
"""Seconds that at least lie between two counts."""


class RunDensity(QObject):
    """``density`` is None until the whole run has been counted once."""

    changed = Signal()

    def __init__(self, jobs: Jobs, watch: RunWatch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._watch = watch
        self.density: Density | None = None
        self._asked_at = 0.0
        self._cost = 0.0
        self._outdated = False
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._ask)
        watch.begun.connect(self._forget)
        watch.opened.connect(self._soon)
        watch.grown.connect(self._soon)
        watch.axis_changed.connect(self._soon)

    def _forget(self) -> None:
        self._jobs.drop(self)
        self._again.stop()
        self._cost, self._outdated = 0.0, False
        if self.density is not None:
            self.density = None
            self.changed.emit()

    def _soon(self, news: object = None) -> None:
        if not self._watch.whole or self._again.isActive():
            return
        if self._jobs.is_busy(self, "density"):
            self._outdated = True
            return
        wait = 0.0
        if self.density is not None:
            wait = max(CALM, 4 * self._cost) - (monotonic() - self._asked_at)
        self._again.start(max(0, round(wait * 1000)))

    def _ask(self) -> None:
        made, axis = self._watch.outline, self._watch.axis
        if made is None:
            return
        self._asked_at, self._outdated = monotonic(), False
        question = steps(_count, made.structure, axis.start, axis.length)
        self._jobs.start(self, "density", question, self._take)

    def _take(self, density: Density) -> None:
        self._cost = monotonic() - self._asked_at
        self.density = density
        self.changed.emit()
        if self._outdated:
            self._soon()


def _count(
    reader: Reader, structure: Structure, zero: int, length: int
) -> Generator[Any, None, Density]:
    from rollscope_desktop.query.density import query_density

    return (yield from query_density(reader, structure, zero, length))
