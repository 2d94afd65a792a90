"""Whole rows of the runs that are on screen: a cache that asks for what it does not have."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.runs import RunHead, query_rows
from rollscope_desktop.services.jobs import Jobs, asking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.model.rows import RunRow

_KEPT = 4_000
_AT_ONCE = 300


class RunRows(QObject):
    """Answers at once with what it has, and says later when there is more."""

    arrived = Signal(object)
    """Ids of runs whose rows came."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._rows: OrderedDict[int, RunRow] = OrderedDict()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)

    def known(self, run: int) -> RunRow | None:
        """The row of a run, if it was read already."""
        return self._rows.get(run)

    def row(self, head: RunHead) -> RunRow | None:
        """The row of a run, or None while it is on its way; an old one until the new one comes."""
        row = self._rows.get(head.id)
        if row is None or row.revision < head.revision:
            self.want(head.id)
        return row

    def want(self, run: int) -> None:
        """Read a row soon; what was wanted last comes first when there is too much."""
        self._wanted[run] = None
        self._wanted.move_to_end(run)
        if not self._timer.isActive():
            self._timer.start(0)

    def put(self, rows: Iterable[RunRow]) -> None:
        """Take rows that came along with something else."""
        for row in rows:
            self._rows[row.id] = row
            self._rows.move_to_end(row.id)
        while len(self._rows) > _KEPT:
            self._rows.popitem(last=False)

    def forget(self, runs: Iterable[int]) -> None:
        """These runs are gone."""
        for run in runs:
            self._rows.pop(run, None)
            self._wanted.pop(run, None)

    def _ask(self) -> None:
        while len(self._wanted) > _AT_ONCE:
            self._wanted.popitem(last=False)
        if self._wanted:
            self._jobs.start(self, "rows", asking(query_rows, list(self._wanted)), self._take)

    def _take(self, rows: list[RunRow]) -> None:
        self.put(rows)
        for row in rows:
            self._wanted.pop(row.id, None)
        self.arrived.emit({row.id for row in rows})
