"""Whether the selected step can be forked, read when a menu asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.query.forks.plan import ForkPlan, fork_plan
from rollscope_desktop.services.jobs import Jobs, Lane, asking

if TYPE_CHECKING:
    from rollscope_desktop.viewmodels.selection import Selection


class Possible(QObject):
    """``why`` says why the selected step cannot be forked; "" while that is not known."""

    changed = Signal()

    def __init__(self, jobs: Jobs, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._selection = jobs, selection
        self.why = ""
        selection.span_changed.connect(self._forget)

    def ask(self) -> None:
        """Read it, on the thread for long questions: a plan looks at every step of the run."""
        run, span = self._selection.run, self._selection.span
        if run is not None and span is not None:
            self._jobs.start(
                self, "plan", asking(fork_plan, run, span), self._take, failed=lambda _: None,
                lane=Lane.ORDERS,
            )  # fmt: skip

    def _forget(self, span: int | None) -> None:
        self._jobs.drop(self)
        self._set("")

    def _take(self, plan: ForkPlan | None) -> None:
        self._set("" if plan is None or plan.possible else plan.why)

    def _set(self, why: str) -> None:
        if why != self.why:
            self.why = why
            self.changed.emit()
