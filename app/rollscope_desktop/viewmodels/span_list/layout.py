"""Which columns of the list are shown, how wide and in which order; a value that can be kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rollscope_desktop.query.span_list.orders import LEVEL, RUN, STEP
from rollscope_desktop.viewmodels.span_list.columns import Column

ROOM = 220
"""What the column of the step wants at least before others are shown that nobody chose."""
_WIDEST = 2_000


@dataclass(frozen=True, slots=True)
class Layout:
    """What a person chose, by the keys of columns; for others the usual is done. ``places`` are the
    keys of columns from left to right."""

    chosen: Mapping[str, bool] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    places: tuple[str, ...] = ()

    def choose(self, key: str, shown: bool) -> Layout:
        """Show a column, or do not."""
        return replace(self, chosen={**self.chosen, key: shown})

    def widen(self, key: str, width: int) -> Layout:
        """Make a column so wide."""
        return replace(self, widths={**self.widths, key: width})

    def move(self, keys: Iterable[str]) -> Layout:
        """Put columns in another order."""
        return replace(self, places=tuple(keys))

    def visible(
        self,
        columns: Iterable[Column],
        room: int,
        everything: bool,
        sorted_by: str,
        width: Callable[[Column], int],
    ) -> set[str]:
        """The keys of the columns that are shown where there is so much room; the one that the list
        is sorted by stands before all that nobody chose."""
        offered = [c for c in columns if is_offered(c, everything) and c.key != STEP]
        shown = {c.key for c in offered if self.chosen.get(c.key, False)}
        left = room - ROOM - sum(width(c) for c in offered if c.key in shown)
        free = [c for c in offered if c.key not in self.chosen]
        usual = [c for c in free if c.turn or c.key == sorted_by]
        for column in sorted(usual, key=lambda c: (c.key != sorted_by, c.turn)):
            left -= width(column)
            if left < 0:
                break
            shown.add(column.key)
        return shown | {STEP}

    def pack(self) -> bytes:
        """The layout as it is kept."""
        said = {"chosen": dict(self.chosen), "widths": dict(self.widths), "places": self.places}
        return json.dumps(said).encode()


def is_offered(column: Column, everything: bool) -> bool:
    """Whether a column makes sense: the name of the run only beside others, levels in one run."""
    return column.key not in ((LEVEL,) if everything else (RUN,))


def unpack(data: bytes) -> Layout:
    """The layout that was kept; the usual one, when that cannot be read."""
    try:
        said: Any = json.loads(data)
        return Layout(
            {str(key): bool(shown) for key, shown in said["chosen"].items()},
            {str(key): min(max(int(w), 1), _WIDEST) for key, w in said["widths"].items()},
            tuple(map(str, said["places"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return Layout()
