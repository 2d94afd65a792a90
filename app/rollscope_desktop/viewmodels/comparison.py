"""A step against the call of its kind before it, read in a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.model import text
from rollscope_desktop.services.jobs import Jobs, Lane, asking

if TYPE_CHECKING:
    from rollscope_desktop.model.difference import Difference
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.previous import Compared


class Comparison(QObject):
    """``differences`` are those of input and output; empty while they are read or there is nothing
    to compare with. ``before`` is the id of the earlier call."""

    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.title = ""
        self.failure = ""
        self.is_reading = False
        self.before: int | None = None
        self.differences: tuple[Difference | None, ...] = ()

    def compare(self, span: int) -> None:
        """Compare a span by its id with the call before it."""
        self.title, self.failure, self.before, self.differences = "", "", None, ()
        self.is_reading = True
        self._jobs.start(
            self, "compare", asking(_compare, span), self._take, failed=self._fail,
            lane=Lane.PAYLOADS,
        )  # fmt: skip
        self.changed.emit()

    def _take(self, found: Compared | None) -> None:
        self.is_reading = False
        if found is None:
            self.failure = "This step is no longer in the index."
        else:
            name = text.one_line(found.after.name or found.after.kind)
            self.title = name
            if found.before is not None:
                other = text.one_line(found.before.name or found.before.kind)
                self.title = f"{name}, against the {other} before it"
                self.before = found.before.id
                self.differences = (found.input, found.output)
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.is_reading = False
        self.failure = str(error)
        self.changed.emit()


def _compare(reader: Reader, span: int) -> Compared | None:
    from rollscope_desktop.query.previous import compare_with_previous  # late: few ask for it

    return compare_with_previous(reader, span)
