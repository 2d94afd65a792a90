"""Which rows the span tree has: spans that are open or fit the filter, and the notes among them.

What the rows say is the affair of the model that is made of this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from rollscope_desktop.viewmodels.errors import beside
from rollscope_desktop.viewmodels.tree.line_table import LineTable

if TYPE_CHECKING:
    from rollscope_desktop.query.outline import Following, Opening, Outline
    from rollscope_desktop.query.structure import Int32
    from rollscope_desktop.viewmodels.axis import RunAxis
    from rollscope_desktop.viewmodels.open_run import OpenRun
    from rollscope_desktop.viewmodels.tree.lines import TreeLines

NOTE = 1 << 30  # visible.NOTE, which cannot be imported before numpy
_MESSAGE = 3  # marks.Mark.MESSAGE, likewise


class TreeRows(LineTable):
    """The rows of one run.

    Between ``changing`` and ``changed`` rows come and go that still are the same spans: whoever
    keeps a selection by row takes it up again by its id.
    """

    changing = Signal()
    changed = Signal()
    sifted = Signal()
    """Another filter, or none: what is shown has little in common with what was."""
    grew = Signal(int)
    """The run went on, and so many rows are new."""

    def __init__(self, run: OpenRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._watch = watch = run.watch
        self._details = run.details
        self._tree: TreeLines | None = None
        self._notes_shown = True
        self._has_opened_errors = False
        self._awake = True
        self._missed = False
        watch.begun.connect(self._empty)
        watch.opened.connect(self._open)
        watch.grown.connect(self._grow_by)
        watch.failed.connect(self._empty)
        run.matches.changed.connect(self._sift)
        run.marks.changed.connect(self._take_notes)
        if watch.outline is not None:
            # It was opened before this was made.
            self._begin()

    @property
    def axis(self) -> RunAxis:
        """The extent of the run, and whether it is still being written."""
        return self._watch.axis

    def has_notes(self) -> bool:
        """Whether the run has notes that can be rows."""
        ticks = self._run.marks.ticks
        return ticks is not None and bool((ticks.type != _MESSAGE).any())

    # Rows and ids

    def span_id(self, row: int) -> int | None:
        """The id of the span in a row, or of a note's span; None for folded siblings."""
        if self._lines is None or self._tree is None or not 0 <= row < len(self._lines):
            return None
        number, made = int(self._lines[row]), self._tree.outline
        if number >= NOTE:
            notes = self._tree.notes
            number = -1 if notes is None else int(notes.owner[self._tree.note_at(number)])
        return None if number < 0 else made.structure.id_of(int(made.order[number]))

    def note_id(self, row: int) -> int | None:
        """The id of the note in a row; None for any other row."""
        if self._lines is None or not 0 <= row < len(self._lines) or self._lines[row] < NOTE:
            return None
        assert self._tree is not None
        return self._tree.outline.structure.run << 31 | (int(self._lines[row]) - NOTE)

    def row_of(self, span: int) -> int:
        """The row of a span by its id; -1 when it is not among the visible lines."""
        place = self._place(span)
        return -1 if place is None else self.row_at(place)

    def reveal(self, span: int) -> int:
        """Open whatever hides a span; its row, or -1 when the run has no such span, or when it
        does not fit the filter."""
        place = self._place(span)
        if place is None or self._tree is None:
            return -1
        if self.row_at(place) < 0 and self._tree.can_show(place):
            self._tree.shown.reveal(place)
            self._take(self._tree.lines())
        return self.row_at(place)

    def row_near(self, span: int) -> int:
        """The row of a span, or of the line that hides it; -1 if there is none."""
        place = self._place(span)
        if place is None or self._lines is None or self._tree is None:
            return -1
        spots = self.spots()
        row = int(spots.searchsorted(spots.dtype.type(place), "right")) - 1
        while row >= 0 and self._lines[row] >= NOTE:
            row -= 1
        return row

    def newest_row(self) -> int:
        """The row of the span that came last, or of what hides it; -1 if there is none."""
        if self._tree is None or not len(self._tree.outline):
            return -1
        structure = self._tree.outline.structure
        return self.row_near(structure.id_of(len(structure) - 1))

    def walk(self, row: int, by: int) -> int:
        """The row of the span ``by`` rows further on, not counting notes and folds; -1: none."""
        if self._lines is None:
            return -1
        step, left, found = (1 if by > 0 else -1), abs(by), -1
        row += step
        while left and 0 <= row < len(self._lines):
            if 0 <= self._lines[row] < NOTE:
                left, found = left - 1, row
            row += step
        return found

    def parent_row(self, row: int) -> int:
        """The row of the step that this row is inside of; -1 at the top."""
        if self._lines is None or self._tree is None or not 0 <= row < len(self._lines):
            return -1
        made, number = self._tree.outline, int(self._lines[row])
        if number >= NOTE:
            span = self.span_id(row)
            return -1 if span is None else self.row_of(span)
        parent = int(made.parent[made.order[number if number >= 0 else ~number]])
        return -1 if parent < 0 else self.row_at(int(made.place[parent]))

    def error_beside(self, span: int | None, back: bool = False) -> int | None:
        """The id of the failed span after one, wherever it is hidden, or before it; after the last
        comes the first. None when no span failed, or none that fits."""
        if self._tree is None:
            return None
        return beside(self._tree.outline, self._tree.errors(), span, -1 if back else 1)

    # Opening and closing

    def toggle(self, row: int) -> None:
        """Open a row or close it; a line of folded siblings shows the next thousand."""
        tree, lines = self._tree, self._lines
        if tree is not None and lines is not None and 0 <= row < len(lines):
            self.set_expanded(row, not tree.is_expanded(int(lines[row])))

    def set_expanded(self, row: int, expanded: bool) -> None:
        """Open or close a row. Opening a row of attempts first shows them one by one."""
        tree, lines = self._tree, self._lines
        if tree is None or lines is None or not 0 <= row < len(lines) or lines[row] >= NOTE:
            return
        number, spans = int(lines[row]), tree.shown
        if number < 0:
            if expanded:
                spans.show_more(number)
                self._take(tree.lines())
            return
        if expanded and spans.repeats(number) > 1:
            spans.set_repeats(number, True)
            self._take(tree.lines())
            return
        if tree.has_inside(number) and spans.is_open(number) != expanded:
            spans.set_open(number, expanded)
            self._look_inside(row, number)
        elif not expanded and spans.set_repeats(number, False):
            self._take(tree.lines())

    def set_all_expanded(self, expanded: bool) -> None:
        """Open or close every step of the run."""
        if self._tree is not None:
            self._tree.shown.set_all_open(expanded)
            self._take(self._tree.lines())

    def set_levels(self, levels: int) -> None:
        """Open what is needed to see so many levels, and close the rest."""
        if self._tree is not None:
            self._tree.shown.set_levels(levels)
            self._take(self._tree.lines())

    def set_expanded_inside(self, row: int, expanded: bool) -> None:
        """Open or close a row and everything inside it."""
        tree, lines = self._tree, self._lines
        if tree is None or lines is None or not 0 <= row < len(lines):
            return
        number = int(lines[row])
        if 0 <= number < NOTE:
            tree.shown.set_open_inside(number, expanded)
            self._look_inside(row, number)

    def set_notes_shown(self, shown: bool) -> None:
        """Show notes as rows, or leave them out."""
        if shown != self._notes_shown:
            self._notes_shown = shown
            self._take_notes()

    def _take(self, new: Int32, old: Int32 | None = None) -> None:
        self._forget()
        self.changing.emit()
        self.change_lines(new, old)
        self.changed.emit()

    def _look_inside(self, row: int, place: int) -> None:
        """Replace the lines inside one span by what they are now."""
        tree, lines = self._tree, self._lines
        assert tree is not None
        assert lines is not None
        last = tree.end_of(place, lines, self.spots())
        self.changing.emit()
        self.splice(row + 1, last, tree.inside(place))
        self._forget(place)
        self.repaint_rows(row, row)
        self.changed.emit()

    def _forget(self, number: int | None = None) -> None:
        """What a row said, or all of them, is no longer so."""

    def _place(self, span: int) -> int | None:
        if self._tree is None:
            return None
        made = self._tree.outline
        index = made.structure.index_of(span)
        return None if index is None else int(made.place[index])

    def _spots_of(self, lines: Int32) -> Int32:
        assert self._tree is not None
        return self._tree.spots(lines)

    # What arrives

    def set_awake(self, awake: bool) -> None:
        """While nobody looks, nothing is worked out; then everything that was missed, at once."""
        self._awake = awake
        outline = self._watch.outline
        if awake and self._missed and outline is not None:
            if self._tree is None:
                self._begin()
            else:
                self._tree.sift(self._run.matches.mask, self._purpose())
                self._grow(outline)

    def _may_work(self) -> bool:
        self._missed = self._missed or not self._awake
        return self._awake

    def _open(self, opening: Opening) -> None:
        if not self._may_work():
            return
        if self._tree is None:
            self._begin()
        else:
            self._grow(opening.outline)

    def _begin(self) -> None:
        from rollscope_desktop.viewmodels.tree.lines import TreeLines

        outline = self._watch.outline
        assert outline is not None
        self._missed = False
        self._tree = tree = TreeLines(outline)
        self._open_errors()
        tree.sift(self._run.matches.mask, self._purpose())
        self._place_notes()
        self.set_lines(tree.lines())

    def _open_errors(self) -> None:
        """Once, when the run is whole: then the person opens and closes."""
        if self._tree is not None and self._watch.whole and not self._has_opened_errors:
            self._has_opened_errors = True
            self._tree.folding.open_errors()

    def _grow_by(self, following: Following) -> None:
        if not self._may_work():
            return
        growth, count = following.growth, len(following.outline)
        self._grow(following.outline)
        if self._lines is not None and growth.added_from < count:
            spans = self._lines[(self._lines >= 0) & (self._lines < NOTE)]
            fresh = following.outline.order[spans] >= growth.added_from
            self.grew.emit(int(fresh.sum()))

    def _grow(self, outline: Outline) -> None:
        tree, lines = self._tree, self._lines
        if tree is None or lines is None:
            return
        self._missed = False
        renamed = tree.renamed(lines, self.spots(), outline)
        tree.follow(outline)
        self._open_errors()
        self._place_notes()
        self._take(tree.lines(), renamed)

    def _sift(self) -> None:
        tree = self._tree
        if tree is None or self._lines is None or not self._may_work():
            return
        if tree.sift(self._run.matches.mask, self._purpose()):
            self._take(tree.lines())
            return
        # Of what is shown now, hardly anything was shown before.
        self._forget()
        self.changing.emit()
        self.set_lines(tree.lines())
        self.changed.emit()
        self.sifted.emit()

    def _purpose(self) -> object:
        scope = self._run.scope.scope
        return scope.filter, scope.range

    def _take_notes(self) -> None:
        if self._tree is not None and self._lines is not None and self._may_work():
            self._place_notes()
            self._take(self._tree.lines())

    def _place_notes(self) -> None:
        if self._tree is not None:
            ticks = self._run.marks.ticks if self._notes_shown else None
            self._tree.take_notes(ticks, self.axis.start)

    def _empty(self, error: Exception | None = None) -> None:
        self._tree = None
        self._has_opened_errors = False
        self._forget()
        self.set_lines(None)
