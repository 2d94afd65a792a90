"""The span tree as a table over its visible lines, which opening and closing a span splices.

The structure of the whole run is held as arrays, rows of spans in a cache that is filled for what
is on screen. Sorting, counting and reading happen in jobs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Qt

from rollscope_desktop.model.assemble import ERROR
from rollscope_desktop.model.rows import ORDER
from rollscope_desktop.viewmodels.as_of import as_of, worst_as_of
from rollscope_desktop.viewmodels.lines import NoteLine, Role, SpanLine
from rollscope_desktop.viewmodels.span_text import (
    alignment,
    described,
    fold_line,
    note_words,
    shown,
    span_line,
)
from rollscope_desktop.viewmodels.tree.line_table import Index
from rollscope_desktop.viewmodels.tree.rows import NOTE, TreeRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rollscope_desktop.viewmodels.open_run import OpenRun


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


class SpanTreeModel(TreeRows):
    """The tree of one run. What a delegate needs is in Role.LINE (None: on its way)."""

    _columns = len(COLUMNS)

    def __init__(self, run: OpenRun, parent: QObject | None = None) -> None:
        self._made: dict[int, SpanLine | NoteLine] = {}
        self._seen: dict[int, SpanLine] = {}  # as they were at the playhead
        self._zero = run.watch.axis.start
        super().__init__(run, parent)
        self._watch.axis_changed.connect(self._take_axis)
        self._details.arrived.connect(self._show_details)
        run.marks.arrived.connect(self._show_notes)
        run.playhead.moved.connect(self._move)

    # Lines

    def line(self, row: int) -> SpanLine | NoteLine | None:
        """The record of a row, as it was at the playhead; None while it is on its way."""
        if self._lines is None or not 0 <= row < len(self._lines):
            return None
        number = int(self._lines[row])
        made = self._made.get(number)
        if made is None:
            made = self._note(number) if number >= NOTE else self._make(number)
            if made is not None:
                self._made[number] = made
        at = self._run.playhead.at
        if at is None or not isinstance(made, SpanLine):
            return made
        seen = self._seen.get(number)
        if seen is None:
            seen = as_of(made, at)
            if made.worst == ERROR and not made.expanded and number >= 0:
                assert self._tree is not None
                worst = worst_as_of(self._tree.outline, number, at, self.axis.start)
                seen = replace(seen, worst=worst)
            self._seen[number] = seen
        return seen

    def _make(self, number: int) -> SpanLine | None:
        assert self._tree is not None
        tree, made, spans = self._tree, self._tree.outline, self._tree.shown
        place = number if number >= 0 else ~number
        index = int(made.order[place])
        if number < 0:
            return fold_line(int(made.depth[place]), spans.hidden_by(number))
        row = self._details.row(made.structure.id_of(index))
        if row is None:
            return None
        repeats = spans.repeats(place)
        return span_line(
            row, self.axis.start, int(made.depth[place]),
            tree.has_inside(place), int(made.size[place]) - 1,
            tree.is_expanded(place), repeats, made.worst(place),
            self._details.fragment(row), tree.fits(place),
        )  # fmt: skip

    def _note(self, number: int) -> NoteLine | None:
        assert self._tree is not None
        notes, made = self._tree.notes, self._tree.outline
        note = self._run.marks.row(made.structure.run << 31 | (number - NOTE))
        if notes is None or note is None:
            return None
        at = self._tree.note_at(number)
        owner = int(notes.owner[at])
        span = None if owner < 0 else made.structure.id_of(int(made.order[owner]))
        return NoteLine(
            note.id, note.type, note.name, note.value, int(notes.time[at]), int(notes.depth[at]),
            span,
        )  # fmt: skip

    # What arrives

    def _forget(self, number: int | None = None) -> None:
        if number is None:
            self._made.clear()
            self._seen.clear()
        else:
            self._made.pop(number, None)
            self._seen.pop(number, None)

    def _take_axis(self) -> None:
        if self.axis.start != self._zero:
            self._zero = self.axis.start
            self._forget()

    def _move(self, at: int | None) -> None:
        self._seen.clear()

    def _show_details(self, ids: Iterable[int]) -> None:
        places = [place for span in ids if (place := self._place(span)) is not None]
        self._repaint(places, [self.row_at(place) for place in places])

    def _show_notes(self, ids: Sequence[int]) -> None:
        if self._lines is None:
            return
        import numpy as np

        numbers = [NOTE + (id & ((1 << 31) - 1)) for id in ids]
        self._repaint(numbers, np.flatnonzero(np.isin(self._lines, numbers)).tolist())

    def _repaint(self, numbers: Iterable[int], rows: Iterable[int]) -> None:
        for number in numbers:
            self._forget(number)
        seen = [row for row in rows if row >= 0]
        if seen:
            self.repaint_rows(min(seen), max(seen))

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
        if isinstance(line, NoteLine):
            return note_words(line, index.column(), timeless, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(line, index.column(), timeless)
        cut_off = self.axis.interrupted and self._run.playhead.at is None
        return described(line, index.column(), timeless, cut_off=cut_off)

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
            Role.ID, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.TextAlignmentRole,
        ),
    )
)  # fmt: skip
