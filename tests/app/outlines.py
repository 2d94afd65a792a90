"""Outlines of small trees that are told by their parents."""

from __future__ import annotations

import numpy as np

from rollscope_desktop.model.assemble import ERROR, OK
from rollscope_desktop.query.outline import Outline, outline
from rollscope_desktop.query.structure import Structure


def tree(
    parents: list[int],
    labels: list[int] | None = None,
    errors: frozenset[int] | set[int] = frozenset(),
) -> Outline:
    """An outline of spans that started one after another; -1 is no parent."""
    count = len(parents)
    numbers = np.arange(count, dtype=np.int64)
    return outline(
        Structure(
            1,
            numbers.astype(np.int32),
            numbers + 100,
            np.array([n + 100 if p < 0 else p + 100 for n, p in enumerate(parents)], np.int64),
            np.array(labels or range(1, count + 1), np.int64).reshape(count),
            np.array([ERROR if n in errors else OK for n in range(count)], np.int8),
            numbers,
            numbers,
        )
    )
