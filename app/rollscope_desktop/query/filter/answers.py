"""Which spans of a run fit a filter, as an array that is kept while the run grows.

Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rollscope_desktop.query.filter.compiler import Where, compile_filter
from rollscope_desktop.query.filter.matching import query_matching_among, query_matching_where
from rollscope_desktop.query.filter.parsing import parse
from rollscope_desktop.query.progress import Job, Partial
from rollscope_desktop.query.spans import RUN_SHIFT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.structure import Structure

Fits = NDArray[np.bool_]

_FIRST = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """``fits`` says of each span, by its number, whether it fits; of later ones nothing is known.
    ``facts`` are what was true of the run itself. ``partial``: the rest is still being asked."""

    run: int
    text: str
    fits: Fits
    facts: tuple[object, ...]
    partial: bool = False

    def mask(self, structure: Structure) -> Fits:
        """The answer for the spans of a structure; what it says nothing of does not fit."""
        mask = np.zeros(len(structure), np.bool_)
        known = int(np.searchsorted(structure.number, structure.number.dtype.type(len(self.fits))))
        mask[:known] = self.fits[structure.number[:known]]
        return mask


def query_answer(
    reader: Reader, run: int, text: str, known: Answer | None, moved: Sequence[int]
) -> Job[Answer]:
    """The answer for a run as it is now. With a ``known`` answer, only what came since is asked,
    and the spans that ``moved``; it is returned itself when nothing is different."""
    where = compile_filter(parse(text), reader, run)
    is_same = known is not None and (known.run, known.text, known.facts) == (run, text, where.facts)
    if known is None or not is_same or known.partial:
        return (yield from _whole(reader, run, text, where))
    fits = known.fits
    count = _count(reader, run)
    old = [number for number in moved if number < len(fits)]
    if old:
        now = np.zeros(len(fits), np.bool_)
        now[query_matching_among(reader, run, where, old)] = True
        if (now[old] != fits[old]).any():
            fits = fits.copy()
            fits[old] = now[old]
    if count > len(fits):
        fresh = yield from query_matching_where(reader, run, where, len(fits))
        longer = np.zeros(max(count, int(fresh[-1]) + 1 if len(fresh) else 0), np.bool_)
        longer[: len(fits)] = fits
        longer[fresh] = True
        fits = longer
    return known if fits is known.fits else replace(known, fits=fits)


def _whole(reader: Reader, run: int, text: str, where: Where) -> Job[Answer]:
    count = _count(reader, run)
    fits = np.zeros(count, np.bool_)
    made = Answer(run, text, fits, where.facts)
    if count > 2 * _FIRST:
        head = yield from query_matching_where(reader, run, where, 0, _FIRST)
        fits[head] = True
        if len(head):
            yield Partial(replace(made, fits=fits[:_FIRST].copy(), partial=True))
        rest = yield from query_matching_where(reader, run, where, _FIRST, count)
        fits[rest] = True
    else:
        fits[(yield from query_matching_where(reader, run, where, 0, count))] = True
    return made


def _count(reader: Reader, run: int) -> int:
    """How many numbers of spans are given away in a run."""
    low, high = run << RUN_SHIFT, (run + 1) << RUN_SHIFT
    top = reader.one("SELECT max(id) FROM spans WHERE id >= ? AND id < ?", (low, high))[0]
    return 0 if top is None else int(top) - low + 1
