"""Which spans of the open run fit the filter and the selected range.

The filter is asked of the index, on a worker: for the whole run when it is new, then only for spans
that came or changed. The range is compared here, with times that are at hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.services.jobs import Lane, steps

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.filter.answers import Answer
    from rollscope_desktop.query.outline import Following
    from rollscope_desktop.query.structure import Structure
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.viewmodels.run_watch import RunWatch
    from rollscope_desktop.viewmodels.scope import ScopeStack

    Mask = NDArray[np.bool_]


class Matches(QObject):
    """``mask`` says of each span, in the order of the outline's structure, whether it fits; None
    when every span does, because there is neither filter nor range. It always is as long as the
    outline: what has just come fits once the index has said so.

    While the answer to another filter is on its way (``busy``), the mask is that of the one before.
    ``failure`` says why there is no answer.
    """

    changed = Signal()
    """The mask is another one."""
    state_changed = Signal()
    """Whether an answer is on its way, or why there is none."""

    def __init__(
        self, jobs: Jobs, watch: RunWatch, scope: ScopeStack, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.mask: Mask | None = None
        self.count: int | None = None
        self.failure = ""
        self._jobs = jobs
        self._watch = watch
        self._scope = scope
        self._answer: Answer | None = None
        self._moved: set[int] = set()  # numbers of spans that have changed since they were asked
        self._again = False
        self._start = 0
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._go_on)
        watch.begun.connect(self._forget)
        watch.opened.connect(self._open)
        watch.grown.connect(self._grow)
        watch.axis_changed.connect(self._follow_axis)
        scope.filter_changed.connect(self._ask)
        scope.range_changed.connect(self._combine)

    @property
    def busy(self) -> bool:
        """Whether the answer to a filter is on its way."""
        return self._jobs.is_busy(self, "filter")

    def _forget(self) -> None:
        """Another run is shown: nothing is known of it."""
        self._jobs.drop(self)
        self._soon.stop()
        self._moved.clear()
        self._answer, self.failure = None, ""
        self._combine()

    def _open(self) -> None:
        # Also when an answer is there: it may be of a moment before the outline, which then would
        # not say what has changed in between.
        if self._scope.scope.filter:
            self._ask()
        self._combine()

    def _ask(self) -> None:
        """Ask of the whole run."""
        self._jobs.drop(self, "filter")
        self._moved.clear()
        self.failure = ""
        text = self._scope.scope.filter
        if text and self._watch.outline is not None and self._watch.run is not None:
            self._start_job(None)
            self.state_changed.emit()
        else:
            self._answer = None
            self._combine()
            self.state_changed.emit()

    def _go_on(self) -> None:
        """Ask of what is new, when what was asked before is answered."""
        if self.busy:
            self._again = True
        elif self._answer is not None:
            self._start_job(self._answer)

    def _start_job(self, known: Answer | None) -> None:
        moved = sorted(self._moved)
        self._moved.clear()
        self._again = False
        question = steps(_answer, self._watch.run, self._scope.scope.filter, known, moved)
        self._jobs.start(
            self, "filter", question, self._take,
            partial=self._take, failed=self._fail, lane=Lane.ORDERS,
        )  # fmt: skip

    def _take(self, answer: Answer) -> None:
        before = self._answer
        self._answer = answer
        if answer is not before:
            self._combine()
        self.state_changed.emit()
        if self._moved or self._again or self._is_behind():
            self._soon.start()

    def _fail(self, error: Exception) -> None:
        self._answer = None
        self.failure = str(error)
        self._combine()
        self.state_changed.emit()

    def _grow(self, following: Following) -> None:
        if self._answer is not None or self.busy:
            changed = following.growth.changed
            self._moved.update(following.growth.structure.number[changed].tolist())
            self._soon.start()
        self._combine(quietly=True)

    def _follow_axis(self) -> None:
        """The run's own row has changed, and with it perhaps what holds of all its spans."""
        if self._answer is not None:
            self._soon.start()
        if self._watch.axis.start != self._start and self._scope.scope.range is not None:
            self._combine()

    def _is_behind(self) -> bool:
        outline, answer = self._watch.outline, self._answer
        if outline is None or answer is None or answer.partial or not len(outline):
            return False
        return int(outline.structure.number[-1]) >= len(answer.fits)

    def _combine(self, _: object = None, quietly: bool = False) -> None:
        """Make the mask of what is known; ``quietly``: a signal of the run tells of it."""
        self._start = self._watch.axis.start
        outline = self._watch.outline
        range = self._scope.scope.range
        mask: Mask | None = None
        if outline is not None and self._answer is not None:
            mask = self._answer.mask(outline.structure)
        if outline is not None and range is not None:
            inside = _inside(outline.structure, self._start + range[0], self._start + range[1])
            mask = inside if mask is None else mask & inside
        was_whole = self.mask is None
        self.mask = mask
        self.count = None if mask is None else int(mask.sum())
        if not quietly and not (was_whole and mask is None):
            self.changed.emit()


def _answer(
    reader: Reader, run: int, text: str, known: Answer | None, moved: list[int]
) -> Generator[Any, None, Answer]:
    """Late: the answer is made of arrays, and numpy is not wanted at the start."""
    from rollscope_desktop.query.filter.answers import query_answer

    return (yield from query_answer(reader, run, text, known, moved))


def _inside(structure: Structure, low: int, high: int) -> Mask:
    """Which spans have a part within a range. One without an end goes on."""
    from rollscope_desktop.query.structure import NONE

    start, end = structure.start, structure.end
    no_start, no_end = start == NONE, end == NONE
    inside: Mask = (start < high) & ((end > low) | (start >= low) | no_end) & ~no_start
    inside |= no_start & ~no_end & (end >= low) & (end < high)
    return inside
