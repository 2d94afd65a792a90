"""The rows of the run list: those entries that are not folded away, and how they change.

Rows come and go by insertion and removal, or change places, so that what is selected and where the
list is scrolled to stays.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from rollscope_desktop.viewmodels.lines import HeadingLine, Role, RunLine
from rollscope_desktop.viewmodels.runs.arrange import Arrangement
from rollscope_desktop.viewmodels.runs.splices import blocks
from rollscope_desktop.viewmodels.runs.words import described, shown, tip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rollscope_desktop.viewmodels.runs.units import Entry

Index = QModelIndex | QPersistentModelIndex
_MANY = 512


class RunTable(QAbstractTableModel):
    """One column. What a delegate needs is in Role.LINE (None: on its way). ``run_line`` makes the
    line of an entry that is a run."""

    folded = Signal()
    """A heading was opened or closed."""

    def __init__(
        self, run_line: Callable[[Entry], RunLine | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._run_line = run_line
        self._arranged = Arrangement([], {}, None)
        self._shown: list[int] = []  # numbers of entries, growing
        self._keys: list[str] = []  # of the entries that are shown
        self._toggled: dict[str, bool] = {}

    # Lines

    def line(self, row: int) -> HeadingLine | RunLine | None:
        """The record of a row; None while it is on its way."""
        entry = self._entry(row)
        if entry is None:
            return None
        if entry.run is not None:
            return self._run_line(entry)
        return HeadingLine(
            entry.title, entry.detail, entry.runs, self.is_open(entry), entry.depth, entry.sums
        )

    def run_id(self, row: int) -> int | None:
        """The id of the run in a row; None for headings."""
        entry = self._entry(row)
        return None if entry is None or entry.run is None else entry.run.id

    def row_of(self, run: int) -> int:
        """The row of a run; -1 when it is folded away or not there."""
        number = self._arranged.places.get(run)
        return -1 if number is None else self._row_at(number)

    def as_listed(self, runs: Iterable[int]) -> list[int]:
        """Those of these runs that are in the list, folded away or not, from its top."""
        places = self._arranged.places
        return sorted((run for run in runs if run in places), key=places.__getitem__)

    def reveal(self, run: int) -> int:
        """Open whatever hides a run; its row, or -1 when it is not there."""
        target = self._arranged.places.get(run)
        if target is None:
            return -1
        row = self._row_at(target)
        if row >= 0:
            return row
        for number in range(target):
            entry = self._arranged.entries[number]
            if number + entry.inside >= target and not self.is_open(entry):
                self._toggled[entry.key] = True
        self._show(self._visible())
        self._repaint()
        return self.row_of(run)

    def first_run(self) -> int | None:
        """The id of the first run that is shown."""
        return next((id for row in range(len(self._shown)) if (id := self.run_id(row))), None)

    def headings(self) -> list[int]:
        """The rows that are headings."""
        entries = self._arranged.entries
        return [row for row, number in enumerate(self._shown) if entries[number].run is None]

    def runs_inside(self, row: int) -> list[int]:
        """The runs of a row: that run itself, or all below a heading, folded away or not."""
        entry = self._entry(row)
        if entry is None:
            return []
        if entry.run is not None:
            return [entry.run.id]
        first = self._shown[row]
        inside = self._arranged.entries[first : first + entry.inside + 1]
        return [e.run.id for e in inside if e.run is not None]

    def parent_row(self, row: int) -> int:
        """The row of the heading or run that this row is inside of; -1 at the top."""
        if self._entry(row) is None:
            return -1
        number = self._shown[row]
        for above in range(row - 1, -1, -1):
            entry = self._arranged.entries[self._shown[above]]
            if self._shown[above] + entry.inside >= number:
                return above
        return -1

    # Folding

    def is_open(self, entry: Entry) -> bool:
        """Whether what is inside an entry is shown."""
        return self._toggled.get(entry.key, entry.open)

    def can_toggle(self, row: int) -> bool:
        """Whether something can be opened or closed here."""
        entry = self._entry(row)
        return entry is not None and entry.inside > 0

    def toggle(self, row: int) -> None:
        """Open or close a heading, or the attempts and forks of a run."""
        entry = self._entry(row)
        if entry is not None:
            self.set_expanded(row, not self.is_open(entry))

    def set_expanded(self, row: int, expanded: bool) -> None:
        """Open or close a row that has something inside."""
        entry = self._entry(row)
        if entry is None or not entry.inside or self.is_open(entry) == expanded:
            return
        self._toggled[entry.key] = expanded
        self._show(self._visible())
        self.dataChanged.emit(self.index(row, 0), self.index(row, 0))
        self.folded.emit()

    def set_all_expanded(self, expanded: bool) -> None:
        """Open or close every heading."""
        for entry in self._arranged.entries:
            if entry.run is None:
                self._toggled[entry.key] = expanded
        self._show(self._visible())
        self._repaint()
        self.folded.emit()

    def folds(self) -> dict[str, bool]:
        """The headings that were opened or closed, by what names them."""
        return {key: open for key, open in self._toggled.items() if not key.startswith("run:")}

    def restore_folds(self, folds: Mapping[str, bool]) -> None:
        """Open and close headings as they were."""
        self._toggled |= folds
        self._show(self._visible())

    # For who fills it

    def _entry(self, row: int) -> Entry | None:
        return self._arranged.entries[self._shown[row]] if 0 <= row < len(self._shown) else None

    def _row_at(self, number: int) -> int:
        row = bisect_left(self._shown, number)
        return row if row < len(self._shown) and self._shown[row] == number else -1

    def _repaint(self) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, 0))

    def _repaint_runs(self, runs: Iterable[int]) -> None:
        """Say that these runs look different now, as far as they are shown."""
        rows = [row for run in runs if (row := self.row_of(run)) >= 0]
        if rows:
            self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), 0))

    def _visible(self) -> list[int]:
        out: list[int] = []
        number = 0
        entries = self._arranged.entries
        while number < len(entries):
            out.append(number)
            entry = entries[number]
            number += 1 if not entry.inside or self.is_open(entry) else entry.inside + 1
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
        self._keys = [self._arranged.entries[n].key for n in self._shown]

    def _switch(self, arranged: Arrangement) -> None:
        """Go from the rows as they are to those of another arrangement."""
        before, self._arranged = self._arranged, arranged
        entries = arranged.entries
        shown = self._visible()
        old, keys = self._keys, [entries[n].key for n in shown]
        if keys == old:
            self._shown = shown
            return
        numbers = dict(zip(keys, shown, strict=True))
        kept = [key for key in old if key in numbers]
        still = set(kept)
        in_order = kept == [key for key in keys if key in still]
        if in_order and len(old) + len(shown) - 2 * len(kept) <= _MANY:
            # Step by step, each row pointing into the new entries; those to go, at any.
            self._arranged = before
            for row, count in reversed(blocks([key not in numbers for key in old])):
                self.beginRemoveRows(QModelIndex(), row, row + count - 1)
                del self._shown[row : row + count]
                self.endRemoveRows()
            self._arranged = arranged
            self._shown = [numbers[key] for key in kept]
            for row, count in blocks([key not in still for key in keys]):
                self.beginInsertRows(QModelIndex(), row, row + count - 1)
                self._shown[row:row] = shown[row : row + count]
                self.endInsertRows()
        elif kept:
            self._reorder(old, shown, keys)
        else:
            self.beginResetModel()
            self._shown = shown
            self.endResetModel()
        self._keys = keys

    def _reorder(self, old: list[str], shown: list[int], keys: list[str]) -> None:
        """Another order of many rows: selection and scroll follow the rows by name."""
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        places = {key: row for row, key in enumerate(keys)}
        targets = [places.get(old[i.row()], -1) for i in held]
        self._shown = shown
        self.changePersistentIndexList(
            held, [self.createIndex(row, 0) if row >= 0 else QModelIndex() for row in targets]
        )
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
