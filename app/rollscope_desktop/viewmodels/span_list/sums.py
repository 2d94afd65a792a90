"""What is found out about a list of steps beside its order: its sums, and which signals it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.span_list.signals import query_signal_names
from rollscope_desktop.services.jobs import Jobs, Lane, asking
from rollscope_desktop.viewmodels.span_list.orders import Asked, read_sums

if TYPE_CHECKING:
    from rollscope_desktop.query.span_list.sums import Sums

_SOON = 100


class ListSums(QObject):
    """``sums`` is None until they are known. ``question`` says what is listed."""

    changed = Signal()
    signals_found = Signal(object)
    """The names of the signals."""

    def __init__(
        self, jobs: Jobs, question: Callable[[], Asked], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._question = jobs, question
        self.sums: Sums | None = None
        self._due = True
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._ask)

    def forget(self) -> None:
        """Another list is shown, and nothing is known of it."""
        self.pause()
        self._due = True
        self._take(None)
        self._due = True

    def outdate(self) -> None:
        """The list has grown: what is known is shown until it is known anew."""
        self._due = True

    def pause(self) -> None:
        """Something else is more urgent."""
        self._soon.stop()
        self._jobs.drop(self, "sums")

    def ask_later(self, wait: float) -> None:
        """Find the sums out, unless they are known; after so many seconds if some are shown."""
        if self._due and not self._soon.isActive():
            self._soon.start(_SOON if self.sums is None else round(1000 * wait))

    def ask_signals(self, run: int | None) -> None:
        """Find out the signals of a run, or of all."""
        question = asking(query_signal_names, run)
        self._jobs.start(self, "signals", question, self.signals_found.emit, failed=self._fail)

    def _ask(self) -> None:
        question = asking(read_sums, self._question())
        self._jobs.start(
            self, "sums", question, self._take, failed=self._fail, lane=Lane.ORDERS
        )  # fmt: skip

    def _take(self, sums: Sums | None) -> None:
        self._due = False
        if sums != self.sums:
            self.sums = sums
            self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._take(None)  # an extra: the list itself says what is wrong
