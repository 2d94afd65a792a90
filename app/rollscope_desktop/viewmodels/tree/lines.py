"""The lines of the tree as numbers: spans that are open or fit, and the notes among them.

Knows no Qt. Imports numpy, so it is itself imported late. A *line* is the place of a span in
pre-order, or the complement (``~place``) for a line that stands for that span and all its further
siblings, or from ``visible.NOTE`` on the number of a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rollscope_desktop.viewmodels.tree.notes import NoteRows, note_rows
from rollscope_desktop.viewmodels.tree.sifted import Sifted
from rollscope_desktop.viewmodels.tree.visible import NOTE, Folding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.query.marks import Ticks
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int32


class TreeLines:
    """``shown`` says which spans are lines now: all that are open, or those that fit."""

    def __init__(self, outline: Outline) -> None:
        self.folding = Folding(outline)
        self.sifted: Sifted | None = None
        self.notes: NoteRows | None = None
        self._sifted_for: object = None

    @property
    def outline(self) -> Outline:
        """The outline that all numbers are of."""
        return self.folding.outline

    @property
    def shown(self) -> Folding | Sifted:
        """What answers for the spans."""
        return self.folding if self.sifted is None else self.sifted

    def follow(self, outline: Outline) -> None:
        """Go on with an outline that has grown; the notes must be taken anew."""
        self.folding.follow(outline)
        if self.sifted is not None:
            self.sifted.follow(outline)

    def sift(self, mask: NDArray[np.bool_] | None, purpose: object) -> bool:
        """Show only what fits, or everything (None). What was closed stays so while the
        ``purpose`` is the same: the mask of a run that grows is renewed again and again. Returns
        whether it is the same."""
        before = (self.sifted is None, self._sifted_for)
        if mask is None:
            self.sifted = None
        elif self.sifted is None or purpose != self._sifted_for:
            self.sifted = Sifted(self.outline, mask)
        else:
            self.sifted.fit(self.outline, mask)
        self._sifted_for = purpose
        return before == (self.sifted is None, purpose)

    def take_notes(self, ticks: Ticks | None, zero: int) -> None:
        """Show these notes as rows, or none."""
        self.notes = note_rows(self.outline, ticks, zero)

    def lines(self) -> Int32:
        """All lines."""
        out = self.shown.lines()
        if self.notes is None:
            return out
        return self._noted(out, slice(0, len(self.notes)), -1)

    def inside(self, place: int) -> Int32:
        """The lines below one span that is a line itself."""
        made = self.outline
        if not self.shown.is_open(place):
            return np.empty(0, np.int32)
        end = place + int(made.size[place])
        out = self.shown.lines(place + 1, end)
        if self.notes is None:
            return out
        owner = self.notes.owner
        mine = np.flatnonzero((owner >= place) & (owner < end))
        return self._noted(out, mine, place)

    def _noted(self, out: Int32, which: slice | NDArray[np.int64], top: int) -> Int32:
        """Lines with notes among them: of spans that are open lines, and of ``top``."""
        notes = self.notes
        assert notes is not None
        owner, spot, number = notes.owner[which], notes.spot[which], notes.number[which]
        spots = np.where(out < 0, ~out, out)
        seen = owner == top
        others = np.flatnonzero(~seen & (owner >= 0))
        of = owner[others]
        if len(out):
            row = np.minimum(np.searchsorted(spots, of), len(out) - 1)
            seen[others] = out[row] == of
        inner = np.flatnonzero(seen & (owner >= 0))
        order = self.outline.order
        seen[inner] &= self.shown.opened()[order[owner[inner]]]
        if self.sifted is not None:
            seen[inner] &= self.sifted.fits[order[owner[inner]]]
            seen &= owner >= 0
        if not seen.any():
            return out
        return np.insert(out, np.searchsorted(spots, spot[seen]), number[seen])

    def spots(self, lines: Int32) -> Int32:
        """The place that each line begins at, or stands before; they never grow less."""
        spots = np.where(lines < 0, ~lines, lines)
        noted = np.flatnonzero(lines >= NOTE)
        if len(noted) and self.notes is not None:
            spots[noted] = self.notes.spot[self.notes.at(lines[noted])]
        return spots

    def end_of(self, place: int, lines: Int32, spots: Int32) -> int:
        """The first row after a span and everything inside."""
        end = spots.dtype.type(place + int(self.outline.size[place]))
        first = int(spots.searchsorted(end))
        after = int(spots.searchsorted(end, "right"))
        ends = lines[first:after]
        ends = ends[ends >= NOTE]
        if self.notes is None or not len(ends):
            return first
        # Notes at the end of a span stand before those of the spans around it.
        owner = self.notes.owner[self.notes.at(ends)]
        return first + int(np.count_nonzero(owner >= place))

    def renamed(self, lines: Int32, spots: Int32, outline: Outline) -> Int32:
        """The same lines by the places of an outline that is to come."""
        made = self.outline
        spans = lines < NOTE
        out = lines.copy()
        moved = outline.place[made.order[spots[spans]]]
        out[spans] = np.where(lines[spans] < 0, ~moved, moved)
        return out

    def has_inside(self, place: int) -> int:
        """How many children show below a span when it is open; 0: it cannot be opened."""
        made = self.outline
        children = int(made.children[made.order[place]])
        noted = 0
        if self.notes is not None and (self.sifted is None or self.sifted.fits_at(place)):
            noted = self.notes.of(place)
        if self.sifted is not None:
            children = self.sifted.fitting_inside(place)
        return children + noted

    def is_expanded(self, line: int) -> bool:
        """Whether a span shows everything inside: it is open, and no attempts are hidden."""
        spans = self.shown
        return 0 <= line < NOTE and spans.is_open(line) and spans.repeats(line) == 1

    def fits(self, place: int) -> bool:
        """Whether a span is there for itself, and not for what is inside."""
        return self.sifted is None or self.sifted.fits_at(place)

    def can_show(self, place: int) -> bool:
        """Whether a span can be a line, if what hides it is opened."""
        return self.sifted is None or self.fits(place) or self.sifted.fitting_inside(place) > 0

    def note_at(self, number: int) -> int:
        """Where the note of a line is in the arrays of ``notes``."""
        assert self.notes is not None
        return int(self.notes.at(np.array([number], np.int32))[0])

    def errors(self) -> Int32:
        """The places of the failed spans that can be shown."""
        return self.outline.errors if self.sifted is None else self.sifted.errors()
