"""What spans are coloured by: one small number a span, and the words these numbers stand for.

One byte a span. Imports numpy, so it is itself imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from rollscope_desktop.query.progress import Job, Progress
from rollscope_desktop.query.spans import RUN_SHIFT
from rollscope_desktop.query.structure import KIND_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rollscope_desktop.query.connection import Reader
    from rollscope_desktop.query.structure import Structure

MODES: Final = ("kind", "model", "agent", "tool", "status")
MOST: Final = 250
"""Words told apart; spans of rarer ones share the last number."""

_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Tints:
    """``number`` by index; ``words`` by number, as they came first. Number 0 stands for spans that
    have no such word, so its word is ""."""

    mode: str
    number: NDArray[np.uint8]
    words: tuple[str, ...]


def query_tints(reader: Reader, structure: Structure, mode: str) -> Job[Tints]:
    """What the spans of a structure are coloured by, in one of MODES."""
    if mode == "status":
        yield Progress(0, 0)
        return Tints(mode, structure.status.astype(np.uint8), tuple(str(n) for n in range(5)))
    kinds = structure.label & ((1 << KIND_BITS) - 1)
    if mode == "kind":
        raw = kinds
    elif mode == "tool":
        tool = reader.one("SELECT id FROM words WHERE text = 'tool'")
        raw = np.where(kinds == (tool[0] if tool else -1), structure.label >> KIND_BITS, 0)
    else:
        raw = yield from _column(reader, structure, mode)
    yield Progress(0, 0)
    values, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
    texts = reader.texts(values.tolist())
    known = np.flatnonzero([bool(texts[value]) for value in values.tolist()])
    # As they came first: a run that grows keeps its colours.
    known = known[np.argsort(first[known])]
    rank = np.zeros(len(values), np.uint8)
    rank[known] = np.minimum(np.arange(1, len(known) + 1), MOST)
    words = ["", *(texts[value] for value in values[known[:MOST]].tolist())]
    if len(known) > MOST:
        words[MOST] = "others"
    return Tints(mode, rank[inverse], tuple(words))


def _column(reader: Reader, structure: Structure, name: str) -> Job[NDArray[np.int64]]:
    """A column of words for all spans of a structure, 0 where there is none."""
    first = structure.run << RUN_SHIFT
    raw = np.zeros(len(structure), np.int64)
    for at in range(0, len(structure), _CHUNK):
        numbers = structure.number[at : at + _CHUNK]
        rows = reader.all(
            f"SELECT id, {name} FROM spans WHERE id >= ? AND id <= ? AND {name} IS NOT NULL",
            (first + int(numbers[0]), first + int(numbers[-1])),
        )
        table = np.array(rows, np.int64).reshape(-1, 2)
        spots = np.searchsorted(numbers, table[:, 0] - first)
        spots = np.minimum(spots, len(numbers) - 1)
        fits = numbers[spots] == table[:, 0] - first
        raw[at + spots[fits]] = table[fits, 1]
        yield Progress(at, len(structure))
    return raw
