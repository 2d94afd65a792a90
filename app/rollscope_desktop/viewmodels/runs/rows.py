"""What the list shows of the runs that are on screen: a cache that asks for what it has not."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from rollscope_desktop.query.run_details import RunDetails, query_details
from rollscope_desktop.services.jobs import Jobs, asking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.runs import RunHead

_KEPT = 4_000
_AT_ONCE = 300


class RunRows(QObject):
    """Answers at once with what it has, and says later when there is more."""

    arrived = Signal(object)
    """Ids of runs whose rows came."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.signals = False
        """Whether signals and feedback are wanted too."""
        self._rows: OrderedDict[int, RunDetails] = OrderedDict()
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)

    def known(self, run: int) -> RunDetails | None:
        """What is known of a run, if it was read already."""
        return self._rows.get(run)

    def all(self) -> dict[int, RunDetails]:
        """Everything that is known now, for a question that goes on from there."""
        return dict(self._rows)

    def row(self, head: RunHead) -> RunDetails | None:
        """A run, or None while it is on its way; as it was until what is new has come."""
        known = self._rows.get(head.id)
        if (
            known is None
            or known.row.revision < head.revision
            or (self.signals and known.read < known.row.notes)
        ):
            self.want(head.id)
        return known

    def want(self, run: int) -> None:
        """Read a run soon; what was wanted last comes first when there is too much."""
        self._wanted[run] = None
        self._wanted.move_to_end(run)
        if not self._timer.isActive():
            self._timer.start(0)

    def put(self, rows: Iterable[RunDetails]) -> None:
        """Take rows that came along with something else."""
        for details in rows:
            self._rows[details.row.id] = details
            self._rows.move_to_end(details.row.id)
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
            wanted = list(self._wanted)
            question = asking(_query, wanted, self.all(), self.signals)
            self._jobs.start(self, "rows", question, self._take)

    def _take(self, rows: list[RunDetails]) -> None:
        self.put(rows)
        for details in rows:
            self._wanted.pop(details.row.id, None)
        self.arrived.emit({details.row.id for details in rows})


def _query(
    reader: Reader, ids: list[int], known: dict[int, RunDetails], signals: bool
) -> list[RunDetails]:
    return query_details(reader, ids, known, signals=signals)
