"""Reads how two runs stand beside each other, and goes on reading while one of them grows.

A look at two runs that grow costs more the bigger they are, so the next one waits at least twice as
long as the last one took.
"""

from __future__ import annotations

from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.services.jobs import Jobs, Lane, steps

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from rollscope_desktop.model.alignment import Divergence
    from rollscope_desktop.query.compare.records import Comparison
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.progress import Progress

CALM = 0.25
"""Seconds that at least lie between two looks."""
LONGEST = 5.0
GONE = "One of the two runs is no longer in the index."


class State(Enum):
    """What there is to show."""

    NOTHING = "nothing"  # no two runs were chosen
    LOADING = "loading"
    FAILED = "failed"
    FULL = "full"


class ComparedRuns(QObject):
    """Two runs at a time: ``left`` and ``right`` are their ids. ``comparison`` is None until both
    were read; ``early`` is where they part, which is known before."""

    state_changed = Signal()
    """``state``, ``early``, ``progress`` or the failure are others."""
    arrived = Signal(bool)
    """There is another comparison; whether it is of the same runs as the one before."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.left: int | None = None
        self.right: int | None = None
        self.state = State.NOTHING
        self.failure = ""
        self.early: Divergence | None = None
        self.progress: Progress | None = None
        self.comparison: Comparison | None = None
        self._awake = True
        self._missed = False
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._look)
        self._asked_at = 0.0
        self._cost = 0.0

    @property
    def runs(self) -> tuple[int, ...]:
        """The ids of both, none if there are none."""
        return () if self.left is None or self.right is None else (self.left, self.right)

    def compare(self, left: int | None, right: int | None) -> None:
        """Read two runs from the start; None stops."""
        self._jobs.drop(self)
        self._again.stop()
        self.left, self.right = left, right
        self.comparison, self.early, self.failure, self._missed = None, None, "", False
        self._cost = 0.0
        self._set_state(State.LOADING if self.runs else State.NOTHING)
        if self.runs:
            self._ask()

    def again(self) -> None:
        """Try again after a failure."""
        self.compare(self.left, self.right)

    def take_changes(self, runs: Iterable[int]) -> None:
        """These runs have changed: look again soon if they are among the two."""
        if self.runs and not set(self.runs).isdisjoint(runs):
            self._soon()

    def set_awake(self, awake: bool) -> None:
        """While nobody looks, nothing is read again; then what was missed, at once."""
        self._awake = awake
        if awake and self._missed:
            self._soon()

    def _soon(self) -> None:
        if not self._awake:
            self._missed = True
        elif not self._again.isActive():
            wait = min(max(CALM, 2 * self._cost), LONGEST) - (monotonic() - self._asked_at)
            self._again.start(max(0, round(wait * 1000)))

    def _look(self) -> None:
        if self._jobs.is_busy(self, "compare"):
            self._again.start(round(CALM * 1000))
        elif self.runs:
            self._ask()

    def _ask(self) -> None:
        self._missed, self.progress = False, None
        self._asked_at = monotonic()
        self._jobs.start(
            self, "compare", steps(_compare, self.left, self.right), self._take,
            partial=self._take_early, progress=self._take_progress, failed=self._fail,
            lane=Lane.ORDERS,
        )  # fmt: skip

    def _take_early(self, divergence: Divergence) -> None:
        if self.state is State.LOADING:
            self.early = divergence
            self.state_changed.emit()

    def _take_progress(self, progress: Progress) -> None:
        if self.state is State.LOADING:
            self.progress = progress
            self.state_changed.emit()

    def _take(self, comparison: Comparison | None) -> None:
        self._cost = monotonic() - self._asked_at
        if comparison is None:
            self.failure = GONE
            self._set_state(State.FAILED)
            return
        same = self.comparison is not None
        self.comparison = comparison
        self.arrived.emit(same)
        self._set_state(State.FULL)

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self._set_state(State.FAILED)

    def _set_state(self, state: State) -> None:
        if state is State.FAILED:
            self.comparison = None
        self.state = state
        self.state_changed.emit()


def _compare(reader: Reader, left: int, right: int) -> Generator[Any, None, Comparison | None]:
    from rollscope_desktop.query.compare.read import query_comparison

    return (yield from query_comparison(reader, left, right))
