"""Which spans of an outline are lines of the tree while it shows only what fits.

A span is there when it fits, or when one inside it does. Everything is open at first, and nothing
is folded: what fits must be seen. Answers the same questions as ``visible.Folding``, whose state is
left alone, so that the tree is as it was when everything is shown again. Imports numpy, so it is
itself imported late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rollscope_desktop.viewmodels.errors import failed
from rollscope_desktop.viewmodels.tree.opened import Opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int32


class Sifted(Opened):
    """``fits`` says of each span by its index whether it fits."""

    def __init__(self, outline: Outline, mask: NDArray[np.bool_]) -> None:
        self._open = np.ones(len(outline), np.bool_)
        self.fit(outline, mask)

    def fit(self, outline: Outline, mask: NDArray[np.bool_]) -> None:
        """Go on with an outline that has grown, or with a mask that says more.

        What the mask does not tell yet is taken not to fit.
        """
        self.outline = outline
        known = min(len(mask), len(outline))
        self.fits = np.zeros(len(outline), np.bool_)
        self.fits[:known] = mask[:known]
        here = self.fits[outline.order]
        before = np.zeros(len(outline) + 1, np.int32)
        np.cumsum(here, out=before[1:])
        end = np.arange(len(outline), dtype=np.int32) + outline.size
        self._inside: Int32 = before[end] - before[:-1]
        fresh = len(outline) - len(self._open)
        if fresh > 0:
            self._open = np.concatenate((self._open, np.ones(fresh, np.bool_)))

    def follow(self, outline: Outline) -> None:
        """Go on with an outline of the same run that has grown."""
        self.fit(outline, self.fits)

    def lines(self, low: int = 0, high: int | None = None) -> Int32:
        """The lines among the places from ``low`` to ``high``, seen by themselves."""
        made = self.outline
        high = len(made) if high is None else high
        if high <= low:
            return np.empty(0, np.int32)
        shown = self._inside[low:high] > 0
        sizes = made.size[low:high]
        closed = np.flatnonzero(shown & (sizes > 1) & ~self._open[made.order[low:high]])
        if len(closed):
            count = high - low
            step = np.zeros(count + 1, np.int32)
            step[closed + 1] = 1
            step -= np.bincount(closed + sizes[closed], minlength=count + 1).astype(np.int32)
            shown &= np.cumsum(step[:-1], dtype=np.int32) == 0
        return (np.flatnonzero(shown) + low).astype(np.int32)

    def fits_at(self, place: int) -> bool:
        """Whether the span at a place fits itself."""
        return bool(self.fits[self.outline.order[place]])

    def fitting_inside(self, place: int) -> int:
        """How many spans inside one fit, without itself."""
        return int(self._inside[place]) - self.fits_at(place)

    def errors(self) -> Int32:
        """The places of failed spans that fit."""
        return failed(self.outline, self.fits)

    def reveal(self, place: int) -> None:
        """Open whatever hides a span."""
        made = self.outline
        at = int(made.parent[made.order[place]])
        while at >= 0:
            self._open[at] = True
            at = int(made.parent[at])

    # Nothing is folded here.

    def hidden_by(self, line: int) -> int:
        """For a line of folded siblings: how many they are."""
        return 0

    def show_more(self, line: int) -> None:
        """Unfold the next siblings."""

    def repeats(self, place: int) -> int:
        """How many attempts the line of this span stands for."""
        return 1

    def set_repeats(self, place: int, open: bool) -> bool:
        """Show or hide the earlier attempts of a span; whether that changed anything."""
        return False
