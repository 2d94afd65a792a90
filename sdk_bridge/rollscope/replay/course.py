"""How far a re-run is: what it may do, what it has done, and whether it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from rollscope.active import NOTHING
from rollscope.playing import Divergence
from rollscope.replay.plan import Edit, Plan, Progress
from rollscope.replay.record import Record, RecordedSpan, ReplayError

if TYPE_CHECKING:
    from rollscope.tracing import Trace


class Course:
    """What all parts of the steering of one re-run share. Any thread may use it.

    Raises ReplayError where the edit has no place in the record.
    """

    def __init__(
        self,
        record: Record,
        plan: Plan,
        told: Callable[[Progress], None] | None,
        *,
        signed: bool,
    ) -> None:
        self.record = record
        self.plan = plan
        self.signed = signed
        self.edited = _edited(record, plan.edit)
        """The step of the record that is edited; None where it is the entry, or nothing."""
        self.around = frozenset(above.id for above in record.above(self.edited))
        """Steps that hold the edited one: they run."""
        self.reached = False
        self.stopped = ""
        self.progress = Progress()
        self.trace: Trace | None = None
        self.lock = Lock()
        self._told = told

    @property
    def goes_live(self) -> bool:
        """Whether a difference from the record is no reason to stop."""
        return self.plan.divergence == "live" and not self.plan.offline

    @property
    def edit(self) -> Edit:
        """The edit, where there is one."""
        assert self.plan.edit is not None
        return self.plan.edit

    @property
    def gives(self) -> bool:
        """Whether the edit is of what the step gives, so that it is not called."""
        return self.edit.output is not NOTHING

    @property
    def changes_nothing(self) -> bool:
        """Whether what was given as the edit is what the record says."""
        was, edit = self.edited, self.edit
        if was is None:
            return False
        return bool(was.output == edit.output if self.gives else was.input == edit.input)

    def count(self, played: int = 0, reused: int = 0, live: int = 0) -> None:
        """So many more calls were decided."""
        with self.lock:
            now = self.progress
            self.progress = Progress(now.played + played, now.reused + reused, now.live + live)
        if self._told is not None:
            self._told(self.progress)

    def check(self) -> None:
        """Raises Divergence where the re-run was stopped."""
        if self.stopped:
            raise Divergence(self.stopped)

    def stop(self, why: str) -> Divergence:
        """It is to end: whatever else of it still runs gets no further, either."""
        with self.lock:
            self.stopped = self.stopped or why
        stop = Divergence(self.stopped)
        if self.trace is not None:
            self.trace.record_error(stop)
        return stop


def is_edited(span: RecordedSpan) -> bool:
    """Whether the record is of a fork itself, and this is what was edited there."""
    return isinstance(span.replay, dict) and span.replay.get("how") == "edited"


def _edited(record: Record, edit: Edit | None) -> RecordedSpan | None:
    if edit is None or edit.span is None:
        return None
    found = record.spans.get(edit.span)
    if found is None:
        raise ReplayError("The log does not hold the step that is to be edited.", "edit")
    return found
