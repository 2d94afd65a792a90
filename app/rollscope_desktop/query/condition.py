"""How runs stand by what this machine can tell of them: at work, interrupted, or as the log says.

For commands: a viewer hears from the engine which processes are gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from socket import gethostname
from time import time_ns
from typing import TYPE_CHECKING

from rollscope_desktop.model.assemble import OPEN
from rollscope_desktop.model.rows import TIME, RunRow
from rollscope_desktop.platform import process_alive
from rollscope_desktop.query.problems import query_lost
from rollscope_desktop.query.summary import STATES

if TYPE_CHECKING:
    from rollscope_desktop.query.connection import Reader

RUNNING, INTERRUPTED = "running", "interrupted"


@dataclass(frozen=True, slots=True)
class Condition:
    """``word`` says how a run stands: as it ended, running, interrupted, or open when nothing is
    known. ``taken`` is how long it took (ns or events), of one that runs until now. ``lost`` says
    how many events were not recorded."""

    word: str
    taken: int | None
    lost: str

    @property
    def said(self) -> str:
        """The word, and what ``taken`` is the length of where the run has not ended."""
        return "not ended" if self.word == "open" else self.word


def query_conditions(reader: Reader, rows: Iterable[RunRow]) -> dict[int, Condition]:
    """How each of these runs stands, by its id."""
    rows = list(rows)
    lost = query_lost(reader, [row.id for row in rows])
    unfinished = [row.id for row in rows if row.status == OPEN and not row.gone]
    sql = "SELECT id, pid FROM runs WHERE pid IS NOT NULL AND host = ? AND id IN"
    here = dict(reader.among(sql, unfinished, (gethostname(),)))
    found = {}
    for row in rows:
        word = STATES.get(row.status, "open")
        until = row.last if row.ended is None else row.ended
        if row.status == OPEN and (row.gone or row.id in here):
            alive = not row.gone and process_alive(here[row.id])
            word = RUNNING if alive else INTERRUPTED
        if word == RUNNING and row.clock == TIME:
            until = max(until or 0, time_ns())
        taken = None if row.started is None or until is None else until - row.started
        found[row.id] = Condition(word, taken, lost.get(row.id, ""))
    return found
