"""What a comparison of two runs gives back: the runs, their alignment, one pair of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollscope_desktop.model.alignment import Alignment
    from rollscope_desktop.model.difference import Difference
    from rollscope_desktop.model.rows import RunRow, SpanRow


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs and how they stand beside each other. ``alignment.a.id[place]`` is a span's id.

    ``unread`` counts steps whose contents could not be read: they were compared without. ``live``
    says that one of the two goes on, so that the comparison is of what is there.
    ``revisions`` are those of the two runs when they were read. ``endings`` are sentences about how
    the runs themselves ended, where they did in different ways. ``keys`` has the keys of the spans
    of A and of B, by place, as the index knows them. ``cut`` says that one of the runs is too long:
    only the steps that came first were compared.
    """

    a: RunRow
    b: RunRow
    alignment: Alignment
    unread: int
    live: bool
    revisions: tuple[int, int]
    endings: tuple[str, ...]
    keys: tuple[Sequence[int], Sequence[int]]
    cut: bool = False

    @property
    def equal(self) -> bool:
        """Whether the two runs did the same and ended in the same way."""
        return self.alignment.equal and not self.endings and not self.cut


@dataclass(frozen=True, slots=True)
class Pair:
    """A step of A beside a step of B (either may be None), and what differs word by word.

    A difference is None where neither step has that. ``trouble`` is a sentence where a log could
    not be read.
    """

    a: SpanRow | None
    b: SpanRow | None
    input: Difference | None
    output: Difference | None
    trouble: str = ""
