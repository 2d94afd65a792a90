"""What the timeline asks the index; each runs on a worker, and imports numpy there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    from rollscope_desktop.model.viewport import Gap
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.outline import Outline
    from rollscope_desktop.query.structure import Int64
    from rollscope_desktop.query.timeline.calls import Kinds
    from rollscope_desktop.query.timeline.critical import CriticalPath
    from rollscope_desktop.query.timeline.idle import Overview
    from rollscope_desktop.query.timeline.lanes import Lanes
    from rollscope_desktop.query.timeline.range_sums import Sums
    from rollscope_desktop.query.timeline.tints import Tints
    from rollscope_desktop.viewmodels.axis import RunAxis


@dataclass(frozen=True, slots=True)
class Arranged:
    """The lanes of an outline, its idle gaps, and how busy the run was; by the axis it had then."""

    lanes: Lanes
    gaps: tuple[Gap, ...]
    overview: Overview
    kinds: Kinds
    axis: RunAxis
    folded: bool


def arrange(
    reader: Reader, outline: Outline, axis: RunAxis, fold: bool, before: Lanes | None
) -> Generator[Any, None, Arranged]:
    """The lanes, unless they are known, and what goes with them."""
    from rollscope_desktop.query.timeline.calls import query_kinds
    from rollscope_desktop.query.timeline.idle import gaps_of, overview_of
    from rollscope_desktop.query.timeline.lanes import lanes_of

    lanes = before if before is not None else (yield from lanes_of(outline))
    gaps: tuple[Gap, ...] = ()
    if fold:
        gaps = yield from gaps_of(outline, axis.start, axis.length, axis.live)
    overview = yield from overview_of(outline, axis.start, axis.length, gaps)
    return Arranged(lanes, gaps, overview, query_kinds(reader), axis, fold)


def tints(
    reader: Reader, outline: Outline, mode: str
) -> Generator[Any, None, tuple[Outline, Tints]]:
    """What spans are coloured by."""
    from rollscope_desktop.query.timeline.tints import query_tints

    return outline, (yield from query_tints(reader, outline.structure, mode))


def path(
    reader: Reader, outline: Outline, latest: int
) -> Generator[Any, None, tuple[Outline, CriticalPath]]:
    """The critical path."""
    from rollscope_desktop.query.timeline.critical import critical_path_of

    return outline, (yield from critical_path_of(outline, latest))


def tokens(reader: Reader, outline: Outline) -> Generator[Any, None, tuple[Outline, Int64, Int64]]:
    """When tokens were used."""
    from rollscope_desktop.query.timeline.range_sums import query_tokens

    return outline, *(yield from query_tokens(reader, outline.structure.run))


def sums(reader: Reader, run: int, start: int, end: int) -> Generator[Any, None, Sums]:
    """The sums over a range."""
    from rollscope_desktop.query.timeline.range_sums import query_sums

    return (yield from query_sums(reader, run, start, end))
