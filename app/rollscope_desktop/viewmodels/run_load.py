"""Reads and arranges the run list in a job, so that the window only has to take it over."""

from __future__ import annotations

from dataclasses import dataclass
from socket import gethostname
from time import time_ns
from typing import TYPE_CHECKING, Any

from rollscope_desktop.query.progress import Progress
from rollscope_desktop.query.runs import RunHead, query_heads, query_heads_of, query_rows
from rollscope_desktop.viewmodels.arrange import Arrangement, arrange
from rollscope_desktop.viewmodels.states import state_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from rollscope_desktop.model.rows import RunRow
    from rollscope_desktop.query.connection import Reader

_AT_ONCE = 300
_FIRST = 60


@dataclass(frozen=True, slots=True)
class Loaded:
    """All heads and their states by id, arranged; and whole rows of those likely to be seen."""

    heads: dict[int, RunHead]
    states: dict[int, str]
    arrangement: Arrangement
    rows: list[RunRow]


def load(
    reader: Reader,
    known: dict[int, RunHead],
    changed: set[int] | None,
    order: str,
) -> Generator[Any, None, Loaded]:
    """The list after some runs have changed; ``changed`` None reads everything."""
    host = gethostname()
    if changed is None:
        heads = {head.id: head for head in query_heads(reader, host)}
    else:
        heads = known | {head.id: head for head in query_heads_of(reader, changed, host)}
    yield Progress(0, 0)
    now = time_ns()
    arrangement = arrange(heads.values(), order, now)
    yield Progress(0, 0)
    states = {id: state_of(head, now) for id, head in heads.items()}
    # What has changed is likely to be on screen; a list that is read anew starts at its top.
    ids = list(changed)[-_AT_ONCE:] if changed else []
    if changed is None:
        ids = [e.run.id for e in arrangement.entries[:_FIRST] if e.run is not None]
    return Loaded(heads, states, arrangement, query_rows(reader, ids))
