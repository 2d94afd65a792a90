"""One run of a conversation: its steps, and which of them are rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rollscope_desktop.query.conversation.steps import Steps


@dataclass(slots=True, eq=False)
class Chapter:
    """One run of the conversation. ``rows`` holds the places of its steps, and in place of those
    that are hidden one negative number: how many they are. None: every step is a row."""

    run: int
    steps: Steps
    rows: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.steps) if self.rows is None else len(self.rows)

    def place(self, row: int) -> int:
        """The place of the step of a row; negative where steps are hidden."""
        return row if self.rows is None else int(self.rows[row])

    def row(self, place: int) -> int:
        """The row of a step, or of the rule that it is hidden behind."""
        if self.rows is None:
            return place
        from rollscope_desktop.viewmodels.conversation.rows import row_of  # late: numpy

        return row_of(self.rows, place)
