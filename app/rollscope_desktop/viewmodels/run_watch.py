"""Reads the outline of the run that is shown, and goes on reading while it grows.

A look at a run that grows costs more the bigger it is, so the next one waits at least twice as long
as the last one took.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from socket import gethostname
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.connection import IndexMissing
from rollscope_desktop.query.problems import query_lost
from rollscope_desktop.query.progress import Partial
from rollscope_desktop.query.runs import RunHead, query_heads_of, query_run
from rollscope_desktop.services.jobs import steps
from rollscope_desktop.viewmodels.axis import RunAxis, axis_of
from rollscope_desktop.viewmodels.states import is_live

if TYPE_CHECKING:
    from collections.abc import Generator

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Following, Opening, Outline
    from rollscope_desktop.query.structure import Structure
    from rollscope_desktop.services.jobs import Jobs

CALM = 0.03
"""Seconds that at least lie between two looks."""
LONGEST = 1.0
_QUIET_LOOK = 5_000
_SECOND = 1_000


class State(Enum):
    """What the views of a run can show."""

    EMPTY = "empty"  # no run is chosen
    LOADING = "loading"
    FAILED = "failed"
    FULL = "full"  # also of a run that has no steps


class RunWatch(QObject):
    """Follows one run at a time: the one that every view of the window shows.

    ``outline`` is None until the first spans are read; ``whole`` says that all are. ``lost`` says
    how many events were not recorded. The signals
    come after these have changed, and ``state_changed`` after ``opened``.
    """

    begun = Signal()
    """Another run is shown from now on, or none: nothing is known of it yet."""
    state_changed = Signal()
    opened = Signal(object)
    """An Opening: first of the first spans, then of all."""
    grown = Signal(object)
    """A Following."""
    failed = Signal(object)
    """The exception."""
    axis_changed = Signal()
    ticked = Signal()
    """The run is at work: the axis is longer by the time that has passed, and nothing else."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.run: int | None = None
        self.row: RunRow | None = None
        self.lost = ""
        self.axis = RunAxis()
        self.state = State.EMPTY
        self.failure = ""
        self.outline: Outline | None = None
        self.whole = False
        self._head: RunHead | None = None
        self._structure: Structure | None = None
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._look)
        self._quiet = QTimer(self)
        self._quiet.timeout.connect(self._pass_time)
        self._asked_at = 0.0
        self._cost = 0.0

    def show(self, run: int | None) -> None:
        """Read a run from the start; None stops."""
        self._jobs.drop(self)
        self._again.stop()
        self._quiet.stop()
        self.run, self.row, self._head, self._structure = run, None, None, None
        self.outline, self.whole = None, False
        self.begun.emit()
        self._set_state(State.EMPTY if run is None else State.LOADING)
        if run is not None:
            self._asked_at = monotonic()
            self._jobs.start(
                self, "open", steps(_open, run), self._take_whole,
                partial=self._take_first, failed=self._fail,
            )  # fmt: skip

    def follow(self) -> None:
        """The run has changed: look again soon."""
        if self.run is None or self._again.isActive():
            return
        wait = min(max(CALM, 2 * self._cost), LONGEST) - (monotonic() - self._asked_at)
        self._again.start(max(0, round(wait * 1000)))

    def _look(self) -> None:
        if self.run is None:
            return
        if self._jobs.is_busy(self, "open") or self._jobs.is_busy(self, "follow"):
            self._again.start(round(CALM * 1000))
        elif self._structure is None:
            self.show(self.run)
        else:
            self._asked_at = monotonic()
            question = steps(_go_on, self.run, self._structure)
            self._jobs.start(self, "follow", question, self._take_growth, failed=self._fail)

    def _take_first(self, answer: tuple[_Known, Opening]) -> None:
        known, opening = answer
        self._know(known)
        self.outline, self.whole = opening.outline, opening.whole
        self.opened.emit(opening)
        self._set_state(State.FULL)

    def _take_whole(self, answer: tuple[_Known, Opening] | None) -> None:
        self._cost = 0.0  # what opening took says nothing about the first look at what came since
        if answer is None:
            self._fail(IndexMissing("This run is no longer in the index."))
            return
        self._structure = answer[1].outline.structure
        self._take_first(answer)

    def _take_growth(self, answer: tuple[_Known, Following | None] | None) -> None:
        self._cost = monotonic() - self._asked_at
        if answer is None:
            self._fail(IndexMissing("This run is no longer in the index."))
            return
        known, following = answer
        self._know(known)
        if following is not None:
            self._structure = following.growth.structure
            self.outline = following.outline
            self.grown.emit(following)

    def _fail(self, error: Exception) -> None:
        self._quiet.stop()
        self._structure = None
        self.failure = str(error)
        self.failed.emit(error)
        self._set_state(State.FAILED)

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    def _know(self, known: _Known) -> None:
        before = self.axis
        self.row, self._head, self.lost = known
        self._measure()
        if self.axis != before:
            self.axis_changed.emit()

    def _pass_time(self) -> None:
        """Nothing was heard: the axis of a run at work gets longer, another may become quiet."""
        before = self.axis
        self._measure()
        if self.axis == before:
            return
        if self.axis.counting and replace(self.axis, length=before.length) == before:
            self.ticked.emit()
        else:
            self.axis_changed.emit()

    def _measure(self) -> None:
        """The axis as it is now, and when to look again."""
        if self.row is None or self._head is None:
            return
        now = time_ns()
        live = is_live(self._head, now)
        self.axis = axis_of(self.row, live, now if self._head.at_work else None)
        if live:
            wait = _SECOND if self.axis.counting else _QUIET_LOOK
            if not self._quiet.isActive() or self._quiet.interval() != wait:
                self._quiet.start(wait)
        else:
            self._quiet.stop()


if TYPE_CHECKING:
    _Known = tuple[RunRow, RunHead, str]


def _known(reader: Reader, run: int) -> _Known | None:
    row = query_run(reader, run)
    heads = query_heads_of(reader, [run], gethostname())
    lost = query_lost(reader, [run]).get(run, "")
    return None if row is None or not heads else (row, heads[0], lost)


def _open(reader: Reader, run: int) -> Generator[Any, None, tuple[_Known, Opening] | None]:
    from rollscope_desktop.query.outline import query_outline

    known = _known(reader, run)
    if known is None:
        return None
    inner = query_outline(reader, run)
    while True:
        try:
            step = next(inner)
        except StopIteration as end:
            return known, end.value
        yield Partial((known, step.value)) if isinstance(step, Partial) else step


def _go_on(
    reader: Reader, run: int, before: Structure
) -> Generator[Any, None, tuple[_Known, Following | None] | None]:
    from rollscope_desktop.query.outline import query_following

    following = yield from query_following(reader, before)
    known = _known(reader, run)
    return None if known is None else (known, following)
