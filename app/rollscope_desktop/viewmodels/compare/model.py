"""Two runs beside each other as a table: a line per pair of steps, equal ones folded.

The alignment is held as it came from a job; lines are made for what is on screen and kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from rollscope_desktop.model.alignment import Sign
from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.query.spans import run_of
from rollscope_desktop.viewmodels.compare.lines import (
    COST,
    DURATION,
    LEFT,
    RIBBON,
    RIGHT,
    TITLES,
    CompareLine,
    described,
    figure,
    fold_delta,
    folded_words,
    signed,
    step_line,
)
from rollscope_desktop.viewmodels.compare.pair import PairModel
from rollscope_desktop.viewmodels.compare.source import ComparedRuns
from rollscope_desktop.viewmodels.details import Details
from rollscope_desktop.viewmodels.lines import Role
from rollscope_desktop.viewmodels.tree.line_table import Index, LineTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.model.alignment import Alignment, Side
    from rollscope_desktop.query.compare.records import Comparison
    from rollscope_desktop.query.structure import Int32
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.viewmodels.compare.folding import Folding

_KEPT = 4_000
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class CompareModel(LineTable):
    """Between ``changing`` and ``changed`` lines come and go that still are the same steps: whoever
    keeps a selection by row takes it up again by its row of the comparison."""

    _columns = len(TITLES)
    changing = Signal()
    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs = ComparedRuns(jobs, self)
        self.pair = PairModel(jobs, self)
        self._details = Details(jobs, self)
        self._folding: Folding | None = None
        self._made: dict[int, CompareLine] = {}
        self._places: dict[int, int] | None = None
        self.runs.arrived.connect(self._take)
        self.runs.state_changed.connect(self._empty)
        self._details.arrived.connect(self._show_details)

    # What there is

    @property
    def comparison(self) -> Comparison | None:
        """The two runs and how they stand, once they were read."""
        return self.runs.comparison if self._folding is not None else None

    @property
    def alignment(self) -> Alignment | None:
        """How they stand."""
        return None if self._folding is None else self._folding.alignment

    @property
    def timeless(self) -> bool:
        """Whether one of the logs has no times, so that none can be compared."""
        made = self.comparison
        return made is not None and ORDER in (made.a.clock, made.b.clock)

    def number(self, row: int) -> int | None:
        """The row of the comparison that a line shows, or the first one of a fold."""
        if self._lines is None or not 0 <= row < len(self._lines):
            return None
        line = int(self._lines[row])
        return line if line >= 0 else ~line

    def is_fold(self, row: int) -> bool:
        """Whether a line stands for equal steps."""
        return self._lines is not None and 0 <= row < len(self._lines) and self._lines[row] < 0

    def spans_at(self, row: int) -> tuple[int | None, int | None]:
        """The ids of the two steps of a line; None where there is none, and of folds."""
        made = self.alignment
        if made is None or self.is_fold(row) or (number := self.number(row)) is None:
            return None, None
        a, b = made.a_at[number], made.b_at[number]
        return (int(made.a.id[a]) if a >= 0 else None), (int(made.b.id[b]) if b >= 0 else None)

    def number_of(self, span: int) -> int | None:
        """The row of the comparison that a step is in, by its id."""
        made, comparison = self.alignment, self.comparison
        if made is None or comparison is None:
            return None
        if self._places is None:
            from rollscope_desktop.viewmodels.compare.folding import places

            self._places = places(made)
        return self._places.get(span)

    def side_of(self, span: int) -> int:
        """LEFT or RIGHT: in which of the two runs a step is."""
        return LEFT if run_of(span) == self.runs.left else RIGHT

    def row_near(self, number: int) -> int:
        """The line of a row of the comparison, or the one that hides it; -1 without any."""
        if self._lines is None:
            return -1
        spots = self.spots()
        return int(spots.searchsorted(spots.dtype.type(number), "right")) - 1

    def reveal(self, number: int) -> int:
        """Open whatever hides a row of the comparison; its line."""
        folding = self._folding
        if folding is None:
            return -1
        if self.row_at(number) < 0 and folding.reveal(number):
            self._change(folding.lines())
        return self.row_at(number)

    def first_difference(self) -> int | None:
        """The row of the comparison at which the runs first part."""
        made = self.alignment
        return None if made is None or made.first is None else made.first.row

    def difference_beside(self, number: int, by: int) -> int | None:
        """The row of the next difference after a row of the comparison, or of the one before."""
        return None if self._folding is None else self._folding.beside(number, by)

    def has_differences(self) -> bool:
        """Whether there is any."""
        return self._folding is not None and bool(len(self._folding.differences))

    def walk(self, row: int, by: int) -> int:
        """The line ``by`` steps further on, not counting folds; -1: none."""
        if self._lines is None:
            return -1
        step, left, found = (1 if by > 0 else -1), abs(by), -1
        row += step
        while left and 0 <= row < len(self._lines):
            if self._lines[row] >= 0:
                left, found = left - 1, row
            row += step
        return found

    def parent_row(self, row: int) -> int:
        """The line that a line is inside of; -1 at the top."""
        if self._folding is None or self._lines is None or not 0 <= row < len(self._lines):
            return -1
        above = self._folding.parent(int(self._lines[row]))
        if above is None:
            return -1
        return self._head_row(~above) if above < 0 else self.row_at(above)

    def _head_row(self, first: int) -> int:
        row = self.row_near(first)
        while row >= 0 and self._lines is not None and self._lines[row] != ~first:
            row -= 1
        return row

    # Opening and closing

    def toggle(self, row: int) -> None:
        """Open a line or close it."""
        if self._lines is not None and self._folding is not None and 0 <= row < len(self._lines):
            self.set_expanded(row, not self._folding.is_open(int(self._lines[row])))

    def set_expanded(self, row: int, expanded: bool) -> None:
        """Open or close a line."""
        folding, lines = self._folding, self._lines
        if folding is None or lines is None or not 0 <= row < len(lines):
            return
        line = int(lines[row])
        if folding.can_open(line) and folding.is_open(line) != expanded:
            folding.set_open(line, expanded)
            self._change(folding.lines())

    def set_all_expanded(self, expanded: bool) -> None:
        """Open every fold, or close them all."""
        if self._folding is not None:
            self._folding.set_all_open(expanded)
            self._change(self._folding.lines())

    def _change(self, lines: Int32, renamed: Int32 | None = None) -> None:
        self._made.clear()
        self.changing.emit()
        self.change_lines(lines, renamed)
        self.changed.emit()

    # What arrives

    def _take(self, same: bool) -> None:
        from rollscope_desktop.viewmodels.compare.folding import Folding

        comparison = self.runs.comparison
        assert comparison is not None
        self._made.clear()
        self._places = None
        if same and self._folding is not None:
            before = self._folding.alignment
            for side in (before.a, before.b):
                self._details.outdate(_open_spans(side))
            assert self._lines is not None
            renamed = self._folding.renamed(self._lines, comparison.alignment)
            self._folding.follow(comparison.alignment)
            self._change(self._folding.lines(), renamed)
            self.pair.show(*self.pair.asked, again=True)
            return
        self._details.clear()
        self._folding = Folding(comparison.alignment)
        self.set_lines(self._folding.lines())
        self.changed.emit()

    def _empty(self) -> None:
        if self.runs.comparison is None and self._folding is not None:
            self._folding = self._places = None
            self._made.clear()
            self._details.clear()
            self.pair.show(None, None)
            self.set_lines(None)

    def _show_details(self, ids: Iterable[int]) -> None:
        rows = set()
        for span in ids:
            number = self.number_of(span)
            if number is not None:
                self._made.pop(number, None)
                rows.add(self.row_at(number))
        rows.discard(-1)
        if rows:
            self.repaint_rows(min(rows), max(rows))

    # Lines

    def line(self, row: int) -> CompareLine | None:
        """The record of a line."""
        if self._lines is None or not 0 <= row < len(self._lines):
            return None
        number = int(self._lines[row])
        made = self._made.get(number)
        if made is None:
            if len(self._made) > _KEPT:
                self._made.clear()
            made = self._made[number] = self._make(number)
        return made

    def is_read(self, row: int) -> bool:
        """Whether a line says all that there is to say of its steps."""
        ids = [span for span in self.spans_at(row) if span is not None]
        return all(self._details.row(span) is not None for span in ids)

    def _make(self, line: int) -> CompareLine:
        assert self._folding is not None
        folding, made = self._folding, self._folding.alignment
        opened = folding.is_open(line)
        if line < 0:
            fold = folding.fold(line)
            row = made.row(fold.first)
            return CompareLine(
                fold.first, Sign.EQUAL, row.parts, row.depth, None, None, True, opened, 0,
                0, None, fold_delta(made, fold.first, fold.count), fold.count,
            )  # fmt: skip
        row = made.row(line)
        moved = row.sign is Sign.MOVED and row.a is not None
        return CompareLine(
            row.number, row.sign, row.parts, row.depth,
            self._step(made.a, row.a, row.depth, row.size - 1, opened),
            self._step(made.b, row.b, row.depth, row.size - 1, opened),
            row.size > 1, opened, row.below, _first_of(row.b, row.a) + 1,
            row.a + 1 if moved and row.a is not None else None, row.delta,
        )  # fmt: skip

    def _step(self, side: Side, place: int | None, depth: int, inside: int, opened: bool):
        if place is None:
            return None
        row = self._details.row(int(side.id[place]))
        said = "" if row is None else self._details.fragment(row)
        return step_line(side, place, row, said, depth, inside, opened)

    # Qt

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Role.LINE:
            return self.line(index.row())
        if role == Role.ID:
            return self.spans_at(index.row())[int(index.column() >= RIGHT)]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() >= DURATION else None
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        line = self.line(index.row())
        if line is None:
            return None
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == LEFT:
            return described(line)
        return self._shown(line, index.column())

    def _shown(self, line: CompareLine, column: int) -> str:
        if column == RIBBON:
            return line.sign.value.strip()
        if DURATION <= column <= COST:
            timeless = self.timeless and column == DURATION
            return "" if timeless else signed(figure(line.delta, column), column)
        if line.fold:
            return folded_words(line.fold)
        step = line.left if column == LEFT else line.right
        return "" if step is None else step.name or step.kind

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(TITLES):
            return None
        return TITLES[section] if role == Qt.ItemDataRole.DisplayRole else None


def _first_of(one: int | None, other: int | None) -> int:
    return next((place for place in (one, other) if place is not None), 0)


def _open_spans(side: Side) -> list[int]:
    return [int(id) for id, status in zip(side.id, side.status, strict=True) if status == OPEN]
