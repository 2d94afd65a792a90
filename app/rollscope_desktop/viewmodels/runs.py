"""The run list: arranged entries, of which those not folded away are rows; pages of rows by id."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from rollscope_desktop.query.connection import IndexMissing
from rollscope_desktop.query.runs import RunHead
from rollscope_desktop.services.jobs import Jobs, steps
from rollscope_desktop.viewmodels.arrange import ORDERS, Entry
from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine
from rollscope_desktop.viewmodels.run_load import Loaded, load
from rollscope_desktop.viewmodels.run_rows import RunRows
from rollscope_desktop.viewmodels.run_text import described, shown, tip
from rollscope_desktop.viewmodels.splices import blocks
from rollscope_desktop.viewmodels.states import state_of

if TYPE_CHECKING:
    from rollscope_desktop.model.rows import RunRow

Index = QModelIndex | QPersistentModelIndex
_CALM = 0.03
_QUIET_LOOK = 5_000
_MANY = 64


class ListState(Enum):
    """What the whole list shows."""

    LOADING = "loading"
    EMPTY = "empty"
    FAILED = "failed"
    FULL = "full"


class RunListModel(QAbstractTableModel):
    """All runs, one column. What a delegate needs is in Role.LINE (None: on its way)."""

    state_changed = Signal()
    order_changed = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.state = ListState.LOADING
        self.failure = ""
        self.order = "newest"
        self.total = 0
        self._heads: dict[int, RunHead] = {}
        self._changed: set[int] | None = set()  # None: everything
        self._entries: list[Entry] = []
        self._shown: list[int] = []  # numbers of entries
        self._rewards: tuple[float, float] | None = None
        self._toggled: dict[str, bool] = {}
        self._rows = RunRows(jobs, self)
        self._rows.arrived.connect(self._show_rows)
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._load)
        self._quiet = QTimer(self, interval=_QUIET_LOOK)
        self._quiet.timeout.connect(self._check_quiet)
        self._states: dict[int, str] = {}
        self._asked_at = 0.0
        self._cost = 0.0

    # What is shown

    def reload(self) -> None:
        """Read the whole list; what is there stays until the new one has come."""
        self._changed = None
        self._soon()

    def take_changes(self, runs: Iterable[int]) -> None:
        """These runs are new or have changed; when some are gone, ``reload`` is due."""
        if self._changed is not None:
            self._changed |= set(runs)
        self._soon()

    def set_order(self, order: str) -> None:
        """Order the list by one of ``ORDERS``."""
        if order in ORDERS and order != self.order:
            self.order = order
            self.order_changed.emit(order)
            self._soon()

    # Lines

    def line(self, row: int) -> HeadingLine | RunLine | None:
        """The record of a row; None while it is on its way."""
        if not 0 <= row < len(self._shown):
            return None
        entry = self._entries[self._shown[row]]
        if entry.run is None:
            return HeadingLine(
                entry.title, entry.detail, entry.runs, self._is_open(entry), entry.depth
            )
        known = self._rows.row(entry.run)
        if known is None:
            return None
        return RunLine(
            known, self._states.get(entry.run.id) or state_of(entry.run, time_ns()), entry.depth,
            entry.attempts, self._share(known.reward), entry.inside,
            bool(entry.inside) and self._is_open(entry),
        )  # fmt: skip

    def run_id(self, row: int) -> int | None:
        """The id of the run in a row; None for headings."""
        if not 0 <= row < len(self._shown):
            return None
        run = self._entries[self._shown[row]].run
        return None if run is None else run.id

    def row_of(self, run: int) -> int:
        """The row of a run; -1 when it is folded away or not there."""
        for row, number in enumerate(self._shown):
            head = self._entries[number].run
            if head is not None and head.id == run:
                return row
        return -1

    def reveal(self, run: int) -> int:
        """Open whatever hides a run; its row, or -1 when it is not there."""
        target = next(
            (n for n, e in enumerate(self._entries) if e.run is not None and e.run.id == run), None
        )
        if target is None:
            return -1
        for number in range(target):
            entry = self._entries[number]
            if number + entry.inside >= target and not self._is_open(entry):
                self._toggled[entry.key] = True
        self._show(self._visible())
        return self.row_of(run)

    def first_run(self) -> int | None:
        """The id of the first run that is shown."""
        return next((id for row in range(len(self._shown)) if (id := self.run_id(row))), None)

    def row_of_id(self, run: int) -> RunRow | None:
        """The whole row of a run, if it was read already."""
        return self._rows.known(run)

    def can_toggle(self, row: int) -> bool:
        """Whether something can be opened or closed here."""
        return 0 <= row < len(self._shown) and self._entries[self._shown[row]].inside > 0

    def toggle(self, row: int) -> None:
        """Open or close a heading, or the attempts and forks of a run."""
        if self.can_toggle(row):
            self.set_expanded(row, not self._is_open(self._entries[self._shown[row]]))

    def set_expanded(self, row: int, expanded: bool) -> None:
        """Open or close a row that has something inside."""
        if not self.can_toggle(row):
            return
        entry = self._entries[self._shown[row]]
        if self._is_open(entry) != expanded:
            self._toggled[entry.key] = expanded
            self._show(self._visible())
            self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    def parent_row(self, row: int) -> int:
        """The row of the heading or run that this row is inside of; -1 at the top."""
        if not 0 <= row < len(self._shown):
            return -1
        number = self._shown[row]
        for above in range(row - 1, -1, -1):
            entry = self._entries[self._shown[above]]
            if self._shown[above] + entry.inside >= number:
                return above
        return -1

    # Loading

    def _soon(self) -> None:
        if self._again.isActive() or self._jobs.is_busy(self, "list"):
            return
        wait = max(_CALM, 2 * self._cost) - (monotonic() - self._asked_at)
        self._again.start(max(0, round(wait * 1000)))

    def _load(self) -> None:
        changed, self._changed = self._changed, set()
        self._asked_at = monotonic()
        question = steps(load, self._heads, changed, self.order)
        self._jobs.start(self, "list", question, self._take, failed=self._failed)

    def _take(self, loaded: Loaded) -> None:
        self._cost = monotonic() - self._asked_at
        arrangement = loaded.arrangement
        self._rows.put(loaded.rows)
        self._rows.forget(self._heads.keys() - loaded.heads.keys())
        self._heads, self._states = loaded.heads, loaded.states
        self.total = len(self._heads)
        names = [self._entries[n].key for n in self._shown]
        before, self._entries = self._entries, arrangement.entries
        self._rewards = arrangement.rewards
        self._switch(names, before)
        if "running" in self._states.values():
            self._quiet.start()
        else:
            self._quiet.stop()
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, 0))
        self._set_state(ListState.FULL if self._heads else ListState.EMPTY)
        outdated = self._changed is None or self._changed
        if outdated or arrangement.order != self.order:
            self._soon()

    def _failed(self, error: Exception) -> None:
        self.failure = str(error)
        self._changed = None
        if isinstance(error, IndexMissing):
            # The engine is about to make it, and will tell.
            self._set_state(ListState.LOADING)
            return
        self._set_state(ListState.FAILED)

    def _check_quiet(self) -> None:
        now = time_ns()
        if any(state_of(h, now) != self._states.get(id) for id, h in self._heads.items()):
            self._soon()

    def _set_state(self, state: ListState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    # Rows

    def _show_rows(self, found: set[int]) -> None:
        spots = [row for row in range(len(self._shown)) if self.run_id(row) in found]
        if spots:
            self.dataChanged.emit(self.index(spots[0], 0), self.index(spots[-1], 0))

    def _share(self, reward: float | None) -> float | None:
        if reward is None or self._rewards is None or reward != reward:
            return None
        low, high = self._rewards
        return 1.0 if high <= low else min(1.0, max(0.0, (reward - low) / (high - low)))

    def _is_open(self, entry: Entry) -> bool:
        return self._toggled.get(entry.key, entry.open)

    def _visible(self) -> list[int]:
        out: list[int] = []
        number = 0
        while number < len(self._entries):
            out.append(number)
            entry = self._entries[number]
            number += 1 if self._is_open(entry) else entry.inside + 1
        return out

    def _show(self, shown: list[int]) -> None:
        """Show other entries of the same arrangement: only insertions and removals."""
        old, new = set(self._shown), set(shown)
        for row, count in reversed(blocks([n not in new for n in self._shown])):
            self.beginRemoveRows(QModelIndex(), row, row + count - 1)
            del self._shown[row : row + count]
            self.endRemoveRows()
        for row, count in blocks([n not in old for n in shown]):
            self.beginInsertRows(QModelIndex(), row, row + count - 1)
            self._shown[row:row] = shown[row : row + count]
            self.endInsertRows()

    def _switch(self, old: list[str], old_entries: list[Entry]) -> None:
        """Go from rows named ``old`` to those of the new arrangement."""
        shown = self._visible()
        numbers = {self._entries[n].key: n for n in shown}
        kept = [key for key in old if key in numbers]
        new_keys = [self._entries[n].key for n in shown]
        gone, fresh = len(old) - len(kept), len(shown) - len(kept)
        still = set(kept)
        in_order = kept == [key for key in new_keys if key in still]
        if in_order and gone + fresh <= _MANY * 8:
            # Step by step, each row pointing into the new entries; those to go, at any.
            removed = reversed(blocks([key not in numbers for key in old]))
            entries, self._entries = self._entries, old_entries
            for row, count in removed:
                self.beginRemoveRows(QModelIndex(), row, row + count - 1)
                del self._shown[row : row + count]
                self.endRemoveRows()
            self._entries = entries
            self._shown = [numbers[key] for key in kept]
            for row, count in blocks([key not in still for key in new_keys]):
                self.beginInsertRows(QModelIndex(), row, row + count - 1)
                self._shown[row:row] = shown[row : row + count]
                self.endInsertRows()
            return
        if not old or not shown or not kept:
            self.beginResetModel()
            self._shown = shown
            self.endResetModel()
            return
        self._reorder(old, shown, new_keys)

    def _reorder(self, old: list[str], shown: list[int], new_keys: list[str]) -> None:
        """Another order of many rows: selection and scroll follow the rows by name."""
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        places = {key: row for row, key in enumerate(new_keys)}
        targets = [
            self.index(places[old[i.row()]], 0) if old[i.row()] in places else QModelIndex()
            for i in held
        ]
        self._shown = shown
        targets = [self.createIndex(t.row(), 0) if t.isValid() else t for t in targets]
        self.changePersistentIndexList(held, targets)
        self.layoutChanged.emit()

    # Qt

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Role.LINE:
            return self.line(index.row())
        if role not in _ROLES or not index.isValid():
            return None
        if role == Role.ID:
            return self.run_id(index.row())
        line = self.line(index.row())
        if line is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(line)
        return tip(line) if role == Qt.ItemDataRole.ToolTipRole else described(line)


_ROLES = frozenset(
    map(
        int,
        (
            Role.ID, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ),
    )
)  # fmt: skip
