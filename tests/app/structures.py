"""Structures of runs made of bare numbers, for what only looks at when spans began and ended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rollscope_desktop.query.structure import NONE, Int64, Structure


def structure(spans: Sequence[tuple[int, int, int]], zero: int = 0) -> Structure:
    """A run of spans without parents: start, end (or NONE), status; times are after ``zero``."""

    def times(which: int) -> Int64:
        found = [span[which] for span in spans]
        return np.array([time if time == NONE else time + zero for time in found], np.int64)

    own = np.arange(len(spans), dtype=np.int64)
    status = np.array([s[2] for s in spans], np.int8)
    label = np.ones(len(spans), np.int64)
    return Structure(1, own.astype(np.int32), own, own.copy(), label, status, times(0), times(1))
