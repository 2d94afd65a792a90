"""Aligns two runs: pairs steps, puts them in rows, finds where they first part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rollscope_desktop.model.aligning.divergence import first_divergence
from rollscope_desktop.model.aligning.matching import match
from rollscope_desktop.model.aligning.rows import lay_out
from rollscope_desktop.model.aligning.shape import Numbers, shape
from rollscope_desktop.model.alignment import Alignment, Counts, Delta, Sign
from rollscope_desktop.model.kinds import PAYING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollscope_desktop.model.alignment import Side


def align(a: Side, b: Side, total: Delta | None = None) -> Alignment:
    """Two runs beside each other. ``total`` is what B took more than A as a whole, if known.

    ``align(b, a)`` pairs the same steps: of two ways that are as good, the same is taken.
    """
    numbers = Numbers()
    swapped = _told(b) < _told(a)
    of_a, of_b = shape(a, numbers), shape(b, numbers)
    found = match(of_b, of_a).mirrored() if swapped else match(of_a, of_b)
    rows = lay_out(a, b, of_a, of_b, found)
    first = first_divergence(a, b, rows)
    signs = Counter(rows.signs)
    return Alignment(
        a, b, rows.a_at, rows.b_at, rows.depth, rows.signs, rows.parts, rows.below, rows.size,
        rows.row_of_a, rows.row_of_b, rows.folds, first,
        Counts(*(signs[sign] for sign in (
            Sign.EQUAL, Sign.CHANGED, Sign.INSERTED, Sign.REMOVED, Sign.MOVED
        ))),
        total or _total(a, b),
    )  # fmt: skip


def _told(side: Side) -> tuple[Sequence[object], ...]:
    """Everything that pairs depend on, in an order: of two different sides one is the smaller."""
    return (
        side.parent, side.kind, side.name, side.model, side.status, side.input, side.settings,
        side.output,
    )  # fmt: skip


def _total(a: Side, b: Side) -> Delta:
    spent = []
    for side in (a, b):
        paying = [place for place, kind in enumerate(side.kind) if kind in PAYING]
        tops = [place for place, parent in enumerate(side.parent) if parent < 0]
        spent.append((
            sum(side.duration[place] or 0 for place in tops),
            sum(side.tokens[place] or 0 for place in paying),
            sum(side.cost[place] or 0 for place in paying),
        ))  # fmt: skip
    before, after = spent
    return Delta(*(new - old for old, new in zip(before, after, strict=True)))
