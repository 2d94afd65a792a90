"""The names that the spans of a run go by, and how often: what a person can look for by name.

Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.structure import KIND_BITS

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.structure import Structure

MOST: Final = 1_000
_KINDS = (1 << KIND_BITS) - 1


@dataclass(frozen=True, slots=True)
class SpanName:
    """A name and kind; ``label`` is what ``Structure.label`` has for it."""

    label: int
    name: str
    kind: str
    count: int


def query_names(reader: Reader, structure: Structure) -> Job[list[SpanName]]:
    """The names of a run's spans, in the order they came first; of very many, the commonest."""
    labels, first, counts = np.unique(structure.label, return_index=True, return_counts=True)
    yield Progress(0, 0)
    if len(labels) > MOST:
        common = np.argsort(-counts, kind="stable")[:MOST]
        labels, first, counts = labels[common], first[common], counts[common]
    as_they_came = np.argsort(first)
    found = list(zip(labels[as_they_came].tolist(), counts[as_they_came].tolist(), strict=True))
    rows = [(label >> KIND_BITS, label & _KINDS, label, count) for label, count in found]
    words = reader.texts(number for row in rows for number in row[:2] if number)
    return [
        SpanName(label, words.get(name, ""), words.get(kind, ""), count)
        for name, kind, label, count in rows
        if name
    ]


def next_named(structure: Structure, label: int, after: int | None) -> int | None:
    """The id of the next span of this label after a span, from the end on to the first."""
    found = np.flatnonzero(structure.label == label)
    if not len(found):
        return None
    index = -1 if after is None else structure.index_of(after)
    at = 0 if index is None else int(np.searchsorted(found, index, side="right"))
    return structure.id_of(int(found[at % len(found)]))
