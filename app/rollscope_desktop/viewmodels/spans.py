"""The span tree as a table over its visible lines, which opening and closing a span splices.

The structure of the whole run is held as arrays, rows of spans in a cache that is filled for what
is on screen. Sorting, counting and reading happen in jobs.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal

from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.viewmodels.details import Details
from rollscope_desktop.viewmodels.line_table import Index, LineTable
from rollscope_desktop.viewmodels.lines import Role, SpanLine
from rollscope_desktop.viewmodels.run_watch import RunWatch
from rollscope_desktop.viewmodels.span_text import (
    alignment,
    described,
    fold_line,
    shown,
    span_line,
    tip,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.outline import Following, Opening, Outline
    from rollscope_desktop.query.structure import Int32
    from rollscope_desktop.services.jobs import Jobs
    from rollscope_desktop.viewmodels.axis import RunAxis
    from rollscope_desktop.viewmodels.visible import Folding


class Column(NamedTuple):
    """A column of the tree."""

    key: str
    title: str
    tip: str


COLUMNS = (
    Column("step", "Step", "What was called, and what happened"),
    Column("duration", "Duration", "From start to end"),
    Column("tokens", "Tokens", "Tokens in and out"),
    Column("cost", "Cost", "What the step cost"),
    Column("waterfall", "", "When the step ran, on the axis of the whole run"),
)


class State(Enum):
    """What the whole view shows."""

    EMPTY = "empty"  # no run is chosen
    LOADING = "loading"
    FAILED = "failed"
    FULL = "full"  # also of a run that has no steps


class SpanTreeModel(LineTable):
    """The tree of one run. What a delegate needs is in Role.LINE (None: on its way)."""

    state_changed = Signal()
    axis_changed = Signal()

    _columns = len(COLUMNS)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State.EMPTY
        self.failure = ""
        self.whole = False
        self._watch = RunWatch(jobs, self)
        self._watch.opened.connect(self._open)
        self._watch.grown.connect(self._grow_by)
        self._watch.failed.connect(self._fail)
        self._watch.axis_changed.connect(self._take_axis)
        self._details = Details(jobs, self)
        self._details.arrived.connect(self._show_details)
        self._folding: Folding | None = None
        self._made: dict[int, SpanLine] = {}
        self._zero = 0

    # What is shown

    @property
    def run(self) -> int | None:
        """The id of the run that is shown."""
        return self._watch.run

    @property
    def run_row(self) -> RunRow | None:
        """The row of the run that is shown, once it is read."""
        return self._watch.row

    @property
    def axis(self) -> RunAxis:
        """The extent of the run, and whether it is still being written."""
        return self._watch.axis

    def show_run(self, run: int | None) -> None:
        """Show a run by its id, or nothing. What was open of another run is forgotten."""
        self._details.clear()
        self._empty()
        self.whole = False
        self._watch.show(run)
        self._set_state(State.EMPTY if run is None else State.LOADING)

    def follow(self) -> None:
        """The run has changed: look again, but not more often than looking takes."""
        self._watch.follow()

    # Lines

    def line(self, row: int) -> SpanLine | None:
        """The record of a row; None while it is on its way."""
        if self._lines is None or not 0 <= row < len(self._lines):
            return None
        number = int(self._lines[row])
        made = self._made.get(number)
        if made is None:
            made = self._make(number)
            if made is not None:
                self._made[number] = made
        return made

    def span_id(self, row: int) -> int | None:
        """The id of the span in a row; None for a line of folded siblings."""
        if self._lines is None or self._folding is None or not 0 <= row < len(self._lines):
            return None
        number = int(self._lines[row])
        made = self._folding.outline
        return None if number < 0 else made.structure.id_of(int(made.order[number]))

    def row_of(self, span: int) -> int:
        """The row of a span by its id; -1 when it is not among the visible lines."""
        place = self._place(span)
        return -1 if place is None else self.row_at(place)

    def reveal(self, span: int) -> int:
        """Open whatever hides a span; its row, or -1 when the run has no such span."""
        place = self._place(span)
        if place is None or self._folding is None:
            return -1
        if self.row_at(place) < 0:
            self._folding.reveal(place)
            self._take(self._folding.lines())
        return self.row_at(place)

    def parent_row(self, row: int) -> int:
        """The row of the step that this row is inside of; -1 at the top."""
        if self._lines is None or self._folding is None or not 0 <= row < len(self._lines):
            return -1
        made = self._folding.outline
        number = int(self._lines[row])
        parent = int(made.parent[made.order[number if number >= 0 else ~number]])
        return -1 if parent < 0 else self.row_at(int(made.place[parent]))

    def next_error(self, row: int, back: bool = False) -> int:
        """The id of the next span after a row that failed, wherever it is hidden; -1 for none.

        Before the first row is -1, after the last is ``rowCount``.
        """
        if self._folding is None or self._lines is None:
            return -1
        made = self._folding.outline
        if 0 <= row < len(self._lines):
            number = int(self._lines[row])
            place = number if number >= 0 else ~number
        else:
            place = -1 if row < 0 else len(made.order)
        found = made.errors[made.errors < place] if back else made.errors[made.errors > place]
        if not len(found):
            return -1
        return made.structure.id_of(int(made.order[found[-1 if back else 0]]))

    # Opening and closing

    def toggle(self, row: int) -> None:
        """Open a row or close it; a line of folded siblings shows the next thousand."""
        line = self.line(row)
        if line is not None:
            self.set_expanded(row, line.fold > 0 or line.repeats > 1 or not line.expanded)

    def set_expanded(self, row: int, expanded: bool) -> None:
        """Open or close a row. Opening a row of attempts first shows them one by one."""
        folding, lines = self._folding, self._lines
        if folding is None or lines is None or not 0 <= row < len(lines):
            return
        number = int(lines[row])
        if number < 0:
            if expanded:
                folding.show_more(number)
                self._take(folding.lines())
            return
        if expanded and folding.repeats(number) > 1:
            folding.set_repeats(number, True)
            self._take(folding.lines())
            return
        size = int(folding.outline.size[number])
        if size > 1 and folding.is_open(number) != expanded:
            folding.set_open(number, expanded)
            self._look_inside(row, number, size)
        elif not expanded and folding.set_repeats(number, False):
            self._take(folding.lines())

    def set_all_expanded(self, expanded: bool) -> None:
        """Open or close every step of the run."""
        if self._folding is not None:
            self._folding.set_all_open(expanded)
            self._take(self._folding.lines())

    def set_expanded_inside(self, row: int, expanded: bool) -> None:
        """Open or close a row and everything inside it."""
        folding, lines = self._folding, self._lines
        if folding is None or lines is None or not 0 <= row < len(lines) or lines[row] < 0:
            return
        number = int(lines[row])
        folding.set_open_inside(number, expanded)
        self._look_inside(row, number, int(folding.outline.size[number]))

    def _take(self, new: Int32, old: Int32 | None = None) -> None:
        self._made.clear()
        self.change_lines(new, old)

    def _look_inside(self, row: int, place: int, size: int) -> None:
        """Replace the lines inside one span by what they are now."""
        assert self._folding is not None
        last = self.spot_at(place + size)
        end = place + size if self._folding.is_open(place) else place
        self.splice(row + 1, last, self._folding.lines(place + 1, end))
        self._made.pop(place, None)
        self.repaint_rows(row, row)

    def _place(self, span: int) -> int | None:
        if self._folding is None:
            return None
        made = self._folding.outline
        index = made.structure.index_of(span)
        return None if index is None else int(made.place[index])

    def _make(self, number: int) -> SpanLine | None:
        assert self._folding is not None
        folding, made = self._folding, self._folding.outline
        place = number if number >= 0 else ~number
        index = int(made.order[place])
        if number < 0:
            return fold_line(int(made.depth[place]), folding.hidden_by(number))
        row = self._details.row(made.structure.id_of(index))
        if row is None:
            return None
        repeats = folding.repeats(place)
        return span_line(
            row, self.axis.start, int(made.depth[place]),
            int(made.children[index]), int(made.size[place]) - 1,
            folding.is_open(place) and repeats == 1, repeats, made.worst(place),
            self._details.fragment(row),
        )  # fmt: skip

    # What arrives

    def _open(self, opening: Opening) -> None:
        from rollscope_desktop.viewmodels.visible import Folding

        self._details.put(opening.rows)
        self.whole = opening.whole
        if self._folding is None:
            self._folding = Folding(opening.outline)
            if opening.whole:
                self._folding.open_errors()
            self.set_lines(self._folding.lines())
        else:
            self._grow(opening.outline, errors=opening.whole)
        self._set_state(State.FULL)

    def _grow_by(self, following: Following) -> None:
        structure = following.growth.structure
        changed = following.growth.changed.tolist()
        self._details.outdate(structure.id_of(index) for index in changed)
        self._details.put(following.rows)
        self._grow(following.outline)

    def _grow(self, outline: Outline, errors: bool = False) -> None:
        import numpy as np

        folding, lines = self._folding, self._lines
        if folding is None or lines is None:
            return
        moved = outline.place[folding.outline.order[self.spots()]]
        folding.follow(outline)
        if errors:
            folding.open_errors()
        self._take(folding.lines(), np.where(lines < 0, ~moved, moved))

    def _fail(self, error: Exception) -> None:
        self.failure = str(error)
        self._empty()
        self._set_state(State.FAILED)

    def _empty(self) -> None:
        self._folding = None
        self._made.clear()
        self.set_lines(None)

    def _take_axis(self) -> None:
        if self.axis.start != self._zero:
            self._zero = self.axis.start
            self._made.clear()
        self.axis_changed.emit()

    def _show_details(self, ids: Iterable[int]) -> None:
        if self._lines is None or self._folding is None:
            return
        rows = []
        for span in ids:
            place = self._place(span)
            if place is not None:
                self._made.pop(place, None)
                if (row := self.row_at(place)) >= 0:
                    rows.append(row)
        if rows:
            self.repaint_rows(min(rows), max(rows))

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    # Qt

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Role.LINE:
            return self.line(index.row())
        if role not in _ROLES or not index.isValid():
            return None
        if role == Role.ID:
            return self.span_id(index.row())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(index.column())
        line = self.line(index.row())
        if line is None:
            return "…" if role == Qt.ItemDataRole.DisplayRole and index.column() == 0 else None
        timeless = self.axis.clock == ORDER
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(line, index.column(), timeless)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(line, timeless)
        return described(line, index.column(), timeless)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        return COLUMNS[section].tip if role == Qt.ItemDataRole.ToolTipRole else None


_ROLES = frozenset(
    map(
        int,
        (
            Role.ID, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.TextAlignmentRole,
        ),
    )
)  # fmt: skip
