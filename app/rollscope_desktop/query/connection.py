"""Opens the index for questions, and names what can go wrong with that for the floors above."""

from __future__ import annotations

from pathlib import Path

from rollscope_desktop.store.reader import IndexMissing, Interrupted, Reader, sqlite_version
from rollscope_desktop.store.schema import IndexProblem, NewerIndex

__all__ = [
    "IndexMissing",
    "IndexProblem",
    "Interrupted",
    "NewerIndex",
    "Reader",
    "open_reader",
    "sqlite_version",
]


def open_reader(path: Path) -> Reader:
    """A connection for this thread. Raises IndexMissing while the index is not there yet."""
    return Reader(path)
