"""Which logs runs are written in, and which runs share them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader


@dataclass(frozen=True, slots=True)
class LogOf:
    """A log that has lines of a run; a run of several processes has several."""

    run: int
    file: int
    path: bytes
    format: str


_LOGS = (
    "SELECT rf.run, f.id, f.path, f.format FROM run_files rf JOIN files f ON f.id = rf.file "
    "WHERE {} IN"
)


def query_logs(reader: Reader, runs: Iterable[int]) -> list[LogOf]:
    """The logs of these runs."""
    return [LogOf(*row) for row in reader.among(_LOGS.format("rf.run"), runs)]


def query_runs_in(reader: Reader, files: Iterable[int]) -> list[LogOf]:
    """All runs that have lines in these files."""
    return [LogOf(*row) for row in reader.among(_LOGS.format("rf.file"), files)]
