"""Which runs are still there: of our own folder, those whose log was not thrown away."""

from __future__ import annotations

import os
from pathlib import Path

THERE = (
    "NOT (missing AND EXISTS (SELECT 1 FROM files f WHERE f.id = runs.file "
    "AND f.path >= ? AND f.path < ?))"
)
"""A condition on ``runs``, with the two bounds of ``below``.

What is no longer in our own folder was thrown away; the log of a run that was recorded elsewhere
may be gone for other reasons."""


def below(folder: Path | None) -> tuple[bytes, bytes]:
    """The first path below a folder, and the first after them all; without one, nothing is."""
    if folder is None:
        return b"", b""
    first = os.fsencode(os.path.join(os.path.abspath(folder), ""))
    return first, first[:-1] + bytes((first[-1] + 1,))
