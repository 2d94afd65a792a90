"""What came of the forks of one batch: a row each, read from the index while they go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
)

from rollscope_desktop.model import text
from rollscope_desktop.query.compare.read import query_comparison
from rollscope_desktop.query.runs import find_runs
from rollscope_desktop.services.jobs import Jobs, Lane, asking
from rollscope_desktop.viewmodels.fork.going import state_of
from rollscope_desktop.viewmodels.lines import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.progress import Job
    from rollscope_desktop.services.forks import Fork

AGAIN = 1_000
"""Milliseconds between two looks at the index while forks go on."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Outcome:
    """A fork, its run as far as the index has it, and the share of its steps that are others than
    the original's."""

    fork: Fork
    run: RunRow | None = None
    changed: float | None = None


class Column(NamedTuple):
    """A column of the table."""

    title: str
    number: bool = False


COLUMNS = (
    Column("Fork"), Column("State"), Column("Finish reason"), Column("Reward", True),
    Column("Cost", True), Column("Duration", True), Column("Changed", True),
)  # fmt: skip
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Outcomes(QAbstractTableModel):
    """Role.LINE is the Outcome, Role.ID the id of its run in the index."""

    def __init__(self, jobs: Jobs, batch: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self.batch = jobs, batch
        self.rows: list[Outcome] = []
        self._measured: dict[str, int] = {}
        self._again = QTimer(self, singleShot=True, interval=AGAIN)
        self._again.timeout.connect(self.reload)

    def take(self, forks: Sequence[Fork]) -> None:
        """The forks as they are now; those of other batches are passed over."""
        own = sorted((f for f in forks if f.batch == self.batch), key=lambda f: f.number)
        if not own:
            return  # the engine has forgotten them; what came of them still stands
        known = {row.fork.id: row for row in self.rows}
        rows = [replace(known.get(f.id, Outcome(f)), fork=f) for f in own]
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
        elif rows != self.rows:
            self._show(rows)
        self.reload()

    def reload(self) -> None:
        """Look at the index."""
        keys = tuple(row.fork.run for row in self.rows if row.fork.run)
        originals = tuple(dict.fromkeys(row.fork.of for row in self.rows))
        if keys and not self._jobs.is_busy(self, "rows"):
            self._jobs.start(self, "rows", asking(_read, keys + originals), self._take_runs)

    def close(self) -> None:
        """Ask for nothing any more."""
        self._again.stop()
        self._jobs.drop(self)

    @property
    def original(self) -> str:
        """The key of the run that was forked."""
        return self.rows[0].fork.of if self.rows else ""

    def _take_runs(self, found: dict[str, RunRow]) -> None:
        self._show([replace(row, run=found.get(row.fork.run, row.run)) for row in self.rows])
        for row in self.rows:
            self._measure(row, found)
        waits = any(row.run is None or row.run.ended is None for row in self.rows)
        if waits and not all(row.fork.over and row.run is None for row in self.rows):
            self._again.start()

    def _measure(self, row: Outcome, found: dict[str, RunRow]) -> None:
        """Compare a run that has ended with the original, once."""
        base, run = found.get(row.fork.of), row.run
        if not row.fork.over or base is None or run is None:
            return
        if self._measured.get(run.key) == run.revision:
            return
        self._measured[run.key] = run.revision
        self._jobs.start(
            self, f"changed {run.key}", _sharing(base.id, run.id),
            partial(self._take_share, run.key), lane=Lane.ORDERS,
        )  # fmt: skip

    def _take_share(self, key: str, share: float | None) -> None:
        self._show([
            replace(row, changed=share) if row.fork.run == key else row for row in self.rows
        ])  # fmt: skip

    def _show(self, rows: list[Outcome]) -> None:
        if rows != self.rows:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Role.LINE:
            return row
        if role == Role.ID:
            return None if row.run is None else row.run.id
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(row)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[index.column()].number:
            return _RIGHT
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[section].number:
            return _RIGHT
        return COLUMNS[section].title if role == Qt.ItemDataRole.DisplayRole else None


def cells(row: Outcome) -> tuple[str, ...]:
    """What stands in the columns."""
    run = row.run
    why = text.one_line(row.fork.sentence) if row.fork.state == "failed" else ""
    if run is None:
        return (f"{row.fork.number + 1:,}", state_of(row.fork), why, "", "", "", "")
    length = None if run.started is None or run.ended is None else run.ended - run.started
    return (
        f"{row.fork.number + 1:,}", state_of(row.fork), text.one_line(run.finish or why),
        text.reward(run.reward), text.cost(run.cost) if run.cost else "", text.duration(length),
        "" if row.changed is None else f"{row.changed:.0%}",
    )  # fmt: skip


def _read(reader: Reader, keys: tuple[str, ...]) -> dict[str, RunRow]:
    found = [find_runs(reader, key, 1) for key in keys]
    return {rows[0].key: rows[0] for rows in found if rows}


def _sharing(original: int, fork: int) -> Any:
    """The question how large a share of steps differs; None where one of the runs is gone."""

    def question(reader: Reader) -> Job[float | None]:
        found = yield from query_comparison(reader, original, fork)
        if found is None or not len(found.alignment):
            return None
        counts = found.alignment.counts
        return 1 - counts.equal / len(found.alignment)

    return question
