"""Which spans of an outline are open, so that what is inside them shows below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rollscope_desktop.query.outline import Outline


class Opened:
    """A mark for each span by its index; who inherits this sets both, and says what is a line."""

    outline: Outline
    _open: NDArray[np.bool_]

    def opened(self) -> NDArray[np.bool_]:
        """Of each span by its index, whether what is inside shows below it."""
        return self._open

    def is_open(self, place: int) -> bool:
        """Whether what is inside a span shows below it."""
        return bool(self._open[self.outline.order[place]])

    def set_open(self, place: int, open: bool) -> None:
        """Open or close one span."""
        self._open[self.outline.order[place]] = open

    def set_open_inside(self, place: int, open: bool) -> None:
        """Open or close a span and everything inside."""
        end = place + int(self.outline.size[place])
        self._open[self.outline.order[place:end]] = open

    def set_all_open(self, open: bool) -> None:
        """Open or close every span of the run."""
        self._open[:] = open

    def set_levels(self, levels: int) -> None:
        """Open what is needed to see so many levels, and close the rest."""
        self._open = self.outline.depth[self.outline.place] < levels - 1
