"""What the list shows of a step beside its row: the run that it is part of, and its signals."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.runs import query_rows
from rollscope_desktop.query.span_list.signals import query_signals
from rollscope_desktop.services.jobs import Jobs, asking

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow, SpanRow

_KEPT = 6_000
_AT_ONCE = 400


class Extras(QObject):
    """Answers at once with what it has, and says later when there is more."""

    arrived = Signal(object)
    """Ids of spans of which more is known now; None when it is about runs."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._runs: OrderedDict[int, RunRow] = OrderedDict()
        self._signals: OrderedDict[int, Mapping[str, str | float]] = OrderedDict()
        self._old: set[int] = set()
        self._runs_wanted: dict[int, None] = {}
        self._rows_wanted: OrderedDict[int, SpanRow] = OrderedDict()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)

    def clear(self) -> None:
        """Forget everything, and what was asked."""
        self._jobs.drop(self)
        self._timer.stop()
        for kept in (
            self._runs, self._old, self._signals, self._runs_wanted, self._rows_wanted,
        ):  # fmt: skip
            kept.clear()

    def run(self, id: int) -> RunRow | None:
        """A run by its id, or None while it is on its way."""
        found = self._runs.get(id)
        if found is None or id in self._old:
            self._runs_wanted[id] = None
            self._soon()
        return found

    def outdate(self) -> None:
        """Runs have changed: show what is known of them until they are read again."""
        self._old.update(self._runs)

    def signals(self, row: SpanRow) -> Mapping[str, str | float]:
        """The last values of the signals of a step; {} while they are on their way."""
        found = self._signals.get(row.id)
        if found is None:
            self._rows_wanted[row.id] = row
            self._rows_wanted.move_to_end(row.id)
            self._soon()
            return {}
        return found

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start(0)

    def _ask(self) -> None:
        if self._runs_wanted:
            question = asking(query_rows, list(self._runs_wanted))
            self._jobs.start(self, "runs", question, self._take_runs)
        if self._rows_wanted:
            while len(self._rows_wanted) > _AT_ONCE:
                self._rows_wanted.popitem(last=False)
            question = asking(query_signals, list(self._rows_wanted.values()))
            self._jobs.start(self, "signals", question, self._take_signals)

    def _take_runs(self, rows: list[RunRow]) -> None:
        for row in rows:
            self._runs[row.id] = row
        self._old.difference_update(self._runs_wanted)
        while len(self._runs) > _KEPT:
            self._runs.popitem(last=False)
        self._runs_wanted.clear()
        if rows:
            self.arrived.emit(None)

    def _take_signals(self, found: dict[int, Mapping[str, str | float]]) -> None:
        for id, values in found.items():
            self._signals[id] = values
            self._rows_wanted.pop(id, None)
        while len(self._signals) > _KEPT:
            self._signals.popitem(last=False)
        self.arrived.emit([id for id, values in found.items() if values])
